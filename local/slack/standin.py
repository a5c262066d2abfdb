"""The stand-in itself: a webhook on 127.0.0.1 that answers as Slack does."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from local.simulator.protocol import Answer
from local.simulator.server import Server
from local.slack.rules import violations

if TYPE_CHECKING:
    from local.simulator.protocol import Request


@dataclass(frozen=True, slots=True)
class Fault:
    """What is answered in the place of "ok".

    Slack's own: 403 action_prohibited or invalid_token, 404 channel_not_found or no_service, 410 channel_is_archived,
    429 with `retry_after`, 500 rollup_error.

    Attributes:
        status: the HTTP status; None closes the connection without an answer.
        word: the body.
        retry_after: seconds for the header Retry-After.
        location: the URL of a redirect.
        times: the number of posts that get it; None for all until it is cleared.
        delay_seconds: before the answer; infinite for one that never comes.
    """

    status: int | None
    word: str = ""
    retry_after: int | None = None
    location: str | None = None
    times: int | None = None
    delay_seconds: float = 0.0

    def answer(self) -> Answer:
        """Return what goes over the wire."""
        headers = {"Content-Type": "text/html", "Retry-After": self.retry_after, "Location": self.location}
        sent = {name: str(value) for name, value in headers.items() if value is not None}
        return Answer(self.status, self.word.encode(), sent, self.delay_seconds)


_OK = Fault(200, "ok")


@dataclass(frozen=True, slots=True)
class Received:
    """One post.

    Attributes:
        status, word: what it was answered.
        payload: what was posted, as parsed JSON; None if it was none.
        problems: what Slack would refuse in it.
    """

    status: int | None
    word: str
    payload: Any
    problems: tuple[str, ...] = ()


class SlackStandIn:
    """Listens from `start` to `stop`, or as a context manager.

    Args:
        port: 0 picks a free one.
        host: the address to listen on. Another one than 127.0.0.1 lets other machines, or containers, in.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._server = Server(port, self._answer, host)
        self._lock = threading.Lock()
        self._received: list[Received] = []
        self._fault: Fault | None = None
        self._path = _new_path()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start to listen."""
        self._server.start()

    def stop(self) -> None:
        """Stop; when it returns, no thread is left."""
        self._server.stop()

    @property
    def url(self) -> str:
        """The webhook's URL; any other one is answered as Slack answers for a webhook that was removed."""
        with self._lock:
            return f"http://127.0.0.1:{self._server.server_address[1]}{self._path}"

    def rotate(self) -> str:
        """Remove the webhook and create another, as an administrator does after a leak; return its URL."""
        with self._lock:
            self._path = _new_path()
        return self.url

    def set_fault(self, fault: Fault | None) -> None:
        """Answer so from now on; None ends it."""
        with self._lock:
            self._fault = fault

    @property
    def received(self) -> list[Received]:
        """All posts, those that were refused included."""
        with self._lock:
            return list(self._received)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages in the channel."""
        return [each.payload for each in self.received if each.word == "ok"]

    def clear(self) -> None:
        """Forget all posts and the fault."""
        with self._lock:
            self._received.clear()
            self._fault = None

    def _answer(self, request: Request) -> Answer:
        try:
            payload: Any = json.loads(request.body)
        except ValueError:
            payload = None
        with self._lock:
            fault, problems = self._judge(request, payload)
            self._received.append(Received(fault.status, fault.word, payload, problems))
        return fault.answer()

    def _judge(self, request: Request, payload: object) -> tuple[Fault, tuple[str, ...]]:
        if (request.method, request.path) != ("POST", self._path):
            return Fault(404, "no_service"), ()
        if self._fault is not None:
            fault = self._fault
            if fault.times is not None:
                self._fault = replace(fault, times=fault.times - 1) if fault.times > 1 else None
            return fault, ()
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return Fault(400, "invalid_payload"), ("the content type is not JSON",)
        found = violations(payload)
        if found:
            return Fault(400, found[0][0]), tuple(problem for _, problem in found)
        return _OK, ()


def _new_path() -> str:
    secret = uuid4().hex.upper()
    return f"/services/T{secret[:8]}/B{secret[8:16]}/{uuid4().hex[:24]}"
