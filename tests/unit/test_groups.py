from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.groups import NAMED_GROUPS, REASONS, add, read_groups
from deployment_notifier.model import ErrorDetail, Failure, GroupPass, GroupPhase, GroupResult, GroupTally, Refusal
from deployment_notifier.sources.port import ReportPage

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP = GroupResult(GroupPhase.SUCCEEDED, "g")
BROKEN = Failure("InternalServerErrorException (500): oops")


class Reports:
    """A source that has pages of reports: what each page's token is answered."""

    def __init__(self, pages: dict[str | None, Any]) -> None:
        self.pages = pages
        self.asked: list[str | None] = []

    def report_page(self, _deployment_id: str, page: str | None) -> Any:  # noqa: ANN401 - whatever the test says
        self.asked.append(page)
        return self.pages[page]


def read(source: Reports, begun: GroupPass | None = None, calls: int = 99) -> GroupPass | Refusal | Failure:
    return read_groups(source, "d1", begun, allowing(calls))  # type: ignore[arg-type] # the one method it uses


def allowing(calls: int) -> Callable[[], bool]:
    left = iter(range(calls))
    return lambda: next(left, None) is not None


def failing(number: int, code: str | None, message: str) -> list[GroupResult]:
    return [GroupResult(GroupPhase.FAILED, f"{code}-{i}", ErrorDetail(code, message)) for i in range(number)]


def test_all_pages_are_read() -> None:
    found = read(Reports({None: ReportPage((GROUP,), "2"), "2": ReportPage((GROUP, GROUP))}))
    assert found == GroupPass(GroupTally(succeeded=3), is_complete=True)


def test_when_the_time_is_up_the_pass_can_be_gone_on_with() -> None:
    source = Reports({None: ReportPage((GROUP,), "2"), "2": ReportPage((GROUP,))})
    begun = read(source, calls=1)
    assert begun == GroupPass(GroupTally(succeeded=1), resume_at="2")
    assert read(source, begun) == GroupPass(GroupTally(succeeded=2), is_complete=True)
    assert source.asked == [None, "2"], "no page is read twice"


def test_without_time_for_a_single_call_nothing_has_changed() -> None:
    assert read(Reports({}), calls=0) == GroupPass()


@pytest.mark.parametrize("answer", [BROKEN, Refusal("gone")])
def test_a_first_page_that_fails_is_the_outcome(answer: Failure | Refusal) -> None:
    assert read(Reports({None: answer})) == answer


def test_a_later_page_that_fails_leaves_what_was_read_and_where_to_go_on() -> None:
    assert read(Reports({None: ReportPage((GROUP,), "2"), "2": BROKEN})) == GroupPass(GroupTally(1), resume_at="2")


def test_a_page_token_that_repeats_ends_the_pass_and_the_next_begins_anew() -> None:
    pages = {None: ReportPage((GROUP,), "2"), "2": ReportPage((GROUP,), "3"), "3": ReportPage((), "2")}
    assert read(Reports(pages)) == GroupPass(GroupTally(succeeded=2))


def test_failing_groups_are_counted_by_reason_most_frequent_first_with_ten_ids() -> None:
    tally = add(GroupTally(), [*failing(3, "a", "x"), *failing(12, "b", "y"), GROUP])
    assert [(error.code, error.count, len(error.groups)) for error in tally.errors] == [("b", 12, 10), ("a", 3, 3)]
    assert (tally.succeeded, tally.failed) == (1, 15)


def test_messages_that_differ_only_in_an_id_are_one_reason() -> None:
    first, second = (f"group {n * 8}-{n * 4}-{n * 4}-{n * 4}-{n * 12} has no core" for n in "ab")
    (error,) = add(GroupTally(), [*failing(1, None, first), *failing(1, None, second)]).errors
    assert (error.count, error.message) == (2, first)


def test_a_group_without_an_id_or_an_error_is_counted() -> None:
    (error,) = add(GroupTally(), [GroupResult(GroupPhase.FAILED)] * 2).errors
    assert (error.count, error.groups) == (2, ())


def test_a_group_that_is_reported_twice_is_named_once() -> None:
    (error,) = add(GroupTally(), [GroupResult(GroupPhase.FAILED, "g")] * 2).errors
    assert error.groups == ("g",)


def test_reasons_beyond_the_twentieth_are_counted_but_not_named() -> None:
    tally = add(GroupTally(), [group for i in range(REASONS + 5) for group in failing(1, f"c{i}", "x")])
    assert (len(tally.errors), tally.failed, tally.unnamed) == (REASONS, REASONS + 5, 5)


results = st.builds(
    GroupResult,
    st.sampled_from(GroupPhase),
    st.none() | st.text(max_size=3),
    st.none() | st.builds(ErrorDetail, st.none() | st.sampled_from("abc"), st.none() | st.text(max_size=2)),
)


@given(st.lists(st.lists(results, max_size=30), max_size=5))
def test_however_groups_are_paged_none_is_lost_or_counted_twice(pages: list[list[GroupResult]]) -> None:
    tally = GroupTally()
    for page in pages:
        tally = add(tally, page)
    whole = [group for page in pages for group in page]
    assert tally.succeeded + tally.failed + tally.unfinished == len(whole)
    assert 0 <= tally.unnamed <= tally.failed
    assert all(len(error.groups) <= NAMED_GROUPS for error in tally.errors)
    assert list(tally.errors) == sorted(tally.errors, key=lambda error: -error.count)
