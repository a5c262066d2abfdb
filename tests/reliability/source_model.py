"""When to alert about a whole source, written a second time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.reliability.reference_model import CheckAnswer, Choices


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
        """Whether the source was asked anything that tells if it works; of what is watched, a check tells it."""
        return bool(self.checks or self.pages) or (self.listing_failed is True and not self.is_watched)

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
            is_reported = answers.is_working or not (answers.was_asked or after.outage)
            after = replace(after, listing_outage=fails(self.listing_outage, is_reported=is_reported))
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
