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
    Observation,
    Outcome,
    Phase,
    TargetPhase,
    TargetResult,
    UnknownDeployment,
)
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.sources.calls import CLIENT_CONFIG, Calls
from deployment_notifier.sources.greengrass_v2.answers import (
    phase_of,
    read_deployment,
    read_job,
    read_list,
    read_reason,
    read_things,
    read_token,
    thing_of,
)
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sources.port import Listed, ListPage, ResultsPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.exceptions import ClientError
    from mypy_boto3_greengrassv2 import GreengrassV2Client
    from mypy_boto3_iot import IoTClient

    from deployment_notifier.model import Watch

DELETED = "DELETED"
"""The status of a deployment that was seen before and no longer exists."""

JOB_CALLS_PER_SECOND = 8.0
"""Of the 10 that AWS IoT gives an account for each operation; nothing else calls DescribeJob often."""

_LOOKED_AT = 10
"""Failing devices whose reason is asked for: each takes a call."""


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
        self._ask_for_new = Calls(greengrass_limiter, _is_unknown_id, clock).ask
        self._ask_iot = Calls(iot_limiter, _is_not_found, clock).ask

    def drop_connections(self) -> None:
        """Close the idle connections of both clients."""
        self._greengrass.close()
        self._iot.close()

    def get_status(self, watch: Watch, listed: Listed | None) -> Outcome:
        """Ask for a deployment's status by GetDeployment, and for its job's counts by DescribeJob.

        A deployment that was seen before and is listed with the same status costs only DescribeJob.

        Args:
            watch: the deployment.
            listed: what the listing said of it.
        """
        if listed is not None and listed.status == watch.status and watch.details.get("iotJobId"):
            return self._with_counts(watch, Observation(str(watch.status), phase_of(str(watch.status))))
        was_seen = watch.status is not None
        ask = self._ask_greengrass if was_seen else self._ask_for_new
        answer = ask(lambda: self._greengrass.get_deployment(deploymentId=watch.deployment_id))
        if isinstance(answer, UnknownDeployment) and was_seen:
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

        Page by page, each one call: the executions that failed, those that timed out, and then the effective
        deployments of one device after the other. AWS may return fewer entries than it has, with a token for the rest.
        A single thing has no executions, so it is looked at directly.

        Args:
            watch: the deployment.
            page: the `next_page` of the page before; None for the first.
        """
        job_id = watch.details.get("iotJobId")
        status, token, names = _read_page(page)
        if not job_id:
            names = thing_of(watch.details)
        elif status:
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
            # A device is listed for each of its executions, and may time out after it was listed as failed.
            names = list(dict.fromkeys([*names, *read_things(answer)]))[:_LOOKED_AT]
            if len(names) == _LOOKED_AT:
                return ResultsPage((), _write_page("", names))
            more = read_token(answer, token)
            if more:
                return ResultsPage((), _write_page(f"{status} {more}", names))
            return ResultsPage((), _write_page("TIMED_OUT" if status == "FAILED" else "", names))
        if not names:
            return ResultsPage(())
        return self._look_at(names, token, watch.deployment_id)

    def _look_at(self, names: list[str], token: str, deployment_id: str) -> ResultsPage:
        """Ask for the reason of the first of some devices; `token` is of its page before."""
        name, *others = names
        rest: Any = {"nextToken": token} if token else {}
        answer = self._ask_greengrass(
            lambda: self._greengrass.list_effective_deployments(coreDeviceThingName=name, maxResults=100, **rest)
        )
        error = None
        # A thing of the group that is no core device is not found; that says nothing about the source.
        if not isinstance(answer, UnknownDeployment | CheckFailed):
            error = read_reason(answer, deployment_id)
            if error is None and (more := read_token(answer, token)):
                return ResultsPage((), _write_page(f" {more}", names))
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


def _read_page(page: str | None) -> tuple[str, str, list[str]]:
    """Read a page token of ours: the status to list next, AWS's token, and the things to look at.

    Without a status, the token is for the first thing's effective deployments.
    """
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


def _is_unknown_id(error: ClientError) -> bool:
    # GetDeployment has no other input than the id, so one that is not valid is none of its ids.
    return _is_not_found(error) or error.response.get("Error", {}).get("Code") == "ValidationException"
