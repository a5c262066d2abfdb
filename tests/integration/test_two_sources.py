"""Sweeps over both sources: a deployment of Greengrass V2 beside a bulk deployment of V1."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from deployment_notifier.model import Kind
from local.simulator.fleet import FLEET_SCENARIOS, NO_SPACE, Devices, FleetScenario, FleetStep

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack

FLEET = FleetScenario(
    "fleet",
    (FleetStep(0, Devices(queued=40)), FleetStep(60, Devices(succeeded=37, failed=3))),
    (NO_SPACE,),
)


def test_failed_devices_are_one_alert_with_the_reason(stack: EmulatedStack) -> None:
    stack.ask("greengrass-v2", "greengrass-bulk")
    stack.simulator.play_fleet(FLEET, deployment_id="fleet")
    stack.deployment("rollout", processed=1)
    assert stack.sweep().checked == 2
    assert stack.kinds() == []
    stack.advance(minutes=1)

    assert stack.sweep().checked == 2

    (event,) = stack.received()
    data = event["data"]
    assert (event["subject"], data["kind"], data["also"]) == ("fleet", "DEVICES_FAILED", ["COMPLETED"])
    assert data["severity"] == Kind.DEVICES_FAILED.severity
    assert data["deployment"]["source"] == "greengrass-v2"
    assert data["deployment"]["jobId"] == str(UUID(data["deployment"]["jobId"])), "as in AWS's documents"
    assert (data["targets"]["succeeded"], data["targets"]["failed"]) == (37, 3)
    assert data["targets"]["reasons"] == [
        {
            "code": NO_SPACE.error_stack[-1],
            "message": NO_SPACE.reason,
            "count": 3,
            "targets": ["LINE7-core-000", "LINE7-core-001", "LINE7-core-002"],
        }
    ]

    stack.advance(minutes=1)
    stack.sweep()
    assert stack.kinds() == []


def test_a_single_device_that_fails_is_named_with_the_reason(stack: EmulatedStack) -> None:
    stack.ask("greengrass-v2")
    stack.simulator.play_fleet(FLEET_SCENARIOS["thing-fails"], deployment_id="thing", target="core-7")
    stack.sweep()
    stack.advance(minutes=1)

    stack.sweep()

    (event,) = stack.received()
    data = event["data"]
    assert (data["kind"], data["deployment"]["targetName"]) == ("FAILED", "thing core-7")
    assert data["targets"]["failed"] == 1
    assert [(each["message"], each["targets"]) for each in data["targets"]["reasons"]] == [
        (NO_SPACE.reason, ["core-7"])
    ]
