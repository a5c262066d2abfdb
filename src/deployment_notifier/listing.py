"""Listing a source's deployments, page by page and over several sweeps if there are many."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from deployment_notifier.model import Listing, PartialListing
from deployment_notifier.rules.source import COMPLETE_LISTING_EVERY
from deployment_notifier.sources.port import ListPage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from deployment_notifier.model import SourceState
    from deployment_notifier.sources.port import Listed, Source

_STALE_AFTER = timedelta(minutes=90)
"""A complete listing that got no further for so long starts anew: its page token may no longer be valid.

It is more than the longest period between two sweeps.
"""

_LONGEST = timedelta(days=1)
"""So does one that takes longer: its pages may go round in a circle that no single sweep sees."""


@dataclass(slots=True)
class RecentDeployments:
    """What a listing brought.

    Attributes:
        listed: all deployments that were listed, by id.
        is_all: whether these are all of the source's deployments, listed from the first page to the last.
        recent: the deployments that were created recently enough, or at an unknown time.
        undated: the number of those whose time of creation is unknown.
        unusable: the number of entries without an id that can be watched.
        listing: how the listing went; None if there was no time to ask.
    """

    listed: dict[str, Listed] = field(default_factory=dict)
    is_all: bool = False
    recent: set[str] = field(default_factory=set)
    undated: int = 0
    unusable: int = 0
    listing: Listing | None = None


def list_recent(
    source: Source, state: SourceState, since: datetime, now: datetime, may_call: Callable[[int], bool]
) -> RecentDeployments:
    """List a source's deployments: the most recent ones in every sweep, all of them once an hour.

    A source that does not list from most to least recent is listed completely each time. A complete listing that one
    sweep cannot finish is continued by the next one.

    Args:
        source: the source to ask.
        state: says when all deployments were last listed, and how far a listing is that is under way.
        since: deployments that were created before are history.
        now: the present.
        may_call: whether there is time for another page, given the number of pages so far.
    """
    found = RecentDeployments()
    pages = _Pages(source, may_call, found, since)
    partial = state.partial_listing
    if partial and (now - partial.read_at >= _STALE_AFTER or now - partial.started_at >= _LONGEST):
        partial = None
    newest_first = source.profile.lists_newest_first
    is_due = state.listed_at is None or now - state.listed_at >= COMPLETE_LISTING_EVERY
    started_at, next_page = now, None
    if partial is not None:
        started_at = partial.started_at
        if newest_first:
            pages.read(None, stop_at_old=True)
        next_page = pages.read(partial.next_page)
    elif newest_first and not is_due:
        pages.read(None, stop_at_old=True)
    else:
        next_page = pages.read(None)
    reads_all = partial is not None or is_due or not newest_first
    if pages.count or pages.error:
        is_complete = reads_all and next_page is None and pages.error is None
        read_at = partial.read_at if partial and partial.next_page == next_page else now
        found.is_all = is_complete and partial is None
        found.listing = Listing(
            error=pages.error,
            is_answered=pages.count > 0,
            listed_at=started_at if is_complete else None,
            partial=PartialListing(started_at, read_at, next_page) if next_page and not pages.is_circle else None,
        )
    return found


def list_first_page(source: Source) -> Listing:
    """Ask for one page only, to see whether the source answers."""
    answer = source.list_deployments(None)
    return Listing(is_answered=True) if isinstance(answer, ListPage) else Listing(error=answer.reason)


class _Pages:
    """Reads pages of a listing and keeps what is recent on them.

    Attributes:
        count: the number of pages read.
        error: why the last page could not be read; nothing is read after that.
        is_circle: whether a page token came again.
    """

    def __init__(
        self, source: Source, may_call: Callable[[int], bool], found: RecentDeployments, since: datetime
    ) -> None:
        self._source = source
        self._may_call = may_call
        self._found = found
        self._since = since
        self.count = 0
        self.error: str | None = None
        self.is_circle = False

    def read(self, page: str | None, *, stop_at_old: bool = False) -> str | None:
        """Read pages as long as there is time.

        Args:
            page: the token of the first page to read.
            stop_at_old: whether to stop after a page whose deployments are all too old.

        Returns:
            The token of the page to read next; None after the last page.
        """
        seen = {page}
        while self.error is None and self._may_call(self.count):
            answer = self._source.list_deployments(page)
            if not isinstance(answer, ListPage):
                self.error = answer.reason
                break
            self.count += 1
            has_recent = self._keep_recent(answer)
            page = answer.next_page
            if page is None or (stop_at_old and not has_recent):
                break
            if page in seen:
                self.error, self.is_circle = "The pages of the listing go round in a circle", True
                break
            seen.add(page)
        return page

    def _keep_recent(self, page: ListPage) -> bool:
        """Keep what is recent on a page; return whether there may be more on the next one."""
        recent = [each for each in page.deployments if each.created_at is None or each.created_at >= self._since]
        self._found.listed |= {each.deployment_id: each for each in page.deployments}
        self._found.recent |= {each.deployment_id for each in recent}
        self._found.undated += sum(each.created_at is None for each in recent)
        self._found.unusable += page.unusable
        return bool(recent) or not page.deployments
