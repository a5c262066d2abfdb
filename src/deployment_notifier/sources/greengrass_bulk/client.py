"""Greengrass V1's bulk deployments, by the contract that its API reference documents.

docs.aws.amazon.com/greengrass/v1/apireference/getbulkdeploymentstatus-get.html
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from deployment_notifier.model import (
    CheckFailed,
    Error,
    ErrorDetail,
    Observation,
    Outcome,
    Phase,
    TargetPhase,
    TargetResult,
    UnknownDeployment,
)
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.sources import sanitize
from deployment_notifier.sources.calls import CLIENT_CONFIG, Calls
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.port import Listed, ListPage, ResultsPage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.exceptions import ClientError
    from mypy_boto3_greengrass import GreengrassClient

    from deployment_notifier.model import Watch

_PHASES = {"Completed": Phase.COMPLETED, "Stopped": Phase.STOPPED, "Failed": Phase.FAILED}
"""The terminal statuses; any other status, also an unknown one, is ongoing."""

_TARGET_PHASES = {"Success": TargetPhase.SUCCEEDED, "Failure": TargetPhase.FAILED}
"""The terminal statuses of a group; InProgress, Building and any other are unfinished.

docs.aws.amazon.com/greengrass/v1/apireference/getdeploymentstatus-get.html
"""


def create(create_client: Callable[..., Any]) -> GreengrassBulk:
    """Create the source.

    Args:
        create_client: makes a boto3 client, as `boto3.Session.client` does.
    """
    return GreengrassBulk(
        create_client("greengrass", config=CLIENT_CONFIG), RateLimiter(GREENGRASS_BULK.calls_per_second)
    )


class GreengrassBulk:
    """The source of Greengrass V1 bulk deployments.

    Args:
        client: a Greengrass client with `CLIENT_CONFIG`.
        limiter: spreads the calls.
        clock: a monotonic clock, in seconds.
    """

    profile = GREENGRASS_BULK

    def __init__(
        self, client: GreengrassClient, limiter: RateLimiter, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._ask = Calls(limiter, _is_unknown, clock).ask

    def drop_connections(self) -> None:
        """Close the client's idle connections."""
        self._client.close()

    def get_status(self, watch: Watch, listed: Listed | None) -> Outcome:  # noqa: ARG002 - its listing has no status
        """Ask for a bulk deployment's status by GetBulkDeploymentStatus.

        Args:
            watch: the bulk deployment.
            listed: not used.
        """
        answer = self._ask(lambda: self._client.get_bulk_deployment_status(BulkDeploymentId=watch.deployment_id))
        return answer if isinstance(answer, UnknownDeployment | CheckFailed) else read_status(answer)

    def list_deployments(self, page: str | None) -> ListPage | CheckFailed:
        """Ask for bulk deployments by ListBulkDeployments, in pages of the service's own size.

        Args:
            page: the `NextToken` of the page before; None for the first.
        """
        token = {"NextToken": page} if page else {}
        answer = self._ask(lambda: self._client.list_bulk_deployments(**token))
        if isinstance(answer, UnknownDeployment | CheckFailed):
            return CheckFailed(answer.reason)
        return read_list(answer)

    def list_results(self, watch: Watch, page: str | None) -> ResultsPage | UnknownDeployment | CheckFailed:
        """Ask for the deployments to single groups by ListBulkDeploymentDetailedReports.

        Args:
            watch: the bulk deployment.
            page: the `NextToken` of the page before; None for the first.
        """
        token = {"NextToken": page} if page else {}
        answer = self._ask(
            lambda: self._client.list_bulk_deployment_detailed_reports(BulkDeploymentId=watch.deployment_id, **token)
        )
        return answer if isinstance(answer, UnknownDeployment | CheckFailed) else read_results(answer)


def read_status(response: Mapping[str, object]) -> Outcome:
    """Read what GetBulkDeploymentStatus returned; every field of it is optional in the service model.

    Args:
        response: as boto3 returns it.

    Returns:
        An observation, or a failure where there is no status in it.
    """
    fields = sanitize.mapping(response)
    status = sanitize.text(fields.get("BulkDeploymentStatus"), limit=256)
    if status is None:
        return CheckFailed("The answer holds no BulkDeploymentStatus")
    reported = sanitize.mapping(fields.get("BulkDeploymentMetrics"))
    names = (metric.key for metric in GREENGRASS_BULK.metrics)
    counts = {name: count for name in names if (count := sanitize.count(reported.get(name))) is not None}
    message = sanitize.text(fields.get("ErrorMessage"))
    details = tuple(
        ErrorDetail(
            sanitize.text(sanitize.mapping(entry).get("DetailedErrorCode"), limit=256),
            sanitize.text(sanitize.mapping(entry).get("DetailedErrorMessage")),
        )
        for entry in sanitize.entries(fields.get("ErrorDetails"))
    )
    return Observation(
        status=status,
        phase=_PHASES.get(status, Phase.ONGOING),
        metrics=GREENGRASS_BULK.to_metrics(counts),
        error=Error(message, details) if message or details else None,
        created_at=sanitize.text(fields.get("CreatedAt"), limit=64),
        tags=sanitize.tags(fields.get("tags")),
    )


def read_list(response: Mapping[str, object]) -> ListPage | CheckFailed:
    """Read what ListBulkDeployments returned.

    Args:
        response: as boto3 returns it.

    Returns:
        A page, or a failure where there is no list in it: something else than the API may answer with success.
    """
    fields = sanitize.mapping(response)
    listed = fields.get("BulkDeployments")
    if not isinstance(listed, list):
        return CheckFailed("The answer holds no BulkDeployments")
    entries = [sanitize.mapping(entry) for entry in listed]
    deployments = []
    for entry in entries:
        deployment_id = sanitize.deployment_id(entry.get("BulkDeploymentId"))
        if deployment_id is not None:
            deployments.append(Listed(deployment_id, sanitize.time(entry.get("CreatedAt"))))
    return ListPage(
        tuple(deployments), sanitize.page_token(fields.get("NextToken")), unusable=len(entries) - len(deployments)
    )


def read_results(response: Mapping[str, object]) -> ResultsPage | CheckFailed:
    """Read what ListBulkDeploymentDetailedReports returned.

    Args:
        response: as boto3 returns it.

    Returns:
        A page, or a failure where there is no list in it.
    """
    fields = sanitize.mapping(response)
    reports = fields.get("Deployments")
    if not isinstance(reports, list):
        return CheckFailed("The answer holds no Deployments")
    return ResultsPage(
        tuple(_group(sanitize.mapping(report)) for report in reports), sanitize.page_token(fields.get("NextToken"))
    )


def _group(report: Mapping[str, object]) -> TargetResult:
    """One group's deployment: BulkDeploymentResult in the service model."""
    phase = _TARGET_PHASES.get(str(report.get("DeploymentStatus")), TargetPhase.UNFINISHED)
    # arn:aws:greengrass:<region>:<account>:/greengrass/groups/<group id>/versions/<version id>
    arn = sanitize.text(report.get("GroupArn"), limit=1024) or ""
    _, _, path = arn.partition("/groups/")
    group_id = sanitize.text(path.partition("/")[0], limit=256)
    error = None
    if phase is TargetPhase.FAILED:
        detail = next(map(sanitize.mapping, sanitize.entries(report.get("ErrorDetails"))), {})
        message = detail.get("DetailedErrorMessage") or report.get("ErrorMessage")
        error = ErrorDetail(sanitize.text(detail.get("DetailedErrorCode"), 128), sanitize.text(message, 1024))
    return TargetResult(phase, group_id, error)


def _is_unknown(error: ClientError) -> bool:
    code = error.response.get("Error", {}).get("Code", "")
    http_status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return http_status == HTTPStatus.NOT_FOUND or (
        http_status == HTTPStatus.BAD_REQUEST and code == "BadRequestException"
    )
