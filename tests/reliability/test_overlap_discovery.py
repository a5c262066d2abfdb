"""What sweeps find, also at the same time, and while people meddle with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.reliability.calls import Moment
from tests.reliability.pause import paused
from tests.reliability.story import assert_settled, story
from tests.reliability.together import meets_after, sweep_at_once

if TYPE_CHECKING:
    from tests.reliability.world import Cloud, Container, World

QUERY = "dynamodb:Query"
LIST = "greengrass:ListBulkDeployments"
LOOK_UP = "dynamodb:BatchGetItem"
BEGIN = "dynamodb:PutItem"
GET = "greengrass:GetBulkDeploymentStatus"
DEPLOYMENTS = [f"rollout-{number}" for number in range(5)]


@pytest.fixture(autouse=True)
def discovering(world: World) -> None:
    world.discover_within = timedelta(hours=24)


@pytest.fixture
def other(cloud: Cloud, world: World) -> Container:
    return next(container for container in cloud.containers(2) if container is not world.container)


@pytest.mark.parametrize("workers", [1, 4])
def test_eight_sweeps_that_find_the_same_deployments_put_one_watch_each_and_tell_each_alert_once(
    cloud: Cloud, world: World, workers: int
) -> None:
    containers = cloud.containers(8)
    for deployment in DEPLOYMENTS:
        world.deployment(deployment, "Failed", processed=2, failing={"No version": 1})
    # All have looked up what is known before one of them puts a watch.
    hook = meets_after([LOOK_UP], 8)
    reports = sweep_at_once(world, containers, hook, workers=workers, in_order=workers == 1)
    assert sum(report.discovered for report in reports) == len(DEPLOYMENTS)
    told = story(world)
    assert told.transitions == {deployment: [(None, "Failed")] for deployment in DEPLOYMENTS}
    assert told.told == {deployment: ["FAILED GROUPS_FAILED"] for deployment in DEPLOYMENTS}
    assert_settled(world)

    stored = world.items()
    world.pass_minutes(1)
    sweep_at_once(world, containers, meets_after([QUERY], 8), workers=workers)
    assert world.items() == stored, "what is known and has ended is written no more"


def test_a_deployment_that_somebody_starts_is_told_of_once_though_nobody_registers_it(
    cloud: Cloud, world: World
) -> None:
    containers = cloud.containers(8)
    deployment = world.start("groups-fail")
    sweep_at_once(world, containers, meets_after([LOOK_UP], 8))
    assert story(world).transitions == {deployment: [(None, "Initializing")]}

    world.simulator.advance(300)
    world.pass_minutes(5)
    sweep_at_once(world, containers, meets_after([QUERY], 8))
    world.pass_minutes(75)  # one of its groups never finishes
    sweep_at_once(world, containers, meets_after([QUERY], 8))
    assert story(world).told == {deployment: ["GROUPS_FAILED", "COMPLETED"]}
    assert_settled(world)


@pytest.mark.parametrize("operation", [LIST, LOOK_UP])
def test_a_deployment_that_an_operator_takes_off_while_it_is_found_stays_off(world: World, operation: str) -> None:
    world.deployment("rollout", "Failed")
    with paused(world, world.container, operation, Moment.AFTER, about="") as wake:
        world.watch("rollout")
        world.unwatch("rollout")
        tombstone = world.items()
        assert wake().discovered == 0
    world.pass_minutes(1)
    world.sweep()
    assert world.items() == tombstone
    assert_settled(world)


@pytest.mark.parametrize("operation", [BEGIN, GET])
def test_a_deployment_that_an_operator_takes_off_just_after_it_was_found_stays_off(
    world: World, operation: str
) -> None:
    world.deployment("rollout", "Failed")
    with paused(world, world.container, operation, Moment.AFTER) as wake:
        world.unwatch("rollout")
        tombstone = world.items()
        assert wake().conflicts == 1
    world.pass_minutes(1)
    world.sweep()
    assert world.items() == tombstone
    assert_settled(world)


def test_a_deployment_that_an_operator_takes_off_later_stays_off(world: World) -> None:
    world.deployment("rollout", "Running", processed=1)
    world.sweep()
    world.unwatch("rollout")
    known = world.items()
    world.deployment("rollout", "Failed", processed=1)
    for _ in range(2):
        world.pass_minutes(1)
        world.sweep()
    assert world.items() == known


@pytest.mark.parametrize("status", ["Running", "Failed"])
def test_what_another_sweep_knows_by_now_is_not_begun_anew(world: World, other: Container, status: str) -> None:
    world.deployment("rollout", status, processed=1)
    with paused(world, world.container, LOOK_UP, Moment.AFTER, about="") as wake:
        assert world.sweep(other).discovered == 1
        stored = world.items()
        assert wake().discovered == 0
    assert world.items() == stored
    assert_settled(world)


def test_a_listing_that_breaks_off_loses_nothing_that_it_brought(world: World) -> None:
    for deployment in DEPLOYMENTS[:3]:
        world.deployment(deployment, "Failed")
    world.simulator.fault("server-error", operation="ListBulkDeployments", after=1)
    assert world.sweep().discovered == 2, "a page has two"
    assert len(story(world).told) == 2
    assert_settled(world)
