"""Lambda ends a sweep at its time-out while calls are in flight in all of its threads, and others have not begun."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.reliability.calls import Call, Death, Moment
from tests.reliability.story import assert_settled, published_unmarked, story

if TYPE_CHECKING:
    from tests.reliability.world import World

GET = "greengrass:GetBulkDeploymentStatus"
REPORTS = "greengrass:ListBulkDeploymentDetailedReports"
COMMIT = "dynamodb:TransactWriteItems"
PUBLISH = "sns:Publish"
MARK = "dynamodb:UpdateItem"

WORKERS = 4
DEPLOYMENTS = [f"rollout-{number}" for number in range(6)]
STEPS = [(operation, moment) for operation in (GET, COMMIT, PUBLISH, MARK, REPORTS) for moment in Moment]


@pytest.mark.parametrize(
    "steps",
    [
        *([step] * len(DEPLOYMENTS) for step in STEPS),
        # Each thread somewhere else.
        [STEPS[1], STEPS[3], STEPS[5], STEPS[7], STEPS[0], STEPS[2]],
        [STEPS[0], STEPS[2], STEPS[4], STEPS[6], STEPS[5], STEPS[1]],
    ],
    ids=[*(f"all in {operation}, {moment}" for operation, moment in STEPS), "mixed", "mixed otherwise"],
)
def test_a_time_out_with_calls_in_flight_loses_nothing(world: World, steps: list[tuple[str, Moment]]) -> None:
    world.watch(*DEPLOYMENTS)
    for deployment in DEPLOYMENTS:
        world.deployment(deployment, "Failed")
    places = dict(zip(DEPLOYMENTS, steps, strict=True))
    in_flight = threading.Semaphore(0)
    time_out = threading.Event()

    def hang(call: Call, moment: Moment) -> None:
        if places.get(call.about) == (call.operation, moment):
            in_flight.release()
            time_out.wait(30)

    world.container.tap.hook = hang
    with ThreadPoolExecutor(1) as pool:
        sweep = pool.submit(world.sweep, workers=WORKERS)
        for _ in range(WORKERS):
            assert in_flight.acquire(timeout=30), "not every thread of the sweep comes to where it should be held up"
        world.container.tap.kill()
        at_the_end = world.items()
        time_out.set()
        with pytest.raises(Death):
            sweep.result()
    assert world.items() == at_the_end, "the harness is wrong: a sweep that was killed has gone on"

    unmarked = published_unmarked(world)
    world.container.tap.start()
    for _ in range(4):
        world.pass_minutes(1)
        world.sweep(workers=WORKERS)

    told = story(world)
    assert told.transitions == {deployment: [(None, "Failed")] for deployment in DEPLOYMENTS}
    assert told.told == {deployment: ["FAILED"] for deployment in DEPLOYMENTS}
    assert_settled(world, unmarked)
