"""One simulated bulk deployment and its group deployments, as the service describes them.

The shapes of ids and ARNs are those of the AWS CLI's examples for `greengrass`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulator.protocol import JsonObject
    from local.simulator.scenario import Error, Metrics, Scenario, Step

_ACCOUNT: Final = "123456789012"
_ARN: Final = f"arn:aws:greengrass:us-east-1:{_ACCOUNT}:/greengrass"


@dataclass
class Deployment:
    """One bulk deployment and the scenario that it plays.

    Attributes:
        started_at: in seconds of the service's time.
        created_at: the calendar time that `CreatedAt` states.
    """

    id: str
    scenario: Scenario
    started_at: float
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The `BulkDeploymentArn`."""
        return f"{_ARN}/bulk/deployments/{self.id}"

    def step(self, now: float) -> Step:
        """What is true of it now."""
        return self.scenario.step_at(now - self.started_at)

    def groups_started(self, now: float) -> int:
        """How many group deployments it has started."""
        return self.scenario.groups_started(now - self.started_at)

    def group_id(self, index: int) -> str:
        """The id of the group in a line of the input file, counted from 0; the same whenever it is asked."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.arn}/groups/{index}"))

    def status(self, now: float) -> JsonObject:
        """The response of GetBulkDeploymentStatus."""
        step = self.step(now)
        content: JsonObject = {} if step.status is None else {"BulkDeploymentStatus": step.status}
        if step.metrics is not None:
            content["BulkDeploymentMetrics"] = _metrics(step.metrics)
        return {**content, "CreatedAt": timestamp(self.created_at), **_error(step.error), "tags": dict(self.tags)}

    def report(self, index: int, now: float) -> JsonObject:
        """One of the results of ListBulkDeploymentDetailedReports.

        Args:
            index: the group, counted from 0; its deployment must have been started.
            now: the service's time, in seconds.
        """
        group = self.group_id(index)
        deployment = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.arn}/deployments/{index}"))
        version = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.arn}/versions/{index}"))
        started_after = self.scenario.group_started_at(index)
        status, error = self.scenario.group_status(index, now - self.started_at)
        return {
            "DeploymentId": deployment,
            "DeploymentArn": f"{_ARN}/groups/{group}/deployments/{deployment}",
            "GroupArn": f"{_ARN}/groups/{group}/versions/{version}",
            "DeploymentType": "NewDeployment",
            "CreatedAt": timestamp(self.created_at + timedelta(seconds=started_after)),
            "DeploymentStatus": status,
            **_error(error),
        }


def timestamp(at: datetime) -> str:
    """A time as the service writes it, such as `2019-06-25T16:11:33.265Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _metrics(metrics: Metrics) -> JsonObject:
    counts = {
        "RecordsProcessed": metrics.processed,
        "InvalidInputRecords": metrics.invalid,
        "RetryAttempts": metrics.retries,
    }
    return {name: count for name, count in counts.items() if count is not None}


def _error(error: Error | None) -> JsonObject:
    """The two fields of an error; without one, neither is there."""
    if error is None:
        return {}
    details = [{"DetailedErrorCode": code, "DetailedErrorMessage": message} for code, message in error.details]
    return {"ErrorMessage": error.message, "ErrorDetails": details}
