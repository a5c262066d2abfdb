"""Greengrass V1's bulk deployments.

AWS ended support for Greengrass V1 on 2026-10-07. This implements the contract that its API reference documents:
docs.aws.amazon.com/greengrass/v1/apireference/getbulkdeploymentstatus-get.html
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import ClientError

from deployment_notifier.model import (
    Error,
    ErrorDetail,
    Failure,
    GroupPhase,
    GroupResult,
    Metrics,
    Observation,
    Outcome,
    Phase,
    Refusal,
)
from deployment_notifier.sources import bounds
from deployment_notifier.sources.port import Listed, ListPage, ReportPage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_greengrass import GreengrassClient

NAME = "greengrass-bulk"

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, max_pool_connections=10)
"""The client's settings: the next sweep is the retry, and no check may hold a sweep up."""

_PHASES = {"Completed": Phase.COMPLETED, "Stopped": Phase.STOPPED, "Failed": Phase.FAILED}
"""The terminal statuses; any other, a new one included, goes on."""

_GROUP_PHASES = {"Success": GroupPhase.SUCCEEDED, "Failure": GroupPhase.FAILED}
"""A group's terminal statuses; InProgress, Building and any other go on.

docs.aws.amazon.com/greengrass/v1/apireference/getdeploymentstatus-get.html
"""


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
        answer = _ask(lambda: self._client.get_bulk_deployment_status(BulkDeploymentId=deployment_id))
        return answer if isinstance(answer, Refusal | Failure) else read_status(answer)

    def list_page(self, page: str | None) -> ListPage | Refusal | Failure:
        """Ask for bulk deployments by ListBulkDeployments, in pages of the service's own size.

        Args:
            page: the `NextToken` of the page before; None for the first.
        """
        token = {"NextToken": page} if page else {}
        answer = _ask(lambda: self._client.list_bulk_deployments(**token))
        return answer if isinstance(answer, Refusal | Failure) else read_list(answer)

    def report_page(self, deployment_id: str, page: str | None) -> ReportPage | Refusal | Failure:
        """Ask for the deployments to single groups by ListBulkDeploymentDetailedReports.

        Args:
            deployment_id: the bulk deployment's id.
            page: the `NextToken` of the page before; None for the first.
        """
        token = {"NextToken": page} if page else {}
        answer = _ask(
            lambda: self._client.list_bulk_deployment_detailed_reports(BulkDeploymentId=deployment_id, **token)
        )
        return answer if isinstance(answer, Refusal | Failure) else read_reports(answer)


def _ask(call: Callable[[], Mapping[str, object]]) -> Mapping[str, object] | Refusal | Failure:
    try:
        return call()
    except ClientError as error:
        return _error_outcome(error)
    except Exception as error:  # noqa: BLE001 - what botocore makes of a garbled body is of any type
        return Failure(_reason(error))


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


def read_list(response: Mapping[str, object]) -> ListPage | Failure:
    """Read what ListBulkDeployments returned.

    Args:
        response: as boto3 returns it.

    Returns:
        A page, or a failure where there is no list in it: something else than the API may answer with success.
    """
    fields = bounds.mapping(response)
    listed = fields.get("BulkDeployments")
    if not isinstance(listed, list):
        return Failure("The answer holds no BulkDeployments")
    deployments = []
    for entry in map(bounds.mapping, listed):
        # DynamoDB takes no longer key; and an id that is cut would be another id.
        deployment_id = bounds.text(entry.get("BulkDeploymentId"), limit=2048)
        if deployment_id is not None and deployment_id == entry.get("BulkDeploymentId"):
            deployments.append(Listed(deployment_id, bounds.time(entry.get("CreatedAt"))))
    return ListPage(tuple(deployments), _token(fields))


def read_reports(response: Mapping[str, object]) -> ReportPage | Failure:
    """Read what ListBulkDeploymentDetailedReports returned.

    Args:
        response: as boto3 returns it.

    Returns:
        A page, or a failure where there is no list in it.
    """
    fields = bounds.mapping(response)
    reports = fields.get("Deployments")
    if not isinstance(reports, list):
        return Failure("The answer holds no Deployments")
    return ReportPage(tuple(_group(bounds.mapping(report)) for report in reports), _token(fields))


def _group(report: Mapping[str, object]) -> GroupResult:
    """One group's deployment: BulkDeploymentResult in the service model."""
    phase = _GROUP_PHASES.get(str(report.get("DeploymentStatus")), GroupPhase.UNFINISHED)
    # arn:aws:greengrass:<region>:<account>:/greengrass/groups/<group id>/versions/<version id>
    arn = bounds.text(report.get("GroupArn"), limit=1024) or ""
    _, _, path = arn.partition("/groups/")
    group_id = bounds.text(path.partition("/")[0], limit=256)
    error = None
    if phase is GroupPhase.FAILED:
        detail = next(map(bounds.mapping, bounds.entries(report.get("ErrorDetails"))), {})
        message = detail.get("DetailedErrorMessage") or report.get("ErrorMessage")
        error = ErrorDetail(bounds.text(detail.get("DetailedErrorCode"), 128), bounds.text(message, 1024))
    return GroupResult(phase, group_id, error)


def _token(fields: Mapping[str, object]) -> str | None:
    return bounds.text(fields.get("NextToken"), limit=8192)


def _error_outcome(error: ClientError) -> Refusal | Failure:
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
