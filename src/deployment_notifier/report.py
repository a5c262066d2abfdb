"""What a sweep did: counts, a log line for each event, and CloudWatch metrics."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from aws_lambda_powertools import Metrics

    from deployment_notifier.errors import TableError
    from deployment_notifier.model import Alert, Transition
    from deployment_notifier.table import Unreadable

OLDEST_UNDELIVERED = "OldestUndeliveredAlertAge"

_LOGGED_REASON = 500


@dataclass(slots=True)
class Counts:
    """The counts of one sweep.

    Attributes:
        watches: active watches that could be read.
        discovered: watches that were started because the source listed their deployments.
        checked: checks that were answered.
        unknown: checks whose id the source does not know.
        failed: checks without a usable answer.
        scans: scans of the results of a deployment, complete or not.
        deferred: watches that this sweep had no time for.
        unreachable_sources: sources that answered nothing.
        failed_listings: listings of deployments that failed.
        transitions: changes of status that were stored.
        alerts: alerts that were created.
        published: alerts that SNS accepted, alerts of earlier sweeps included.
        publish_failures: attempts that SNS did not accept.
        undelivered: alerts that still wait when the sweep ends.
        oldest_undelivered_seconds: the age of the oldest of them; None if they could not be read.
        conflicts: decisions that another sweep had made already.
        unreadable: items of the table that cannot be read.
        table_failures: calls to DynamoDB that failed.
        dropped_events: events of devices that could not be read.
        errors: faults of this program; the log has each with its trace.
        accomplished: checks whose decision holds, and alerts that were published.
    """

    watches: int = 0
    discovered: int = 0
    checked: int = 0
    unknown: int = 0
    failed: int = 0
    scans: int = 0
    deferred: int = 0
    unreachable_sources: int = 0
    failed_listings: int = 0
    transitions: int = 0
    alerts: int = 0
    published: int = 0
    publish_failures: int = 0
    undelivered: int = 0
    oldest_undelivered_seconds: int | None = None
    conflicts: int = 0
    unreadable: int = 0
    table_failures: int = 0
    dropped_events: int = 0
    errors: int = 0
    accomplished: int = 0


class Report(Counts):
    """The report of one sweep. It is written in one thread.

    Args:
        log: takes a line for each event.
    """

    __slots__ = ("log",)

    def __init__(self, log: logging.Logger) -> None:
        super().__init__()
        self.log = log

    @property
    def is_useless(self) -> bool:
        """Whether faults kept the sweep from doing anything at all: then, and only then, the invocation fails."""
        return bool(self.table_failures or self.errors) and not self.accomplished

    def as_dict(self) -> dict[str, Any]:
        """Return every count that is not 0, as JSON has it."""
        return {name: value for name, value in asdict(self).items() if value != 0}

    @contextmanager
    def guard(self, about: str) -> Iterator[None]:
        """Log a fault of this program in a step, and go on after it.

        Args:
            about: what the step is about.
        """
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a fault in one step must not stop the others
            self.fault(about, error)

    def fault(self, about: str, error: Exception) -> None:
        """Log a fault of this program."""
        self.errors += 1
        self.log.error("fault in this program", extra={"about": about[:_LOGGED_REASON]}, exc_info=error)

    def table_failed(self, what: str, error: TableError, deployment_id: str | None = None) -> None:
        """Log a call to DynamoDB that failed."""
        self.table_failures += 1
        self.log.error(what, extra={"deployment_id": deployment_id, "error": str(error)})

    def conflict(self, deployment_id: str) -> None:
        """Log a decision that another sweep or a person came before."""
        self.conflicts += 1
        self.log.info("changed by another sweep or a person first", extra={"deployment_id": deployment_id})

    def found_unreadable(self, items: Iterable[Unreadable]) -> None:
        """Log items of the table that cannot be read."""
        for item in items:
            self.unreadable += 1
            about = {"deployment_id": item.deployment_id, "record": item.record, "reason": item.reason}
            self.log.error("item cannot be read", extra=about)

    def found_failing(self, what: str, about: str, reason: str) -> None:
        """Log a call to a source that brought no usable answer."""
        self.log.warning(what, extra={"about": about, "reason": reason[:_LOGGED_REASON]})

    def stored(self, transition: Transition | None) -> None:
        """Log a decision that was stored, with its change of status."""
        self.accomplished += 1
        if transition is not None:
            self.transitions += 1
            about = {"deployment_id": transition.deployment_id}
            statuses: dict[str, str | None] = {"from": transition.from_status, "to": transition.to_status}
            self.log.info("transition", extra={**about, **statuses})

    def created(self, alert: Alert) -> None:
        """Log an alert that was stored."""
        self.alerts += 1
        about = {"deployment_id": alert.deployment_id, "alert_id": alert.id, "kind": alert.kind.value}
        # One text, because CloudWatch Logs Insights flattens a list to also.0, also.1, ...
        self.log.info("alert", extra=about | {"also": ", ".join(alert.also), "severity": alert.severity.value})

    def waiting(self, since: Iterable[datetime], now: datetime) -> None:
        """Note the alerts that still wait, each by the time since when."""
        times = list(since)
        self.undelivered = len(times)
        self.oldest_undelivered_seconds = max(0, int((now - min(times, default=now)).total_seconds()))

    def emit(self, metrics: Metrics) -> None:
        """Write the sweep's CloudWatch metrics in the embedded metric format.

        A custom metric costs more than everything else, but only in the hours in which it is written. So each is
        written only if it is not 0, except for the age of the oldest undelivered alert, whose alarm must tell 0 from
        silence.

        Args:
            metrics: Powertools' metrics, with namespace and service set.
        """
        age = self.oldest_undelivered_seconds
        if age is not None:
            metrics.add_metric(OLDEST_UNDELIVERED, "Seconds", age)
        counts = {
            "Checks": self.checked + self.unknown + self.failed,
            "FailedChecks": self.unknown + self.failed,
            "DeferredChecks": self.deferred,
            "Discovered": self.discovered,
            "FailedListings": self.failed_listings,
            "UnreachableSources": self.unreachable_sources,
            "AlertsPublished": self.published,
            "FailedPublishes": self.publish_failures,
            "Faults": self.table_failures + self.errors,
            "UnreadableItems": self.unreadable,
        }
        for name, value in counts.items():
            if value:
                metrics.add_metric(name, "Count", value)
        if age is not None or any(counts.values()):  # Powertools warns of an empty set
            metrics.flush_metrics()
