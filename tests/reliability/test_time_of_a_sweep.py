"""What a sweep does with its time: who gets a turn, and that it ends before Lambda ends it."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier import asking
from deployment_notifier.deadline import Deadline
from deployment_notifier.sweep import sweep
from tests.harness.fake_greengrass import UNKNOWN
from tests.harness.fault_injection import DENIED, TIMED_OUT, Call, Fault
from tests.harness.notifier_harness import NotifierHarness

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = "get_bulk_deployment_status"
DENIED_CHECK = DENIED.error(Call("greengrass", STATUS, {}, 0))


def with_watches(count: int, **choices: Any) -> NotifierHarness:  # noqa: ANN401 - the fields of Policy
    harness = NotifierHarness(discover_within_hours=0, **choices)
    for number in range(count):
        harness.greengrass.deploy(f"d-{number:04}")
        harness.watch(f"d-{number:04}")
    harness.app.shuffle = random.Random(1).shuffle  # noqa: S311 - no secret
    return harness


def record_asked(harness: NotifierHarness) -> Counter[str]:
    """Return how often each deployment is asked about from now on."""
    asked = Counter[str]()

    def intercept(call: Call, carry_out: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the call returns
        if call.operation == STATUS:
            asked[call.arguments["BulkDeploymentId"]] += 1
        return harness.faults(call, carry_out)

    harness.intercept = intercept
    return asked


def test_each_of_1500_watches_has_its_turn() -> None:
    """At five calls a second, a sweep has time for 140."""
    harness = with_watches(1500)
    asked = record_asked(harness)
    harness.sweep_each_minute(11)
    assert len(asked) == 1500


def test_an_unchanged_watch_costs_one_call_and_a_sweep_two_queries() -> None:
    harness = with_watches(20)
    harness.sweep()
    assert harness.sweep().accomplished == 20
    assert harness.faults.operations == {"query": 2, STATUS: 20}


def test_a_sweep_that_has_time_for_one_check_only_starves_none() -> None:
    harness = with_watches(6)
    asked = record_asked(harness)
    harness.faults.seconds = {"greengrass": 15.0}
    for _ in range(7):
        assert harness.sweep(seconds=28).deferred == 5
    assert len(asked) == 6


def test_a_sweep_counts_what_it_has_no_time_for_and_says_nothing_about_the_source() -> None:
    harness = with_watches(5, unchecked_after_minutes=0)
    harness.greengrass.outage = UNKNOWN
    report = harness.sweep(seconds=20)
    assert (report.watches, report.deferred, report.failed) == (5, 5, 0)
    assert harness.published() == []


@pytest.mark.parametrize("seconds", range(22, 51, 2))
@pytest.mark.parametrize("answer", [None, UNKNOWN, DENIED_CHECK], ids=["answered", "unknown", "denied"])
def test_a_decision_that_cannot_be_stored_in_time_is_counted_as_deferred(
    seconds: float, answer: Exception | None
) -> None:
    harness = with_watches(3)
    harness.app.shuffle = lambda _: None
    for deployment_id in ("d-0001", "d-0002"):
        if answer is not None:
            harness.greengrass.answer(deployment_id, answer)
    harness.faults.seconds = {"greengrass": 3.0, "dynamodb": 6.4}
    report = harness.sweep(seconds=seconds)
    stored = sum("Version" in item for item in harness.table.items.values() if item["Record"]["S"] == "WATCH")
    assert (report.errors, stored + report.deferred) == (0, 3)
    assert harness.durations[0] <= seconds


@pytest.mark.parametrize("seconds", [0.1, 1, 2, 5, 7])
@pytest.mark.parametrize("count", [10, 60, 200])
def test_a_source_that_answers_nothing_is_reported_however_long_its_calls_take(seconds: float, count: int) -> None:
    harness = with_watches(count, unchecked_after_minutes=0)
    fault = Fault("time-out", TIMED_OUT.raised, seconds=seconds)
    harness.faults.fault = lambda call: fault if call.service == "greengrass" else None
    # A sweep that has used its time leaves the alert to the next.
    harness.sweep_each_minute(2)
    assert harness.published() == ["SOURCE_UNREACHABLE"]
    assert max(harness.durations) <= 50


@pytest.mark.parametrize("count", [10, 130])
def test_an_unknown_deployment_is_reported_however_many_others_there_are(count: int) -> None:
    harness = with_watches(count, unchecked_after_minutes=0)
    harness.greengrass.answer("d-0005", UNKNOWN)
    harness.sweep_each_minute(2)
    assert harness.published("d-0005") == ["LOST"]


def test_the_source_is_decided_on_before_its_deployments() -> None:
    """The time of an outage is no time for which a deployment alone could not be checked."""
    harness = with_watches(2)
    harness.greengrass.answer("d-0001", DENIED_CHECK)

    def meanwhile(minute: int) -> None:
        harness.greengrass.outage = UNKNOWN if 5 <= minute < 40 else None

    harness.sweep_each_minute(52, meanwhile)
    kinds = [(minute, kinds) for minute, _, kinds in harness.timeline()]
    assert kinds == [(15, "SOURCE_UNREACHABLE"), (40, "SOURCE_RECOVERED"), (50, "UNCHECKED")]


@pytest.mark.parametrize("count", [1, 30, 200])
@pytest.mark.parametrize("seconds", [0.1, 5, 7])
def test_a_sweep_ends_in_time_however_slow_the_source_is(count: int, seconds: float) -> None:
    harness = with_watches(count, unchecked_after_minutes=0)
    for number, deployment_id in enumerate(list(harness.greengrass.deployments)):
        if number % 3:
            harness.greengrass.answer(deployment_id, UNKNOWN if number % 3 == 1 else DENIED_CHECK)
    harness.faults.seconds = {"greengrass": seconds}
    harness.sweep_each_minute(3)
    assert max(harness.durations) <= 50


def test_every_thread_has_ended_when_a_sweep_returns_and_none_is_asked_twice() -> None:
    harness = NotifierHarness(rate=10_000, discover_within_hours=0)
    asked = record_asked(harness)
    harness.clock.advance = lambda *_, **__: None  # type: ignore[method-assign] # threads share no virtual clock
    for number in range(40):
        harness.greengrass.deploy(f"d-{number}", "Failed" if number % 5 == 0 else "Running")
        harness.watch(f"d-{number}")
    harness.app.workers = asking.WORKERS
    before = threading.active_count()
    report = sweep(harness.app, Deadline(lambda: 50.0), "owner")
    assert threading.active_count() == before
    assert (report.checked, report.published, report.deferred) == (40, 8, 0)
    assert set(asked.values()) == {1}
