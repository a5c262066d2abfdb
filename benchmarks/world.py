"""What is measured in: a number of watched deployments, and what happens to them in the sweep that is measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from deployment_notifier.model import Check, Observation, Policy, SourceState, Watch
from deployment_notifier.rules import decide
from deployment_notifier.sources.greengrass_bulk.client import read_status
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.greengrass_v2.answers import read_deployment, read_job
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.table import items
from deployment_notifier.table.attributes import written_all

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.model import Outcome

REGION = "eu-west-1"
TABLE = "bench-table"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:bench-alerts"
HISTORY_DAYS = 90
CREATED = 1_790_000_000
"""When the deployments were created, in seconds since 1970: long before any discovery looks."""

ONE_IN = 20
"""The share of deployments that change where 5 % do."""


class State(StrEnum):
    """What has happened since the sweep before."""

    UNCHANGED = "unchanged"
    BUSY = "5 % changed"
    STORM = "all failing"


@dataclass(frozen=True, slots=True)
class World:
    """One account of AWS.

    Attributes:
        count: the number of watched deployments.
        state: what has happened to them.
        source_seconds: how long one call to the source takes.
        is_new: whether the watches were just registered, so that each costs all the calls that a check can cost.
        source: the name of the deployments' source.
    """

    count: int
    state: State
    source_seconds: float
    is_new: bool = False
    source: str = GREENGRASS_V2.name

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> World:
        """Read what `to_dict` wrote."""
        return cls(**{**fields, "state": State(fields["state"])})

    @property
    def ids(self) -> list[str]:
        """The deployments' ids."""
        return [f"00000000-0000-4000-8000-{number:012d}" for number in range(self.count)]

    def changes(self, number: int) -> bool:
        """Return whether something has happened to a deployment."""
        return self.state is State.STORM or (self.state is State.BUSY and number % ONE_IN == 0)


def deployment_answer(deployment_id: str) -> dict[str, Any]:
    """What GetDeployment says."""
    return {
        "deploymentId": deployment_id,
        "targetArn": f"arn:aws:iot:{REGION}:123456789012:thinggroup/LINE-{deployment_id[-6:]}",
        "revisionId": "1",
        "deploymentName": f"line {deployment_id[-6:]} firmware",
        "deploymentStatus": "ACTIVE",
        "iotJobId": f"job-{deployment_id}",
        "creationTimestamp": CREATED,
        "isLatestForTarget": True,
        "tags": {"team": "plant-7", "line": deployment_id[-6:]},
    }


def job_answer(deployment_id: str, *, succeeded: int, failed: int) -> dict[str, Any]:
    """What DescribeJob says: a rollout to ten devices that is under way."""
    names = ("Canceled", "Removed", "Rejected", "TimedOut")
    counts = {f"numberOf{name}Things": 0 for name in names}
    counts |= {
        "numberOfSucceededThings": succeeded,
        "numberOfFailedThings": failed,
        "numberOfInProgressThings": 2,
        "numberOfQueuedThings": 8 - succeeded - failed,
    }
    job = {"jobId": f"job-{deployment_id}", "status": "IN_PROGRESS", "jobProcessDetails": counts}
    return {"job": job}


def bulk_answer(*, processed: int) -> dict[str, Any]:
    """What GetBulkDeploymentStatus says: a bulk deployment that is under way."""
    counts = {"RecordsProcessed": processed, "InvalidInputRecords": 0, "RetryAttempts": 0}
    return {"BulkDeploymentStatus": "Running", "BulkDeploymentMetrics": counts, "CreatedAt": "2026-09-21T12:00:00Z"}


def watch_items(world: World, now: datetime) -> list[dict[str, Any]]:
    """The items of the table before the sweep: the watches as an earlier sweep left them, and the source's state.

    Args:
        world: what is watched.
        now: the present; the watches were last written then.
    """
    state = SourceState(world.source, version=1, answering_since=now, listed_at=now)
    stored = [items.source_key(world.source) | written_all(items.state_attributes(state))]
    for deployment_id in world.ids:
        watch = Watch(deployment_id, world.source)
        attributes = {"Queue": items.CHECK, "Source": world.source}
        if not world.is_new:
            watch = _after_first_check(watch, now)
            attributes = items.watch_attributes(watch, HISTORY_DAYS)  # type: ignore[assignment] # the wider type
        stored.append(items.watch_key(deployment_id) | written_all(attributes))
    return stored


def reference_item(deployment_id: str) -> dict[str, Any]:
    """What the plain reference stores of a deployment."""
    fields = deployment_answer(deployment_id)
    return written_all(
        {
            "DeploymentId": deployment_id,
            "Record": items.WATCH,
            "Status": fields["deploymentStatus"],
            "Job": fields["iotJobId"],
            "Name": fields["deploymentName"],
            "Target": fields["targetArn"],
            "Tags": fields["tags"],
            "Counts": job_answer(deployment_id, succeeded=3, failed=0)["job"]["jobProcessDetails"],
            "UpdatedAt": "2026-11-23T10:04:00.123Z",
        }
    )


def _after_first_check(watch: Watch, now: datetime) -> Watch:
    if watch.source == GREENGRASS_BULK.name:
        traits, observation = GREENGRASS_BULK.traits, _observed(read_status(bulk_answer(processed=3)))
    else:
        traits = GREENGRASS_V2.traits
        seen = _observed(read_deployment(deployment_answer(watch.deployment_id)))
        observation = _observed(read_job(job_answer(watch.deployment_id, succeeded=3, failed=0), seen))
    return decide(Check(watch, observation), Policy(), traits, now).watch


def _observed(outcome: Outcome) -> Observation:
    if not isinstance(outcome, Observation):
        raise TypeError(f"The answer cannot be read: {outcome}")
    return outcome
