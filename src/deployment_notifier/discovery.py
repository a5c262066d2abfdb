"""Discovery: starting to watch deployments that nobody registered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from deployment_notifier import deadline as seconds
from deployment_notifier.errors import TableError
from deployment_notifier.listing import RecentDeployments, list_recent
from deployment_notifier.rules import discovery_window

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from deployment_notifier.deadline import Deadline
    from deployment_notifier.model import SourceState, Watch
    from deployment_notifier.report import Report
    from deployment_notifier.sources.port import Source
    from deployment_notifier.table import Watches

_LEFT_TO_CHECKS = 0.75
"""Of the time in which calls can start, what a listing in no order leaves; the next sweep continues a longer one."""


@dataclass(slots=True)
class _Started:
    """What came of starting to watch deployments.

    Attributes:
        watches: the new watches.
        all_tried: whether there was time for each deployment.
        all_stored: whether none of those that were tried failed.
    """

    watches: list[Watch] = field(default_factory=list)
    all_tried: bool = False
    all_stored: bool = True


class Discovery:
    """Finds deployments by their source's listing and starts to watch them.

    Args:
        watches: the table.
        within: the age up to which a deployment is discovered; 0 for none.
        history: how long ended watches are kept.
        clock: the present, in UTC.

    Attributes:
        within: as above.
    """

    def __init__(self, watches: Watches, within: timedelta, history: timedelta, clock: Callable[[], datetime]) -> None:
        self._table = watches
        self.within = within
        self._history = history
        self._clock = clock

    def discover(
        self, source: Source, state: SourceState, watched: list[Watch], deadline: Deadline, report: Report
    ) -> tuple[list[Watch], RecentDeployments]:
        """List a source's deployments, and start to watch recent ones without a watch.

        A source whose deployments rest is listed even if discovery is off: the listing shows which ones to ask about.

        Args:
            source: the source to ask.
            state: what is known of the source.
            watched: its active watches.
            deadline: the sweep's time, most of which is left to the checks.
            report: takes counts and log lines.

        Returns:
            The new watches, and what was listed.
        """
        if not self.within and not (watched and source.profile.traits.is_continuous):
            return [], RecentDeployments()
        now = self._clock()
        least = source.profile.seconds_per_call + seconds.CHECK_RESERVE
        # A source that is listed completely in each sweep would else leave the checks too little, each time.
        share = _LEFT_TO_CHECKS * (deadline.total - least)
        enough = max(least, deadline.total / 2 if source.profile.lists_newest_first else least + share)

        def may_list(pages: int) -> bool:
            # One page has its turn in each sweep.
            return deadline.allows(enough if pages else least)

        found = list_recent(source, state, discovery_window(state, self.within, self._history, now), now, may_list)
        if found.listing and found.listing.error:
            report.found_failing("listing not complete", state.source, found.listing.error)
        if found.undated or found.unusable:
            counts = {"source": state.source, "undated": found.undated, "unusable": found.unusable}
            report.log.warning("listed deployments without a time of creation or a usable id", extra=counts)
        recent = found.recent - {watch.deployment_id for watch in watched} if self.within else set[str]()
        if not recent:
            return [], found
        started = self._start(source, recent, deadline, report)
        if found.listing and not started.all_tried:
            # Those that are left must be listed again, however old they are by then.
            found.listing = replace(found.listing, listed_at=None, partial=state.partial_listing)
        elif found.listing and not started.all_stored:
            # So must one that could not be stored; but it must not keep the listing from going on.
            found.listing = replace(found.listing, listed_at=None)
        return started.watches, found

    def _start(self, source: Source, recent: set[str], deadline: Deadline, report: Report) -> _Started:
        """Start to watch those of the recent deployments that have no watch."""
        # Half of the time in which checks can start is left to them, however many are discovered at once; the next
        # sweep starts the others. When no check can start any more, there is nothing to leave.
        no_check = source.profile.seconds_per_call + seconds.CHECK_RESERVE
        left_to_checks = (deadline.left + no_check) / 2 if deadline.allows(no_check) else 0
        least = max(seconds.WRITE + seconds.CONCLUDE, left_to_checks)

        def may_call() -> bool:
            return deadline.allows(least)

        started = _Started()
        try:
            unwatched = self._table.without_watch(recent, may_call)
        except TableError as error:
            report.table_failed("listed deployments cannot be looked up", error)
            return started
        for deployment_id in sorted(unwatched):
            if not may_call():
                break
            try:
                watch = self._table.start(deployment_id, source.profile.name)
            except TableError as error:
                # The others may still be stored; the next sweep finds this one again.
                report.table_failed("a discovered deployment cannot be stored", error, deployment_id)
                started.all_stored = False
                continue
            if watch is not None:
                started.watches.append(watch)
                report.discovered += 1
                report.log.info("discovered", extra={"deployment_id": deployment_id})
        # Without time for another call, some may not even have been looked up.
        started.all_tried = may_call()
        return started
