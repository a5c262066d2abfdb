"""A run that was never made: every sweep takes what its calls would take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks import sweeps
from benchmarks.measure import NOTIFIER, REFERENCE, Measured, Spec
from benchmarks.results import ColdStart, Latency, Results, Start
from benchmarks.world import State

if TYPE_CHECKING:
    from collections.abc import Callable

START = Start([200.0, 100.0, 300.0], 2.0)


def measured(spec: Spec) -> Measured:
    """What a sweep in which all goes well would bring."""
    count = spec.world.count
    alerts = count if spec.world.state is State.STORM and not spec.paced else 0
    backend: dict[str, Any] = {
        "calls": {"dynamodb:Query": 2, "iot:DescribeJob": count, "sns:Publish": alerts},
        "processor_seconds": 0.01,
        "published": alerts,
        "repeated": 0,
        "first_alert_seconds": 0.1,
        "median_alert_seconds": 0.2,
        "read_units": count / 12,
        "write_units": count if spec.subject == REFERENCE else 0,
        "rates": {
            "iot:DescribeJob": min(8 / (3 if spec.world.state is State.STORM else 1), 3.0 * spec.workers),
            "greengrassv2:GetDeployment": min(5.0, 2.0 * spec.workers),
            "greengrass:GetBulkDeploymentStatus": 5.0,
        },
    }
    if not count:
        backend["calls"] = {"dynamodb:Query": 2}
    seconds = sweeps.expected_seconds(spec.subject, count, spec.world.state, spec.world.source_seconds, spec.workers)
    seconds *= {NOTIFIER: 0.9, REFERENCE: 5.0}.get(spec.subject, 1.0)
    did = {"checked": count} if spec.subject == NOTIFIER else {}
    return Measured(seconds, 0.1, 80.0, did, backend, 500, ("Checks",))


def results(measure: Callable[[Spec], Measured] = measured) -> Results:
    """A whole run."""
    done = sweeps.run(sweeps.everything(), lambda _: None, measure)
    cold_start = ColdStart(
        "Python 3.13.1", is_runtime=True, plain=Start([500.0], 20.0), built=START, without_byte_code=START
    )
    return Results(done, Latency([3.0, 1.0, 2.0], [0.5], lost=0), cold_start)
