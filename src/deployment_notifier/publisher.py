"""Publishing alerts: lease, publish, mark, so that no failure and no crash at any step loses one.

The order of a deployment's alerts is kept: none is published while an older one of the same deployment waits.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from deployment_notifier import deadline as seconds
from deployment_notifier.errors import PublishError, RefusedError, TableError
from deployment_notifier.messages import render, render_minimal
from deployment_notifier.model import milliseconds
from deployment_notifier.table import Lease, PendingAlert

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from deployment_notifier.deadline import Deadline
    from deployment_notifier.messages import Message
    from deployment_notifier.model import Alert, StackIdentity
    from deployment_notifier.report import Report
    from deployment_notifier.sns_topic import Sns
    from deployment_notifier.table import Outbox

_LEASE_MARGIN = timedelta(seconds=60)
_LONGEST_PAUSE = timedelta(minutes=30)

_FAILURES_IN_A_ROW = 3
"""After so many failures SNS is taken to be down, and the next sweep tries again."""


class _Result(Enum):
    PUBLISHED = auto()
    REFUSED = auto()
    """SNS will not take this alert; it says nothing about others."""
    FAILED = auto()
    """SNS did not take it; a later sweep tries again."""
    LEFT = auto()
    """It was not tried: its lease is not known to be had, or has run out."""
    GONE = auto()
    """Another sweep publishes it, or it is published or discarded already."""


class Publisher:
    """Publishes the alerts of one sweep, and those that earlier sweeps left.

    Args:
        outbox: the alerts in the table.
        sns: publishes messages.
        identity: the stack, for the messages.
        clock: the present, in UTC.
        deadline: the sweep's time.
        owner: a name that no other sweep has, for its leases.
        report: takes counts and log lines.
    """

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        outbox: Outbox,
        sns: Sns,
        identity: StackIdentity,
        clock: Callable[[], datetime],
        *,
        deadline: Deadline,
        owner: str,
        report: Report,
    ) -> None:
        self._outbox = outbox
        self._sns = sns
        self._identity = identity
        self._clock = clock
        self._deadline = deadline
        self._report = report
        self._lease = Lease(owner, clock() + timedelta(seconds=deadline.total) + _LEASE_MARGIN)
        # The alerts that wait, by id; None if they cannot be read.
        self._waiting: dict[str, Alert] | None = None
        # The deployments of which an alert waits that newer ones must not overtake.
        self._held: set[str] = set()
        self._failures_in_a_row = 0

    def read_pending(self) -> list[PendingAlert]:
        """Read the alerts that wait, oldest first, so that no new one overtakes an older one of its deployment.

        It must be after the watch was read: of another run's alert that is stored later, the watch's version tells.
        """
        try:
            queue = self._outbox.read()
        except TableError as error:
            self._report.table_failed("the waiting alerts cannot be read", error)
            return []
        self._report.found_unreadable(queue.unreadable)
        self._waiting = {pending.alert.id: pending.alert for pending in queue.alerts}
        self._held = {pending.alert.deployment_id for pending in queue.alerts}
        return queue.alerts

    def publish_pending(self) -> None:
        """Publish the alerts that earlier sweeps left, oldest first.

        An alert pauses after a failure. The oldest one is tried in spite of that, and as soon as SNS takes an alert,
        all pauses end: so nothing waits longer than SNS is down, and while it is down little time is spent on it. If
        the oldest one is an alert that SNS will never take, that says nothing about SNS, and the next one is tried.
        """
        alerts = self.read_pending()
        self._held = set()
        now = milliseconds(self._clock())
        paused: list[PendingAlert] = []
        is_probing = True
        for position, pending in enumerate(alerts):
            follows_paused = any(other.alert.deployment_id == pending.alert.deployment_id for other in paused)
            if (is_probing or pending.not_before <= now) and not follows_paused:
                result = self._publish_in_order(pending, now)
                is_probing = is_probing and result in (_Result.REFUSED, _Result.GONE)
                if result is _Result.PUBLISHED:
                    # SNS takes alerts, so all pauses end.
                    for other in (*paused, *alerts[position + 1 :]):
                        self._publish_in_order(other, now)
                    return
            else:
                paused.append(pending)
        self._held |= {pending.alert.deployment_id for pending in paused}

    def lease_for(self, alert: Alert | None) -> Lease | None:
        """Return the lease with which a new alert is stored; None if it must wait for the next sweep.

        It must while an older one of its deployment waits, perhaps of another run that is about to publish it.

        Args:
            alert: the alert about to be stored; None for none.
        """
        if alert is None or self._waiting is None or alert.deployment_id in self._held or self._sns_is_down:
            return None
        return self._lease if self._deadline.allows(seconds.WRITE + seconds.PUBLISH_ALERT) else None

    def publish_new(self, alert: Alert, lease: Lease | None) -> None:
        """Publish an alert that has just been stored.

        Args:
            alert: the alert.
            lease: the lease that it was stored with.
        """
        self._report.created(alert)
        if self._waiting is not None:
            self._waiting[alert.id] = alert
        if lease is None:
            self._held.add(alert.deployment_id)
        else:
            self._note(alert, self._publish(PendingAlert(alert)))

    def finish(self) -> None:
        """Report what still waits, if that is known."""
        if self._waiting is not None:
            self._report.waiting((alert.at for alert in self._waiting.values()), self._clock())

    @property
    def _sns_is_down(self) -> bool:
        return self._failures_in_a_row >= _FAILURES_IN_A_ROW

    def _publish_in_order(self, pending: PendingAlert, now: int) -> _Result:
        """Lease and publish an alert unless an older one of its deployment waits."""
        alert = pending.alert
        must_wait = alert.deployment_id in self._held or pending.leased_until > now or self._sns_is_down
        if must_wait or not self._deadline.allows(seconds.PUBLISH_PENDING):
            self._held.add(alert.deployment_id)
            return _Result.LEFT
        try:
            is_leased = self._outbox.acquire(alert, self._lease, self._clock())
        except TableError as error:
            self._report.table_failed("an alert cannot be leased", error, alert.deployment_id)
            self._note(alert, _Result.LEFT)
            return _Result.LEFT
        result = self._publish(pending) if is_leased else _Result.GONE
        self._note(alert, result)
        return result

    def _note(self, alert: Alert, result: _Result) -> None:
        if result in (_Result.PUBLISHED, _Result.GONE) and self._waiting is not None:
            self._waiting.pop(alert.id, None)
        if result in (_Result.FAILED, _Result.LEFT, _Result.GONE):
            # Another sweep may be publishing it just now.
            self._held.add(alert.deployment_id)

    def _publish(self, pending: PendingAlert) -> _Result:
        """Publish an alert whose lease this sweep has, and mark it."""
        alert = pending.alert
        about = {"deployment_id": alert.deployment_id, "alert_id": alert.id, "kind": alert.kind.value}
        try:
            message_id = self._send(alert, about)
        except PublishError as error:
            self._report.publish_failures += 1
            self._pause(pending, error, about)
            if isinstance(error, RefusedError):
                return _Result.REFUSED
            self._failures_in_a_row += 1
            return _Result.FAILED
        if message_id is None:
            return _Result.LEFT
        self._failures_in_a_row = 0
        self._report.published += 1
        self._report.accomplished += 1
        about["message_id"] = message_id
        try:
            self._outbox.mark_published(alert, message_id, self._clock())
        except TableError as error:
            # It was published, and will be published again: that is what "at least once" means.
            about["error"] = str(error)
            self._report.log.warning("alert published but not marked: it will be repeated", extra=about)
        else:
            self._report.log.info("alert published", extra=about)
        return _Result.PUBLISHED

    def _send(self, alert: Alert, about: dict[str, str]) -> str | None:
        """Send the full message, or the minimal one if that cannot be; return None if the lease has run out."""
        try:
            message = render(alert, self._identity)
        except Exception as fault:  # noqa: BLE001 - a fault in the rendering must not withhold the alert
            self._report.fault(alert.id, fault)
        else:
            try:
                return self._send_in_turn(message, about)
            except RefusedError as error:
                refused = about | {"error": str(error)}
                self._report.log.warning("full message refused by SNS: sending the minimal one", extra=refused)
        try:
            minimal = render_minimal(alert, self._identity)
        except Exception as fault:
            # The others must not wait for one that no program of this version can send.
            self._report.fault(alert.id, fault)
            raise RefusedError(f"it cannot be rendered: {fault}") from fault
        return self._send_in_turn(minimal, about)

    def _send_in_turn(self, message: Message, about: dict[str, str]) -> str | None:
        """Send a message when its turn has come; return None if the lease has run out by then.

        A sweep that was frozen at any step, the wait included, may have slept through it.
        """
        self._sns.wait()
        if self._clock() < self._lease.until:
            return self._sns.publish(message)
        self._report.log.warning("alert left to the next sweep: the lease has run out", extra=about)
        return None

    def _pause(self, pending: PendingAlert, error: PublishError, about: dict[str, str]) -> None:
        """Let an alert pause after a failure: 1 minute, then twice as long each time, up to 30. It is never dropped."""
        pause = min(timedelta(minutes=2 ** min(pending.attempts, 10)), _LONGEST_PAUSE)
        more = {"attempts": pending.attempts + 1, "pause_seconds": int(pause.total_seconds()), "error": str(error)}
        self._report.log.error("alert not published: it stays in the queue", extra=about | more)
        try:
            self._outbox.mark_failed(pending, self._lease, str(error)[:1000], self._clock() + pause)
        except TableError as trouble:
            about["table"] = str(trouble)
            self._report.log.warning("failure not noted: the alert waits for its lease to end", extra=about)
