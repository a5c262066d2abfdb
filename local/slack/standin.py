"""The stand-in itself: a webhook on 127.0.0.1 that answers as Slack does."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

from local.simulator.protocol import Answer, Request
from local.simulator.server import Server
from local.slack.rules import violations

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTROL_PATH: Final = "/_slack/"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is answered in the place of "ok".

    Slack's own: 403 action_prohibited or invalid_token, 404 channel_not_found or no_service, 410 channel_is_archived,
    429 with `retry_after`, 500 rollup_error.

    Attributes:
        status: the HTTP status; None closes the connection without an answer.
        word: the body.
        retry_after: seconds for the header Retry-After.
        times: how many posts get it; None for all until it is cleared.
        delay_seconds: before the answer; infinite for one that never comes.
        takes: whether the message gets into the channel all the same, as where only the answer is lost.
    """

    status: int | None
    word: str = ""
    retry_after: int | None = None
    times: int | None = None
    delay_seconds: float = 0.0
    takes: bool = False

    def answer(self) -> Answer:
        """What goes over the wire."""
        headers = {"Content-Type": "text/html"}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return Answer(self.status, self.word.encode(), headers, self.delay_seconds)


@dataclass(frozen=True, slots=True)
class Received:
    """One post.

    Attributes:
        status, word: what it was answered.
        payload: what was posted, as parsed JSON; None where it was none.
        problems: what Slack would refuse in it.
    """

    status: int | None
    word: str
    payload: Any
    problems: tuple[str, ...] = field(default=())


class SlackStandIn:
    """Listens from `start` to `stop`, or as a context manager.

    Args:
        port: 0 picks a free one.
        host: the address to listen on. Another than 127.0.0.1 lets other machines, or containers, in.
        on_received: called for each post, in the thread of its connection.
    """

    def __init__(
        self, port: int = 0, on_received: Callable[[Received], None] | None = None, host: str = "127.0.0.1"
    ) -> None:
        self._server = Server(port, self._answer, host)
        self._on_received = on_received
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
        """Begin to listen."""
        self._server.start()

    def stop(self) -> None:
        """Stop; when it returns, no thread is left."""
        self._server.stop()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The webhook's URL; any other is answered as Slack answers one that was removed."""
        with self._lock:
            return f"http://127.0.0.1:{self.port}{self._path}"

    def rotate(self) -> str:
        """Remove the webhook and make another, as an administrator does after a leak; returns its URL."""
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
        """What stands in the channel."""
        return [each.payload for each in self.received if each.word == "ok"]

    def clear(self) -> None:
        """Forget all posts and the fault."""
        with self._lock:
            self._received.clear()
            self._fault = None

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith(_CONTROL_PATH):
            return self._control(request)
        with self._lock:
            received, answer = self._judge(request)
            self._received.append(received)
        if self._on_received is not None:
            self._on_received(received)
        return answer

    def _judge(self, request: Request) -> tuple[Received, Answer]:
        try:
            payload: Any = json.loads(request.body)
        except ValueError:
            payload = None
        if request.method != "POST" or request.path != self._path:
            return Received(404, "no_service", payload), _plain(404, "no_service")
        fault = self._fault
        if fault is not None:
            if fault.times is not None:
                self._fault = replace(fault, times=fault.times - 1) if fault.times > 1 else None
            return Received(fault.status, "ok" if fault.takes else fault.word, payload), fault.answer()
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return Received(400, "invalid_payload", payload, ("the content type is not JSON",)), _plain(
                400, "invalid_payload"
            )
        found = violations(payload)
        if found:
            word = found[0][0]
            return Received(400, word, payload, tuple(problem for _, problem in found)), _plain(400, word)
        return Received(200, "ok", payload), _plain(200, "ok")

    def _control(self, request: Request) -> Answer:
        """`POST /_slack/fault` with a fault's fields (or `{}` to end it), `GET /_slack/received`."""
        try:
            if (request.method, request.path) == ("POST", f"{_CONTROL_PATH}fault"):
                fields = request.json_object()
                self.set_fault(Fault(**fields) if fields else None)
                return Answer.json({})
        except (ValueError, TypeError) as error:
            return Answer.json({"error": str(error)}, 400)
        if (request.method, request.path) == ("GET", f"{_CONTROL_PATH}received"):
            return Answer.json({"received": [asdict(each) for each in self.received]})
        return Answer.json({"error": f"no such thing: {request.method} {request.path}"}, 404)


def _new_path() -> str:
    secret = uuid4().hex.upper()
    return f"/services/T{secret[:8]}/B{secret[8:16]}/{uuid4().hex[:24]}"


def _plain(status: int, word: str) -> Answer:
    return Answer(status, word.encode(), {"Content-Type": "text/html"})
