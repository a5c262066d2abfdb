"""Greengrass V2's deployments, and the AWS IoT jobs that carry them to the devices of a thing group.

A deployment to a thing group is carried by a continuous job, whose counts say how far it is: the deployment itself
stays ACTIVE even when every device has failed. A deployment to a single thing has no job and no counts.
docs.aws.amazon.com/greengrass/v2/developerguide/manage-deployments.html
"""

from __future__ import annotations

import time
from dataclasses import replace
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
    timestamp,
)
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.sources import sanitize
from deployment_notifier.sources.calls import CLIENT_CONFIG, Calls
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sources.port import Listed, ListPage, ResultsPage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.exceptions import ClientError
    from mypy_boto3_greengrassv2 import GreengrassV2Client
    from mypy_boto3_iot import IoTClient

    from deployment_notifier.model import Watch

DELETED = "DELETED"
"""The status of a deployment that was seen before and no longer exists."""

_PHASES = {"COMPLETED": Phase.COMPLETED, "FAILED": Phase.FAILED, "INACTIVE": Phase.SUPERSEDED}

JOB_CALLS_PER_SECOND = 8.0
"""Of the 10 that AWS IoT gives an account for each operation; nothing else calls DescribeJob often."""

_LOOKED_AT = 10
"""Failing devices whose reason is asked for: each takes a call."""

_LONGEST_ID = 1024
"""Bytes of an id: DynamoDB takes no longer sort key of an index."""


def create(create_client: Callable[..., Any]) -> GreengrassV2:
    """Create the source.

    Args:
        create_client: makes a boto3 client, as `boto3.Session.client` does.
    """
    return GreengrassV2(
        create_client("greengrassv2", config=CLIENT_CONFIG),
        create_client("iot", config=CLIENT_CONFIG),
        RateLimiter(GREENGRASS_V2.calls_per_second),
        RateLimiter(JOB_CALLS_PER_SECOND),
    )


class GreengrassV2:
    """The source of Greengrass V2 deployments.

    Args:
        greengrass: a client of Greengrass V2 with `CLIENT_CONFIG`.
        iot: a client of AWS IoT with `CLIENT_CONFIG`.
        greengrass_limiter, iot_limiter: spread the calls; each service has its own quota.
    """

    profile = GREENGRASS_V2

    def __init__(
        self,
        greengrass: GreengrassV2Client,
        iot: IoTClient,
        greengrass_limiter: RateLimiter,
        iot_limiter: RateLimiter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._greengrass = greengrass
        self._iot = iot
        self._ask_greengrass = Calls(greengrass_limiter, _is_not_found, clock).ask
        self._ask_iot = Calls(iot_limiter, _is_not_found, clock).ask

    def get_status(self, watch: Watch, listed: Listed | None) -> Outcome:
        """Ask for a deployment's status by GetDeployment, and for its job's counts by DescribeJob.

        A deployment that was seen before and is listed with the same status costs only DescribeJob.

        Args:
            watch: the deployment.
            listed: what the listing said of it.
        """
        if listed is not None and listed.status == watch.status and watch.details.get("iotJobId"):
            return self._with_counts(watch, Observation(str(watch.status), _phase(str(watch.status))))
        answer = self._ask_greengrass(lambda: self._greengrass.get_deployment(deploymentId=watch.deployment_id))
        if isinstance(answer, UnknownDeployment) and watch.status is not None:
            return Observation(DELETED, Phase.STOPPED)
        if isinstance(answer, UnknownDeployment | CheckFailed):
            return answer
        seen = read_deployment(answer)
        return seen if isinstance(seen, CheckFailed) else self._with_counts(watch, seen)

    def list_deployments(self, page: str | None) -> ListPage | CheckFailed:
        """Ask for deployments by ListDeployments, the latest for each target, 100 a page.

        Args:
            page: the `nextToken` of the page before; None for the first.
        """
        token: Any = {"nextToken": page} if page else {}
        answer = self._ask_greengrass(lambda: self._greengrass.list_deployments(maxResults=100, **token))
        if isinstance(answer, UnknownDeployment | CheckFailed):
            return CheckFailed(answer.reason)
        return read_list(answer)

    def list_results(self, watch: Watch, page: str | None) -> ResultsPage | UnknownDeployment | CheckFailed:
        """Ask for failing devices and their reasons.

        Page by page, each one call: the executions that failed, those that timed out, and then one device a page. AWS
        may return fewer executions than it has, with a token for the rest.

        Args:
            watch: the deployment.
            page: the `next_page` of the page before; None for the first.
        """
        job_id = watch.details.get("iotJobId")
        if not job_id:
            return ResultsPage(())
        status, token, names = _read_page(page)
        if status:
            rest: Any = {"nextToken": token} if token else {}
            answer = self._ask_iot(
                lambda: self._iot.list_job_executions_for_job(
                    jobId=job_id,
                    status=status,  # type: ignore[arg-type] # one of the two
                    maxResults=_LOOKED_AT,
                    **rest,
                )
            )
            if isinstance(answer, UnknownDeployment | CheckFailed):
                return answer
            names = [*names, *read_things(answer)][:_LOOKED_AT]
            if len(names) == _LOOKED_AT:
                return ResultsPage((), _write_page("", names))
            more = sanitize.text(answer.get("nextToken"), limit=8192)
            if more and more != token and "\n" not in more:
                return ResultsPage((), _write_page(f"{status} {more}", names))
            return ResultsPage((), _write_page("TIMED_OUT" if status == "FAILED" else "", names))
        name, *others = names
        answer = self._ask_greengrass(
            lambda: self._greengrass.list_effective_deployments(coreDeviceThingName=name, maxResults=100)
        )
        # A thing of the group that is no core device is not found; that says nothing about the source.
        error = (
            None if isinstance(answer, UnknownDeployment | CheckFailed) else read_reason(answer, watch.deployment_id)
        )
        return ResultsPage((TargetResult(TargetPhase.FAILED, name, error),), _write_page("", others))

    def _with_counts(self, watch: Watch, seen: Observation) -> Outcome:
        """Add the job's counts, which say whether an active deployment is under way or at rest."""
        job_id = seen.details.get("iotJobId") or watch.details.get("iotJobId")
        if not job_id:
            # A single thing has no job: nothing is known until the status changes.
            return replace(seen, phase=Phase.RESTING) if seen.phase is Phase.ONGOING else seen
        answer = self._ask_iot(lambda: self._iot.describe_job(jobId=job_id))
        if isinstance(answer, UnknownDeployment):
            # The job was deleted, but the deployment's status is known.
            return seen
        if isinstance(answer, CheckFailed):
            return answer
        return read_job(answer, seen)


def read_deployment(response: Mapping[str, object]) -> Observation | CheckFailed:
    """Read what GetDeployment returned; every field of it is optional in the service model."""
    fields = sanitize.mapping(response)
    status = sanitize.text(fields.get("deploymentStatus"), limit=256)
    if status is None:
        return CheckFailed("The answer holds no deploymentStatus")
    is_latest = fields.get("isLatestForTarget")
    phase = _phase(status)
    if status == "CANCELED" and is_latest is False:
        phase = Phase.SUPERSEDED
    created_at = sanitize.time(fields.get("creationTimestamp"))
    names = ("deploymentName", "targetArn", "revisionId", "iotJobId")
    details = {name: text for name in names if (text := sanitize.text(fields.get(name), limit=1024)) is not None}
    # arn:aws:iot:<region>:<account>:thinggroup/<name>, or :thing/<name>
    kind, _, name = details.get("targetArn", "").rpartition(":")[2].partition("/")
    if name:
        details["targetName"] = f"{'thing group' if kind == 'thinggroup' else kind} {name}"
    return Observation(
        status=status,
        phase=phase,
        created_at=timestamp(created_at) if created_at else None,
        tags=sanitize.tags(fields.get("tags")),
        details=details,
    )


def read_job(response: Mapping[str, object], seen: Observation) -> Observation | CheckFailed:
    """Read what DescribeJob returned into an observation of the deployment that the job carries."""
    job = sanitize.mapping(sanitize.mapping(response).get("job"))
    process = sanitize.mapping(job.get("jobProcessDetails"))
    names = (metric.key for metric in GREENGRASS_V2.metrics)
    counts = {name: count for name in names if (count := sanitize.count(process.get(name))) is not None}
    if not counts:
        return CheckFailed("The job holds no jobProcessDetails")

    def of(*words: str) -> int:
        return sum(counts.get(f"numberOf{word}Things", 0) for word in words)

    metrics = replace(
        GREENGRASS_V2.to_metrics(counts), succeeded=of("Succeeded"), unfinished=of("Queued", "InProgress")
    )
    progress = metrics.progress or 0
    phase, error = seen.phase, seen.error
    # The devices of a job that was just canceled are not done: the deployment's own status will say what became of it.
    is_canceled = job.get("status") in ("CANCELED", "DELETION_IN_PROGRESS")
    if phase is Phase.ONGOING and not is_canceled and not of("InProgress") and (progress or not of("Queued")):
        phase = Phase.RESTING
    if phase in (Phase.STOPPED, Phase.FAILED):
        abort = _abort_reason(job, of, progress)
        if abort is not None:
            phase, error = Phase.FAILED, Error(abort)
    return replace(seen, phase=phase, metrics=metrics, error=error)


def read_list(response: Mapping[str, object]) -> ListPage | CheckFailed:
    """Read what ListDeployments returned."""
    fields = sanitize.mapping(response)
    listed = fields.get("deployments")
    if not isinstance(listed, list):
        return CheckFailed("The answer holds no deployments")
    entries = [sanitize.mapping(entry) for entry in listed]
    deployments = []
    for entry in entries:
        deployment_id = sanitize.text(entry.get("deploymentId"), limit=_LONGEST_ID)
        if deployment_id is not None and deployment_id == entry.get("deploymentId"):
            status = sanitize.text(entry.get("deploymentStatus"), limit=256)
            deployments.append(Listed(deployment_id, sanitize.time(entry.get("creationTimestamp")), status))
    next_page = sanitize.text(fields.get("nextToken"), limit=8192)
    return ListPage(tuple(deployments), next_page, unusable=len(entries) - len(deployments))


def read_things(response: Mapping[str, object]) -> list[str]:
    """Read the names of the things that ListJobExecutionsForJob returned."""
    summaries = sanitize.mapping(response).get("executionSummaries")
    arns = (
        sanitize.text(sanitize.mapping(summary).get("thingArn"), limit=1024)
        for summary in (summaries if isinstance(summaries, list) else ())
    )
    # arn:aws:iot:<region>:<account>:thing/<name>
    return [name for arn in arns if arn and (name := arn.partition(":thing/")[2])]


def read_reason(response: Mapping[str, object], deployment_id: str) -> ErrorDetail | None:
    """Read from what ListEffectiveDeployments returned why a deployment failed on a device."""
    effective = sanitize.mapping(response).get("effectiveDeployments")
    for entry in map(sanitize.mapping, effective if isinstance(effective, list) else ()):
        if entry.get("deploymentId") == deployment_id:
            details = sanitize.mapping(entry.get("statusDetails"))
            # From general to specific, so the last one says most.
            stack = [text for each in sanitize.entries(details.get("errorStack")) if (text := sanitize.text(each, 128))]
            return ErrorDetail(stack[-1] if stack else None, sanitize.text(entry.get("reason"), limit=1024))
    return None


def _abort_reason(job: Mapping[str, object], of: Callable[..., int], processed: int) -> str | None:
    """Say why the job was aborted by its own criteria; None if nothing says that it was."""
    comment, code = sanitize.text(job.get("comment")), sanitize.text(job.get("reasonCode"), limit=256)
    if "ABORT" in f"{code} {comment}".upper():
        return ": ".join(filter(None, (code, comment)))
    counted = {"FAILED": ("Failed",), "REJECTED": ("Rejected",), "TIMED_OUT": ("TimedOut",)}
    for criterion in map(
        sanitize.mapping, sanitize.entries(sanitize.mapping(job.get("abortConfig")).get("criteriaList"))
    ):
        kind = str(criterion.get("failureType"))
        threshold, least = (
            criterion.get("thresholdPercentage"),
            sanitize.count(criterion.get("minNumberOfExecutedThings")),
        )
        if not isinstance(threshold, int | float) or least is None:
            continue
        failed = of(*counted.get(kind, ("Failed", "Rejected", "TimedOut")))
        if processed >= least and failed * 100 >= threshold * processed and failed:
            return f"{failed} of {processed} devices failed, and the abort criterion is {threshold:g}% ({kind})"
    return None


def _phase(status: str) -> Phase:
    return Phase.STOPPED if status == "CANCELED" else _PHASES.get(status, Phase.ONGOING)


def _read_page(page: str | None) -> tuple[str, str, list[str]]:
    """Read a page token of ours: the status to list next, AWS's token for it, and the things to look at."""
    if page is None:
        return "FAILED", "", []
    listing, *names = page.split("\n")
    status, _, token = listing.partition(" ")
    return status, token, names


def _write_page(listing: str, names: list[str]) -> str | None:
    return "\n".join([listing, *names]) if listing or names else None


def _is_not_found(error: ClientError) -> bool:
    # AWS IoT throttles with HTTP 400, so only 404 says that there is no such thing.
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == HTTPStatus.NOT_FOUND
