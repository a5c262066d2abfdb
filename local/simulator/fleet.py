"""What one simulated Greengrass V2 deployment does over time, as data, and how the API words it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_OID, uuid5

if TYPE_CHECKING:
    from datetime import datetime

    from local.simulator.protocol import JsonObject

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
_THINGS: Final = f"arn:aws:iot:{REGION}:{ACCOUNT}"


@dataclass(frozen=True, slots=True)
class Devices:
    """How many devices of a deployment are in each state of a job execution."""

    queued: int = 0
    in_progress: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    rejected: int = 0
    canceled: int = 0
    removed: int = 0

    def by_status(self) -> dict[str, int]:
        """The counts by the status of an execution, in the order in which the devices are numbered."""
        return {
            "FAILED": self.failed,
            "TIMED_OUT": self.timed_out,
            "SUCCEEDED": self.succeeded,
            "REJECTED": self.rejected,
            "CANCELED": self.canceled,
            "REMOVED": self.removed,
            "IN_PROGRESS": self.in_progress,
            "QUEUED": self.queued,
        }


@dataclass(frozen=True, slots=True)
class FleetStep:
    """What is true of a deployment from a moment on.

    Attributes:
        at: seconds since its start.
        status: the `deploymentStatus`; None leaves it out.
        is_latest: `isLatestForTarget`.
        comment: the job's `comment`.
    """

    at: float
    devices: Devices = Devices()
    status: str | None = "ACTIVE"
    is_latest: bool = True
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class FailingDevices:
    """Why devices fail: the first `count` of them for this reason, the next for the next one."""

    count: int
    reason: str
    error_stack: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FleetScenario:
    """What a deployment does, from its start on.

    Attributes:
        name: how the control API refers to it.
        steps: in order of time, the first at 0.
        failing: why devices fail.
        is_group: whether the target is a thing group, so that a job carries the deployment; else a single thing.
    """

    name: str
    steps: tuple[FleetStep, ...]
    failing: tuple[FailingDevices, ...] = ()
    is_group: bool = True


@dataclass
class FleetDeployment:
    """One deployment to a fleet.

    Attributes:
        began: the service's time of its start, in seconds.
        created_at: the calendar time of its start.
    """

    id: str
    scenario: FleetScenario
    began: float
    created_at: datetime
    target: str = "fleet"

    @property
    def job_id(self) -> str | None:
        """The IoT job that carries it, whose id is a UUID as in AWS's documents; None for a single thing."""
        return str(uuid5(NAMESPACE_OID, self.id)) if self.scenario.is_group else None

    @property
    def target_arn(self) -> str:
        """The ARN of the thing group or the thing."""
        return f"{_THINGS}:{'thinggroup' if self.scenario.is_group else 'thing'}/{self.target}"

    def step(self, now: float) -> FleetStep:
        """The step at a moment of the service's time."""
        times = [step.at for step in self.scenario.steps]
        return self.scenario.steps[max(0, bisect_right(times, now - self.began) - 1)]

    def listed(self, now: float) -> JsonObject:
        """As an entry of ListDeployments; what is absent is null."""
        return {
            "targetArn": self.target_arn,
            "revisionId": "1",
            "deploymentId": self.id,
            "deploymentName": f"{self.target}-software",
            "creationTimestamp": self.created_at.timestamp(),
            "deploymentStatus": self.step(now).status,
            "isLatestForTarget": self.step(now).is_latest,
            "parentTargetArn": None,
        }

    def described(self, now: float) -> JsonObject:
        """As GetDeployment returns it."""
        job = {"iotJobId": self.job_id, "iotJobArn": f"{_THINGS}:job/{self.job_id}"} if self.job_id else {}
        return {**self.listed(now), **job, "components": {}, "tags": {}}

    def job(self, now: float) -> JsonObject:
        """As DescribeJob returns its job."""
        step = self.step(now)
        counts = {
            f"numberOf{''.join(word.capitalize() for word in status.split('_'))}Things": count
            for status, count in step.devices.by_status().items()
        }
        return {
            "jobArn": f"{_THINGS}:job/{self.job_id}",
            "jobId": self.job_id,
            "targetSelection": "CONTINUOUS",
            "status": "CANCELED" if step.status in ("CANCELED", "INACTIVE") else "IN_PROGRESS",
            **({"comment": step.comment} if step.comment else {}),
            "jobProcessDetails": counts,
        }

    def things(self, now: float, status: str) -> list[str]:
        """The names of the devices in a state, by the status of an execution."""
        first = 0
        for each, count in self.step(now).devices.by_status().items():
            if each == status:
                return [f"{self.target}-core-{number:03}" for number in range(first, first + count)]
            first += count
        return []

    def effective(self, now: float, thing: str) -> JsonObject | None:
        """As an entry of ListEffectiveDeployments; None if the device has none of it."""
        for status in Devices().by_status():
            names = self.things(now, status)
            if not self.scenario.is_group:
                names = [self.target] if status == self.step(now).status else []
            if thing in names:
                reason = self._reason(names.index(thing)) if status == "FAILED" else None
                stack = list(reason.error_stack) if reason else []
                return {
                    "deploymentId": self.id,
                    "deploymentName": f"{self.target}-software",
                    "iotJobId": self.job_id,
                    "targetArn": self.target_arn,
                    "coreDeviceExecutionStatus": status,
                    "reason": reason.reason if reason else status,
                    "creationTimestamp": self.created_at.timestamp(),
                    "modifiedTimestamp": self.created_at.timestamp(),
                    "statusDetails": {"errorStack": stack, "errorTypes": []},
                }
        return None

    def _reason(self, number: int) -> FailingDevices | None:
        for failing in self.scenario.failing:
            if number < failing.count:
                return failing
            number -= failing.count
        return None


NO_SPACE: Final = FailingDevices(
    1_000_000,
    "FAILED_ROLLBACK_COMPLETE: Failed to download artifact name: 's3://line7/app-1.4.0.zip' for component"
    " com.line7.App-1.4.0: not enough disk space",
    ("DEPLOYMENT_FAILURE", "ARTIFACT_DOWNLOAD_ERROR", "DISK_SPACE_CRITICAL"),
)
NO_VERSION: Final = FailingDevices(
    12,
    "FAILED_NO_STATE_CHANGE: No local or cloud component version satisfies the requirements",
    ("DEPLOYMENT_FAILURE", "NO_AVAILABLE_COMPONENT_VERSION"),
)

FLEET_SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        # 40 devices, all succeed.
        FleetScenario(
            "fleet-completes",
            (
                FleetStep(0, Devices(queued=40)),
                FleetStep(10, Devices(queued=20, in_progress=15, succeeded=5)),
                FleetStep(30, Devices(in_progress=10, succeeded=30)),
                FleetStep(60, Devices(succeeded=40)),
            ),
        ),
        # 400 devices, of which more and more fail: the deployment stays ACTIVE.
        FleetScenario(
            "fleet-fails",
            (
                FleetStep(0, Devices(queued=400)),
                FleetStep(10, Devices(queued=300, in_progress=80, succeeded=19, failed=1)),
                FleetStep(25, Devices(queued=200, in_progress=80, succeeded=108, failed=12)),
                FleetStep(45, Devices(in_progress=40, succeeded=323, failed=37)),
                FleetStep(60, Devices(succeeded=363, failed=37)),
            ),
            (
                FailingDevices(25, NO_SPACE.reason, NO_SPACE.error_stack),
                NO_VERSION,
            ),
        ),
        # 12 devices, of which one never finishes.
        FleetScenario(
            "fleet-hangs",
            (FleetStep(0, Devices(queued=12)), FleetStep(10, Devices(in_progress=1, succeeded=11))),
        ),
        # 20 devices, of which 3 are offline: no stall.
        FleetScenario(
            "fleet-offline",
            (FleetStep(0, Devices(queued=20)), FleetStep(10, Devices(queued=3, succeeded=17))),
        ),
        # The job's abort criteria stop the rollout.
        FleetScenario(
            "fleet-aborted",
            (
                FleetStep(0, Devices(queued=50)),
                FleetStep(10, Devices(queued=20, in_progress=10, succeeded=5, failed=15)),
                FleetStep(
                    20,
                    Devices(canceled=30, succeeded=5, failed=15),
                    status="CANCELED",
                    comment="Job was ABORTED because the abort criteria were met",
                ),
            ),
            (NO_SPACE,),
        ),
        # A newer revision takes its place: no alert.
        FleetScenario(
            "fleet-superseded",
            (
                FleetStep(0, Devices(queued=8)),
                FleetStep(10, Devices(in_progress=4, succeeded=4)),
                FleetStep(20, Devices(canceled=4, succeeded=4), status="INACTIVE", is_latest=False),
            ),
        ),
        # A single device fails.
        FleetScenario(
            "thing-fails",
            (FleetStep(0), FleetStep(20, status="FAILED")),
            (NO_SPACE,),
            is_group=False,
        ),
    )
}
