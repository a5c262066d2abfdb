"""The whole notifier, as `wiring.build` makes it, with AWS in memory and a clock that a test moves."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

import botocore.endpoint
from botocore.exceptions import ReadTimeoutError

from deployment_notifier import asking, sns_topic, wiring
from deployment_notifier.deadline import Deadline
from deployment_notifier.device_events import check_reported
from deployment_notifier.model import Kind, Policy, StackIdentity
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.settings import Settings
from deployment_notifier.sources.calls import CLIENT_CONFIG
from deployment_notifier.sources.greengrass_bulk.client import GreengrassBulk
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.greengrass_v2.client import JOB_CALLS_PER_SECOND, GreengrassV2
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sweep import sweep
from tests.harness import wire
from tests.harness.fake_dynamodb import FakeTable, Item
from tests.harness.fake_fleet import FakeFleet, failures_on_devices
from tests.harness.fake_greengrass import FakeGreengrass
from tests.harness.fake_sns import FakeSns
from tests.harness.fault_injection import SERVICES_OF, Call, FaultInjector

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from deployment_notifier.applying import Notifier
    from deployment_notifier.report import Report
    from deployment_notifier.sources.port import Source

START = datetime(2026, 11, 23, 10, 4, tzinfo=UTC)
SECONDS = 50.0
"""The function's `Timeout`."""

IDENTITY = StackIdentity("aws", "eu-west-1", "123456789012", "notifier", "deployments", "greengrass-alerts")
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"

_LOG = logging.getLogger("notifier_harness")
_LOG.disabled = True


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START
        self._seconds = 0.0

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    @property
    def seconds(self) -> float:
        """Seconds since `START`, which never go back."""
        self._seconds = max(self._seconds, (self.now - START).total_seconds())
        return self._seconds

    def advance(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Move the time on."""
        self.now += timedelta(seconds=seconds, minutes=minutes)

    sleep = advance


class _InlineExecutor(Executor):
    """Runs what is submitted at once: a sweep is the same each time, and takes its time from one clock."""

    def __init__(self, **_: object) -> None:
        pass

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - the base class's
        """Run a function."""
        fn(*args, **kwargs)
        return Future()


class FakeClient:
    """One of boto3's clients: each of its methods is a call of a fake service."""

    def __init__(self, service: str, call: Callable[[str, str, Mapping[str, Any]], Any]) -> None:
        self._service = service
        self._call = call

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        """Return a method of the client."""
        return lambda **arguments: self._call(self._service, operation, arguments)


class NotifierHarness:
    """A notifier in an account of its own.

    Args:
        on_wire: whether the clients are boto3's own; else the fakes are called directly, which is much faster.
        sources: the sources that the operator named; empty for all of them.
        rate: calls that each source takes in a second; by default the real rate.
        discover_within_hours: as the parameter of the stack.
        history_days: as the parameter of the stack.
        policy: what the operator chose; by default alerts of all kinds.

    Attributes:
        table, greengrass, fleet, sns: what AWS holds; `fleet` is Greengrass V2 with its jobs.
        faults: lets calls fail, and take time.
        intercept: what each call passes through.
        dead_connections: the services whose open connection the other side has closed.
        durations: the seconds that each sweep took.
    """

    def __init__(
        self,
        *,
        on_wire: bool = False,
        sources: Collection[str] = (GREENGRASS_BULK.name,),
        rate: float | None = None,
        discover_within_hours: int = 24,
        history_days: int = 90,
        **policy: Any,  # noqa: ANN401 - the fields of Policy
    ) -> None:
        self.clock = Clock()
        self.table = FakeTable()
        self.greengrass = FakeGreengrass(self.clock)
        self.fleet = FakeFleet(self.clock)
        self.sns = FakeSns(self.clock)
        self.faults = FaultInjector(self.clock)
        self.intercept: Callable[[Call, Callable[[], Any]], Any] = self.faults
        self.dead_connections: set[str] = set()
        self.durations: list[float] = []
        policy = {"alert_on": frozenset(Kind), **policy}
        self.settings = Settings(
            IDENTITY, TOPIC, frozenset(sources), Policy(**policy), discover_within_hours, history_days
        )
        self._on_wire = on_wire
        self.rate = rate
        self._calls: Counter[str] = Counter()
        self._runs = 0
        self.app = self.build()

    def build(self, call: Callable[[str, str, Mapping[str, Any]], Any] | None = None) -> Notifier:
        """Build the dependencies of a sweep, as the start of a container does.

        Args:
            call: takes the calls of its clients; by default `call`.
        """

        def create_client(service: str, *, config: Any) -> Any:  # noqa: ANN401 - boto3's
            return (
                wire.create_client(service, config=config) if self._on_wire else FakeClient(service, call or self.call)
            )

        def seconds() -> float:
            return self.clock.seconds

        def limiter(rate: float) -> RateLimiter:
            return RateLimiter(self.rate or rate, clock=seconds, sleep=self.clock.sleep)

        made: list[Source] = [
            GreengrassV2(
                create_client("greengrassv2", config=CLIENT_CONFIG),
                create_client("iot", config=CLIENT_CONFIG),
                limiter(GREENGRASS_V2.calls_per_second),
                limiter(JOB_CALLS_PER_SECOND),
                clock=seconds,
            ),
            GreengrassBulk(
                create_client("greengrass", config=CLIENT_CONFIG), limiter(GREENGRASS_BULK.calls_per_second), seconds
            ),
        ]
        named = self.settings.sources
        sources = {source.profile.name: source for source in made if not named or source.profile.name in named}
        app = wiring.build(
            self.settings,
            create_client,
            clock=self.clock,
            sources=sources,
            sns_limiter=limiter(sns_topic.MESSAGES_PER_SECOND),
        )
        app.shuffle = lambda watches: watches.sort(key=lambda watch: watch.deployment_id)
        app.workers = 1
        app.log = _LOG
        return app

    def call(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - boto3's
        """Make one call of a client; the first over a dead connection has no answer."""
        is_dead = service in self.dead_connections
        self.dead_connections.discard(service)
        if operation == "close":
            return None
        if is_dead:
            raise ReadTimeoutError(endpoint_url=service)
        call = Call(service, operation, arguments, self._calls[service])
        self._calls[service] += 1
        return self.intercept(call, self.carry_out(call))

    def carry_out(self, call: Call) -> Callable[[], Any]:
        """Return what carries a call out."""
        services = {
            "dynamodb": self.table,
            "greengrass": self.greengrass,
            "greengrassv2": self.fleet,
            "iot": self.fleet,
            "sns": self.sns,
        }
        method = getattr(services[call.service], call.operation)
        return lambda: method(**call.arguments)

    def fake_of(self, source: str) -> FakeGreengrass | FakeFleet:
        """Return what a source asks, by the source's name."""
        return self.greengrass if source == GREENGRASS_BULK.name else self.fleet

    def watch(self, *deployment_ids: str, source: str | None = None) -> None:
        """Register deployments by hand, of V1 if no source is named."""
        named = {"Source": {"S": source}} if source else {}
        for deployment_id in deployment_ids:
            self.put({"DeploymentId": {"S": deployment_id}, "Record": {"S": "WATCH"}, "Queue": {"S": "CHECK"}, **named})

    def put(self, item: Item) -> None:
        """Put any item."""
        self.table.put_item(TableName="deployments", Item=item)

    def sweep(self, *, seconds: float = SECONDS, app: Notifier | None = None) -> Report:
        """Run one sweep in one thread.

        Args:
            seconds: the time that it has.
            app: its dependencies; by default those of a container that runs every sweep.
        """
        start = self.clock.now
        with self._invocation():
            deadline = Deadline(lambda: seconds - (self.clock.now - start).total_seconds())
            report = sweep(app or self.app, deadline, f"sweep-{self._runs}")
        self.durations.append((self.clock.now - start).total_seconds())
        return report

    def fail_on_devices(self, *deployment_ids: str) -> tuple[Report, list[str]]:
        """Run the checks that events ask for, which say that deployments have just failed on a device."""
        with self._invocation():
            messages = failures_on_devices(deployment_ids, self.clock.now)
            return check_reported(self.app, messages, Deadline(lambda: SECONDS), f"events-{self._runs}")

    @contextlib.contextmanager
    def _invocation(self) -> Iterator[None]:
        self._calls.clear()
        self.faults.operations.clear()
        self._runs += 1
        # Lambda has frozen the container since the last one, and the other side has closed its connections.
        asked = {service for name in self.app.sources for service in SERVICES_OF[name]}
        self.dead_connections = {"sns", *asked, *(["dynamodb"] if self._on_wire else [])}
        with self.in_one_thread():
            yield

    def sweep_each_minute(self, minutes: int, meanwhile: Callable[[int], None] = lambda _: None) -> list[Report]:
        """Run sweeps as the schedule does, a minute apart.

        Args:
            minutes: their number.
            meanwhile: called before each sweep with its number, from 0.
        """
        reports = []
        for minute in range(minutes):
            start = self.clock.now
            meanwhile(minute)
            reports.append(self.sweep())
            self.clock.now = max(start + timedelta(minutes=self.settings.policy.check_every_minutes), self.clock.now)
        return reports

    def published(self, deployment_id: str | None = None) -> list[str]:
        """Return the kinds of each message that SNS took, in order.

        Args:
            deployment_id: the deployment, or a source as `source:greengrass-bulk`; all if None.
        """
        return [str(each) for each in self.sns.published if deployment_id in (None, each.deployment_id)]

    def timeline(self) -> list[tuple[int, str, str]]:
        """Return minute, deployment and kinds of each message that SNS took."""
        return [
            (int((each.at - START).total_seconds() // 60), each.deployment_id, str(each)) for each in self.sns.published
        ]

    def alerts(self) -> list[tuple[str, str]]:
        """Return id and kind of the alerts in the table, in the order of their time."""
        found = [(key[1], key[0], item["Kind"]["S"]) for key, item in self.table.items.items() if "Kind" in item]
        return [(f"{deployment_id}/{record[6:-8]}", kind) for record, deployment_id, kind in sorted(found)]

    def waiting(self) -> int:
        """Return the number of alerts that are not published."""
        return len(self.queued("DELIVER"))

    def queued(self, queue: str) -> list[str]:
        """Return the deployments of the items in a queue."""
        return sorted(key[0] for key, item in self.table.items.items() if item.get("Queue") == {"S": queue})

    def transitions(self, deployment_id: str) -> list[str]:
        """Return the statuses in the history of a deployment, in order."""
        found = sorted((key[1], item) for key, item in self.table.items.items() if key[0] == deployment_id)
        return [item["To"]["S"] for record, item in found if record.endswith("#1-TRANSITION")]

    def broken_rules(self) -> list[str]:
        """Return what AWS would have refused."""
        return [*self.table.broken_rules, *self.sns.broken_rules]

    @contextlib.contextmanager
    def in_one_thread(self) -> Iterator[None]:
        wire.route_to(self.call)
        # Where botocore pauses between two attempts, too, only this clock moves.
        with (
            mock.patch.object(asking, "ThreadPoolExecutor", _InlineExecutor),
            mock.patch.object(botocore.endpoint, "time", self.clock),
        ):
            yield
