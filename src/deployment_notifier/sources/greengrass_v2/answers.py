"""Reading what Greengrass V2 and AWS IoT jobs answered. Every field is optional in the service models."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deployment_notifier.model import CheckFailed, Error, ErrorDetail, Observation, Phase, timestamp
from deployment_notifier.sources import sanitize
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sources.port import Listed, ListPage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PHASES = {"COMPLETED": Phase.COMPLETED, "FAILED": Phase.FAILED, "INACTIVE": Phase.SUPERSEDED}


def read_deployment(response: Mapping[str, object]) -> Observation | CheckFailed:
    """Read what GetDeployment returned; every field of it is optional in the service model."""
    fields = sanitize.mapping(response)
    status = sanitize.text(fields.get("deploymentStatus"), limit=256)
    if status is None:
        return CheckFailed("The answer holds no deploymentStatus")
    is_latest = fields.get("isLatestForTarget")
    phase = phase_of(status)
    if status == "CANCELED" and is_latest is False:
        phase = Phase.SUPERSEDED
    created_at = sanitize.time(fields.get("creationTimestamp"))
    names = ("deploymentName", "targetArn", "revisionId", "iotJobId")
    details = {name: text for name in names if (text := sanitize.text(fields.get(name), limit=1024)) is not None}
    # arn:aws:iot:<region>:<account>:thinggroup/<name>, or :thing/<name>
    kind, _, name = details.get("targetArn", "").split(":", 5)[-1].partition("/")
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
    if phase in (Phase.STOPPED, Phase.FAILED) or seen.status == "CANCELED":
        # Also if it is said not to be the latest: that was seen of one that was.
        rejected = () if phase is Phase.SUPERSEDED else ("Rejected",)
        abort = _abort_reason(job, of, progress, rejected)
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
        deployment_id = sanitize.deployment_id(entry.get("deploymentId"))
        if deployment_id is not None:
            status = sanitize.text(entry.get("deploymentStatus"), limit=256)
            deployments.append(Listed(deployment_id, sanitize.time(entry.get("creationTimestamp")), status))
    next_page = sanitize.page_token(fields.get("nextToken"))
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


def read_token(response: Mapping[str, object], before: str) -> str | None:
    """Read the token of the next page; None for the last page, and for a token that leads nowhere.

    Args:
        response: the answer.
        before: the token that this page was asked for with.
    """
    token = sanitize.page_token(sanitize.mapping(response).get("nextToken"))
    return None if token == before or "\n" in (token or "") else token


def thing_of(details: Mapping[str, str]) -> list[str]:
    """Return the name of the single thing that a deployment targets, from what is known of it; else none."""
    name = details.get("targetArn", "").partition(":thing/")[2]
    return [name] if name else []


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


def _abort_reason(
    job: Mapping[str, object], of: Callable[..., int], processed: int, rejected: tuple[str, ...]
) -> str | None:
    """Say why the job was aborted by its own criteria; None if nothing says that it was.

    Args:
        job: the job.
        of: the sum of its counts by their words.
        processed: how many devices are done.
        rejected: `Rejected`; empty where a newer revision is the reason for which devices rejected it.
    """
    comment, code = sanitize.text(job.get("comment")), sanitize.text(job.get("reasonCode"), limit=256)
    if "ABORT" in f"{code} {comment}".upper():
        return ": ".join(filter(None, (code, comment)))
    counted = {"FAILED": ("Failed",), "REJECTED": rejected, "TIMED_OUT": ("TimedOut",)}
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
        failed = of(*counted.get(kind, ("Failed", "TimedOut", *rejected)))
        if processed >= least and failed * 100 >= threshold * processed and failed:
            return f"{failed} of {processed} devices failed, and the abort criterion is {threshold:g}% ({kind})"
    return None


def phase_of(status: str) -> Phase:
    """Return what a deployment's status means by itself; its job may say more."""
    return Phase.STOPPED if status == "CANCELED" else _PHASES.get(status, Phase.ONGOING)
