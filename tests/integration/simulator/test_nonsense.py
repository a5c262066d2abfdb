"""Answers that are outside the service model on purpose, and what a boto3 client makes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from local.simulator import Misbehaviour
from tests.integration.simulator.contract import new_client

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_greengrass import GreengrassClient

    from local.simulator import Simulator
    from tests.integration.simulator.contract import Recorder


@pytest.fixture
def deployment(simulator: Simulator) -> str:
    return simulator.play("groups-fail", age_seconds=1000)


def ask_everything(client: GreengrassClient, deployment: str) -> list[object]:
    """What each of the three questions brings: the fields of the answer, or the error that boto3 raises."""
    answers: list[object] = []
    for ask in (
        lambda: client.get_bulk_deployment_status(BulkDeploymentId=deployment),
        client.list_bulk_deployments,
        lambda: client.list_bulk_deployment_detailed_reports(BulkDeploymentId=deployment),
    ):
        try:
            answers.append({name: value for name, value in ask().items() if name != "ResponseMetadata"})
        except Exception as error:  # noqa: BLE001 - what it is, is the question
            answers.append(type(error))
    return answers


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Misbehaviour.HTML, b"<!DOCTYPE html>"),
        (Misbehaviour.TRUNCATED, b"{"),
        (Misbehaviour.MISSING_FIELDS, b"{}"),
    ],
)
def test_boto3_takes_it_for_an_answer_without_any_field(
    kind: Misbehaviour,
    body: bytes,
    deployment: str,
    simulator: Simulator,
    client: GreengrassClient,
    recorder: Recorder,
) -> None:
    simulator.fault(kind)
    assert ask_everything(client, deployment) == [{}, {}, {}]
    assert recorder.status == 200
    assert recorder.raw.startswith(body)


def test_a_closed_connection_is_an_error_of_the_connection(
    deployment: str, simulator: Simulator, client: GreengrassClient
) -> None:
    simulator.fault("closed")
    assert ask_everything(client, deployment) == [ConnectionClosedError] * 3


@pytest.mark.parametrize(("kind", "seconds"), [("silent", 0), ("slow", 60)])
def test_an_answer_that_comes_never_or_late_is_a_time_out(
    deployment: str, simulator: Simulator, session: boto3.Session, kind: str, seconds: float
) -> None:
    simulator.fault(kind, delay_seconds=seconds)
    impatient = new_client(session, simulator.url, read_timeout=0.2)
    with pytest.raises(ReadTimeoutError):
        impatient.get_bulk_deployment_status(BulkDeploymentId=deployment)


def test_a_slow_answer_is_the_true_one(deployment: str, simulator: Simulator, client: GreengrassClient) -> None:
    simulator.fault("slow", delay_seconds=0.01)
    assert client.get_bulk_deployment_status(BulkDeploymentId=deployment)["BulkDeploymentStatus"] == "Completed"


def test_a_raw_answer_is_sent_as_it_was_given(deployment: str, simulator: Simulator, client: GreengrassClient) -> None:
    simulator.fault("raw", body='{"BulkDeploymentStatus": 7, "BulkDeploymentMetrics": {"RecordsProcessed": "-5"}}')
    answer: dict[str, object] = {**client.get_bulk_deployment_status(BulkDeploymentId=deployment)}
    del answer["ResponseMetadata"]
    assert answer == {"BulkDeploymentStatus": 7, "BulkDeploymentMetrics": {"RecordsProcessed": -5}}


def test_a_fault_can_be_for_one_deployment_one_operation_and_some_calls(
    deployment: str, simulator: Simulator, client: GreengrassClient
) -> None:
    other = simulator.play("completes")
    simulator.fault(
        "throttled",
        deployment_id=deployment,
        operation="ListBulkDeploymentDetailedReports",
        after=1,
        times=2,
    )
    outcomes = []
    for _ in range(4):
        client.get_bulk_deployment_status(BulkDeploymentId=deployment)
        client.list_bulk_deployment_detailed_reports(BulkDeploymentId=other)
        try:
            client.list_bulk_deployment_detailed_reports(BulkDeploymentId=deployment)
        except client.exceptions.ClientError:
            outcomes.append("throttled")
        else:
            outcomes.append("well")
    assert outcomes == ["well", "throttled", "throttled", "well"]
