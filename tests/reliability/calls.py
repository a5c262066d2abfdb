"""The calls that a container makes to AWS, one by one: recorded, held up, answered in AWS's place, or died in."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.client import BaseClient


class Death(BaseException):
    """The container's process is killed. No handler for `Exception` can catch it, as none survives the real thing."""


class Moment(StrEnum):
    """Where in a call."""

    BEFORE = "before it was sent"
    AFTER = "after AWS had carried it out, before the answer came"


@dataclass(frozen=True, slots=True)
class Call:
    """One call to AWS.

    Attributes:
        operation: such as `dynamodb:UpdateItem`.
        about: the deployment that it concerns; for a Query the queue; empty where there is neither.
        occurrence: counts the calls of this operation about this deployment in one container, from 1.
    """

    operation: str
    about: str
    occurrence: int

    def __str__(self) -> str:
        about = f" for {self.about}" if self.about else ""
        return f"{self.operation}{about}, no. {self.occurrence}"


Hook = Callable[[Call, Moment], None]
Answer = Callable[[Call], tuple[int, str] | None]


def _nothing(call: Call, moment: Moment) -> None:
    """Let every call pass."""


def aws_answers(call: Call) -> None:
    """Let AWS answer every call."""


class Tap:
    """Sits on the clients of one container.

    Attributes:
        calls: those that were begun since `start`.
        hook: called in the calling thread at both moments of each call; it may block, or raise `Death`.
        answer: gives an HTTP status and an error code in the place of AWS; None lets AWS answer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.start()

    def start(self) -> None:
        """Begin anew, as a new container does."""
        self.calls: list[Call] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._dead = False
        self.hook: Hook = _nothing
        self.answer: Answer = aws_answers

    def kill(self) -> None:
        """End the container: each of its threads dies in the call that it is in, or in its next one."""
        self._dead = True

    def attach(self, client: BaseClient) -> None:
        """Sit on a client."""
        service = client.meta.service_model.service_name

        def begins(params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:  # noqa: ANN401 - botocore's
            context["call"] = self._begin(f"{service}:{model.name}", about(params))

        def is_sent(context: dict[str, Any], **_: Any) -> Any:  # noqa: ANN401 - botocore's
            refusal = self.answer(context["call"])
            if refusal is None:
                return None
            status, code = refusal
            return SimpleNamespace(status_code=status), {"Error": {"Code": code, "Message": "in AWS's place"}}

        def is_answered(context: dict[str, Any], **_: Any) -> None:  # noqa: ANN401 - botocore's
            self._pass(context["call"], Moment.AFTER)

        client.meta.events.register("provide-client-params", begins)
        client.meta.events.register("before-call", is_sent)
        client.meta.events.register("after-call", is_answered)

    def _begin(self, operation: str, about: str) -> Call:
        with self._lock:
            if self._dead:
                raise Death
            self._counts[operation, about] += 1
            call = Call(operation, about, self._counts[operation, about])
            self.calls.append(call)
        self._pass(call, Moment.BEFORE)
        return call

    def _pass(self, call: Call, moment: Moment) -> None:
        if self._dead:
            raise Death
        try:
            self.hook(call, moment)
        except Death:
            self._dead = True
            raise
        if self._dead:  # it was killed while the hook held the thread up
            raise Death


def about(params: Mapping[str, Any]) -> str:
    """What a call concerns, read from its parameters: as `Call.about`."""
    match params:
        case {"BulkDeploymentId": str(deployment_id)}:
            return deployment_id
        case {"ExpressionAttributeValues": {":Queue": {"S": queue}}, "IndexName": _}:
            return str(queue)
        case {"Key": {"DeploymentId": {"S": deployment_id}}} | {"Item": {"DeploymentId": {"S": deployment_id}}}:
            return str(deployment_id)
        case {"TransactItems": [first, *_]}:
            return about(next(iter(first.values())))
        case {"TopicArn": _, "Message": message}:
            body = json.loads(message)["sqs"] if "MessageStructure" in params else message
            return alert_id(body).rpartition("/")[0]
    return ""


def alert_id(body: str) -> str:
    """The id of the alert that a program received: the event's, or the one that the plainest form names."""
    if body.startswith("{"):
        return str(json.loads(body)["id"])
    return next(line.removeprefix("Alert: ") for line in body.splitlines() if line.startswith("Alert: "))
