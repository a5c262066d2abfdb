"""Many sweeps at once over the same watches, as when EventBridge fires twice or a sweep outlasts its period."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tests.reliability.calls import Call, Moment
from tests.reliability.scenarios import SCENARIOS
from tests.reliability.story import alert_ids, assert_settled, story
from tests.reliability.together import meets_after, sweep_at_once
from tests.reliability.world import Cloud, World

if TYPE_CHECKING:
    from deployment_notifier.report import Report
    from tests.reliability.scenarios import Scenario

QUERY = "dynamodb:Query"
GET = "greengrass:GetBulkDeploymentStatus"
DEPLOYMENTS = [f"rollout-{number}" for number in range(5)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_eight_sweeps_tell_the_story_of_one(cloud: Cloud, scenario: Scenario) -> None:
    alone = World(cloud)
    for _ in scenario.play(alone):
        alone.sweep()
    expected = story(alone)

    world = World(cloud)
    containers = cloud.containers(8)
    reports: list[Report] = []
    for _ in scenario.play(world):
        # All have read both queues before one of them acts, so all but one act on what is stale.
        reports += sweep_at_once(world, containers, meets_after([QUERY], 8))
    assert story(world) == expected
    assert_settled(world)
    assert sum(report.published for report in reports) == len(alert_ids(world))
    assert sum(report.transitions for report in reports) == sum(map(len, expected.transitions.values()))
    assert sum(report.conflicts for report in reports) >= 7, "they did not overlap"


@pytest.mark.parametrize(
    ("operations", "workers", "in_order"),
    [([QUERY, GET], 1, True), ([QUERY], 4, False), ([], 4, False)],
    ids=["in step", "in several threads and any order", "as they come"],
)
def test_eight_sweeps_over_many_watches_tell_each_thing_once(
    cloud: Cloud, operations: list[str], workers: int, in_order: bool
) -> None:
    world = World(cloud)
    containers = cloud.containers(8)
    world.watch(*DEPLOYMENTS)
    for processed, invalid, status in ((1, 0, "Running"), (2, 1, "Running"), (3, 2, "Running"), (4, 2, "Failed")):
        for deployment in DEPLOYMENTS:
            world.deployment(deployment, status, processed, invalid)
        sweep_at_once(world, containers, meets_after(operations, 8), workers=workers, in_order=in_order)
        world.pass_minutes(1)
    told = story(world)
    for deployment in DEPLOYMENTS:
        assert told.transitions[deployment] == [(None, "Running"), ("Running", "Failed")]
        assert told.told[deployment] == ["INVALID_RECORDS", "INVALID_RECORDS", "FAILED"]
    assert_settled(world)


@pytest.mark.parametrize("workers", [1, 4])
def test_eight_sweeps_deliver_what_was_left_once(cloud: Cloud, workers: int) -> None:
    world = World(cloud)
    world.watch(*DEPLOYMENTS)
    for deployment in DEPLOYMENTS:
        world.deployment(deployment, "Failed")
    world.leave_no_time_to_publish()
    world.sweep()
    assert len(alert_ids(world, pending=True)) == len(DEPLOYMENTS)

    world.answer_at_once()
    world.pass_minutes(1)
    reports = sweep_at_once(world, cloud.containers(8), meets_after([QUERY], 8), workers=workers, in_order=workers == 1)
    assert sum(report.published for report in reports) == len(DEPLOYMENTS)
    assert_settled(world)


@pytest.mark.parametrize("swept_before", [False, True])
@pytest.mark.parametrize("put_again", [False, True])
def test_a_watch_deleted_or_put_again_amid_eight_sweeps_is_as_its_owner_left_it(
    cloud: Cloud, swept_before: bool, put_again: bool
) -> None:
    world = World(cloud)
    containers = cloud.containers(9)
    world.watch("rollout")
    world.deployment("rollout", "Running")
    if swept_before:
        world.sweep(containers[8])
        world.pass_minutes(1)
    world.deployment("rollout", "Failed")
    barrier = threading.Barrier(9)

    def hook(call: Call, moment: Moment) -> None:
        if call.operation == GET and moment is Moment.AFTER:
            barrier.wait(30)

    def meddle() -> None:
        barrier.wait(30)
        (world.watch if put_again else world.delete)("rollout")

    person = threading.Thread(target=meddle)
    person.start()
    sweep_at_once(world, containers[:8], hook)
    person.join()

    watches = [item for item in world.items() if item["Record"] == "WATCH"]
    assert len(watches) == put_again, "a deleted watch must not come back"
    for _ in range(4):
        world.pass_minutes(1)
        world.sweep(containers[8])
    assert_settled(world)
    ends = [to for _, to in story(world).transitions.get("rollout", []) if to == "Failed"]
    # The first sweep to store it and the person came in either order; put again, it is told of in any case.
    assert len(ends) in ((1, 2) if put_again else (0, 1))
