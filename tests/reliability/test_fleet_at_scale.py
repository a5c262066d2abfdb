"""Many deployments of Greengrass V2: what a sweep costs, in calls, in time and in memory."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from typing import TYPE_CHECKING

from tests.harness.notifier_harness import SECONDS, NotifierHarness

if TYPE_CHECKING:
    from tests.harness.fault_injection import Call, Fault

V2 = "greengrass-v2"
LISTS = 32
OTHERS = 50


def fleet_of(count: int, moving: int = 0) -> NotifierHarness:
    """An account whose deployments are known: they are at rest, except for some that are moving."""
    harness = NotifierHarness(sources=(V2,), rate=1e6, alert_on=frozenset())
    for number in range(count):
        harness.fleet.deploy(f"d-{number:05}", succeeded=10, in_progress=int(number < moving))
    while True:
        report = harness.sweep()
        harness.clock.advance(minutes=1)
        if not report.transitions:
            return harness


def test_a_thousand_deployments_of_which_ten_are_moving_cost_few_calls_and_no_write() -> None:
    harness = fleet_of(1000, moving=10)
    before = dict(harness.table.items)
    for _ in range(5):
        harness.sweep()
        calls = harness.faults.operations
        assert calls.pop("list_deployments") == 10 <= LISTS
        assert calls == {"describe_job": 10 + 20, "query": 2}, "of those at rest a fiftieth"
        assert calls.total() <= OTHERS
        harness.clock.advance(minutes=1)
    assert harness.table.items == before


def test_of_five_thousand_deployments_each_is_looked_at_within_the_hour_and_no_sweep_takes_too_long() -> None:
    harness = fleet_of(5000, moving=10)
    harness.rate = None
    harness.app = harness.build()
    harness.faults.seconds = {"greengrassv2": 0.2, "iot": 0.05, "dynamodb": 0.02}
    jobs = Counter[str]()
    tokens = set[str | None]()

    def count(call: Call) -> Fault | None:
        jobs.update([call.arguments["jobId"]] if call.operation == "describe_job" else [])
        tokens.update([call.arguments.get("nextToken")] if call.operation == "list_deployments" else [])
        return None

    harness.faults.fault = count
    sweeps = 12
    harness.sweep_each_minute(sweeps)
    assert len(tokens) == 50, "every page was listed"
    assert [jobs.pop(f"job-d-{number:05}") for number in range(10)] == [sweeps] * 10
    assert set(jobs.values()) == {1}, "nothing has a second turn before all had one"
    assert len(jobs) >= 5000 * sweeps / 60
    assert max(harness.durations) <= SECONDS


def test_what_five_thousand_deployments_hold_fits_into_the_functions_memory() -> None:
    harness = fleet_of(5000)
    tracemalloc.start()
    try:
        harness.sweep()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100 * 2**20, "beside about 100 MB for Python and boto3, of the 256 MB"
