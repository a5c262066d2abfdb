"""A sweep that is frozen while it publishes an alert goes on later, and notes nothing that is no longer true.

What it publishes under which lease is in test_leases.py and test_state_machine.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulated.concurrency import paused
from tests.emulated.history import alert_ids, assert_all_published, is_alert
from tests.emulated.interceptor import Moment
from tests.emulated.stack import LEASE, NO_TIME_TO_PUBLISH, TIMEOUT_SECONDS, EmulatedStack

if TYPE_CHECKING:
    from tests.emulated.emulators import Container

UPDATE = "UpdateItem"
PUBLISH = "Publish"
LEASE_SECONDS = LEASE.total_seconds()


@pytest.fixture
def frozen(stack: EmulatedStack) -> Container:
    return stack.container


@pytest.fixture(autouse=True)
def failing(stack: EmulatedStack) -> None:
    """The next sweep records that the deployment has failed, and publishes an alert."""
    stack.watch("rollout")
    stack.deployment("rollout", "Failed")


def leave_it_in_the_queue(stack: EmulatedStack, container: Container) -> None:
    """Record the failure in a sweep that has no time to publish."""
    stack.seconds = NO_TIME_TO_PUBLISH
    stack.sweep(container)
    stack.seconds = TIMEOUT_SECONDS


@pytest.mark.parametrize(("operation", "moment"), [(PUBLISH, Moment.AFTER), (UPDATE, Moment.BEFORE)])
def test_after_publishing_it_changes_nothing_that_the_sweep_which_took_over_noted(
    stack: EmulatedStack, frozen: Container, other: Container, operation: str, moment: Moment
) -> None:
    with paused(stack, frozen, operation, moment) as resume:
        stack.advance(LEASE_SECONDS)
        stack.sweep(other)
        noted = events(stack)
        resume()
    assert events(stack) == noted
    # There was no mark when the lease ran out: the alert is repeated once, with the same id.
    assert_all_published(stack, repeated=alert_ids(stack))


def test_after_publishing_its_mark_stops_a_sweep_that_read_the_queue_before(
    stack: EmulatedStack, frozen: Container, other: Container
) -> None:
    with paused(stack, frozen, PUBLISH, Moment.AFTER) as resume:
        stack.advance(LEASE_SECONDS)
        with paused(stack, other, "Query", Moment.AFTER, about="DELIVER") as resume_other:
            resume()
            assert resume_other().published == 0
    assert_all_published(stack)


def test_a_failed_publish_does_not_end_the_lease_of_another_sweep(
    stack: EmulatedStack, frozen: Container, others: list[Container]
) -> None:
    frozen.interceptor.refuse("sns:Publish", 429, "Throttling")
    with paused(stack, frozen, PUBLISH, Moment.AFTER) as resume:
        stack.advance(LEASE_SECONDS)
        with paused(stack, others[0], UPDATE, Moment.AFTER) as resume_other:
            resume()
            # With the note of the frozen sweep, the alert would pause for a minute, and be free then.
            stack.advance(minutes=1.5)
            assert stack.sweep(others[1]).published == 0, "the lease of the other sweep is valid"
            assert resume_other().published == 1
    assert_all_published(stack)


def test_a_failed_publish_is_not_noted_on_an_alert_that_was_published_meanwhile(
    stack: EmulatedStack, frozen: Container, other: Container
) -> None:
    frozen.interceptor.refuse("sns:Publish", 429, "Throttling")
    with paused(stack, frozen, PUBLISH, Moment.AFTER) as resume:
        stack.advance(LEASE_SECONDS)
        stack.sweep(other)
        noted = events(stack)
        resume()
    assert events(stack) == noted
    assert_all_published(stack)


def test_an_alert_that_an_operator_deletes_before_it_is_leased_is_not_published(
    stack: EmulatedStack, frozen: Container, other: Container
) -> None:
    leave_it_in_the_queue(stack, other)
    with paused(stack, frozen, "Query", Moment.AFTER, about="DELIVER"):
        delete_the_alert(stack)
    assert stack.published() == []
    assert alert_ids(stack) == []


def test_an_alert_that_an_operator_deletes_while_it_is_published_is_not_stored_again(
    stack: EmulatedStack, frozen: Container
) -> None:
    with paused(stack, frozen, PUBLISH, Moment.AFTER):
        delete_the_alert(stack)
    assert alert_ids(stack) == []


def events(stack: EmulatedStack) -> list[object]:
    """The transitions and alerts in the table."""
    return [item for item in stack.items() if item["Record"].startswith("EVENT#")]


def delete_the_alert(stack: EmulatedStack) -> None:
    (record,) = [item["Record"] for item in stack.items() if is_alert(item)]
    stack.delete("rollout", record)
