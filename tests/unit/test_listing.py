"""Listing in one sweep and over several: which pages are asked for, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.listing import RecentDeployments, list_first_page, list_recent
from deployment_notifier.model import CheckFailed, Listing, PartialListing, SourceState
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.port import Listed, ListPage
from tests.cases import cases
from tests.fakes import START, FakeSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SINCE = START - timedelta(hours=24)
OLD = Listed("old", SINCE - timedelta(seconds=1))
NEW = Listed("new", SINCE)
NEWER = Listed("newer", START)
UNDATED = Listed("undated", None)
DOWN = CheckFailed("ServiceUnavailable (503): down")

FRESH = SourceState("greengrass-bulk", listed_at=START - timedelta(minutes=59))
DUE = replace(FRESH, listed_at=START - timedelta(hours=1))
UNKNOWN = SourceState("greengrass-bulk")
EARLIER = START - timedelta(minutes=3)
UNDER_WAY = replace(DUE, partial_listing=PartialListing(EARLIER, EARLIER, "7"))


def page(*deployments: Listed, to: str | None = None, unusable: int = 0) -> ListPage:
    return ListPage(deployments, to, unusable)


def listed(
    pages: Mapping[str | None, ListPage | CheckFailed],
    state: SourceState = FRESH,
    *,
    most: int = 99,
    newest_first: bool = True,
) -> tuple[RecentDeployments, list[str | None]]:
    """What a listing brings, and the page tokens that it asked for; there is time for a number of pages."""
    source = FakeSource(replace(GREENGRASS_BULK, lists_newest_first=newest_first), listing=lambda token: pages[token])
    return list_recent(source, state, SINCE, START, lambda count: count < most), source.listed


THREE: dict[str | None, ListPage | CheckFailed] = {None: page(NEW, to="2"), "2": page(OLD, to="3"), "3": page(NEWER)}


@cases(
    "state, newest_first, pages, found",
    ("stops after a page that is old", FRESH, True, [None, "2"], {"new"}),
    ("once an hour completely", DUE, True, [None, "2", "3"], {"new", "newer"}),
    ("completely at first", UNKNOWN, True, [None, "2", "3"], {"new", "newer"}),
    ("completely if the order is not known", FRESH, False, [None, "2", "3"], {"new", "newer"}),
)
def test_the_pages_of_a_listing(
    state: SourceState, newest_first: bool, pages: list[str | None], found: set[str]
) -> None:
    recent, asked = listed(THREE, state, newest_first=newest_first)
    assert (asked, recent.recent) == (pages, found)
    is_complete = recent.is_all
    assert is_complete == (state is not FRESH or not newest_first)
    assert recent.listing == Listing(is_answered=True, listed_at=START if is_complete else None)


@pytest.mark.parametrize("first", [page(to="2"), page(OLD, NEW, to="2"), page(UNDATED, OLD, to="2")])
def test_a_page_that_is_not_wholly_old_does_not_end_a_listing(first: ListPage) -> None:
    assert listed({None: first, "2": page(OLD, to="3")})[1] == [None, "2"]


def test_deployments_of_unknown_age_are_found_and_unusable_ones_counted() -> None:
    recent, _ = listed({None: page(UNDATED, NEW, OLD, unusable=2, to="2"), "2": page(OLD, unusable=1)}, DUE)
    assert recent.recent == {"undated", "new"}
    assert recent.listed == {"undated": UNDATED, "new": NEW, "old": OLD}
    assert (recent.undated, recent.unusable) == (1, 3)


def test_a_listing_that_takes_longer_than_a_sweep_is_continued_and_the_newest_are_listed_all_the_same() -> None:
    pages: dict[str | None, ListPage | CheckFailed] = {
        str(n): page(Listed(f"d{n}", START), to=str(n + 1)) for n in range(1, 9)
    }
    pages |= {None: page(OLD, to="1"), "9": page(NEW)}
    state, found, sweeps = DUE, set[str](), list[list[str | None]]()
    while state.listed_at != START:
        recent, asked = listed(pages, state, most=4)
        assert recent.listing is not None
        assert recent.listing.error is None
        found |= recent.recent
        sweeps.append(asked)
        state = replace(
            state, listed_at=recent.listing.listed_at or state.listed_at, partial_listing=recent.listing.partial
        )
    assert sweeps == [[None, "1", "2", "3"], [None, "4", "5", "6"], [None, "7", "8", "9"]]
    assert found == {"new", *(f"d{n}" for n in range(1, 9))}


def test_an_unordered_listing_is_continued_without_its_first_page() -> None:
    recent, asked = listed({"7": page(NEW)}, UNDER_WAY, newest_first=False)
    assert asked == ["7"]
    assert recent.listing == Listing(is_answered=True, listed_at=START - timedelta(minutes=3))
    assert not recent.is_all, "the pages before are not among them"


@cases(
    "hours, idle, asked",
    ("longer than the longest period", 23.9, 1.4, [None, "7"]),
    ("no further for too long: its page token may no longer be valid", 1.5, 1.5, [None, "2", "3"]),
    ("without an end", 24, 0.1, [None, "2", "3"]),
)
def test_a_listing_starts_anew_only_if_it_gets_nowhere(hours: float, idle: float, asked: list[str]) -> None:
    started_at, read_at = START - timedelta(hours=hours), START - timedelta(hours=idle)
    state = replace(DUE, partial_listing=PartialListing(started_at, read_at, "7"))
    assert listed({**THREE, None: page(OLD, to="2"), "7": page(NEW)}, state)[1] == asked


@pytest.mark.parametrize(("second", "read_at"), [(DOWN, EARLIER), (page(NEW, to="8"), START)])
def test_it_is_kept_when_a_listing_last_got_further(second: ListPage | CheckFailed, read_at: datetime) -> None:
    recent, _ = listed({None: page(OLD), "7": second, "8": DOWN}, UNDER_WAY)
    assert recent.listing is not None
    assert recent.listing.partial is not None
    assert (recent.listing.partial.started_at, recent.listing.partial.read_at) == (EARLIER, read_at)


@cases(
    "pages, state, listing",
    ("the first page: no answer", {None: DOWN}, FRESH, Listing(DOWN.reason)),
    ("the first page of a complete listing", {None: DOWN}, DUE, Listing(DOWN.reason)),
    ("a later page", {None: page(NEW, to="2"), "2": DOWN}, FRESH, Listing(DOWN.reason, True)),
    (
        "a complete listing goes on with it in the next sweep",
        {None: page(NEW, to="2"), "2": DOWN},
        DUE,
        Listing(DOWN.reason, True, partial=PartialListing(START, START, "2")),
    ),
    (
        "and once more",
        {None: page(NEW), "7": DOWN},
        UNDER_WAY,
        Listing(DOWN.reason, True, partial=UNDER_WAY.partial_listing),
    ),
    (
        "the newest cannot be listed: what was read before is kept",
        {None: DOWN},
        UNDER_WAY,
        Listing(DOWN.reason, partial=UNDER_WAY.partial_listing),
    ),
)
def test_a_page_that_fails(
    pages: dict[str | None, ListPage | CheckFailed], state: SourceState, listing: Listing
) -> None:
    recent, _ = listed(pages, state)
    assert recent.listing == listing
    assert set(recent.recent) == ({"new"} if listing.is_answered else set()), "nothing that was listed is lost"


@pytest.mark.parametrize("state", [FRESH, DUE, UNDER_WAY])
def test_pages_that_go_round_in_a_circle_are_an_error_and_not_continued(state: SourceState) -> None:
    pages = {None: page(NEW, to="7"), "7": page(NEW, to="8"), "8": page(NEW, to="7")}
    recent, asked = listed(pages, state)
    assert len(asked) <= 3
    assert recent.listing == Listing("The pages of the listing go round in a circle", is_answered=True)


def test_without_time_nothing_is_asked_and_nothing_known() -> None:
    recent, asked = listed({}, UNDER_WAY, most=0)
    assert (recent, recent.is_all, asked) == (RecentDeployments(), False, [])


def test_with_time_for_one_page_the_rest_waits() -> None:
    recent, asked = listed({None: page(NEW, to="2")}, UNDER_WAY, most=1)
    assert asked == [None]
    assert recent.listing == Listing(is_answered=True, partial=UNDER_WAY.partial_listing)


@pytest.mark.parametrize(
    ("answer", "listing"), [(page(OLD, to="2"), Listing(is_answered=True)), (DOWN, Listing(DOWN.reason))]
)
def test_one_page_shows_whether_a_source_answers(answer: ListPage | CheckFailed, listing: Listing) -> None:
    assert list_first_page(FakeSource(listing=answer)) == listing
