"""Starting to watch what a source lists, within the sweep's time."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.deadline import CHECK_RESERVE, CONCLUDE, WRITE, Deadline
from deployment_notifier.discovery import Discovery
from deployment_notifier.model import CheckFailed, Listing, PartialListing, SourceState, Watch
from deployment_notifier.report import Report
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.port import Listed, ListPage
from tests.fakes import START, Clock, FakeSource, FakeWatches

if TYPE_CHECKING:
    from collections.abc import Callable

LISTED_NOW = SourceState("greengrass-bulk", listed_at=START)
TIMEOUT = 50.0


@dataclass
class Setting:
    """A discovery with its fakes."""

    source: FakeSource = field(default_factory=FakeSource)
    table: FakeWatches = field(default_factory=FakeWatches)
    clock: Clock = field(default_factory=Clock)
    report: Report = field(default_factory=lambda: Report(logging.getLogger("deployment_notifier.test")))
    within: timedelta = timedelta(days=1)
    left: float = TIMEOUT

    @property
    def counts(self) -> dict[str, int]:
        return {name: count for name, count in self.report.as_dict().items() if count}

    def discover(
        self, state: SourceState = LISTED_NOW, watched: list[Watch] | None = None
    ) -> tuple[list[str], Listing | None]:
        table: Any = self.table
        discovery = Discovery(table, self.within, timedelta(days=90), self.clock)
        deadline = Deadline(lambda: self.left - self.clock.seconds)
        deadline.total = TIMEOUT
        started, found = discovery.discover(self.source, state, watched or [], deadline, self.report)
        return [watch.deployment_id for watch in started], found.listing


def page(*names: str, to: str | None = None) -> ListPage:
    return ListPage(tuple(Listed(name, START) for name in names), to)


def test_recent_deployments_without_a_watch_are_started_in_a_fixed_order() -> None:
    setting = Setting(FakeSource(listing=page("c", "a", "b", "d", "e")), FakeWatches(ended={"b"}, changed={"e"}))
    started, listing = setting.discover(watched=[Watch("d", "greengrass-bulk")])
    assert (started, listing) == (["a", "c"], Listing(is_answered=True))
    assert setting.table.looked_up == {"a", "b", "c", "e"}, "what is watched need not be looked up"
    assert setting.counts == {"discovered": 2}


def test_it_is_off_at_zero_hours() -> None:
    setting = Setting(FakeSource(listing=page("a")), within=timedelta(0))
    assert setting.discover() == ([], None)
    assert setting.source.listed == []


def test_the_window_reaches_back_to_the_last_complete_listing() -> None:
    old = ListPage((Listed("a", START - timedelta(hours=30)),))
    assert Setting(FakeSource(listing=old)).discover()[0] == []
    away = replace(LISTED_NOW, listed_at=START - timedelta(hours=6))
    assert Setting(FakeSource(listing=old)).discover(away)[0] == ["a"]


def test_a_listing_that_fails_is_logged_and_what_it_brought_is_started(caplog: pytest.LogCaptureFixture) -> None:
    down = CheckFailed("down")
    setting = Setting(FakeSource(listing=lambda token: down if token else page("a", to="2")))
    assert setting.discover() == (["a"], Listing("down", is_answered=True))
    assert setting.counts == {"discovered": 1}
    assert "listing not complete" in caplog.messages


@pytest.mark.parametrize(("undated", "unusable"), [(1, 0), (0, 3), (0, 0)])
def test_entries_that_are_undated_or_unusable_are_logged(
    caplog: pytest.LogCaptureFixture, undated: int, unusable: int
) -> None:
    listing = ListPage((Listed("undated", None),) * undated, unusable=unusable)
    assert Setting(FakeSource(listing=listing)).discover()[0] == ["undated"] * undated
    extras = [vars(record) for record in caplog.records]
    logged = [(extra["undated"], extra["unusable"]) for extra in extras if "undated" in extra]
    assert logged == ([(undated, unusable)] if undated or unusable else [])


def test_one_that_cannot_be_stored_does_not_stop_the_others() -> None:
    setting = Setting(FakeSource(listing=page("a", "b", "c")), FakeWatches(broken={"b"}))
    assert setting.discover()[0] == ["a", "c"]
    assert setting.counts == {"discovered": 2, "table_failures": 1}


def test_without_a_look_up_nothing_is_started_and_the_listing_still_counts() -> None:
    setting = Setting(FakeSource(listing=page("a")), FakeWatches(broken={"without_watch"}))
    assert setting.discover() == ([], Listing(is_answered=True))
    assert setting.counts == {"table_failures": 1}


PARTIAL = PartialListing(START - timedelta(minutes=1), START - timedelta(minutes=1), "2")


@pytest.mark.parametrize("broken", ["b", "without_watch"])
@pytest.mark.parametrize("partial", [None, PARTIAL])
def test_a_listing_counts_as_complete_only_when_all_that_it_brought_is_watched(
    broken: str, partial: PartialListing | None
) -> None:
    """Else one that was created before a long outage of discovery would be too old for the next listing."""
    table = FakeWatches(broken={broken})
    setting = Setting(FakeSource(listing=page("a", "b")), table)
    state = SourceState("greengrass-bulk", listed_at=START - timedelta(days=2), partial_listing=partial)
    listing = setting.discover(state)[1]
    assert listing == Listing(is_answered=True, partial=partial if broken == "without_watch" else None)
    table.broken.clear()
    started_at = partial.started_at if partial else START
    assert setting.discover(state)[1] == Listing(is_answered=True, listed_at=started_at)


def test_one_that_can_never_be_stored_does_not_keep_a_long_listing_from_going_on() -> None:
    clock = Clock()
    source = FakeSource(replace(GREENGRASS_BULK, lists_newest_first=False), listing=endless(clock, 1))
    setting = Setting(source, FakeWatches(broken={"d2"}), clock)
    listing = setting.discover(SourceState("greengrass-bulk", partial_listing=PARTIAL))[1]
    assert listing is not None
    assert listing.partial is not None
    assert int(listing.partial.next_page or 0) > 2


# Time


def endless(clock: Clock, seconds: float) -> Callable[[str | None], ListPage]:
    """A listing without an end, of which each page takes some seconds."""

    def answer(token: str | None) -> ListPage:
        clock.advance(seconds)
        return page(f"d{token}", to=str(int(token or 0) + 1))

    return answer


@pytest.mark.parametrize(("newest_first", "each", "seconds"), [(True, 4, 28), (False, 1, 8)])
def test_a_long_listing_leaves_time_to_the_checks(newest_first: bool, each: float, seconds: float) -> None:
    """Half of the sweep's 50 seconds; or three quarters of the 29 in which a call can start, of one in no order."""
    clock, profile = Clock(), replace(GREENGRASS_BULK, lists_newest_first=newest_first)
    setting = Setting(FakeSource(profile, listing=endless(clock, each)), clock=clock)
    setting.discover()
    assert clock.seconds == seconds


def test_without_time_for_more_a_listing_has_one_page() -> None:
    clock = Clock()
    setting = Setting(FakeSource(listing=endless(clock, 1)), clock=clock, left=LEAST + 1)
    setting.discover()
    assert clock.seconds == 1


LEAST = GREENGRASS_BULK.seconds_per_call + CHECK_RESERVE


@pytest.mark.parametrize(("left", "pages"), [(LEAST, 1), (LEAST - 0.1, 0)])
def test_one_page_has_its_turn_as_long_as_a_call_has(left: float, pages: int) -> None:
    """Else many checks, or alerts that wait, would keep new deployments from ever being found."""
    setting = Setting(FakeSource(listing=page("a", to="2")), left=left)
    _, listing = setting.discover()
    assert len(setting.source.listed) == pages
    assert (listing is not None) == bool(pages)


def test_many_new_watches_leave_half_of_the_time_in_which_checks_can_start() -> None:
    """Else a sweep that discovers a thousand deployments at once would check none, not even those that were watched."""
    clock = Clock()
    setting = Setting(
        FakeSource(listing=page(*map(str, range(100)))), FakeWatches(on_write=lambda: clock.advance(1)), clock
    )
    started, listing = setting.discover(replace(LISTED_NOW, listed_at=None))
    assert listing == Listing(is_answered=True), "not complete: the others must be listed again"
    assert clock.seconds == len(started)
    assert (TIMEOUT - LEAST) / 2 <= clock.seconds <= (TIMEOUT - LEAST) / 2 + 1


def test_no_watch_is_started_in_the_time_of_the_conclusion() -> None:
    def list_slowly(_: str | None) -> ListPage:
        clock.advance(1)
        return page(*"abcdef")

    clock = Clock()
    table = FakeWatches(on_write=lambda: clock.advance(5))
    setting = Setting(FakeSource(listing=list_slowly), table, clock, left=LEAST + 0.5)
    assert setting.discover()[0] == ["a", "b"], "no check could start any more"
    assert setting.left - 6 >= WRITE + CONCLUDE > setting.left - 11
