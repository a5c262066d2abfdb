"""The ceiling: the calls that a sweep makes to the source, from bare threads of boto3, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from benchmarks.world import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.world import World


def prepare(create_client: Callable[..., Any], world: World, workers: int) -> Callable[[], dict[str, Any]]:
    """Make the clients; return what makes the calls once: the listing page by page, then the checks in threads.

    Args:
        create_client: makes a boto3 client.
        world: what there is.
        workers: the number of threads.
    """
    greengrass, iot = create_client("greengrassv2"), create_client("iot")
    ids = world.ids

    def check(deployment_id: str) -> None:
        iot.describe_job(jobId=f"job-{deployment_id}")
        if world.state is State.STORM:
            for status in ("FAILED", "TIMED_OUT"):
                iot.list_job_executions_for_job(jobId=f"job-{deployment_id}", status=status, maxResults=10)
            greengrass.list_effective_deployments(coreDeviceThingName=deployment_id, maxResults=100)

    def calls() -> dict[str, Any]:
        token: dict[str, Any] = {}
        while True:
            page = greengrass.list_deployments(maxResults=100, **token)
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(check, ids))
        return {"checked": len(ids)}

    return calls
