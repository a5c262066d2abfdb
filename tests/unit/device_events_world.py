"""The notifier's ports in memory, for events of failed devices."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from deployment_notifier.applying import Notifier
from deployment_notifier.deadline import PUBLISH, WRITE, Deadline
from deployment_notifier.device_events import check_reported
from deployment_notifier.discovery import Discovery
from deployment_notifier.errors import ConflictError
from deployment_notifier.model import Observation, Phase, Policy, StackIdentity, Watch, milliseconds, timestamp
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sources.port import ResultsPage
from deployment_notifier.table import PendingAlert, PendingAlerts
from tests.template import load_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment_notifier.messages import Message
    from deployment_notifier.model import Alert, Decision, Outcome
    from deployment_notifier.report import Report
    from deployment_notifier.sources.port import Listed
    from deployment_notifier.table import Lease

START = datetime(2026, 11, 23, 10, 4, tzinfo=UTC)
ID = "4f38f1a7-3dd0-42a1-af48-2b1c3d4e5f60"
V2 = GREENGRASS_V2.name
TIMEOUT = load_template()["Resources"]["DeviceEventsFunction"]["Properties"]["Timeout"]
CALL = GREENGRASS_V2.seconds_per_call


def observed(
    phase: Phase = Phase.ONGOING, *, status: str = "ACTIVE", created_at: datetime | None = START, **counts: int
) -> Observation:
    """What the source says, with counts such as `Failed=3`."""
    metrics = GREENGRASS_V2.to_metrics({f"numberOf{name}Things": count for name, count in counts.items()})
    return Observation(status, phase, metrics, created_at=timestamp(created_at) if created_at else None)


def watched(failures: int = 0, *, stored_at: datetime = START - timedelta(hours=2)) -> Watch:
    """The watch of a deployment at rest, stored some time ago."""
    seen = observed(Failed=failures, Succeeded=1)
    return Watch(
        ID,
        V2,
        version=milliseconds(stored_at),
        status="ACTIVE",
        metrics=seen.metrics,
        created_at=seen.created_at,
        highest_progress=seen.metrics.progress or 0,
        progress_at=stored_at,
        is_resting=True,
        has_rested=True,
        notified_failures=failures,
        notified_failures_at=stored_at if failures else None,
    )


def message(
    number: int = 1,
    deployment_id: object = ID,
    status: str = "FAILED",
    at: datetime | str = START,
    name: str = "deploymentId",
) -> dict[str, Any]:
    """One event of one device, as a message of the queue."""
    event = {
        "detail-type": "Greengrass V2 Effective Deployment Status Change",
        "source": "aws.greengrass",
        "time": at if isinstance(at, str) else at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "resources": [f"arn:aws:greengrass:eu-west-1:123456789012:coreDevices:gateway-{number}"],
        "detail": {name: deployment_id, "coreDeviceExecutionStatus": status, "reason": "a reason"},
    }
    return {"messageId": f"m-{number}", "body": json.dumps(event), "eventSource": "aws:sqs"}


@dataclass
class World:
    """The ports of the notifier in memory: table, outbox, topic and source. Each call takes `longest` of its time.

    Attributes:
        answers: what the source answers about a deployment.
        asked: the ids whose status was asked for.
        pending: the alerts that wait in the table.
        published: the kinds that SNS took.
        leases: the lease with which each alert was stored.
        broken: the calls that fail, with their error.
        calls: the names of all calls, in order.
    """

    watches: dict[str, Watch] = field(default_factory=dict)
    answers: dict[str, Outcome | Callable[[], Outcome]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    pending: list[PendingAlert] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    leases: list[Lease | None] = field(default_factory=list)
    broken: dict[str, Exception] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    within: timedelta = timedelta(hours=24)
    longest: float = 0.0
    now: datetime = START + timedelta(seconds=6)
    profile = GREENGRASS_V2

    def _call(self, name: str, seconds: float) -> None:
        self.calls.append(name)
        self.now += timedelta(seconds=seconds * self.longest)
        if name in self.broken:
            raise self.broken[name]

    # The table

    def get(self, deployment_id: str) -> Watch | None:
        self._call("get", WRITE)
        return self.watches.get(deployment_id)

    def start(self, deployment_id: str, source: str) -> Watch | None:
        self._call("start", WRITE)
        if deployment_id in self.watches:
            return None
        return self.watches.setdefault(deployment_id, Watch(deployment_id, source))

    def commit(self, before: Watch, decision: Decision, lease: Lease | None) -> None:
        self._call("commit", WRITE)
        if self.watches[before.deployment_id] != before:
            raise ConflictError("changed in the meantime")
        self.watches[before.deployment_id] = decision.watch
        if decision.alert:
            self.leases.append(lease)
            self.pending.append(PendingAlert(decision.alert))

    # The outbox

    def read(self) -> PendingAlerts:
        self._call("read", WRITE)
        return PendingAlerts(list(self.pending))

    def mark_published(self, alert: Alert, _message_id: str, _at: datetime) -> bool:
        self._call("mark", WRITE)
        self.pending = [each for each in self.pending if each.alert != alert]
        return True

    # The topic

    def drop_connections(self) -> None:
        """There are none."""

    def wait(self) -> None:
        """There is nothing to wait for."""

    def publish(self, message: Message) -> str:
        self._call("publish", PUBLISH)
        self.published.append(message.attributes["kind"])
        return "sns-1"

    # The source

    def get_status(self, watch: Watch, listed: Listed | None) -> Outcome:
        assert listed is None
        self.asked.append(watch.deployment_id)
        self._call("status", CALL)
        answer = self.answers[watch.deployment_id]
        return answer() if callable(answer) else answer

    def list_results(self, _watch: Watch, _page: str | None) -> ResultsPage:
        self._call("results", CALL)
        return ResultsPage(())

    def run(self, *messages: object, seconds: float = TIMEOUT) -> tuple[Report, list[str]]:
        """One invocation with a batch of messages."""
        ports: Any = self
        ends = self.now + timedelta(seconds=seconds)
        app = Notifier(
            watches=ports,
            outbox=ports,
            discovery=Discovery(ports, self.within, timedelta(days=90), lambda: self.now),
            sns=ports,
            sources={V2: ports},
            policy=Policy(),
            identity=StackIdentity("aws", "eu-west-1", "123456789012", "function", "table", "stack"),
            clock=lambda: self.now,
            log=logging.getLogger("deployment_notifier.test"),
        )
        return check_reported(app, messages, Deadline(lambda: (ends - self.now) / timedelta(seconds=1)), owner="me")
