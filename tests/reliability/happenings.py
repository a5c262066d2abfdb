"""What can happen in the playground, as plain values that Hypothesis can make up and show."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Fate(Enum):
    """What can happen to a call."""

    DIES_BEFORE = auto()
    DIES_AFTER = auto()
    THROTTLED = auto()
    ANSWER_LOST = auto()
    CARRIED_OUT_TWICE = auto()
    """As when botocore repeats a call to DynamoDB whose answer was lost; the other clients repeat none."""
    PAUSES = auto()
    """Other things happen before it is carried out."""


@dataclass(frozen=True)
class Sweeping:
    """That a sweep runs.

    Attributes:
        mishaps: what happens at its calls; `call 3` is the fourth of all, `publish 0` the first of its kind.
        seconds_per_call: what each call takes of its time.
    """

    mishaps: Mapping[str, Mishap] = field(default_factory=dict)
    seconds_per_call: float = 0.0


@dataclass(frozen=True)
class Jumping:
    """That the clock jumps, ahead or back."""

    seconds: int


@dataclass(frozen=True)
class Putting:
    """That somebody puts the watch of a deployment."""

    deployment_id: str


@dataclass(frozen=True)
class Deleting:
    """That somebody deletes the watch of a deployment."""

    deployment_id: str


@dataclass(frozen=True)
class Answering:
    """That Greengrass answers something else about a deployment from now on."""

    deployment_id: str
    answer: Mapping[str, Any] | Exception


Event = Sweeping | Jumping | Putting | Deleting | Answering


@dataclass(frozen=True)
class Mishap:
    """What happens to one call of a sweep."""

    fate: Fate
    meanwhile: tuple[Event, ...] = ()
