"""Many sweeps at once over the same watches, as when EventBridge fires twice or a sweep outlasts its period."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.emulated.concurrency import meet_after, sweep_at_once
from tests.emulated.history import alert_ids, assert_all_published, read_history
from tests.emulated.interceptor import Call, Moment
from tests.emulated.scenarios import SCENARIOS
from tests.emulated.stack import BULK, FLEET, EmulatedStack

if TYPE_CHECKING:
    from deployment_notifier.report import Report
    from tests.emulated.emulators import Emulators
    from tests.emulated.scenarios import Scenario

QUERY = "Query"
CHECKS = {BULK: "GetBulkDeploymentStatus", FLEET: "DescribeJob"}
"""The call of each check, by source."""

FAILURES = {BULK: "INVALID_RECORDS", FLEET: "DEVICES_FAILED"}
WORDS = {BULK: ("Running", "Failed"), FLEET: ("ACTIVE", "FAILED")}
DEPLOYMENTS = [f"rollout-{number}" for number in range(5)]
SWEEPS = 4


sources = pytest.mark.parametrize("source", CHECKS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_sweeps_at_once_leave_the_history_of_one(emulators: Emulators, scenario: Scenario) -> None:
    alone = EmulatedStack(emulators)
    for _ in scenario.run(alone):
        alone.sweep()
    expected = read_history(alone)

    stack = EmulatedStack(emulators)
    containers = emulators.containers(SWEEPS)
    reports: list[Report] = []
    for _ in scenario.run(stack):
        # All have read both queues before one of them acts, so all but one act on what is out of date.
        reports += sweep_at_once(stack, containers, meet_after([QUERY], SWEEPS))
    assert read_history(stack) == expected
    assert_all_published(stack)
    assert sum(report.published for report in reports) == len(alert_ids(stack))
    assert sum(report.transitions for report in reports) == sum(map(len, expected.transitions.values()))
    assert sum(report.conflicts for report in reports) >= SWEEPS - 1, "they did not overlap"


@sources
@pytest.mark.parametrize(
    ("meets_in_checks", "workers", "in_order"),
    [(True, 1, True), (False, 4, False), (None, 4, False)],
    ids=["in step", "in several threads and any order", "as they come"],
)
def test_sweeps_at_once_over_many_watches_report_each_thing_once(
    emulators: Emulators, source: str, meets_in_checks: bool | None, workers: int, in_order: bool
) -> None:
    stack = EmulatedStack(emulators)
    stack.ask(source)
    operations = [] if meets_in_checks is None else [QUERY, *([CHECKS[source]] if meets_in_checks else [])]
    containers = emulators.containers(SWEEPS)
    stack.watch(*DEPLOYMENTS)
    for processed, invalid, status in ((1, 0, "Running"), (2, 1, "Running"), (3, 2, "Running"), (4, 2, "Failed")):
        for deployment in DEPLOYMENTS:
            stack.deployment(deployment, status, processed, invalid)
        sweep_at_once(stack, containers, meet_after(operations, SWEEPS), workers=workers, in_order=in_order)
        stack.advance(minutes=1)
    history = read_history(stack)
    for deployment in DEPLOYMENTS:
        begun, failed = WORDS[source]
        assert history.transitions[deployment] == [(None, begun), (begun, failed)]
        assert history.alerts[deployment] == [FAILURES[source], FAILURES[source], "FAILED"]
    assert_all_published(stack)


@sources
def test_sweeps_at_once_publish_each_waiting_alert_once(emulators: Emulators, source: str) -> None:
    stack = EmulatedStack(emulators)
    stack.ask(source)
    for deployment in DEPLOYMENTS:
        stack.deployment(deployment, "Failed")
    stack.container.interceptor.refuse("sns:Publish", 429, "Throttling")
    stack.sweep()
    assert len(alert_ids(stack, pending=True)) == len(DEPLOYMENTS)

    stack.container.interceptor.accept("sns:Publish")
    stack.advance(minutes=1)
    reports = sweep_at_once(stack, emulators.containers(SWEEPS), meet_after([QUERY], SWEEPS))
    assert sum(report.published for report in reports) == len(DEPLOYMENTS)
    assert_all_published(stack)


@sources
@pytest.mark.parametrize("is_swept_before", [False, True])
@pytest.mark.parametrize("is_registered_again", [False, True])
def test_a_watch_that_is_deleted_or_registered_again_during_sweeps_is_as_its_owner_left_it(
    emulators: Emulators, source: str, is_swept_before: bool, is_registered_again: bool
) -> None:
    stack = EmulatedStack(emulators)
    stack.ask(source)
    stack.configure(discover_within_hours=0)
    *containers, last = emulators.containers(SWEEPS + 1)
    stack.watch("rollout")
    stack.deployment("rollout")
    if is_swept_before:
        stack.sweep(last)
        stack.advance(minutes=1)
    stack.deployment("rollout", "Failed")
    barrier = threading.Barrier(SWEEPS + 1)

    def hook(call: Call, moment: Moment) -> None:
        if call.name == CHECKS[source] and moment is Moment.AFTER:
            barrier.wait(30)

    def interfere() -> None:
        barrier.wait(30)
        (stack.watch if is_registered_again else stack.delete)("rollout")

    operator = threading.Thread(target=interfere)
    operator.start()
    sweep_at_once(stack, containers, hook)
    operator.join()

    watches = [item for item in stack.items() if item["Record"] == "WATCH"]
    assert len(watches) == is_registered_again, "a deleted watch must not come back"
    for _ in range(4):
        stack.advance(minutes=1)
        stack.sweep(last)
    assert_all_published(stack)
    ends = [to for _, to in read_history(stack).transitions.get("rollout", []) if to == WORDS[source][1]]
    # The first sweep to store it and the operator came in either order; registered again, it is reported in any case.
    assert len(ends) in ((1, 2) if is_registered_again else (0, 1))


def test_a_watch_that_was_registered_again_within_a_millisecond_overwrites_no_history(stack: EmulatedStack) -> None:
    stack.configure(discover_within_hours=0)
    stack.watch("rollout")
    stack.deployment("rollout", "Failed", processed=1)
    stack.sweep()
    history = stack.events_of("rollout")
    stack.watch("rollout")
    stack.deployment("rollout", "Failed", processed=2)
    assert stack.sweep().conflicts == 1
    assert stack.events_of("rollout") == history
    stack.advance(minutes=1)
    stack.sweep()
    assert read_history(stack).transitions["rollout"] == [(None, "Failed"), (None, "Failed")]
    assert_all_published(stack)
