"""A sweep that is frozen after it has read a watch commits nothing that is out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulated.concurrency import paused
from tests.emulated.history import assert_all_published, read_history
from tests.emulated.interceptor import Moment

if TYPE_CHECKING:
    from tests.emulated.emulators import Container
    from tests.emulated.stack import EmulatedStack

GET = "GetBulkDeploymentStatus"
COMMIT = "TransactWriteItems"


@pytest.fixture(autouse=True)
def _undiscovered(stack: EmulatedStack) -> None:
    """Else a watch that is deleted would be discovered again."""
    stack.configure(discover_within_hours=0)


@pytest.fixture(params=["just registered", "swept before"])
def _watched(request: pytest.FixtureRequest, stack: EmulatedStack) -> None:
    """A watch that no sweep has written yet, or that one has; the deployment then fails."""
    stack.watch("rollout")
    stack.deployment("rollout", processed=1)
    if request.param == "swept before":
        stack.sweep()
        stack.advance(minutes=1)
    stack.deployment("rollout", "Failed", processed=1)


def deployment_items(stack: EmulatedStack) -> list[dict[str, object]]:
    """All items but the source's state."""
    return [item for item in stack.items() if item["Record"] != "SOURCE"]


@pytest.mark.usefixtures("_watched")
def test_a_watch_that_was_deleted_is_not_recreated(stack: EmulatedStack) -> None:
    with paused(stack, stack.container, GET, Moment.AFTER) as resume:
        stack.delete("rollout")
        before = deployment_items(stack)
        assert resume().conflicts == 1
    assert deployment_items(stack) == before
    assert_all_published(stack)


@pytest.mark.usefixtures("_watched")
def test_a_watch_that_was_registered_again_starts_over(stack: EmulatedStack, other: Container) -> None:
    with paused(stack, stack.container, COMMIT, Moment.BEFORE):
        stack.watch("rollout")
    stack.advance(minutes=1)
    stack.sweep(other)
    assert read_history(stack).transitions["rollout"][-1] == (None, "Failed")
    assert read_history(stack).alerts == {"rollout": ["FAILED"]}
    assert_all_published(stack)


def test_what_a_sweep_knew_is_not_stored_over_a_watch_that_was_registered_again(
    stack: EmulatedStack, other: Container
) -> None:
    stack.watch("rollout")
    stack.deployment("rollout", processed=1)
    stack.sweep()
    stack.advance(minutes=1)
    stack.deployment("rollout", processed=2, invalid=7)
    with paused(stack, stack.container, COMMIT, Moment.BEFORE) as resume:
        stack.watch("rollout")
        assert resume().conflicts == 1
        assert "Version" not in stack.item("rollout")
    stack.advance(minutes=1)
    stack.sweep(other)
    assert read_history(stack).transitions["rollout"] == [(None, "Running"), (None, "Running")]
    assert read_history(stack).alerts == {"rollout": ["INVALID_RECORDS"]}
    assert_all_published(stack)


def test_a_watch_that_was_registered_again_and_swept_keeps_its_new_history(
    stack: EmulatedStack, other: Container
) -> None:
    stack.watch("rollout")
    stack.deployment("rollout", processed=1)
    stack.sweep()
    with paused(stack, stack.container, GET, Moment.AFTER) as resume:
        # The frozen sweep has read a version of the first watch; within the same millisecond the second gets one, too.
        stack.deployment("rollout", "Failed", processed=1)
        stack.advance(minutes=1)
        stack.sweep(other)
        stack.watch("rollout")
        stack.advance(minutes=1)
        stack.sweep(other)
        before = stack.items()
        resume()
    assert stack.items() == before
    assert_all_published(stack)


def test_an_old_observation_does_not_turn_a_deployment_back(stack: EmulatedStack, other: Container) -> None:
    stack.watch("rollout")
    stack.deployment("rollout", "Initializing")
    stack.sweep()
    stack.advance(minutes=1)
    stack.deployment("rollout", processed=1)
    with paused(stack, stack.container, GET, Moment.AFTER) as resume:
        stack.deployment("rollout", "Failed", processed=1)
        stack.advance(minutes=1)
        stack.sweep(other)
        assert resume().conflicts == 1
    assert read_history(stack).transitions["rollout"] == [(None, "Initializing"), ("Initializing", "Failed")]
    assert_all_published(stack)


@pytest.mark.parametrize("moment", list(Moment))
def test_an_alert_of_a_watch_that_is_deleted_after_the_decision_is_still_published(
    stack: EmulatedStack, moment: Moment
) -> None:
    stack.watch("rollout")
    stack.deployment("rollout", "Failed")
    with paused(stack, stack.container, "Publish", moment):
        stack.delete("rollout")
    stack.sweep()
    assert stack.history("rollout") == ["None>Failed", "FAILED"]
    assert stack.item("rollout") == {}
    assert_all_published(stack)


def test_a_watch_that_was_registered_again_within_a_millisecond_overwrites_no_history(stack: EmulatedStack) -> None:
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
