"""A sweep that was held up after it read a watch commits nothing that is no longer so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.calls import Moment
from tests.reliability.pause import paused
from tests.reliability.story import assert_settled, story

if TYPE_CHECKING:
    from tests.reliability.world import Cloud, Container, World

GET = "greengrass:GetBulkDeploymentStatus"
COMMIT = "dynamodb:TransactWriteItems"

WATCH_BY_HAND = {"DeploymentId": "rollout", "Record": "WATCH", "Queue": "CHECK"}


@pytest.fixture
def other(cloud: Cloud, world: World) -> Container:
    return next(container for container in cloud.containers(2) if container is not world.container)


@pytest.fixture(params=["put just before", "swept before"])
def watched(request: pytest.FixtureRequest, world: World) -> None:
    """A watch that no sweep has written yet, or that one has; the deployment then fails."""
    world.watch("rollout")
    world.deployment("rollout", "Running", processed=1)
    if request.param == "swept before":
        world.sweep()
        world.pass_minutes(1)
    world.deployment("rollout", "Failed", processed=1)


@pytest.mark.usefixtures("watched")
def test_a_watch_that_was_deleted_is_not_raised_from_the_dead(world: World) -> None:
    with paused(world, world.container, GET, Moment.AFTER) as wake:
        world.delete("rollout")
        before = world.items()
        assert wake().conflicts == 1
    assert world.items() == before
    assert_settled(world)


@pytest.mark.usefixtures("watched")
def test_a_watch_that_was_put_again_starts_over(world: World, other: Container) -> None:
    with paused(world, world.container, COMMIT, Moment.BEFORE):
        world.watch("rollout")
    world.pass_minutes(1)
    world.sweep(other)
    assert story(world).transitions["rollout"][-1] == (None, "Failed")
    assert story(world).told == {"rollout": ["FAILED"]}
    assert_settled(world)


def test_what_a_sweep_knew_of_a_watch_is_not_stored_over_one_that_was_put_again(world: World, other: Container) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Running", processed=1)
    world.sweep()
    world.pass_minutes(1)
    world.deployment("rollout", "Running", processed=2, invalid=7)
    with paused(world, world.container, COMMIT, Moment.BEFORE) as wake:
        world.watch("rollout")
        assert wake().conflicts == 1
        assert WATCH_BY_HAND in world.items()
    world.pass_minutes(1)
    world.sweep(other)
    assert story(world).transitions["rollout"] == [(None, "Running"), (None, "Running")]
    assert story(world).told == {"rollout": ["INVALID_RECORDS"]}
    assert_settled(world)


def test_a_watch_that_was_put_again_and_swept_keeps_its_new_story(world: World, other: Container) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Running", processed=1)
    world.sweep()
    with paused(world, world.container, GET, Moment.AFTER) as wake:
        # The sleeper has read version 1 of the first watch; within the same millisecond the second gets one too.
        world.deployment("rollout", "Failed", processed=1)
        world.pass_minutes(1)
        world.sweep(other)
        world.watch("rollout")
        world.pass_minutes(1)
        world.sweep(other)
        before = world.items()
        wake()
    assert world.items() == before
    assert_settled(world)


def test_an_old_observation_does_not_turn_a_deployment_back(world: World, other: Container) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Initializing")
    world.sweep()
    world.pass_minutes(1)
    world.deployment("rollout", "Running", processed=1)
    with paused(world, world.container, GET, Moment.AFTER) as wake:
        world.deployment("rollout", "Failed", processed=1)
        world.pass_minutes(1)
        world.sweep(other)
        assert wake().conflicts == 1
    assert story(world).transitions["rollout"] == [(None, "Initializing"), ("Initializing", "Failed")]
    assert_settled(world)


@pytest.mark.parametrize("moment", list(Moment))
def test_an_alert_of_a_watch_that_is_deleted_after_it_was_decided_is_still_told(world: World, moment: Moment) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Failed")
    with paused(world, world.container, "sns:Publish", moment):
        world.delete("rollout")
    world.sweep()
    assert [item["Record"].rpartition("-")[2] for item in world.items()] == ["TRANSITION", "ALERT"]
    assert_settled(world)


def test_a_watch_that_was_put_again_within_a_millisecond_overwrites_no_history(world: World) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Failed", processed=1)
    world.sweep()
    history = [item for item in world.items() if item["Record"] != "WATCH"]
    world.watch("rollout")
    world.deployment("rollout", "Failed", processed=2)
    assert world.sweep().conflicts == 1
    assert [item for item in world.items() if item["Record"] != "WATCH"] == history
    world.pass_minutes(1)
    world.sweep()
    assert story(world).transitions["rollout"] == [(None, "Failed"), (None, "Failed")]
    assert_settled(world)
