"""A sweep that is frozen while it scans the results of a deployment stores nothing that is out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulated.concurrency import paused
from tests.emulated.history import assert_all_published, read_history
from tests.emulated.interceptor import Moment
from tests.emulated.scenarios import REPORTS
from tests.emulated.stack import TIMEOUT_SECONDS

if TYPE_CHECKING:
    from tests.emulated.emulators import Container
    from tests.emulated.stack import EmulatedStack


@pytest.fixture
def _followed(stack: EmulatedStack) -> None:
    """One group has failed, with an alert; two go on, and the next scan is due."""
    stack.watch("rollout")
    stack.deployment("rollout", "Completed", processed=3, failing={"No version": 1}, unfinished=2)
    stack.sweep()
    assert read_history(stack).alerts == {"rollout": ["GROUPS_FAILED"]}
    stack.advance(minutes=15)


def deployment_items(stack: EmulatedStack) -> list[object]:
    """All items but the source's state."""
    return [item for item in stack.items() if item["Record"] != "SOURCE"]


def test_the_end_and_its_results_are_reported_by_the_sweep_that_stores_them_first(
    stack: EmulatedStack, other: Container
) -> None:
    stack.watch("rollout")
    stack.deployment("rollout", "Completed", processed=3, failing={"No version": 1})
    with paused(stack, stack.container, REPORTS, Moment.AFTER) as resume:
        stack.advance(minutes=1)
        assert stack.sweep(other).alerts == 1
        stored = deployment_items(stack)
        assert resume().conflicts >= 1
    assert deployment_items(stack) == stored
    assert read_history(stack).alerts == {"rollout": ["GROUPS_FAILED+COMPLETED"]}
    assert_all_published(stack)


@pytest.mark.usefixtures("_followed")
def test_an_old_scan_does_not_undo_the_last_one(stack: EmulatedStack, other: Container) -> None:
    with paused(stack, stack.container, REPORTS, Moment.AFTER) as resume:
        stack.deployment("rollout", "Completed", processed=3, failing={"No version": 3})
        stack.advance(minutes=1)
        stack.sweep(other)
        stored = deployment_items(stack)
        assert resume().conflicts == 1
    assert deployment_items(stack) == stored
    assert read_history(stack).alerts == {"rollout": ["GROUPS_FAILED", "GROUPS_FAILED+COMPLETED"]}
    assert_all_published(stack)


@pytest.mark.usefixtures("_followed")
def test_a_watch_that_an_operator_ends_during_a_scan_stays_ended(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Completed", processed=3, failing={"No version": 3})
    with paused(stack, stack.container, REPORTS, Moment.AFTER) as resume:
        stack.unwatch("rollout")
        stored = deployment_items(stack)
        assert resume().conflicts == 1
    stack.advance(minutes=15)
    stack.sweep()
    assert deployment_items(stack) == stored
    assert_all_published(stack)


@pytest.mark.usefixtures("_followed")
def test_a_watch_that_is_registered_again_during_a_scan_starts_over(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Completed", processed=3, failing={"No version": 3})
    with paused(stack, stack.container, REPORTS, Moment.AFTER) as resume:
        stack.watch("rollout")
        assert resume().conflicts == 1
    assert "Version" not in stack.item("rollout")
    stack.advance(minutes=1)
    stack.sweep()
    assert read_history(stack).alerts == {"rollout": ["GROUPS_FAILED", "GROUPS_FAILED+COMPLETED"]}
    assert_all_published(stack)


@pytest.mark.usefixtures("_followed")
def test_two_sweeps_that_continue_the_same_scan_count_no_group_twice(stack: EmulatedStack, other: Container) -> None:
    stack.deployment("rollout", "Completed", processed=7, failing={"No version": 7})
    stack.seconds_per_answer = 10
    stack.sweep()
    assert stack.item("rollout")["FollowUp"]["PartialScan"]["Pages"] < 4
    stack.advance(minutes=1)
    with paused(stack, stack.container, REPORTS, Moment.AFTER) as resume:
        stack.sweep(other)
        assert resume().conflicts == 1
    stack.seconds_per_answer = 0
    stack.seconds = TIMEOUT_SECONDS
    stack.advance(minutes=1)
    stack.sweep()
    assert stack.item("rollout")["Results"]["Failed"] == 7
    assert_all_published(stack)
