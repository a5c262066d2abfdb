"""Section 4 of the design, "when to alert", said a second time in another way.

The rules of the product carry state from check to check. This model carries none: it looks at the whole history of
what a source has said since a deployment's watch was put, and says what must be told now. It shares no code with the
rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDER = (
    "FAILED",
    "INVALID_RECORDS",
    "STALLED",
    "STOPPED",
    "COMPLETED",
    "RESUMED",
    "LOST",
    "UNCHECKED",
    "SOURCE_UNREACHABLE",
    "SOURCE_RECOVERED",
)
_ENDS = {"Failed": "FAILED", "Stopped": "STOPPED", "Completed": "COMPLETED"}


@dataclass(frozen=True)
class Choices:
    """What the operator chose; spans in minutes."""

    alert_on: frozenset[str] = frozenset(ORDER) - {"STOPPED", "COMPLETED"}
    threshold: int = 1
    stalled_after: int = 60
    unchecked_after: int = 10


@dataclass(frozen=True)
class Said:
    """What a source said of a deployment at a check; without a status it said nothing usable, or refused the id."""

    status: str | None = None
    processed: int | None = None
    invalid: int | None = None
    retries: int | None = None
    error: str | None = None
    refused: bool = False


@dataclass(frozen=True)
class Step:
    """A check that counted: what was said, when, and all kinds that applied then."""

    said: Said
    at: datetime
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Expected:
    """What must come of a check.

    Attributes:
        kinds: all that apply, whether the operator wants to hear of them or not.
        told: those that go out, in the order of precedence: the first is the alert, the others stand in its `also`.
        transition: from and to, where the status changes.
        is_news: whether there is anything to be stored.
        ends: whether the watch ends.
    """

    kinds: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()
    transition: tuple[str | None, str] | None = None
    is_news: bool = False
    ends: bool = False


@dataclass
class History:
    """What counted of a deployment since its watch was put."""

    choices: Choices
    steps: list[Step] = field(default_factory=list)

    def expected(self, said: Said, at: datetime, length: int | None = None) -> Expected:
        """What must come of a check, after the first so many steps; after all of them if not said."""
        steps = self.steps[:length]
        kinds = self._answered(steps, said, at) if said.status is not None else self._unanswered(steps, said, at)
        last = _statuses(steps)[-1:]
        transition = None
        if said.status is not None and last != [said.status]:
            transition = (last[0] if last else None, said.status)
        return Expected(
            kinds,
            told=tuple(kind for kind in ORDER if kind in kinds & self.choices.alert_on),
            transition=transition,
            is_news=bool(kinds or transition) or self._is_other(steps, said),
            ends=said.status in _ENDS or "LOST" in kinds,
        )

    def counts(self, length: int | None = None) -> tuple[int | None, int | None, int | None]:
        """The counts as last reported, each by itself."""
        return _counts(self.steps[:length])

    def _answered(self, steps: Sequence[Step], said: Said, at: datetime) -> frozenset[str]:
        assert said.status is not None
        now = [*steps, Step(said, at)]
        over = said.status in _ENDS
        moved = _moves(now)[-1]
        kinds = set()
        if over and said.status not in _statuses(steps)[-1:]:
            kinds.add(_ENDS[said.status])
        invalid = _counts(now)[1] or 0
        spoken_of = [_counts(now[: n + 1])[1] or 0 for n, step in enumerate(steps) if "INVALID_RECORDS" in step.kinds]
        if invalid >= self.choices.threshold and (
            not spoken_of or invalid >= 2 * spoken_of[-1] or (over and invalid > spoken_of[-1])
        ):
            kinds.add("INVALID_RECORDS")
        standing = [step for n, step in enumerate(steps) if not any(_moves(steps)[n + 1 :])]
        told = any("STALLED" in step.kinds for step in standing)
        if moved and told and not over:
            kinds.add("RESUMED")
        still = not moved and at - standing[0].at >= timedelta(minutes=self.choices.stalled_after)
        if still and not told and not over:
            kinds.add("STALLED")
        return frozenset(kinds)

    def _unanswered(self, steps: Sequence[Step], said: Said, at: datetime) -> frozenset[str]:
        row = list(takewhile(lambda step: step.said.status is None, reversed(steps)))
        began = row[-1].at if row else at
        if at - began < timedelta(minutes=self.choices.unchecked_after):
            return frozenset()
        if said.refused:
            return frozenset({"LOST"})
        return frozenset() if any("UNCHECKED" in step.kinds for step in row) else frozenset({"UNCHECKED"})

    @staticmethod
    def _is_other(steps: Sequence[Step], said: Said) -> bool:
        if not steps or (said.status is None) != (steps[-1].said.status is None):
            return True
        if said.status is None:
            return False
        return _counts([*steps, Step(said, steps[-1].at)]) != _counts(steps) or said.error != steps[-1].said.error


@dataclass
class Outage:
    """What counted of a source since it went silent; empty while it answers."""

    choices: Choices
    steps: list[Step] = field(default_factory=list)

    def expected(self, *, answered: bool, at: datetime, length: int | None = None) -> frozenset[str]:
        """The kinds that apply after a sweep that asked the source."""
        steps = self.steps[:length]
        told = _is_told(steps)
        if answered:
            return frozenset({"SOURCE_RECOVERED"} if told else ())
        began = steps[0].at if steps else at
        overdue = at - began >= timedelta(minutes=self.choices.unchecked_after)
        return frozenset({"SOURCE_UNREACHABLE"} if overdue and not told else ())

    @property
    def is_told(self) -> bool:
        """Whether SOURCE_UNREACHABLE applied."""
        return _is_told(self.steps)


def _is_told(steps: Sequence[Step]) -> bool:
    return any("SOURCE_UNREACHABLE" in step.kinds for step in steps)


def _statuses(steps: Sequence[Step]) -> list[str]:
    return [step.said.status for step in steps if step.said.status is not None]


def _counts(steps: Sequence[Step]) -> tuple[int | None, int | None, int | None]:
    def last(name: str) -> int | None:
        found = [getattr(step.said, name) for step in steps if getattr(step.said, name) is not None]
        return found[-1] if found else None

    return last("processed"), last("invalid"), last("retries")


def _moves(steps: Sequence[Step]) -> list[bool]:
    """For each step whether it was progress: another status, or more records processed than ever before."""
    moves = []
    status: str | None = None
    most = 0
    for step in steps:
        said = step.said
        moves.append(said.status is not None and (said.status != status or (said.processed or 0) > most))
        status = said.status or status
        most = max(most, said.processed or 0)
    return moves
