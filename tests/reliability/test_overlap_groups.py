"""A sweep that was held up in a pass over the groups of a deployment stores nothing that is no longer so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.calls import Moment
from tests.reliability.pause import paused
from tests.reliability.story import assert_settled, story

if TYPE_CHECKING:
    from tests.reliability.world import Cloud, Container, World

REPORTS = "greengrass:ListBulkDeploymentDetailedReports"
WATCH_BY_HAND = {"DeploymentId": "rollout", "Record": "WATCH", "Queue": "CHECK"}


@pytest.fixture
def other(cloud: Cloud, world: World) -> Container:
    return next(container for container in cloud.containers(2) if container is not world.container)


@pytest.fixture
def settling(world: World) -> None:
    """One group has failed, and was told of; two go on, and the next pass is due."""
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=3, failing={"No version": 1}, unfinished=2)
    world.sweep()
    assert story(world).told == {"rollout": ["GROUPS_FAILED"]}
    world.pass_minutes(15)


def test_the_end_and_its_groups_are_told_by_whoever_is_first(world: World, other: Container) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=3, failing={"No version": 1})
    with paused(world, world.container, REPORTS, Moment.AFTER) as wake:
        world.pass_minutes(1)
        assert world.sweep(other).alerts == 1
        stored = world.items()
        assert wake().conflicts == 1
    assert world.items() == stored
    assert story(world).told == {"rollout": ["GROUPS_FAILED COMPLETED"]}
    assert_settled(world)


@pytest.mark.usefixtures("settling")
def test_an_old_pass_does_not_undo_the_final_one(world: World, other: Container) -> None:
    with paused(world, world.container, REPORTS, Moment.AFTER) as wake:
        world.deployment("rollout", "Completed", processed=3, failing={"No version": 3})
        world.pass_minutes(1)
        world.sweep(other)
        stored = world.items()
        assert wake().conflicts == 1
    assert world.items() == stored
    assert story(world).told == {"rollout": ["GROUPS_FAILED", "GROUPS_FAILED COMPLETED"]}
    assert_settled(world)


@pytest.mark.usefixtures("settling")
def test_a_watch_that_an_operator_ends_during_a_pass_stays_ended(world: World) -> None:
    world.deployment("rollout", "Completed", processed=3, failing={"No version": 3})
    with paused(world, world.container, REPORTS, Moment.AFTER) as wake:
        world.unwatch("rollout")
        stored = world.items()
        assert wake().conflicts == 1
    world.pass_minutes(15)
    world.sweep()
    assert world.items() == stored
    assert_settled(world)


@pytest.mark.usefixtures("settling")
def test_a_watch_that_is_put_again_during_a_pass_starts_over(world: World) -> None:
    world.deployment("rollout", "Completed", processed=3, failing={"No version": 3})
    with paused(world, world.container, REPORTS, Moment.AFTER) as wake:
        world.watch("rollout")
        assert wake().conflicts == 1
    assert WATCH_BY_HAND in world.items()
    world.pass_minutes(1)
    world.sweep()
    assert story(world).told == {"rollout": ["GROUPS_FAILED", "GROUPS_FAILED COMPLETED"]}
    assert_settled(world)


@pytest.mark.usefixtures("settling")
def test_two_parts_of_one_pass_are_not_counted_twice(world: World, other: Container) -> None:
    """Both go on where an earlier sweep broke off; only one of them is stored."""
    world.deployment("rollout", "Completed", processed=7, failing={"No version": 7})
    world.seconds_per_answer = 6
    world.sweep()
    world.pass_minutes(1)
    with paused(world, world.container, REPORTS, Moment.AFTER) as wake:
        world.sweep(other)
        assert wake().conflicts == 1
    world.answer_at_once()
    world.pass_minutes(1)
    world.sweep()
    (watch,) = story(world).watches
    assert watch["Groups"]["Failed"] == {"N": "7"}
    assert_settled(world)
