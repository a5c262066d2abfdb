"""Sources as a whole: whether they answer, and how far their deployments have been listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.model.deployments import CheckFailed, UnknownDeployment

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.model.checks import Check


@dataclass(frozen=True, slots=True)
class Outage:
    """A time without answers.

    Attributes:
        since: when it started.
        is_notified: whether an alert was sent about it.
        last_error: the answer, or why there was none.
    """

    since: datetime
    is_notified: bool = False
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class PartialListing:
    """A listing of all deployments that takes more than one sweep.

    Attributes:
        started_at: when its first page was read.
        read_at: when it last got further.
        next_page: the token of the page to read next.
    """

    started_at: datetime
    read_at: datetime
    next_page: str


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is known of a source between sweeps.

    Attributes:
        version: as `Watch.version`; 0 while nothing is stored.
        answering_since: when it first answered, or answered again after its last outage; None if it never did.
        outage: set while it answers no check.
        listing_outage: set while its deployments cannot be listed.
        listing_since: when a listing of its deployments was first tried.
        listed_at: when the last complete listing of all its deployments started; None before the first.
        partial_listing: a listing that is under way.
    """

    source: str
    version: int = 0
    answering_since: datetime | None = None
    outage: Outage | None = None
    listing_outage: Outage | None = None
    listing_since: datetime | None = None
    listed_at: datetime | None = None
    partial_listing: PartialListing | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """How far a sweep got with listing a source's deployments.

    Attributes:
        error: why a page could not be read; None if all that were asked for could.
        is_answered: whether at least one page was read.
        listed_at: when a complete listing that was finished now had started; None if none was finished.
        partial: a complete listing that is under way.
    """

    error: str | None = None
    is_answered: bool = False
    listed_at: datetime | None = None
    partial: PartialListing | None = None


@dataclass(slots=True)
class SourceStats:
    """How one sweep's calls to a source went; it grows while the sweep goes on.

    Attributes:
        watched: the number of its active watches.
        answered: the number of checks with an answer.
        unknown: the number of checks whose id the source does not know.
        failed: the number of checks without an answer, those of `failed_scans` aside.
        failed_scans: the number of times that the results of a deployment could not be read.
        last_error: the reason of the last check without an answer.
        listing: how the listing went; None if the sweep did not list.
    """

    watched: int = 0
    answered: int = 0
    unknown: int = 0
    failed: int = 0
    failed_scans: int = 0
    last_error: str | None = None
    listing: Listing | None = None

    def add(self, check: Check) -> None:
        """Count a check."""
        match check.answer:
            case UnknownDeployment(reason):
                self.unknown += 1
                self.last_error = reason
            case CheckFailed(reason):
                self.failed += check.watch.follow_up is None
                self.failed_scans += check.watch.follow_up is not None
                self.last_error = reason
            case _:
                self.answered += 1

    @property
    def was_asked(self) -> bool:
        """Whether the sweep asked anything that tells if the source works.

        A listing that fails does not if deployments are watched and none was due: their checks may well succeed.
        """
        if self.answered + self.unknown + self.failed + self.failed_scans:
            return True
        return self.listing is not None and (self.listing.is_answered or not self.watched)

    @property
    def answers(self) -> bool:
        """Whether the source works.

        That it does not know an id, or cannot give the results of a deployment, is an answer only if it lists its
        deployments: a wrong region or a retired API knows no id. A listing alone proves nothing if every check of a
        status fails, or each deployment would get an alert of its own instead of the source getting one.
        """
        if self.answered:
            return True
        is_listed = self.listing is not None and self.listing.is_answered
        return is_listed and (self.failed == 0 or self.unknown > 0)

    @property
    def needs_listing(self) -> bool:
        """Whether only a listing can tell if the ids are wrong, or the source."""
        return self.listing is None and not self.answered and self.unknown + self.failed_scans > 0


def source_id(source: str) -> str:
    """Return what takes the place of a deployment's id in the records of a whole source."""
    return f"source:{source}"
