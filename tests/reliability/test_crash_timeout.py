"""Lambda ends a sweep at its time-out while calls are in flight in all of its threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.emulated.history import assert_all_published, published_unmarked, read_history
from tests.emulated.interceptor import Call, Moment, SimulatedCrash

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack

GET = "GetBulkDeploymentStatus"
REPORTS = "ListBulkDeploymentDetailedReports"

WORKERS = 4
DEPLOYMENTS = [f"rollout-{number}" for number in range(6)]


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize(
    ("first", "others"),
    [
        # All four threads wait for Greengrass.
        (GET, GET),
        (REPORTS, REPORTS),
        # The first deployment was answered, and the sweep's own thread waits for DynamoDB or SNS.
        ("TransactWriteItems", GET),
        ("Publish", REPORTS),
        ("UpdateItem", GET),
    ],
)
def test_a_time_out_with_calls_in_flight_loses_nothing(
    stack: EmulatedStack, first: str, others: str, moment: Moment
) -> None:
    stack.watch(*DEPLOYMENTS)
    for deployment in DEPLOYMENTS:
        stack.deployment(deployment, "Failed")
    places = dict.fromkeys(DEPLOYMENTS, others) | {DEPLOYMENTS[0]: first}
    in_flight = threading.Semaphore(0)
    time_out = threading.Event()

    def hang(call: Call, at: Moment) -> None:
        if (places.get(call.about), moment) == (call.name, at):
            in_flight.release()
            time_out.wait(30)

    stack.container.interceptor.hook = hang
    with ThreadPoolExecutor(1) as pool:
        sweep = pool.submit(stack.sweep, workers=WORKERS)
        for _ in range(WORKERS + (first != others)):
            assert in_flight.acquire(timeout=30), "not every thread of the sweep comes to where it should be held up"
        stack.container.interceptor.kill()
        at_the_end = stack.items()
        time_out.set()
        with pytest.raises(SimulatedCrash):
            sweep.result()
    assert stack.items() == at_the_end, "the harness is wrong: a sweep that was killed has gone on"

    unmarked = published_unmarked(stack)
    stack.container.interceptor.reset()
    stack.advance(minutes=2)
    for _ in range(2):
        stack.sweep(workers=WORKERS)

    history = read_history(stack)
    assert history.transitions == {deployment: [(None, "Failed")] for deployment in DEPLOYMENTS}
    assert history.alerts == {deployment: ["FAILED"] for deployment in DEPLOYMENTS}
    assert_all_published(stack, unmarked)
