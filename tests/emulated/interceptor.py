"""The calls of one container to AWS, one by one: recorded, held up, refused in AWS's place, or crashed in."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from botocore.client import BaseClient

_WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


class SimulatedCrash(BaseException):
    """The container's process is killed. No handler for `Exception` catches it, as none survives the real thing."""


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
        parameters: as the client was called.
    """

    operation: str
    about: str
    occurrence: int
    parameters: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __str__(self) -> str:
        about = f" for {self.about}" if self.about else ""
        return f"{self.operation}{about}, no. {self.occurrence}"

    @property
    def name(self) -> str:
        """The operation without its service."""
        return self.operation.partition(":")[2]

    @property
    def is_write(self) -> bool:
        """Whether it can change the table."""
        return self.name in _WRITES


Hook = Callable[[Call, Moment], object]


def _let_pass(call: Call, moment: Moment) -> None:
    """Let every call pass."""


class CallInterceptor:
    """Sits between the clients of one container and AWS.

    Attributes:
        calls: all calls since the last `reset`.
        hook: called in the calling thread at both moments of each call; it may block, or raise `SimulatedCrash`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything, as a new container does."""
        self.calls: list[Call] = []
        self.hook: Hook = _let_pass
        self._refusals: dict[str, tuple[int, str, int | None]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._is_killed = False

    def kill(self) -> None:
        """End the container: each of its threads crashes in the call that it is in, or in its next one."""
        self._is_killed = True

    def refuse(self, operation: str, status: int, code: str, *, occurrence: int | None = None) -> None:
        """Answer an operation with an error in AWS's place; perhaps only its first, second, ... call."""
        self._refusals[operation] = status, code, occurrence

    def accept(self, operation: str) -> None:
        """Let AWS answer an operation again."""
        self._refusals.pop(operation, None)

    def attach(self, client: BaseClient) -> None:
        """Intercept the calls of a client."""
        service = client.meta.service_model.service_name

        def starts(params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:  # noqa: ANN401 - botocore's
            context["call"] = self._start(f"{service}:{model.name}", params)

        def is_sent(context: dict[str, Any], **_: Any) -> Any:  # noqa: ANN401 - botocore's
            call: Call = context["call"]
            status, code, occurrence = self._refusals.get(call.operation, (0, "", None))
            if not status or occurrence not in (None, call.occurrence):
                return None
            return SimpleNamespace(status_code=status), {
                "Error": {"Code": code, "Message": "in AWS's place"},
                "ResponseMetadata": {"HTTPStatusCode": status},
            }

        def is_answered(context: dict[str, Any], **_: Any) -> None:  # noqa: ANN401 - botocore's
            self._pass(context["call"], Moment.AFTER)

        client.meta.events.register("provide-client-params", starts)
        client.meta.events.register("before-call", is_sent)
        client.meta.events.register("after-call", is_answered)

    def _start(self, operation: str, parameters: Mapping[str, Any]) -> Call:
        with self._lock:
            about = _about(parameters)
            self._counts[operation, about] += 1
            call = Call(operation, about, self._counts[operation, about], dict(parameters))
            if not self._is_killed:
                self.calls.append(call)
        self._pass(call, Moment.BEFORE)
        return call

    def _pass(self, call: Call, moment: Moment) -> None:
        try:
            if not self._is_killed:
                self.hook(call, moment)
        except SimulatedCrash:
            self._is_killed = True
        if self._is_killed:  # perhaps while the hook held this thread up
            raise SimulatedCrash


def names(calls: Iterable[Call]) -> Counter[str]:
    """How many calls of each operation."""
    return Counter(call.name for call in calls)


def _about(parameters: Mapping[str, Any]) -> str:
    """What a call concerns, read from its parameters: as `Call.about`."""
    match parameters:
        case {"BulkDeploymentId": str(deployment_id)} | {"deploymentId": str(deployment_id)}:
            return deployment_id
        case {"ExpressionAttributeValues": {":Queue": {"S": str(queue)}}, "IndexName": _}:
            return queue
        case {"Key": {"DeploymentId": {"S": str(deployment_id)}}} | {
            "Item": {"DeploymentId": {"S": str(deployment_id)}}
        }:
            return deployment_id
        case {"TransactItems": [first, *_]}:
            return _about(next(iter(first.values())))
        case {"TopicArn": _, "Message": message}:
            alert_id: str = json.loads(json.loads(message)["sqs"])["id"]
            return alert_id.rpartition("/")[0]
    return ""
