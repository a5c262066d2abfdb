"""Greengrass V2 and AWS IoT's jobs in memory, with the operations of boto3's clients that this project calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.harness.fake_dynamodb import error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tests.harness.fake_greengrass import RawAnswer

    Answer = Mapping[str, Any] | RawAnswer | Exception

THINGS = "arn:aws:iot:eu-west-1:123456789012"
REASON = "FAILED_ROLLBACK_COMPLETE: not enough disk space"

NO_DEPLOYMENT = error("GetDeployment", "ResourceNotFoundException", "There is no such deployment.", 404)
NO_JOB = error("DescribeJob", "ResourceNotFoundException", "There is no such job.", 404)
NO_DEVICE = error("ListEffectiveDeployments", "ResourceNotFoundException", "There is no such core device.", 404)


@dataclass
class FakeRevision:
    """One deployment.

    Attributes:
        fields: what GetDeployment answers, and the listing a part of.
        devices: the number of devices by the status of their job execution, such as `TIMED_OUT`.
        job: further fields of the job.
        answer: answered instead of `fields`; None for those.
    """

    fields: dict[str, Any]
    devices: dict[str, int] = field(default_factory=dict)
    job: dict[str, Any] = field(default_factory=dict)
    answer: Answer | None = None


class FakeFleet:
    """The deployments of one account and region.

    Attributes:
        deployments: by id.
        page_size: the most entries of a page.
        listing, jobs: answered instead of the listing, or of each job; None for those themselves.
        executions, effective: answered instead of the executions of a job, and of what a device says.
        outage: raised instead of every answer; None while it works.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._listed: list[str] | None = None
        self.deployments: dict[str, FakeRevision] = {}
        self.page_size = 100
        self.listing: Answer | None = None
        self.jobs: Answer | None = None
        self.executions: Answer | None = None
        self.effective: Answer | None = None
        self.outage: Exception | None = None

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
        self._listed = None
        return revision

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
        return self._answered({"deployments": entries, **more} if self.listing is None else self.listing)

    def get_deployment(self, *, deploymentId: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Return a deployment."""
        revision = self.deployments.get(deploymentId)
        return self._answered((revision.answer or revision.fields) if revision else NO_DEPLOYMENT)

    def list_effective_deployments(self, *, coreDeviceThingName: str, maxResults: int | str = 50) -> Any:  # noqa: ANN401, ARG002, N803 - boto3's
        """Return what a device says of its deployment."""
        deployment_id, _, number = coreDeviceThingName.rpartition("-core-")
        if self.effective is None and deployment_id not in self.deployments:
            return self._answered(NO_DEVICE)
        details = {"errorStack": ["DEPLOYMENT_FAILURE", "DISK_SPACE_CRITICAL"], "errorTypes": []}
        entry = {"deploymentId": deployment_id, "reason": REASON, "statusDetails": details, "number": number}
        return self._answered({"effectiveDeployments": [entry]} if self.effective is None else self.effective)

    # AWS IoT's jobs

    def describe_job(self, *, jobId: str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Return the job of a deployment, with its counts."""
        revision = self.deployments.get(jobId.removeprefix("job-"))
        if revision is None:
            return self._answered(NO_JOB)
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
        return self._answered(job if self.jobs is None else self.jobs)

    def list_job_executions_for_job(self, *, jobId: str, status: str, maxResults: int | str) -> Any:  # noqa: ANN401, N803 - boto3's
        """Return the first devices whose execution has a status."""
        deployment_id = jobId.removeprefix("job-")
        revision = self.deployments.get(deployment_id)
        if revision is None:
            return self._answered(NO_JOB)
        failed = revision.devices.get("FAILED", 0)
        first = 0 if status == "FAILED" else failed
        number = min(int(maxResults), revision.devices.get(status, 0))
        things = [f"{THINGS}:thing/{deployment_id}-core-{n}" for n in range(first, first + number)]
        summaries = {"executionSummaries": [{"thingArn": thing} for thing in things]}
        return self._answered(summaries if self.executions is None else self.executions)

    def _answered(self, answer: Answer) -> Any:  # noqa: ANN401 - boto3's
        answer = self.outage or answer
        if isinstance(answer, Exception):
            raise answer
        return answer
