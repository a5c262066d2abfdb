"""Asking in threads; one check; and a scan of results, page by page."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier import asking
from deployment_notifier.asking import ask_all, check, scan_results
from deployment_notifier.model import (
    Check,
    CheckFailed,
    ErrorDetail,
    Metrics,
    Observation,
    Phase,
    Policy,
    ResultsFollowUp,
    ResultsScan,
    ResultsSummary,
    TargetPhase,
    TargetResult,
    UnknownDeployment,
    Watch,
)
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sources.port import Listed, ResultsPage
from tests.fakes import RUNNING, START, Clock, FakeSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployment_notifier.model import Outcome
    from tests.fakes import ResultsAnswer

NEW = Watch("d1", "greengrass-bulk")
COMPLETED = Observation("Completed", Phase.COMPLETED, Metrics({}, 10, 0))
BROKEN = CheckFailed("InternalServerErrorException (500): oops")
GONE = UnknownDeployment("NotFoundException (404): gone")
ONE = TargetResult(TargetPhase.SUCCEEDED, "g")


def always() -> bool:
    return True


def allowing(calls: int) -> Callable[[], bool]:
    left = iter(range(calls))
    return lambda: next(left, None) is not None


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("ask")]


# Threads


def test_each_answer_is_yielded_with_what_was_asked() -> None:
    assert sorted(ask_all(lambda n: n * n, range(9), 3, always)) == [(n, n * n) for n in range(9)]
    assert list(ask_all(lambda n: n, [], 3, always)) == []
    assert threads() == []


def test_never_more_than_the_workers_ask_or_have_answers_that_wait() -> None:
    """What is asked is also decided on: a slow caller does not get more answers than it can decide on."""
    started: list[int] = []
    most, at_once, lock = 0, 0, threading.Lock()

    def ask(n: int) -> int:
        nonlocal most, at_once
        with lock:
            started.append(n)
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.005)
        with lock:
            at_once -= 1
        return n

    for taken, _ in enumerate(ask_all(ask, range(12), 3, always), start=1):
        time.sleep(0.002)
        assert len(started) <= taken + 3
    assert most <= 3


def test_workers_ask_at_the_same_time() -> None:
    barrier = threading.Barrier(4, timeout=30)
    assert len(list(ask_all(lambda _: barrier.wait(), range(4), 4, always))) == 4


def test_every_thread_has_ended_when_the_iterator_is_closed() -> None:
    ended: list[int] = []

    def ask(n: int) -> None:
        time.sleep(0.02 * n)
        ended.append(n)

    answers = ask_all(ask, range(9), 3, always)
    next(answers)
    answers.close()  # type: ignore[attr-defined] # what a loop does that is left by an exception
    assert threads() == []
    assert sorted(ended) == [0, 1, 2, 3], "those that were started, and no others"


def test_an_exception_is_an_answer_and_does_not_stop_the_others() -> None:
    def ask(n: int) -> int:
        if n == 1:
            raise ValueError("a fault")
        return n

    answers = dict(ask_all(ask, range(3), 2, always))
    assert isinstance(answers.pop(1), ValueError)
    assert answers == {0: 0, 2: 2}


def test_what_ends_the_program_is_raised_and_every_thread_has_ended() -> None:
    def ask(n: int) -> int:
        if n == 1:
            raise KeyboardInterrupt
        return n

    with pytest.raises(KeyboardInterrupt):
        list(ask_all(ask, range(50), 2, always))
    assert threads() == []


def test_after_a_first_no_nothing_more_is_started() -> None:
    verdicts = iter([True, True, False, *[True] * 9])
    callers = set[str]()

    def may_start() -> bool:
        callers.add(threading.current_thread().name)
        return next(verdicts)

    assert sorted(ask_all(lambda n: n, range(9), 2, may_start)) == [(0, 0), (1, 1)]
    assert callers == {threading.current_thread().name}, "whether there is time is asked in the caller's thread"


# One check


def following(scan: ResultsScan | None, **changes: Any) -> Watch:  # noqa: ANN401 - any field of a watch
    follow_up = ResultsFollowUp(Phase.COMPLETED, START, 0, START, scan)
    return replace(NEW, status="Completed", metrics=Metrics({}, 10, 0), follow_up=follow_up, **changes)


PARTIAL = ResultsScan(START, START, ResultsSummary(succeeded=1), "2", pages=1)


def plain(scan: Any) -> Any:  # noqa: ANN401 - a scan, or why there is none
    """A scan without the fingerprints of its pages."""
    return replace(scan, fingerprints=()) if isinstance(scan, ResultsScan) else scan


def make_check(source: FakeSource, watch: Watch = NEW, *, clock: Clock | None = None, calls: int = 9) -> Check:
    return check(watch, source, {}, Policy(), clock or Clock(), allowing(calls))


@pytest.mark.parametrize("answer", [RUNNING, GONE, BROKEN])
def test_a_deployment_that_goes_on_or_does_not_answer_is_asked_for_its_status_only(answer: Any) -> None:  # noqa: ANN401 - any outcome
    source = FakeSource(outcomes={"d1": answer})
    assert make_check(source) == Check(NEW, answer)
    assert source.scanned == []


def test_results_are_scanned_as_soon_as_the_status_is_terminal() -> None:
    source = FakeSource(outcomes={"d1": COMPLETED}, results={"d1": ResultsPage((ONE,))})
    first_scan = ResultsScan(START, START, ResultsSummary(succeeded=1), pages=1)
    made = make_check(source)
    assert replace(made, first_scan=plain(made.first_scan)) == Check(NEW, COMPLETED, first_scan)


def test_without_time_the_results_are_left_to_the_next_sweep() -> None:
    source = FakeSource(outcomes={"d1": COMPLETED})
    assert make_check(source, calls=0) == Check(NEW, COMPLETED)
    assert source.scanned == []


@pytest.mark.parametrize("answer", [GONE, BROKEN])
def test_a_first_scan_that_fails_does_not_withhold_the_status(answer: ResultsAnswer) -> None:
    source = FakeSource(outcomes={"d1": COMPLETED}, results={"d1": answer})
    assert make_check(source) == Check(NEW, COMPLETED, scan_error=answer.reason)  # type: ignore[union-attr]


def test_the_first_scan_knows_how_many_results_there_can_be() -> None:
    """Else the results of a large deployment would look like pages that go round in a circle."""
    many = replace(COMPLETED, metrics=Metrics({}, 900, 0))
    source = FakeSource(outcomes={"d1": many}, results={"d1": ResultsPage((ONE,) * 1500)})
    found = make_check(source).first_scan
    assert found is not None
    assert found.summary.succeeded == 1500


def test_once_it_has_ended_its_results_are_asked_for_and_a_recent_scan_is_continued() -> None:
    source = FakeSource(results={"d1": ResultsPage((ONE,))})
    clock = Clock()
    clock.advance(minutes=14)
    made = make_check(source, following(PARTIAL), clock=clock)
    assert plain(made.answer) == ResultsScan(START, clock.now, ResultsSummary(succeeded=2), pages=2)
    clock.advance(minutes=1)
    made = make_check(source, following(PARTIAL), clock=clock)
    anew = ResultsScan(clock.now, clock.now, ResultsSummary(succeeded=1), pages=1)
    assert plain(made.answer) == anew, "stale: a new scan"
    assert source.scanned == [("d1", "2"), ("d1", None)]
    assert source.asked == []


# A scan


def scan(
    pages: dict[str | None, ResultsAnswer],
    started: ResultsScan | None = None,
    *,
    calls: int = 99,
    watch: Watch = NEW,
    clock: Clock | None = None,
) -> tuple[Any, list[str | None]]:
    source = FakeSource(results={"d1": lambda page: pages[page]})
    found = scan_results(source, watch, started, clock or Clock(), allowing(calls))
    return found, [page for _, page in source.scanned]


TWO_PAGES: dict[str | None, ResultsAnswer] = {None: ResultsPage((ONE,), "2"), "2": ResultsPage((ONE, ONE))}


def test_all_pages_are_read() -> None:
    found, asked = scan(TWO_PAGES)
    assert plain(found) == ResultsScan(START, START, ResultsSummary(succeeded=3), pages=2)
    assert (found.is_complete, asked) == (True, [None, "2"])


def test_when_time_is_up_a_scan_is_continued_at_its_next_page() -> None:
    clock = Clock()
    found, _ = scan(TWO_PAGES, calls=0, clock=clock)
    assert plain(found) == PARTIAL
    clock.advance(minutes=3)
    found, asked = scan(TWO_PAGES, found, clock=clock)
    assert plain(found) == ResultsScan(START, clock.now, ResultsSummary(succeeded=3), pages=2)
    assert asked == ["2"], "no page is read twice"


@pytest.mark.parametrize("answer", [BROKEN, GONE])
def test_a_first_page_that_fails_is_the_answer(answer: ResultsAnswer) -> None:
    assert scan({None: answer})[0] == answer
    assert scan({"2": answer}, PARTIAL)[0] == answer, "also of a scan that is continued"


def test_a_later_page_that_fails_keeps_what_was_read_and_where_to_continue() -> None:
    assert plain(scan({None: ResultsPage((ONE,), "2"), "2": BROKEN})[0]) == PARTIAL


@pytest.mark.parametrize("calls", [99, 0], ids=["in one sweep", "each page in a sweep of its own"])
@pytest.mark.parametrize("last", ["1", "2", "3", "4"])
def test_pages_that_go_round_in_a_circle_are_each_counted_once(last: str, calls: int) -> None:
    """Wherever the last one leads: back to the first page, too, which has a token now."""
    pages: dict[str | None, ResultsAnswer] = {
        token: ResultsPage((replace(ONE, target_id=f"g{number}"),) * number, following)
        for number, (token, following) in enumerate([("1", "2"), ("2", "3"), ("3", "4"), ("4", last)], start=1)
    }
    pages[None] = pages["1"]
    found, _ = scan(pages, calls=calls)
    for _ in range(9):
        found = found if found.is_complete else scan(pages, found, calls=0)[0]
    assert plain(found) == ResultsScan(START, START, ResultsSummary(succeeded=10), pages=4)


@pytest.mark.parametrize("size", [0, 1, 400])
@pytest.mark.parametrize("results", [None, ResultsSummary(failed=1)])
def test_a_circle_whose_tokens_differ_each_time_ends_with_the_last_good_results(
    size: int, results: ResultsSummary | None
) -> None:
    watch = following(None, results=results)
    tokens = map(str, itertools.count())
    source = FakeSource(results={"d1": lambda _: ResultsPage((ONE,) * size, next(tokens))})
    found = scan_results(source, watch, None, Clock(), always)
    assert isinstance(found, ResultsScan)
    assert found.is_complete
    assert len(source.scanned) <= 1021, "ten records"
    assert found.summary == (results or ResultsSummary())


def test_so_many_pages_are_known_again_that_an_item_can_hold_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_FINGERPRINTS", 3)
    tokens = map(str, itertools.count())
    source = FakeSource(results={"d1": lambda _: ResultsPage((), next(tokens))})
    found = scan_results(source, NEW, None, Clock(), allowing(9))
    assert isinstance(found, ResultsScan)
    assert (found.pages, len(found.fingerprints)) == (10, 3)


# Results along with the status, as of Greengrass V2


FAILING = Observation(
    "ACTIVE",
    Phase.ONGOING,
    Metrics({}, progress=400, failures=37, succeeded=363, unfinished=5),
    details={"iotJobId": "job-1"},
)
NO_SPACE = TargetResult(TargetPhase.FAILED, "core-1", ErrorDetail("DISK_SPACE_CRITICAL", "no space"))


def check_v2(answer: Observation, results: ResultsAnswer, calls: int = 9) -> tuple[Check, FakeSource]:
    source = FakeSource(GREENGRASS_V2, outcomes={"d1": answer}, results={"d1": results})
    watch = replace(NEW, source=GREENGRASS_V2.name)
    return check(watch, source, {}, Policy(), Clock(), allowing(calls)), source


def test_the_counts_of_failing_devices_are_the_jobs_and_the_reasons_those_of_a_few() -> None:
    # It has all counts, even where there was no time for each reason.
    made, _ = check_v2(FAILING, ResultsPage((NO_SPACE,) * 10, "more"), calls=1)
    assert made.first_scan is not None
    assert made.first_scan.is_complete
    summary = made.first_scan.summary
    assert (summary.succeeded, summary.failed, summary.unfinished) == (363, 37, 5)
    assert [(reason.code, reason.count) for reason in summary.reasons] == [("DISK_SPACE_CRITICAL", 10)]
    assert summary.without_reason == 27, "that nobody looked at"


def test_without_counts_the_results_are_those_that_were_found() -> None:
    """A single thing has no job."""
    made, _ = check_v2(Observation("FAILED", Phase.FAILED), ResultsPage((NO_SPACE,)))
    assert made.first_scan is not None
    assert made.first_scan.summary.failed == 1


def test_a_job_that_a_first_check_finds_out_is_known_to_the_scan_of_its_devices() -> None:
    known: list[Mapping[str, str]] = []

    class Source(FakeSource):
        def list_results(self, watch: Watch, page: str | None) -> ResultsAnswer:
            known.append(watch.details)
            return super().list_results(watch, page)

    source = Source(GREENGRASS_V2, outcomes={"d1": FAILING})
    check(replace(NEW, source=GREENGRASS_V2.name), source, {}, Policy(), Clock(), allowing(9))
    assert known == [{"iotJobId": "job-1"}]


def test_without_failures_worth_an_alert_no_device_is_asked_about() -> None:
    made, source = check_v2(replace(FAILING, metrics=Metrics({}, 400, 0, 400, 0)), ResultsPage((NO_SPACE,)))
    assert (made.first_scan, source.scanned) == (None, [])


def test_reasons_that_cannot_be_read_do_not_withhold_the_counts() -> None:
    made, _ = check_v2(FAILING, BROKEN)
    assert (made.answer, made.first_scan, made.scan_error) == (FAILING, None, BROKEN.reason)


def test_what_the_listing_says_of_a_deployment_reaches_its_source() -> None:
    heard: list[Listed | None] = []

    class Source(FakeSource):
        def get_status(self, watch: Watch, listed: Listed | None) -> Outcome:
            heard.append(listed)
            return super().get_status(watch, listed)

    source, listed = Source(outcomes={"d1": RUNNING}), Listed("d1", START, "ACTIVE")
    for known in ({"d1": listed, "d2": Listed("d2", START)}, {}):
        check(NEW, source, known, Policy(), Clock(), allowing(9))
    assert heard == [listed, None]
