"""A sweep that was held up with an alert in its hands, for longer than its lease, wakes up and goes on."""

from __future__ import annotations

import pytest

from tests.reliability.calls import Call, Moment
from tests.reliability.pause import paused
from tests.reliability.story import alert_ids, assert_settled, is_alert
from tests.reliability.world import LEASE, Cloud, Container, World

COMMIT = "dynamodb:TransactWriteItems"
UPDATE = "dynamodb:UpdateItem"
PUBLISH = "sns:Publish"


@pytest.fixture
def sleeper(world: World) -> Container:
    return world.container


@pytest.fixture
def others(cloud: Cloud, sleeper: Container) -> list[Container]:
    return [container for container in cloud.containers(4) if container is not sleeper]


@pytest.fixture(autouse=True)
def failing(world: World) -> None:
    """The next sweep records that the deployment has failed, and tells it."""
    world.watch("rollout")
    world.deployment("rollout", "Failed")


def leave_it_in_the_queue(world: World, container: Container) -> None:
    """Record the failure in a sweep that has no time to publish."""
    world.leave_no_time_to_publish()
    world.sweep(container)
    world.answer_at_once()


def test_before_publishing_it_leaves_the_alert_to_the_sweep_that_took_over(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    with paused(world, sleeper, COMMIT, Moment.AFTER) as wake:
        world.now += LEASE
        assert world.sweep(others[0]).published == 1
        assert wake().published == 0
    assert_settled(world)


def test_before_publishing_it_leaves_the_alert_to_the_next_sweep(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    with paused(world, sleeper, COMMIT, Moment.AFTER) as wake:
        world.now += LEASE
        assert wake().published == 0
    assert world.sweep(others[0]).published == 1
    assert_settled(world)


def test_while_its_lease_holds_nobody_else_publishes_the_alert(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    with paused(world, sleeper, COMMIT, Moment.AFTER) as wake:
        world.now += LEASE * 0.9
        assert world.sweep(others[0]).published == 0
        assert wake().published == 1
    assert_settled(world)


def test_with_an_alert_from_the_queue_it_does_the_same(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    leave_it_in_the_queue(world, others[0])
    with paused(world, sleeper, UPDATE, Moment.AFTER) as wake:
        world.now += LEASE * 0.9
        assert world.sweep(others[0]).published == 0
        world.now += LEASE * 0.1
        assert world.sweep(others[1]).published == 1
        assert wake().published == 0
    assert_settled(world)


def test_an_alert_that_another_has_leased_since_the_queue_was_read_is_left_to_it(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    leave_it_in_the_queue(world, others[0])
    with (
        paused(world, sleeper, "dynamodb:Query", Moment.AFTER, about="DELIVER") as wake,
        paused(world, others[0], UPDATE, Moment.AFTER) as wake_other,
    ):
        assert wake().published == 0
        assert wake_other().published == 1
    assert_settled(world)


def test_after_publishing_it_marks_the_alert_when_nobody_took_over(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    with paused(world, sleeper, PUBLISH, Moment.AFTER):
        world.now += LEASE
    assert world.sweep(others[0]).published == 0
    assert_settled(world)


@pytest.mark.parametrize(("operation", "moment"), [(PUBLISH, Moment.AFTER), (UPDATE, Moment.BEFORE)])
def test_after_publishing_it_changes_nothing_that_the_sweep_which_took_over_noted(
    world: World, sleeper: Container, others: list[Container], operation: str, moment: Moment
) -> None:
    with paused(world, sleeper, operation, moment) as wake:
        world.now += LEASE
        world.sweep(others[0])
        noted = world.items()
        wake()
    assert world.items() == noted
    # The sleeper's publish had no mark when its lease ran out: repeated once, with the same id.
    assert_settled(world, repeated=alert_ids(world))


def test_after_publishing_its_mark_stops_a_sweep_that_read_the_queue_before(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    with paused(world, sleeper, PUBLISH, Moment.AFTER) as wake:
        world.now += LEASE
        with paused(world, others[0], "dynamodb:Query", Moment.AFTER, about="DELIVER") as wake_other:
            wake()
            assert wake_other().published == 0
    assert_settled(world)


def test_a_failed_publish_takes_the_lease_from_nobody(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    def throttled(call: Call) -> tuple[int, str] | None:
        return (429, "Throttling") if call.operation == PUBLISH else None

    sleeper.tap.answer = throttled
    with paused(world, sleeper, PUBLISH, Moment.AFTER) as wake:
        world.now += LEASE
        with paused(world, others[0], UPDATE, Moment.AFTER) as wake_other:
            wake()
            # The sleeper's note would have the alert rest for a minute, and be free then.
            world.pass_minutes(1.5)
            assert world.sweep(others[1]).published == 0, "the other's lease holds"
            assert wake_other().published == 1
    assert_settled(world)


def test_a_failed_publish_is_not_noted_on_an_alert_that_was_published_meanwhile(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    sleeper.tap.answer = lambda call: (429, "Throttling") if call.operation == PUBLISH else None
    with paused(world, sleeper, PUBLISH, Moment.AFTER) as wake:
        world.now += LEASE
        world.sweep(others[0])
        noted = world.items()
        wake()
    assert world.items() == noted
    assert_settled(world)


def test_an_alert_that_a_person_discards_before_it_is_leased_is_not_published(
    world: World, sleeper: Container, others: list[Container]
) -> None:
    leave_it_in_the_queue(world, others[0])
    with paused(world, sleeper, "dynamodb:Query", Moment.AFTER, about="DELIVER"):
        discard_the_alert(world)
    assert world.published() == []
    assert alert_ids(world) == []


def test_an_alert_that_a_person_discards_while_it_is_published_stays_away(world: World, sleeper: Container) -> None:
    with paused(world, sleeper, PUBLISH, Moment.AFTER):
        discard_the_alert(world)
    assert alert_ids(world) == []


def discard_the_alert(world: World) -> None:
    (record,) = [item["Record"] for item in world.items() if is_alert(item)]
    world.delete("rollout", record)
