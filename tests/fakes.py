"""Fakes of our own ports and of time, for tests of what uses them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from deployment_notifier.errors import TableError
from deployment_notifier.model import Metrics, Observation, Phase, Place, timestamp
from deployment_notifier.sources.port import ListPage, ReportPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment_notifier.model import Alert, Failure, Outcome, Refusal
    from deployment_notifier.table import Lease, PendingAlert

    Listing = ListPage | Refusal | Failure
    Reports = ReportPage | Refusal | Failure

START = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)

PLACE = Place("aws", "eu-west-1", "123456789012", "notifier", "deployments")

RUNNING = Observation("Running", Phase.ONGOING, Metrics(1, 0, 0), created_at=timestamp(START))


class Clock:
    """A clock that stands still until a test moves it.

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
        """Let it go on."""
        self.now += timedelta(seconds=seconds, minutes=minutes)


@dataclass
class FakeSource:
    """A source that answers what a test says.

    Attributes:
        outcomes: what is answered about a deployment, by id: an outcome, or a function that makes one.
        listing: what its listing answers; or a function from a page's token.
        reports: what is answered about a deployment's groups, by id, or a function from a page's token; by default
            that there are none.
        asked: the ids that were asked about, in order.
        listed: how often the listing was asked.
        reported: the ids about whose groups was asked, in order.
    """

    name: str = "greengrass-bulk"
    calls_per_second: float = 5.0
    seconds_per_call: float = 7.0
    outcomes: dict[str, Outcome | Callable[[], Outcome]] = field(default_factory=dict)
    listing: Listing | Callable[[str | None], Listing] = field(default_factory=lambda: ListPage(()))
    reports: dict[str, Reports | Callable[[str | None], Reports]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    listed: int = 0
    reported: list[str] = field(default_factory=list)

    def observe(self, deployment_id: str) -> Outcome:
        """What the test says about this deployment."""
        self.asked.append(deployment_id)
        outcome = self.outcomes[deployment_id]
        return outcome() if callable(outcome) else outcome

    def list_page(self, page: str | None) -> Listing:
        """What the test says about the listing."""
        self.listed += 1
        return self.listing(page) if callable(self.listing) else self.listing

    def report_page(self, deployment_id: str, page: str | None) -> Reports:
        """What the test says about this deployment's groups."""
        self.reported.append(deployment_id)
        answer = self.reports.get(deployment_id, ReportPage(()))
        return answer(page) if callable(answer) else answer


@dataclass
class FakeOutbox:
    """An outbox that remembers what it was told.

    Attributes:
        is_free: whether an alert's lease can be had.
        is_broken: whether every call fails.
        published: alerts marked as published, with SNS's message id.
        failed: how often publishing had failed, the error and when it may be tried again, for each failure noted.
    """

    is_free: bool = True
    is_broken: bool = False
    acquired: list[str] = field(default_factory=list)
    published: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[int, str, datetime]] = field(default_factory=list)

    def _fail_if_broken(self) -> None:
        if self.is_broken:
            raise TableError("DynamoDB is down")

    def acquire(self, alert: Alert, lease: Lease, now: datetime) -> bool:  # noqa: ARG002 - the port's arguments
        """Give the lease, if it is free."""
        self._fail_if_broken()
        self.acquired.append(alert.id)
        return self.is_free

    def mark_published(self, alert: Alert, message_id: str, at: datetime) -> bool:  # noqa: ARG002 - the port's arguments
        """Remember it."""
        self._fail_if_broken()
        self.published.append((alert.id, message_id))
        return True

    def mark_failed(self, pending: PendingAlert, lease: Lease, error: str, not_before: datetime) -> bool:  # noqa: ARG002 - the port's arguments
        """Remember it."""
        self._fail_if_broken()
        self.failed.append((pending.attempts + 1, error, not_before))
        return True
