"""When to alert, written a second time in another way.

The product's rules carry state from check to check. The model of a deployment carries none: it looks at everything that
a source has answered since its watch was put. It shares no code with the rules. What follows from the results of a
deployment's targets is not modelled; the oracle checks that by what must always be true.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ORDER = (
    "FAILED",
    "INVALID_RECORDS",
    "GROUPS_FAILED",
    "RESULTS_INCOMPLETE",
    "STALLED",
    "STOPPED",
    "COMPLETED",
    "RESUMED",
    "LOST",
    "UNCHECKED",
    "SOURCE_UNREACHABLE",
    "SOURCE_RECOVERED",
    "DISCOVERY_FAILED",
    "DISCOVERY_RECOVERED",
)
TERMINAL = {"Failed", "Stopped", "Completed"}
COUNTS = ("RecordsProcessed", "InvalidInputRecords", "RetryAttempts")


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
        counts: as reported, by name.
        is_refused: whether it does not know the id.
        is_scan: whether the check asked for the results of a deployment that has ended.
        pages: pages of results that were read.
    """

    status: str | None = None
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
        ends = check.status in TERMINAL and (None if self.choices.follow_results else True)
        return Expected(kinds, transition, bool(kinds or transition) or self._is_other(steps, check), ends)

    def counts(self, length: int | None = None) -> dict[str, int]:
        """Return each count as last reported."""
        return _counts(self.steps[:length])

    def _observed(self, steps: Sequence[Step], check: CheckAnswer, at: datetime) -> frozenset[str]:
        now = [*steps, Step(check, at)]
        over = check.status in TERMINAL
        moved = _moves(now)[-1]
        kinds = set[str]()
        if over and check.status != status_of(steps) and check.status != "Completed":
            kinds.add(str(check.status).upper())
        invalid = _counts(now).get(COUNTS[1], 0)
        notified = [_counts(now[: n + 1])[COUNTS[1]] for n, step in enumerate(steps) if "INVALID_RECORDS" in step.kinds]
        if invalid >= self.choices.threshold and (
            not notified or invalid >= 2 * notified[-1] or (over and invalid > notified[-1])
        ):
            kinds.add("INVALID_RECORDS")
        since_progress = [step for n, step in enumerate(steps) if not any(_moves(steps)[n + 1 :])]
        is_stalled = any("STALLED" in step.kinds for step in since_progress)
        if moved and is_stalled and not over:
            kinds.add("RESUMED")
        still = not moved and at - since_progress[0].at >= timedelta(minutes=self.choices.stalled_after)
        if still and not is_stalled and not over:
            kinds.add("STALLED")
        return frozenset(kinds)

    def _unanswered(
        self, steps: Sequence[Step], check: CheckAnswer, at: datetime, answering_since: datetime | None
    ) -> Expected:
        row = list(takewhile(lambda step: not step.check.is_answered, reversed(steps)))
        began = row[-1].at if row else at
        since = max(began, answering_since or began)
        is_overdue = at - since >= timedelta(minutes=self.choices.unchecked_after)
        if check.is_refused:
            return Expected(frozenset({"LOST"} if is_overdue else ()), None, is_overdue or not row, is_overdue)
        followed_since = next((step.at for step in steps if step.check.status in TERMINAL), None)
        is_time_up = followed_since and at >= followed_since + timedelta(minutes=self.choices.follow_results)
        if is_time_up and at - since >= timedelta(minutes=60):
            return Expected(is_news=True, ends=True)
        is_first = is_overdue and not any("UNCHECKED" in step.kinds for step in row)
        return Expected(frozenset({"UNCHECKED"} if is_first else ()), None, is_first or not row)

    @staticmethod
    def _is_other(steps: Sequence[Step], check: CheckAnswer) -> bool:
        if not steps or not steps[-1].check.is_answered:
            return True
        return _counts([*steps, Step(check, steps[-1].at)]) != _counts(steps) or check.error != steps[-1].check.error


@dataclass(frozen=True)
class SourceAnswers:
    """What a source answered in one sweep.

    Attributes:
        checks: at the checks of its deployments.
        is_watched: whether there were any deployments to check.
        pages: pages of the listing that were read.
        listing_failed: whether one could not be read; None if none was asked for.
    """

    checks: tuple[CheckAnswer, ...] = ()
    is_watched: bool = False
    pages: int = 0
    listing_failed: bool | None = None

    @property
    def was_asked(self) -> bool:
        """Whether the source was asked anything."""
        return bool(self.checks) or self.listing_failed is not None

    @property
    def is_working(self) -> bool:
        """Whether the source works: a listing is proof only against ids that may be wrong."""
        is_unknown = any(each.is_refused for each in self.checks)
        has_failed = any(not (each.is_answered or each.is_refused or each.is_scan) for each in self.checks)
        is_proved = self.pages > 0 and (is_unknown or not has_failed)
        return is_proved or any(each.is_answered for each in self.checks)


@dataclass(frozen=True)
class OutageModel:
    """A time without answers."""

    since: datetime
    is_notified: bool = False


@dataclass(frozen=True)
class SourceModel:
    """What is known of a source."""

    answering_since: datetime | None = None
    outage: OutageModel | None = None
    listing_outage: OutageModel | None = None

    def after(self, answers: SourceAnswers, at: datetime, choices: Choices) -> tuple[SourceModel, frozenset[str]]:
        """Return what is known after a sweep, and the kinds that apply."""

        def fails(known: OutageModel | None, *, is_reported: bool) -> OutageModel:
            outage = known or OutageModel(at)
            is_overdue = at - outage.since >= timedelta(minutes=choices.unchecked_after)
            return replace(outage, is_notified=outage.is_notified or (is_reported and is_overdue))

        after = self
        if answers.is_working:
            is_recovery = self.outage is not None and self.outage.is_notified
            after = replace(after, outage=None, answering_since=at if is_recovery else self.answering_since or at)
        elif answers.was_asked:
            after = replace(after, outage=fails(self.outage, is_reported=True))
        elif not answers.is_watched and self.outage and not self.outage.is_notified:
            after = replace(after, outage=None)
        if answers.listing_failed:
            after = replace(after, listing_outage=fails(self.listing_outage, is_reported=answers.is_working))
        elif answers.listing_failed is False:
            after = replace(after, listing_outage=None)
        kinds = _differences("SOURCE", "UNREACHABLE", self.outage, after.outage)
        listing_kinds = _differences("DISCOVERY", "FAILED", self.listing_outage, after.listing_outage)
        if "SOURCE_RECOVERED" in kinds and "DISCOVERY_FAILED" in listing_kinds:
            # One alert at a time: the next sweep reports the listing.
            return replace(after, listing_outage=self.listing_outage), kinds
        return after, kinds | listing_kinds


def _differences(prefix: str, word: str, before: OutageModel | None, after: OutageModel | None) -> frozenset[str]:
    was, is_ = bool(before and before.is_notified), bool(after and after.is_notified)
    if was == is_:
        return frozenset()
    return frozenset({f"{prefix}_{word}" if is_ else f"{prefix}_RECOVERED"})


def status_of(steps: Sequence[Step]) -> str | None:
    """Return the last status that was answered."""
    return next((step.check.status for step in reversed(steps) if step.check.status is not None), None)


def _counts(steps: Sequence[Step]) -> dict[str, int]:
    return {name: count for step in steps for name, count in step.check.counts}


def _moves(steps: Sequence[Step]) -> list[bool]:
    """For each step whether it was progress: another status, or more records processed than ever before."""
    moves = []
    status: str | None = None
    most = 0
    for step in steps:
        check = step.check
        processed = dict(check.counts).get(COUNTS[0], 0)
        moves.append(check.status is not None and (check.status != status or processed > most))
        status = check.status or status
        most = max(most, processed)
    return moves
