"""What the simulator says of Greengrass V2 and AWS IoT jobs, held against botocore's service models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.simulator.fleet import FLEET_SCENARIOS, FleetScenario
from tests.integration.simulator.contract import violations

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from local.simulator import Simulator


class Recorded:
    """A client whose answers are held against its model."""

    def __init__(self, simulator: Simulator, service: str) -> None:
        session: Any = boto3.Session("testing", "testing", region_name="us-east-1")
        self.client = session.client(service, endpoint_url=simulator.url)
        self.client.meta.events.register("before-parse", self._check)

    def _check(self, operation_model: OperationModel, response_dict: dict[str, Any], **_: object) -> None:
        if response_dict["status_code"] < 300:
            sent = json.loads(response_dict["body"])
            assert list(violations(operation_model.output_shape, _without_nulls(sent))) == []


def _without_nulls(value: object) -> object:
    """What botocore reads: absent values come as null."""
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("scenario", FLEET_SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_each_step_is_as_the_models_have_it(scenario: FleetScenario, simulator: Simulator) -> None:
    greengrass, iot = Recorded(simulator, "greengrassv2").client, Recorded(simulator, "iot").client
    deployment = simulator.play_fleet(scenario)
    for step in scenario.steps:
        simulator.advance(step.at - simulator.now)
        described = greengrass.get_deployment(deploymentId=deployment)
        assert described["deploymentStatus"] == step.status
        listed = greengrass.list_deployments(maxResults=100)["deployments"]
        assert [each["deploymentId"] for each in listed] == ([deployment] if step.is_latest else [])
        if not scenario.is_group:
            assert "iotJobId" not in described
            continue
        counts = iot.describe_job(jobId=described["iotJobId"])["job"]["jobProcessDetails"]
        assert sum(counts.values()) == sum(step.devices.by_status().values())
        executions = iot.list_job_executions_for_job(jobId=described["iotJobId"], status="FAILED", maxResults=250)
        assert len(executions["executionSummaries"]) == step.devices.failed
        for each in executions["executionSummaries"][:1]:
            thing = each["thingArn"].rpartition("/")[2]
            (found,) = greengrass.list_effective_deployments(coreDeviceThingName=thing)["effectiveDeployments"]
            assert (found["deploymentId"], found["coreDeviceExecutionStatus"]) == (deployment, "FAILED")
            assert found["reason"]


def test_pages_bring_everything_once(simulator: Simulator) -> None:
    client = Recorded(simulator, "greengrassv2").client
    started = {simulator.play_fleet("fleet-completes") for _ in range(5)}
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = client.list_deployments(maxResults=2, **token)
        found += [each["deploymentId"] for each in page["deployments"]]
        if not page.get("nextToken"):
            break
        token = {"nextToken": page["nextToken"]}
    assert sorted(found) == sorted(started)


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("greengrassv2", "get_deployment", {"deploymentId": "none"}),
        ("greengrassv2", "list_effective_deployments", {"coreDeviceThingName": "none"}),
        ("iot", "describe_job", {"jobId": "none"}),
        ("iot", "list_job_executions_for_job", {"jobId": "none"}),
    ],
)
def test_what_does_not_exist_is_not_found(
    simulator: Simulator, service: str, operation: str, arguments: dict[str, str]
) -> None:
    client = Recorded(simulator, service).client
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        getattr(client, operation)(**arguments)
