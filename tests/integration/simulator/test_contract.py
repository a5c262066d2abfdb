"""Every response that the simulator can give, held against botocore's service model through a real boto3 client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from local.simulator import SCENARIOS, Metrics, Misbehaviour, Operation, Scenario, Step
from local.simulator.protocol import Request

if TYPE_CHECKING:
    from mypy_boto3_greengrass import GreengrassClient

    from local.simulator import Simulator
    from tests.integration.simulator.contract import Recorder


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=lambda scenario: scenario.name)
def test_each_step_of_each_scenario_is_answered_as_the_model_has_it(
    scenario: Scenario, simulator: Simulator, client: GreengrassClient, recorder: Recorder
) -> None:
    deployment = simulator.play(scenario, tags={"team": "line-3"})
    for step in scenario.steps:
        simulator.advance(step.at - simulator.now)
        answer = client.get_bulk_deployment_status(BulkDeploymentId=deployment)
        recorder.check("GetBulkDeploymentStatus", dict(answer))
        assert answer["BulkDeploymentStatus"] == step.status
        assert step.metrics is not None
        assert answer["BulkDeploymentMetrics"] == {
            "RecordsProcessed": step.metrics.processed,
            "InvalidInputRecords": step.metrics.invalid,
            "RetryAttempts": step.metrics.retries,
        }
        assert answer.get("ErrorMessage") == (step.error.message if step.error else None)
        assert answer["CreatedAt"] == "2026-11-23T10:04:00.123Z"
        assert answer["tags"] == {"team": "line-3"}
        reports = client.list_bulk_deployment_detailed_reports(BulkDeploymentId=deployment)
        recorder.check("ListBulkDeploymentDetailedReports", dict(reports))


def test_lists_are_answered_as_the_model_has_it(
    simulator: Simulator, client: GreengrassClient, recorder: Recorder
) -> None:
    recorder.check("ListBulkDeployments", dict(client.list_bulk_deployments()))
    for _ in range(3):
        simulator.play("completes")
    page = client.list_bulk_deployments(MaxResults="2")
    recorder.check("ListBulkDeployments", dict(page))
    assert page["NextToken"]
    recorder.check("ListBulkDeployments", dict(client.list_bulk_deployments(NextToken=page["NextToken"])))


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("get_bulk_deployment_status", {"BulkDeploymentId": "unknown"}),
        ("list_bulk_deployment_detailed_reports", {"BulkDeploymentId": "unknown"}),
        ("list_bulk_deployment_detailed_reports", {"BulkDeploymentId": "done", "NextToken": "forged"}),
        ("list_bulk_deployments", {"MaxResults": "many"}),
        ("list_bulk_deployments", {"MaxResults": "0"}),
        ("list_bulk_deployments", {"NextToken": "forged"}),
        ("list_bulk_deployments", {"NextToken": "Nzc3"}),  # base64 of a JSON number
    ],
)
def test_a_call_that_the_service_refuses_gets_the_modelled_error(
    operation: str,
    arguments: dict[str, str],
    simulator: Simulator,
    client: GreengrassClient,
    recorder: Recorder,
) -> None:
    simulator.play("completes", deployment_id="done", age_seconds=1000)
    with pytest.raises(client.exceptions.BadRequestException):
        getattr(client, operation)(**arguments)
    recorder.check_error()


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (Misbehaviour.UNKNOWN, 400, "BadRequestException"),
        (Misbehaviour.DENIED, 403, "AccessDeniedException"),
        (Misbehaviour.THROTTLED, 429, "TooManyRequestsException"),
        (Misbehaviour.SERVER_ERROR, 500, "InternalServerErrorException"),
    ],
)
def test_an_error_set_as_a_fault_reaches_boto3_with_its_status_and_code(
    kind: Misbehaviour, status: int, code: str, simulator: Simulator, client: GreengrassClient, recorder: Recorder
) -> None:
    simulator.fault(kind)
    for call in (
        client.list_bulk_deployments,
        lambda: client.get_bulk_deployment_status(BulkDeploymentId="any"),
        lambda: client.list_bulk_deployment_detailed_reports(BulkDeploymentId="any"),
    ):
        with pytest.raises(ClientError) as raised:
            call()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert raised.value.response["Error"]["Code"] == code
        assert raised.value.response["Error"]["Message"]
        if code in ("BadRequestException", "InternalServerErrorException"):  # which the service model knows
            recorder.check_error(code)


@pytest.mark.parametrize("operation", [each for each in Operation if not each.is_v2])
def test_the_methods_and_paths_of_the_model_are_routed_to_its_operations(
    operation: Operation, client: GreengrassClient
) -> None:
    http = client.meta.service_model.operation_model(operation).http
    request = Request(http["method"], re.sub(r"\{BulkDeploymentId\}", "some-id", http["requestUri"]))
    assert request.route() == (operation, "some-id" if "{" in http["requestUri"] else None)


@pytest.mark.parametrize("deployment", ["870fb41b-6288-4e0c-bc76-a7ba4b4d3267", "a b/c?d=é%2F$stop"])
def test_what_boto3_sends_is_understood_as_what_was_meant(
    deployment: str, simulator: Simulator, client: GreengrassClient
) -> None:
    simulator.play("completes", deployment_id=deployment)
    client.get_bulk_deployment_status(BulkDeploymentId=deployment)
    client.list_bulk_deployment_detailed_reports(BulkDeploymentId=deployment)
    client.list_bulk_deployments()
    assert [(call.operation, call.deployment_id, call.status) for call in simulator.calls] == [
        (Operation.GET_STATUS, deployment, 200),
        (Operation.LIST_REPORTS, deployment, 200),
        (Operation.LIST, None, 200),
    ]


def test_a_scenario_can_leave_out_each_optional_field(
    simulator: Simulator, client: GreengrassClient, recorder: Recorder
) -> None:
    steps = (Step(0, None, None), Step(1, "Running", Metrics(processed=None, retries=None)))
    deployment = simulator.play(Scenario("bare", steps))
    for expected in ({}, {"BulkDeploymentStatus": "Running", "BulkDeploymentMetrics": {"InvalidInputRecords": 0}}):
        answer = dict(client.get_bulk_deployment_status(BulkDeploymentId=deployment))
        recorder.check("GetBulkDeploymentStatus", answer)
        assert {name: answer[name] for name in answer if name.startswith("Bulk")} == expected
        simulator.advance(1)
