"""Greengrass V2 and AWS IoT's jobs in memory, with the operations of boto3's clients that this project calls."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.harness.fake_dynamodb import error
from tests.harness.fake_service import FakeService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tests.harness.fake_service import Answer

THINGS = "arn:aws:iot:eu-west-1:123456789012"
REASON = "FAILED_ROLLBACK_COMPLETE: not enough disk space"

NO_DEPLOYMENT = error("GetDeployment", "ResourceNotFoundException", "There is no such deployment.", 404)
NO_JOB = error("DescribeJob", "ResourceNotFoundException", "There is no such job.", 404)
NO_DEVICE = error("ListEffectiveDeployments", "ResourceNotFoundException", "There is no such core device.", 404)


def failures_on_devices(deployment_ids: Iterable[str], at: datetime) -> list[dict[str, str]]:
    """Return the messages of a queue that say that deployments failed on a device."""
    details = [{"deploymentId": each, "coreDeviceExecutionStatus": "FAILED"} for each in deployment_ids]
    return [
        {"messageId": str(number), "body": json.dumps({"time": at.isoformat(), "detail": detail})}
        for number, detail in enumerate(details)
    ]


@dataclass
class FakeRevision:
    """One deployment.

    Attributes:
        fields: what GetDeployment answers, and the listing a part of.
        devices: the number of devices by the status of their job execution, such as `TIMED_OUT`.
        job: further fields of the job.
        answer: answered instead of `fields`, and by the job if it is an error; None for those.
    """

    fields: dict[str, Any]
    devices: dict[str, int] = field(default_factory=dict)
    job: dict[str, Any] = field(default_factory=dict)
    answer: Answer | None = None


class FakeFleet(FakeService):
    """The deployments of one account and region.

    Attributes:
        deployments: by id.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock, page_size=100)
        self.deployments: dict[str, FakeRevision] = {}

    def deploy(
        self,
        deployment_id: str,
        status: str = "ACTIVE",
        *,
        comment: str | None = None,
        is_latest: bool = True,
        is_group: bool = True,
        created: datetime | None = None,
        **devices: int,
    ) -> FakeRevision:
        """Start a deployment, or change one.

        Args:
            deployment_id: its id.
            status: `deploymentStatus`.
            comment: the job's `comment`.
            is_latest: `isLatestForTarget`; only the latest for its target is listed.
            is_group: whether the target is a thing group, so that there is a job.
            created: when it is created; now by default.
            devices: the number of devices in a status, such as `failed=3` or `timed_out=1`.
        """
        revision = self.deployments.get(deployment_id)
        if revision is None:
            target = f"{THINGS}:thinggroup/LINE7" if is_group else f"{THINGS}:thing/core-1"
            job = {"iotJobId": f"job-{deployment_id}"} if is_group else {}
            revision = self.deployments[deployment_id] = FakeRevision(
                {
                    "deploymentId": deployment_id,
                    "deploymentName": f"{deployment_id}-software",
                    "targetArn": target,
                    "revisionId": "1",
                    "creationTimestamp": (created or self._clock()).timestamp(),
                    **job,
                }
            )
        revision.fields |= {"deploymentStatus": status, "isLatestForTarget": is_latest}
        revision.devices = {name.upper(): count for name, count in devices.items()}
        revision.job = {"comment": comment} if comment else {}
        revision.answer = None
        self._listed = None
        return revision

    def answer(self, deployment_id: str, answer: Answer) -> None:
        """Set what GetDeployment answers about a deployment; an error is its job's answer, too."""
        (self.deployments.get(deployment_id) or self.deploy(deployment_id)).answer = answer

    def delete(self, deployment_id: str) -> None:
        """Delete a deployment with its job."""
        del self.deployments[deployment_id]
        self._listed = None

    # Greengrass V2

    def list_deployments(self, *, maxResults: int | str = 50, nextToken: str = "0") -> Any:  # noqa: ANN401, N803 - boto3's
        """Return a page of the latest deployment for each target; AWS promises no order."""
        if self._listed is None:
            self._listed = sorted(
                name for name, each in self.deployments.items() if each.fields.get("isLatestForTarget")
            )
        first, end = int(nextToken), int(nextToken) + min(int(maxResults), self.page_size)
        entries = [
            {name: value for name, value in self.deployments[each].fields.items() if name != "iotJobId"}
            for each in self._listed[first:end]
        ]
        more = {"nextToken": str(end)} if end < len(self._listed) else {}
        return self._answered("list_deployments", {"deployments": entries, **more})

    def get_deployment(self, *, deploymentId: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Return a deployment."""
        revision = self.deployments.get(deploymentId)
        known = NO_DEPLOYMENT if revision is None else revision.fields if revision.answer is None else revision.answer
        return self._answered("get_deployment", known)

    def list_effective_deployments(self, *, coreDeviceThingName: str, maxResults: int | str = 50) -> Any:  # noqa: ANN401, ARG002, N803 - boto3's
        """Return what a device says of its deployment."""
        deployment_id, _, number = coreDeviceThingName.rpartition("-core-")
        details = {"errorStack": ["DEPLOYMENT_FAILURE", "DISK_SPACE_CRITICAL"], "errorTypes": []}
        entry = {"deploymentId": deployment_id, "reason": REASON, "statusDetails": details, "number": number}
        known = {"effectiveDeployments": [entry]} if deployment_id in self.deployments else NO_DEVICE
        return self._answered("list_effective_deployments", known)

    # AWS IoT's jobs

    def describe_job(self, *, jobId: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Return the job of a deployment, with its counts."""
        revision = self.deployments.get(jobId.removeprefix("job-"))
        if revision is None:
            return self._answered("describe_job", NO_JOB)
        counts = {
            f"numberOf{name}Things": revision.devices.get(status, 0)
            for status, name in {
                "QUEUED": "Queued",
                "IN_PROGRESS": "InProgress",
                "SUCCEEDED": "Succeeded",
                "FAILED": "Failed",
                "TIMED_OUT": "TimedOut",
                "REJECTED": "Rejected",
                "CANCELED": "Canceled",
                "REMOVED": "Removed",
            }.items()
        }
        job = {"job": {"jobId": jobId, "jobProcessDetails": counts, **revision.job}}
        return self._answered("describe_job", revision.answer if isinstance(revision.answer, Exception) else job)

    def list_job_executions_for_job(self, *, jobId: str, status: str, maxResults: int | str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Return the first devices whose execution has a status."""
        deployment_id = jobId.removeprefix("job-")
        revision = self.deployments.get(deployment_id)
        if revision is None:
            return self._answered("list_job_executions_for_job", NO_JOB)
        failed = revision.devices.get("FAILED", 0)
        first = 0 if status == "FAILED" else failed
        number = min(int(maxResults), revision.devices.get(status, 0))
        things = [f"{THINGS}:thing/{deployment_id}-core-{n}" for n in range(first, first + number)]
        summaries = {"executionSummaries": [{"thingArn": thing} for thing in things]}
        return self._answered("list_job_executions_for_job", summaries)
