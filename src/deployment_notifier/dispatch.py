"""A sweep's deliveries: what earlier sweeps left, and what this one decides; and the age of what still waits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from deployment_notifier.delivery import SECONDS_PER_PUBLISH, Delivered
from deployment_notifier.errors import TableError
from deployment_notifier.model import milliseconds
from deployment_notifier.table import SECONDS_PER_WRITE, Lease, PendingAlert

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.delivery import Delivery
    from deployment_notifier.journal import Journal
    from deployment_notifier.model import Alert
    from deployment_notifier.pace import Budget
    from deployment_notifier.table import Outbox

SECONDS_PER_DELIVERY = SECONDS_PER_WRITE + 2 * SECONDS_PER_PUBLISH + SECONDS_PER_WRITE
"""The longest that one alert can take: its lease or its birth, the publish, another if it is refused, and the mark."""

_KEPT_FOR_CHECKS = 36.0
"""Seconds that must be left when a delivery of an old alert begins: the first check of a source asks for up to 29."""

_LEASE_MARGIN = timedelta(seconds=60)


class Dispatch:
    """The deliveries of one sweep.

    Args:
        outbox: the alerts in the table.
        delivery: publishes them.
        journal: takes notes.
        budget: the sweep's time.
        owner: a name that no other sweep has, for its leases.
        now: when the sweep began.
    """

    def __init__(
        self, outbox: Outbox, delivery: Delivery, journal: Journal, budget: Budget, owner: str, now: datetime
    ) -> None:
        self._outbox = outbox
        self._delivery = delivery
        self._journal = journal
        self._budget = budget
        self._lease = Lease(owner, now + timedelta(seconds=budget.total) + _LEASE_MARGIN)
        self._waiting: dict[str, datetime] | None = None

    def left_over(self, now: datetime) -> list[PendingAlert]:
        """The alerts of earlier sweeps that may be published now, oldest first."""
        try:
            queue = self._outbox.queue()
        except TableError as error:
            self._journal.table_failed("the alerts that wait can't be read", error)
            return []
        self._journal.unreadable(queue.unreadable)
        self._waiting = {pending.alert.id: pending.alert.at for pending in queue.alerts}
        return [pending for pending in queue.alerts if pending.not_before <= milliseconds(now)]

    def deliver_left_over(self, pending: PendingAlert) -> None:
        """Deliver an alert of an earlier sweep, unless half of the time is over."""
        # One that is started near the half may take longer, but not so long that the watches can't be read any more.
        least = max(SECONDS_PER_DELIVERY + SECONDS_PER_WRITE, _KEPT_FOR_CHECKS)
        if not self._budget.allows(max(self._budget.total / 2, least)):
            return
        try:
            self._note(pending.alert, self._delivery.deliver_pending(pending, self._lease))
        except TableError as error:
            self._journal.table_failed("an alert can't be leased", error, pending.alert.deployment_id)

    @property
    def lease(self) -> Lease | None:
        """What an alert is born with that this sweep has the time to publish; None leaves it to the next."""
        return self._lease if self._budget.allows(SECONDS_PER_DELIVERY) else None

    def deliver_new(self, alert: Alert, lease: Lease | None) -> None:
        """Deliver an alert that has just been stored.

        Args:
            alert: the alert.
            lease: what it was born with.
        """
        self._journal.count("alerts")
        about = {"deployment_id": alert.deployment_id, "alert_id": alert.id, "kind": alert.kind}
        self._journal.log.info("alert", extra=about | {"also": list(alert.also), "severity": alert.severity})
        if self._waiting is not None:
            with self._journal.lock:
                self._waiting[alert.id] = alert.at
        if lease is not None:
            self._note(alert, self._delivery.deliver(PendingAlert(alert), lease))

    def conclude(self, now: datetime) -> None:
        """Put into the report what still waits; nothing where the queue could not be read."""
        if self._waiting is None:
            return
        report = self._journal.report
        report.undelivered = len(self._waiting)
        oldest = min(self._waiting.values(), default=now)
        report.oldest_undelivered_seconds = max(0, int((now - oldest).total_seconds()))

    def _note(self, alert: Alert, delivered: Delivered) -> None:
        match delivered:
            case Delivered.PUBLISHED:
                self._journal.count("published")
                self._journal.count("accomplished")
            case Delivered.FAILED:
                self._journal.count("publish_failures")
        if delivered in (Delivered.PUBLISHED, Delivered.GONE) and self._waiting is not None:
            with self._journal.lock:
                self._waiting.pop(alert.id, None)
