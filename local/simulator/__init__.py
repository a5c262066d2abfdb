"""A simulator of AWS IoT Greengrass V1's bulk deployments, which no AWS emulator has.

    with Simulator(speed=10) as simulator:
        deployment_id = simulator.play("fails")
        client = boto3.client("greengrass", endpoint_url=simulator.url, ...)

From a shell: `python -m local.simulator --help`. It needs nothing but Python's standard library.
"""

from local.simulator.faults import Fault
from local.simulator.library import SCENARIOS
from local.simulator.protocol import Operation
from local.simulator.scenario import Error, FailingGroups, Metrics, Misbehaviour, Scenario, Step
from local.simulator.simulator import Call, Simulator

__all__ = [
    "SCENARIOS",
    "Call",
    "Error",
    "FailingGroups",
    "Fault",
    "Metrics",
    "Misbehaviour",
    "Operation",
    "Scenario",
    "Simulator",
    "Step",
]
