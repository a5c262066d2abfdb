"""How the service misbehaves: what each kind looks like on the wire, and which calls a fault applies to."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from local.simulator.protocol import Answer, Operation, bad_request
from local.simulator.scenario import Misbehaviour

if TYPE_CHECKING:
    from collections.abc import Callable

_HTML: Final = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in to the network.</body></html>"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A misbehaviour and the calls that it applies to.

    Attributes:
        deployment_id: only calls that name this deployment; None for all calls, those that name none included.
        operation: only this operation; None for all.
        after: how many matching calls are answered well before it sets in.
        times: how many calls it then spoils; None for all until it is cleared.
        delay_seconds: for SLOW, real seconds before the true answer.
        body: for RAW, what is answered.
    """

    kind: Misbehaviour
    deployment_id: str | None = None
    operation: Operation | None = None
    after: int = 0
    times: int | None = None
    delay_seconds: float = 1.0
    body: str = ""

    def spoil(self, truth: Answer) -> Answer:
        """What is answered instead of the truth."""
        match self.kind:
            case Misbehaviour.SLOW:
                return replace(truth, delay_seconds=self.delay_seconds)
            case Misbehaviour.RAW:
                return Answer(200, self.body.encode(), {"Content-Type": "application/json"})
            case kind:
                return _ANSWERS[kind](truth)


def _error(status: int, code: str, message: str) -> Callable[[Answer], Answer]:
    return lambda _: Answer.error(status, code, message)


_ANSWERS: Final[dict[Misbehaviour, Callable[[Answer], Answer]]] = {
    Misbehaviour.UNKNOWN: lambda _: bad_request("The bulk deployment does not exist."),
    Misbehaviour.DENIED: _error(
        403, "AccessDeniedException", "User is not authorized to perform this operation on this resource"
    ),
    Misbehaviour.THROTTLED: _error(429, "TooManyRequestsException", "Too Many Requests"),
    Misbehaviour.SERVER_ERROR: _error(500, "InternalServerErrorException", "Internal Server Error"),
    Misbehaviour.HTML: lambda _: Answer(200, _HTML, {"Content-Type": "text/html"}),
    Misbehaviour.TRUNCATED: lambda truth: replace(truth, body=truth.body[: max(1, len(truth.body) // 2)]),
    Misbehaviour.MISSING_FIELDS: lambda truth: replace(truth, body=b"{}"),
    Misbehaviour.CLOSED: lambda _: Answer(None),
    Misbehaviour.SILENT: lambda _: Answer(None, delay_seconds=math.inf),
}


@dataclass
class Faults:
    """The faults that are set, by number; the one that was set last goes before the others."""

    _set: dict[int, Fault] = field(default_factory=dict)
    _matched: dict[int, int] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, fault: Fault) -> int:
        """Set a fault; returns the number by which it can be cleared."""
        number = next(self._numbers)
        self._set[number] = fault
        self._matched[number] = 0
        return number

    def clear(self, number: int | None = None) -> None:
        """Take one fault away, or all of them; one that is not set is no error."""
        for gone in list(self._set) if number is None else [number]:
            self._set.pop(gone, None)
            self._matched.pop(gone, None)

    def active(self, operation: Operation, deployment_id: str | None) -> Fault | None:
        """The fault that spoils a call that came in now, counting the call."""
        for number in reversed(self._set):
            fault = self._set[number]
            if fault.operation in (None, operation) and fault.deployment_id in (None, deployment_id):
                self._matched[number] += 1
                spoilt = self._matched[number] - fault.after
                if spoilt > 0 and (fault.times is None or spoilt <= fault.times):
                    return fault
        return None
