"""A simulator of AWS IoT Greengrass V1's bulk deployments, which no AWS emulator has.

    with Simulator() as simulator:
        deployment_id = simulator.play("fails")
        client = boto3.client("greengrass", endpoint_url=simulator.url, ...)

`make local` serves it, and its control API. It needs nothing but Python's standard library.
"""

from local.simulator.library import SCENARIOS
from local.simulator.protocol import Operation
from local.simulator.scenario import Error, FailingGroups, Metrics, Misbehaviour, Scenario, Step
from local.simulator.simulator import Simulator

__all__ = [
    "SCENARIOS",
    "Error",
    "FailingGroups",
    "Metrics",
    "Misbehaviour",
    "Operation",
    "Scenario",
    "Simulator",
    "Step",
]
