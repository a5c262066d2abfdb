from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from deployment_notifier.discovery import Found, find_recent
from deployment_notifier.model import Failure, Refusal, Tally, Watch
from deployment_notifier.source_tally import SourceTally
from deployment_notifier.sources.port import Listed, ListPage

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OLD = Listed("old", NOW - timedelta(hours=25))
NEW = Listed("new", NOW - timedelta(hours=23))
SINCE = NOW - timedelta(hours=24)


class Listing:
    """A source that lists pages: what each page's token is answered."""

    def __init__(self, pages: dict[str | None, Any]) -> None:
        self.pages = pages

    def list_page(self, page: str | None) -> Any:  # noqa: ANN401 - whatever the test says
        return self.pages[page]


def find(pages: dict[str | None, Any], may_call: Callable[[], bool] = lambda: True) -> Found:
    return find_recent(Listing(pages), SINCE, may_call)  # type: ignore[arg-type] # the one method it uses


def test_all_pages_are_read_because_their_order_is_undocumented() -> None:
    found = find({None: ListPage((OLD,), "2"), "2": ListPage((NEW, OLD))})
    assert found == Found(frozenset({"new"}), answered=True)


def test_what_has_no_time_of_creation_is_left_out_and_counted() -> None:
    assert find({None: ListPage((Listed("odd", None), NEW))}) == Found(frozenset({"new"}), 1, answered=True)


def test_a_first_page_that_fails_is_no_answer() -> None:
    assert find({None: Failure("down")}) == Found(frozenset(), answered=False, failure="down")


def test_a_later_page_that_fails_loses_nothing_that_was_listed() -> None:
    found = find({None: ListPage((NEW,), "2"), "2": Failure("down")})
    assert found == Found(frozenset({"new"}), answered=True, failure="down")


def test_pages_that_go_round_in_a_circle_end() -> None:
    found = find({None: ListPage((NEW,), "2"), "2": ListPage((OLD,), "2")})
    assert found.failure is not None
    assert found.recent == {"new"}


def test_without_time_there_is_no_answer() -> None:
    assert find({}, lambda: False).answered is None


REFUSED = (Watch("d", "s"), Refusal("unknown"))
SILENT = (Watch("d", "s"), Failure("down"))


def test_a_refusal_is_an_answer_only_of_a_source_that_lists() -> None:
    assert SourceTally(1, 1, unanswered=[REFUSED], listed=True).final == Tally(1, 2, 1)
    assert SourceTally(1, 1, unanswered=[REFUSED], listed=False).final == Tally(1, 2, 0)


def test_a_listing_does_not_make_a_source_work_whose_every_check_fails() -> None:
    """Else a missing permission to ask for a status would be an alert for each deployment, and none for the source."""
    assert SourceTally(1, 1, unanswered=[SILENT], listed=True).final.answered == 0


def test_a_listing_tells_of_a_source_when_nothing_else_was_asked() -> None:
    assert SourceTally(1, listed=True).final == Tally(1, 1, 1)
    assert SourceTally(1, listed=False, last_error="down").final == Tally(1, 1, 0, "down")


def test_the_listing_is_asked_for_only_when_ids_were_refused_and_nothing_was_answered() -> None:
    assert SourceTally(1, 1, unanswered=[REFUSED]).needs_listing
    assert not SourceTally(1, 1, unanswered=[SILENT]).needs_listing
    assert not SourceTally(2, 2, 1, unanswered=[REFUSED]).needs_listing
    assert not SourceTally(1, 1, unanswered=[REFUSED], listed=False).needs_listing
