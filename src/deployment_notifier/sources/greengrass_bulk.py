"""Greengrass V1's bulk deployments.

AWS ended support for Greengrass V1 on 2026-10-07. This implements the contract that its API reference documents:
docs.aws.amazon.com/greengrass/v1/apireference/getbulkdeploymentstatus-get.html
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import ClientError

from deployment_notifier.model import Error, ErrorDetail, Failure, Metrics, Observation, Outcome, Phase, Refusal
from deployment_notifier.sources import bounds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_greengrass import GreengrassClient

NAME = "greengrass-bulk"

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, max_pool_connections=10)
"""The client's settings: the next sweep is the retry, and no check may hold a sweep up."""

_PHASES = {"Completed": Phase.COMPLETED, "Stopped": Phase.STOPPED, "Failed": Phase.FAILED}
"""The terminal statuses; any other, a new one included, goes on."""


class GreengrassBulk:
    """The source of Greengrass V1 bulk deployments.

    Args:
        client: a Greengrass client with `CLIENT_CONFIG`.
    """

    name = NAME
    calls_per_second = 5.0  # of the 30 (in some partitions 10) that an account has for all its programs together
    seconds_per_call = 7.0  # connect and read, each at its time-out

    def __init__(self, client: GreengrassClient) -> None:
        self._client = client

    def observe(self, deployment_id: str) -> Outcome:
        """Ask for a bulk deployment's status by GetBulkDeploymentStatus.

        Args:
            deployment_id: the bulk deployment's id.
        """
        try:
            response = self._client.get_bulk_deployment_status(BulkDeploymentId=deployment_id)
        except ClientError as error:
            return _error_outcome(error)
        except Exception as error:  # noqa: BLE001 - what botocore makes of a garbled body is of any type
            return Failure(_reason(error))
        return read_status(response)

    def answers(self) -> bool:
        """Ask by ListBulkDeployments whether the API answers this account here at all."""
        try:
            response = self._client.list_bulk_deployments(MaxResults="1")
        except Exception:  # noqa: BLE001 - no answer is an answer here, whatever the reason
            return False
        # Something else than the API may answer with success: only the list itself counts.
        return isinstance(bounds.mapping(response).get("BulkDeployments"), list)


def read_status(response: Mapping[str, object]) -> Outcome:
    """Read what GetBulkDeploymentStatus returned; every field of it is optional in the service model.

    Args:
        response: as boto3 returns it.

    Returns:
        An observation, or a failure where there is no status in it.
    """
    fields = bounds.mapping(response)
    status = bounds.text(fields.get("BulkDeploymentStatus"), limit=256)
    if status is None:
        return Failure("The answer holds no BulkDeploymentStatus")
    metrics = bounds.mapping(fields.get("BulkDeploymentMetrics"))
    message = bounds.text(fields.get("ErrorMessage"))
    details = tuple(
        ErrorDetail(
            bounds.text(bounds.mapping(entry).get("DetailedErrorCode"), limit=256),
            bounds.text(bounds.mapping(entry).get("DetailedErrorMessage")),
        )
        for entry in bounds.entries(fields.get("ErrorDetails"))
    )
    return Observation(
        status=status,
        phase=_PHASES.get(status, Phase.ONGOING),
        metrics=Metrics(
            bounds.count(metrics.get("RecordsProcessed")),
            bounds.count(metrics.get("InvalidInputRecords")),
            bounds.count(metrics.get("RetryAttempts")),
        ),
        error=Error(message, details) if message or details else None,
        created_at=bounds.text(fields.get("CreatedAt"), limit=64),
        tags=bounds.tags(fields.get("tags")),
    )


def _error_outcome(error: ClientError) -> Outcome:
    code = error.response.get("Error", {}).get("Code", "")
    http_status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    refused = http_status == HTTPStatus.NOT_FOUND or (
        http_status == HTTPStatus.BAD_REQUEST and code == "BadRequestException"
    )
    return Refusal(_reason(error)) if refused else Failure(_reason(error))


def _reason(error: Exception) -> str:
    """What went wrong, with the code and the HTTP status, by which the messages know the usual causes."""
    if isinstance(error, ClientError):
        fields = error.response.get("Error", {})
        http_status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "no status")
        text = f"{fields.get('Code', 'Error')} ({http_status}): {fields.get('Message', '')}"
    else:
        text = f"{type(error).__name__}: {error}"
    return bounds.text(text) or type(error).__name__
