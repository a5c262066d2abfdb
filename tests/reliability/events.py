"""What can happen to a notifier and its account, as plain values that Hypothesis can generate and print."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class FaultKind(Enum):
    """What can happen to a call."""

    CRASH_BEFORE = auto()
    CRASH_AFTER = auto()
    THROTTLED = auto()
    ANSWER_LOST = auto()
    CARRIED_OUT_TWICE = auto()
    """As when botocore repeats a call to DynamoDB whose answer was lost; the other clients repeat none."""
    PAUSED = auto()
    """Other events happen before it is carried out."""


@dataclass(frozen=True)
class RunSweep:
    """A sweep runs, or the checks that events of devices ask for.

    Attributes:
        faults: what happens to its calls; `call 3` is the fourth of all, `publish 0` the first of its operation.
        seconds_per_call: what each call takes of its time.
        reported: the deployments that failed on a device, as events say; none for a sweep.
    """

    faults: Mapping[str, InjectedFault] = field(default_factory=dict)
    seconds_per_call: float = 0.0
    reported: tuple[str, ...] = ()


@dataclass(frozen=True)
class MoveClock:
    """The clock jumps, forwards or back."""

    seconds: int


@dataclass(frozen=True)
class PutWatch:
    """An operator registers a deployment."""

    deployment_id: str


@dataclass(frozen=True)
class DeleteWatch:
    """An operator deletes the watch of a deployment."""

    deployment_id: str


@dataclass(frozen=True)
class SetResponse:
    """A source answers something else about a deployment from now on."""

    deployment_id: str
    answer: Mapping[str, Any] | Exception


@dataclass(frozen=True)
class SetTargets:
    """The groups or devices of a deployment have other results from now on."""

    deployment_id: str
    succeeded: int = 0
    failed: int = 0
    unfinished: int = 0


@dataclass(frozen=True)
class SetFault:
    """An operation of a source fails from now on; it works again if there is no error."""

    operation: str
    error: Exception | None = None


Event = RunSweep | MoveClock | PutWatch | DeleteWatch | SetResponse | SetTargets | SetFault


@dataclass(frozen=True)
class InjectedFault:
    """What happens to one call of a sweep."""

    kind: FaultKind
    meanwhile: tuple[Event, ...] = ()
