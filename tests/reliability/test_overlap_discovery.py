"""What overlapping sweeps discover, also while operators change the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulated.concurrency import meet_after, paused, sweep_at_once
from tests.emulated.history import assert_all_published, read_history
from tests.emulated.interceptor import Moment
from tests.emulated.scenarios import LIST

if TYPE_CHECKING:
    from tests.emulated.emulators import Container, Emulators
    from tests.emulated.stack import EmulatedStack

QUERY = "Query"
LOOK_UP = "BatchGetItem"
START = "PutItem"
GET = "GetBulkDeploymentStatus"
DEPLOYMENTS = [f"rollout-{number}" for number in range(3)]
SWEEPS = 4


@pytest.mark.parametrize("workers", [1, 4])
def test_sweeps_that_find_the_same_deployments_start_one_watch_each_and_send_each_alert_once(
    emulators: Emulators, stack: EmulatedStack, workers: int
) -> None:
    containers = emulators.containers(SWEEPS)
    for deployment in DEPLOYMENTS:
        stack.deployment(deployment, "Failed", processed=2, failing={"No version": 1})
    # All have looked up what is known before one of them starts a watch.
    hook = meet_after([LOOK_UP], SWEEPS)
    reports = sweep_at_once(stack, containers, hook, workers=workers, in_order=workers == 1)
    assert sum(report.discovered for report in reports) == len(DEPLOYMENTS)
    history = read_history(stack)
    assert history.transitions == {deployment: [(None, "Failed")] for deployment in DEPLOYMENTS}
    assert history.alerts == {deployment: ["FAILED+GROUPS_FAILED"] for deployment in DEPLOYMENTS}
    assert_all_published(stack)

    stored = stack.items()
    stack.advance(minutes=1)
    sweep_at_once(stack, containers, meet_after([QUERY], SWEEPS), workers=workers)
    assert stack.items() == stored, "what is known and has ended is not written again"


def test_alerts_about_a_deployment_that_is_started_by_the_api_are_sent_once(
    emulators: Emulators, stack: EmulatedStack
) -> None:
    containers = emulators.containers(SWEEPS)
    deployment = stack.start("groups-fail")
    sweep_at_once(stack, containers, meet_after([LOOK_UP], SWEEPS))
    assert read_history(stack).transitions == {deployment: [(None, "Initializing")]}

    stack.advance(minutes=5)
    sweep_at_once(stack, containers, meet_after([QUERY], SWEEPS))
    stack.advance(minutes=75)  # two of its groups never finish
    sweep_at_once(stack, containers, meet_after([QUERY], SWEEPS))
    assert read_history(stack).alerts == {deployment: ["GROUPS_FAILED", "RESULTS_INCOMPLETE+COMPLETED"]}
    assert_all_published(stack)


@pytest.mark.parametrize(("operation", "about"), [(LIST, ""), (LOOK_UP, ""), (START, "rollout"), (GET, "rollout")])
def test_a_deployment_that_an_operator_unwatches_while_it_is_discovered_stays_unwatched(
    stack: EmulatedStack, operation: str, about: str
) -> None:
    stack.deployment("rollout", "Failed")
    with paused(stack, stack.container, operation, Moment.AFTER, about=about) as resume:
        if not about:
            stack.watch("rollout")
        stack.unwatch("rollout")
        tombstone = stack.item("rollout")
        assert resume().transitions == 0
    stack.advance(minutes=1)
    stack.sweep()
    assert stack.item("rollout") == tombstone
    assert stack.history("rollout") == []
    assert_all_published(stack)


def test_a_deployment_that_an_operator_unwatches_later_stays_unwatched(stack: EmulatedStack) -> None:
    stack.deployment("rollout", processed=1)
    stack.sweep()
    stack.unwatch("rollout")
    known = stack.items()
    stack.deployment("rollout", "Failed", processed=1)
    stack.sweeps(2)
    assert stack.items() == known


@pytest.mark.parametrize("status", ["Running", "Failed"])
def test_what_another_sweep_has_started_to_watch_is_not_started_again(
    stack: EmulatedStack, other: Container, status: str
) -> None:
    stack.deployment("rollout", status, processed=1)
    with paused(stack, stack.container, LOOK_UP, Moment.AFTER, about="") as resume:
        assert stack.sweep(other).discovered == 1
        stored = stack.items()
        assert resume().discovered == 0
    assert stack.items() == stored
    assert_all_published(stack)
