"""Fakes of our own ports and of time, for tests of what uses them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.model import Metrics, Observation, Phase, SourceState, StackIdentity, Watch, timestamp
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.port import ListPage, ResultsPage
from deployment_notifier.table import ActiveWatches, PendingAlerts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from deployment_notifier.messages import Message
    from deployment_notifier.model import Alert, CheckFailed, Decision, Outcome, SourceDecision, UnknownDeployment
    from deployment_notifier.sources.port import Listed
    from deployment_notifier.sources.profile import SourceProfile
    from deployment_notifier.table import Lease, PendingAlert, Unreadable

    ListAnswer = ListPage | CheckFailed
    ResultsAnswer = ResultsPage | UnknownDeployment | CheckFailed

START = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)

IDENTITY = StackIdentity("aws", "eu-west-1", "123456789012", "notifier-function", "deployments", "notifier")

RUNNING = Observation(
    "Running",
    Phase.ONGOING,
    Metrics({"RecordsProcessed": 1, "InvalidInputRecords": 0, "RetryAttempts": 0}, progress=1, failures=0),
    created_at=timestamp(START),
)


def a_fault(*_: object) -> Any:  # noqa: ANN401 - it takes the place of any function
    """Fail as this program would if it had a fault."""
    raise RuntimeError("a fault in this program")


class Clock:
    """A clock that only a test moves.

    Attributes:
        now: the time that it shows.
    """

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time that it shows."""
        return self.now

    @property
    def seconds(self) -> float:
        """Seconds since `START`, as a monotonic clock has them."""
        return (self.now - START).total_seconds()

    def advance(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Move it on."""
        self.now += timedelta(seconds=seconds, minutes=minutes)


@dataclass
class FakeSource:
    """A source that answers what a test sets.

    Attributes:
        outcomes: the answer about a deployment, by id: an outcome, or a function that makes one.
        listing: the answer of its listing, or a function from a page's token.
        results: the answer about a deployment's results, by id, or a function from a page's token; by default none.
        asked: the ids whose status was asked for, in order.
        listed: the page tokens that were listed, in order.
        scanned: the ids and page tokens of results that were asked for, in order.
    """

    profile: SourceProfile = GREENGRASS_BULK
    outcomes: dict[str, Outcome | Callable[[], Outcome]] = field(default_factory=dict)
    listing: ListAnswer | Callable[[str | None], ListAnswer] = field(default_factory=lambda: ListPage(()))
    results: dict[str, ResultsAnswer | Callable[[str | None], ResultsAnswer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    listed: list[str | None] = field(default_factory=list)
    scanned: list[tuple[str, str | None]] = field(default_factory=list)

    def drop_connections(self) -> None:
        """There are none."""

    def get_status(self, watch: Watch, listed: Listed | None) -> Outcome:  # noqa: ARG002 - the port's arguments
        """Answer with the outcome that the test set."""
        self.asked.append(watch.deployment_id)
        outcome = self.outcomes[watch.deployment_id]
        return outcome() if callable(outcome) else outcome

    def list_deployments(self, page: str | None) -> ListAnswer:
        """Answer with the page that the test set."""
        self.listed.append(page)
        return self.listing(page) if callable(self.listing) else self.listing

    def list_results(self, watch: Watch, page: str | None) -> ResultsAnswer:
        """Answer with the results that the test set."""
        self.scanned.append((watch.deployment_id, page))
        answer = self.results.get(watch.deployment_id, ResultsPage(()))
        return answer(page) if callable(answer) else answer


@dataclass
class FakeWatches:
    """The table's watches and states of sources, in memory.

    Attributes:
        watches: the active watches, by id.
        states: the states of sources, by name.
        unreadable: the items that cannot be read.
        ended: ids whose watch has ended.
        broken: the calls that fail, and the ids whose writes fail.
        changed: the ids, and names of sources, that another sweep has changed since they were read.
        looked_up: the ids that were looked up.
        leases: the lease that a decision was stored with, by the id or the source's name.
        on_write: called before each write.
    """

    watches: dict[str, Watch] = field(default_factory=dict)
    states: dict[str, SourceState] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    looked_up: set[str] = field(default_factory=set)
    leases: dict[str, Lease | None] = field(default_factory=dict)
    on_write: Callable[[], None] = lambda: None

    def _write(self, key: str) -> None:
        self.on_write()
        if key in self.broken:
            raise TableError("DynamoDB is down")
        if key in self.changed:
            raise ConflictError("changed in the meantime")

    def load_active(self) -> ActiveWatches:
        """Return everything that is active."""
        if "load_active" in self.broken:
            raise TableError("DynamoDB is down")
        return ActiveWatches(list(self.watches.values()), dict(self.states), self.unreadable)

    def without_watch(self, deployment_ids: Collection[str], may_call: Callable[[], bool]) -> set[str]:
        """Return those without a watch, or none if there is no time."""
        if "without_watch" in self.broken:
            raise TableError("DynamoDB is down")
        self.looked_up |= set(deployment_ids)
        return set(deployment_ids) - self.ended - set(self.watches) if may_call() else set()

    def start(self, deployment_id: str, source: str) -> Watch | None:
        """Start a watch, unless another sweep was first."""
        try:
            self._write(deployment_id)
        except ConflictError:
            return None
        return self.watches.setdefault(deployment_id, Watch(deployment_id, source))

    def commit(self, before: Watch, decision: Decision, lease: Lease | None) -> None:
        """Store a decision."""
        self._write(before.deployment_id)
        self.watches[before.deployment_id] = decision.watch
        self.leases[before.deployment_id] = lease

    def commit_source(self, before: SourceState, decision: SourceDecision, lease: Lease | None) -> None:
        """Store what was decided about a source."""
        self._write(before.source)
        self.states[before.source] = decision.state
        self.leases[before.source] = lease


@dataclass
class FakeOutbox:
    """An outbox that keeps what it was called with.

    Attributes:
        queue: the alerts that wait.
        is_free: whether an alert's lease can be had.
        broken: the names of the calls that fail.
        acquired: the ids of the alerts whose lease was asked for.
        published: alerts that were marked as published, with SNS's message id.
        failed: the alert's id, the number of attempts, the error and when it may be tried again, for each failure.
    """

    queue: PendingAlerts = field(default_factory=PendingAlerts)
    is_free: bool = True
    broken: set[str] = field(default_factory=set)
    acquired: list[str] = field(default_factory=list)
    published: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, int, str, datetime]] = field(default_factory=list)

    def _fail_if_broken(self, call: str) -> None:
        if call in self.broken:
            raise TableError("DynamoDB is down")

    def read(self) -> PendingAlerts:
        """Return the alerts that wait."""
        self._fail_if_broken("read")
        return self.queue

    def acquire(self, alert: Alert, lease: Lease, now: datetime) -> bool:  # noqa: ARG002 - the port's arguments
        """Give the lease if it is free."""
        self._fail_if_broken("acquire")
        self.acquired.append(alert.id)
        return self.is_free

    def mark_published(self, alert: Alert, message_id: str, at: datetime) -> bool:  # noqa: ARG002 - the port's arguments
        """Keep it."""
        self._fail_if_broken("mark_published")
        self.published.append((alert.id, message_id))
        return True

    def mark_failed(self, pending: PendingAlert, lease: Lease, error: str, not_before: datetime) -> bool:  # noqa: ARG002 - the port's arguments
        """Keep it."""
        self._fail_if_broken("mark_failed")
        self.failed.append((pending.alert.id, pending.attempts + 1, error, not_before))
        return True


@dataclass
class FakeSns:
    """A topic that takes every message, except where a test sets an error.

    Attributes:
        errors: the error for a message, or None; by default none.
        calls: `drop`, or the body of the message, for each call.
        wait: waits for the turn of a message; by default not at all.
    """

    errors: Callable[[Message], Exception | None] = lambda _: None
    calls: list[str] = field(default_factory=list)
    wait: Callable[[], None] = lambda: None

    def drop_connections(self) -> None:
        """Keep the call."""
        self.calls.append("drop")

    def publish(self, message: Message) -> str:
        """Take the message, or raise the test's error."""
        self.calls.append(message.body)
        error = self.errors(message)
        if error is not None:
            raise error
        return f"message-{len(self.calls)}"
