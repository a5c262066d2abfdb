"""When to alert, written a second time in another way.

The product's rules carry state from check to check. The model of a deployment carries none: it looks at everything that
a source has answered since its watch was put. It shares no code with the rules. What follows from the results of a
deployment's targets is not modelled; the oracle checks that by what must always be true.
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
    "DEVICES_FAILED",
    "GROUPS_FAILED",
    "RESULTS_INCOMPLETE",
    "STALLED",
    "LOST",
    "UNCHECKED",
    "STOPPED",
    "COMPLETED",
    "RESUMED",
    "SOURCE_UNREACHABLE",
    "SOURCE_RECOVERED",
    "DISCOVERY_FAILED",
    "DISCOVERY_RECOVERED",
)
OVER = {"FAILED", "STOPPED", "COMPLETED", "SUPERSEDED"}
"""The phases in which a deployment has ended."""


@dataclass(frozen=True)
class Words:
    """What a source's deployments are like.

    Attributes:
        failures_kind: the kind of alert about its failures.
        progress, failures, unfinished: the names of the counts that add up to these.
        is_continuous: whether its deployments rest, stay stalled until then, and have no results to be followed.
    """

    failures_kind: str
    progress: tuple[str, ...]
    failures: tuple[str, ...]
    unfinished: tuple[str, ...] = ()
    is_continuous: bool = False


@dataclass(frozen=True)
class Choices:
    """What the operator chose; spans in minutes."""

    alert_on: frozenset[str] = frozenset(ORDER) - {"STOPPED", "COMPLETED"}
    threshold: int = 1
    stalled_after: int = 60
    unchecked_after: int = 10
    follow_results: int = 60
    discover_within_hours: int = 24

    def wanted(self, kinds: set[str] | frozenset[str]) -> tuple[str, ...]:
        """Return the kinds that go out: the first is the alert, the others are named in it."""
        return tuple(kind for kind in ORDER if kind in kinds and kind in self.alert_on)


@dataclass(frozen=True)
class CheckAnswer:
    """What a source answered at a check.

    Attributes:
        status: None if there was none, or the results were asked for.
        phase: what the status means, as one of `OVER`, ONGOING or RESTING.
        counts: as reported, by name.
        is_refused: whether it does not know the id.
        is_scan: whether the check asked for the results of a deployment that has ended.
        pages: pages of results that were read.
    """

    status: str | None = None
    phase: str = "ONGOING"
    counts: tuple[tuple[str, int], ...] = ()
    error: str | None = None
    is_refused: bool = False
    is_scan: bool = False
    pages: int = 0

    @property
    def is_answered(self) -> bool:
        """Whether the source answered."""
        return self.status is not None or (self.is_scan and self.pages > 0)


@dataclass(frozen=True)
class Step:
    """A check that counted: what was answered, when, and all kinds that applied then."""

    check: CheckAnswer
    at: datetime
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Expected:
    """What must follow from a check.

    Attributes:
        kinds: those that apply, whether wanted or not, and without those that follow from the results.
        transition: from and to, where the status changes.
        is_news: whether there is anything to be stored.
        ends: whether the watch ends; None if that depends on the results.
    """

    kinds: frozenset[str] = frozenset()
    transition: tuple[str | None, str] | None = None
    is_news: bool = False
    ends: bool | None = False


@dataclass
class History:
    """What counted of a deployment since its watch was put."""

    choices: Choices
    words: Words
    steps: list[Step] = field(default_factory=list)

    def expected(
        self, check: CheckAnswer, at: datetime, answering_since: datetime | None = None, length: int | None = None
    ) -> Expected:
        """Return what must follow from a check.

        Args:
            check: what was answered.
            at: when.
            answering_since: when the source's last outage ended.
            length: how many steps were known at that time; all if None.
        """
        steps = self.steps[:length]
        if not check.is_answered:
            return self._unanswered(steps, check, at, answering_since)
        if check.is_scan:
            return Expected(is_news=True, ends=None)
        assert check.status is not None
        kinds = self._observed(steps, check, at)
        last = status_of(steps)
        transition = None if last == check.status else (last, check.status)
        is_followed = self.choices.follow_results and not self.words.is_continuous
        ends = check.phase in OVER and (None if is_followed else True)
        return Expected(kinds, transition, bool(kinds or transition) or self._is_other(steps, check), ends)

    def counts(self, length: int | None = None) -> dict[str, int]:
        """Return each count as last reported."""
        return _counts(self.steps[:length])

    def has_ended(self, length: int) -> bool:
        """Return whether the deployment was known to have ended."""
        return any(step.check.phase in OVER for step in self.steps[:length])

    def _observed(self, steps: Sequence[Step], check: CheckAnswer, at: datetime) -> frozenset[str]:
        now = [*steps, Step(check, at)]
        is_other = check.status != status_of(steps)
        kinds = set[str]()
        if check.phase == "SUPERSEDED":
            return frozenset()
        if is_other and check.phase in ("FAILED", "STOPPED"):
            kinds.add(check.phase)
        if self._are_failures_news(now):
            kinds.add(self.words.failures_kind)
        # Of others, COMPLETED waits for the results.
        if self.words.is_continuous and not any("COMPLETED" in step.kinds for step in steps):
            is_done = _sum(now, self.words.progress) > 0 and not _sum(now, self.words.unfinished)
            if (check.phase == "COMPLETED" and is_other) or (check.phase == "RESTING" and is_done):
                kinds.add("COMPLETED")
        return frozenset(kinds | self._stall(now))

    def _are_failures_news(self, now: Sequence[Step]) -> bool:
        steps, check, at = now[:-1], now[-1].check, now[-1].at
        count = _sum(now, self.words.failures)
        told = [
            (_sum(now[: n + 1], self.words.failures), step.at)
            for n, step in enumerate(steps)
            if self.words.failures_kind in step.kinds
        ]
        if count < self.choices.threshold or not told:
            return count >= self.choices.threshold
        has_rested = any(step.check.phase == "RESTING" for step in steps)
        is_end = check.phase in OVER or (check.phase == "RESTING" and not has_rested)
        is_of_another_day = has_rested and at - told[-1][1] >= timedelta(days=1)
        return count >= 2 * told[-1][0] or (count > told[-1][0] and (is_end or is_of_another_day))

    def _stall(self, now: Sequence[Step]) -> set[str]:
        steps, phase = now[:-1], now[-1].check.phase
        moves = self._moves(now)
        since_progress = [step for n, step in enumerate(steps) if not any(moves[n + 1 : -1])]
        row = since_progress
        if self.words.is_continuous:
            # Only its rest ends a stall, whatever single devices do meanwhile.
            row = list(takewhile(lambda step: step.check.phase == "ONGOING", reversed(steps)))
        is_stalled = any("STALLED" in step.kinds for step in row)
        ends = phase != "ONGOING" if self.words.is_continuous else moves[-1] and phase not in OVER
        if is_stalled:
            return {"RESUMED"} if ends else set()
        is_still = phase == "ONGOING" and not moves[-1]
        is_overdue = is_still and now[-1].at - since_progress[0].at >= timedelta(minutes=self.choices.stalled_after)
        return {"STALLED"} if is_overdue else set()

    def _moves(self, steps: Sequence[Step]) -> list[bool]:
        """For each step whether it was progress: another status, more targets done than ever, or the end of a rest."""
        moves = []
        status, most, was_resting = None, 0, False
        for step in (each.check for each in steps):
            done = sum(dict(step.counts).get(name, 0) for name in self.words.progress)
            starts_anew = was_resting and step.phase == "ONGOING"
            moves.append(step.status is not None and (step.status != status or done > most or starts_anew))
            if step.status is not None:
                status, was_resting = step.status, step.phase == "RESTING"
            most = max(most, done)
        return moves

    def _unanswered(
        self, steps: Sequence[Step], check: CheckAnswer, at: datetime, answering_since: datetime | None
    ) -> Expected:
        row = list(takewhile(lambda step: not step.check.is_answered, reversed(steps)))
        began = row[-1].at if row else at
        since = max(began, answering_since or began)
        is_overdue = at - since >= timedelta(minutes=self.choices.unchecked_after)
        if check.is_refused:
            return Expected(frozenset({"LOST"} if is_overdue else ()), None, is_overdue or not row, is_overdue)
        followed_since = next((step.at for step in steps if step.check.phase in OVER), None)
        is_time_up = followed_since and at >= followed_since + timedelta(minutes=self.choices.follow_results)
        if is_time_up and at - since >= timedelta(minutes=60):
            return Expected(is_news=True, ends=True)
        is_first = is_overdue and not any("UNCHECKED" in step.kinds for step in row)
        return Expected(frozenset({"UNCHECKED"} if is_first else ()), None, is_first or not row)

    @staticmethod
    def _is_other(steps: Sequence[Step], check: CheckAnswer) -> bool:
        if not steps or not steps[-1].check.is_answered:
            return True
        last = steps[-1].check
        now = _counts([*steps, Step(check, steps[-1].at)]), check.error, check.phase
        return now != (_counts(steps), last.error, last.phase)


def status_of(steps: Sequence[Step]) -> str | None:
    """Return the last status that was answered."""
    return next((step.check.status for step in reversed(steps) if step.check.status is not None), None)


def _counts(steps: Sequence[Step]) -> dict[str, int]:
    return {name: count for step in steps for name, count in step.check.counts}


def _sum(steps: Sequence[Step], names: Sequence[str]) -> int:
    counts = _counts(steps)
    return sum(counts.get(name, 0) for name in names)
