from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.model import ErrorDetail, FailureReason, ResultsSummary, TargetPhase, TargetResult
from deployment_notifier.result_counts import NAMED_TARGETS, REASONS, add_results

ONE = TargetResult(TargetPhase.SUCCEEDED, "g")


def failing(number: int, code: str | None, message: str) -> list[TargetResult]:
    return [TargetResult(TargetPhase.FAILED, f"{code}-{i}", ErrorDetail(code, message)) for i in range(number)]


def reasons(results: list[TargetResult]) -> tuple[FailureReason, ...]:
    return add_results(ResultsSummary(), results).reasons


def test_failures_are_counted_by_reason_the_most_frequent_first_with_ten_ids() -> None:
    unfinished = TargetResult(TargetPhase.UNFINISHED)
    found = add_results(ResultsSummary(1, 2, 3), [*failing(3, "a", "x"), *failing(12, "b", "y"), ONE, unfinished])
    assert [(reason.code, reason.count, len(reason.targets)) for reason in found.reasons] == [
        ("b", 12, 10),
        ("a", 3, 3),
    ]
    assert (found.succeeded, found.failed, found.unfinished) == (2, 17, 4)


def test_messages_that_differ_only_in_an_id_are_one_reason() -> None:
    first, second = (f"group {n * 8}-{n * 4}-{n * 4}-{n * 4}-{n * 12} has no core" for n in "ab")
    (reason,) = reasons([*failing(1, None, first), *failing(1, None, second)])
    assert (reason.count, reason.message) == (2, first)
    assert len(reasons([*failing(1, "a", first), *failing(1, "b", first)])) == 2, "another code is another reason"
    assert len(reasons([*failing(1, "a", "x"), *failing(1, "a", "y")])) == 2, "and so is another message"


def test_a_target_without_an_id_or_an_error_is_counted() -> None:
    assert reasons([TargetResult(TargetPhase.FAILED)] * 2) == (FailureReason(None, None, 2),)


def test_a_target_that_comes_twice_is_named_once() -> None:
    (reason,) = reasons([TargetResult(TargetPhase.FAILED, "g")] * 2)
    assert reason.targets == ("g",)


def test_further_reasons_are_counted_but_not_kept() -> None:
    found = add_results(ResultsSummary(), [each for i in range(REASONS + 5) for each in failing(2, f"c{i}", "x")])
    assert (len(found.reasons), found.failed, found.without_reason) == (REASONS, 2 * REASONS + 10, 10)


targets = st.builds(
    TargetResult,
    st.sampled_from(TargetPhase),
    st.none() | st.text(max_size=3),
    st.none() | st.builds(ErrorDetail, st.none() | st.sampled_from("abc"), st.none() | st.text(max_size=2)),
)


@given(st.lists(st.lists(targets, max_size=30), max_size=5))
def test_however_results_are_paged_none_is_lost_or_counted_twice(pages: list[list[TargetResult]]) -> None:
    found = ResultsSummary()
    for page in pages:
        found = add_results(found, page)
    assert found.total == sum(map(len, pages))
    assert 0 <= found.without_reason <= found.failed
    assert all(len(reason.targets) <= NAMED_TARGETS for reason in found.reasons)
    assert list(found.reasons) == sorted(found.reasons, key=lambda reason: -reason.count)
