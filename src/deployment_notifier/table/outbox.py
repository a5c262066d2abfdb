"""The outbox: the alerts in the table that are still to be published. They are read, leased and marked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployment_notifier.errors import ConflictError, ItemError
from deployment_notifier.model import milliseconds
from deployment_notifier.table import items
from deployment_notifier.table.attributes import Reader, written_all
from deployment_notifier.table.dynamodb_calls import query_queue, translated, update
from deployment_notifier.table.unreadable import Unreadable, unreadable

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from deployment_notifier.model import Alert
    from deployment_notifier.table.attributes import Plain


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to publish an alert, for a while.

    Attributes:
        owner: a name that no other sweep has.
        until: when it ends.
    """

    owner: str
    until: datetime

    def attributes(self) -> dict[str, Any]:
        """As an item's attributes."""
        return written_all({"LeaseOwner": self.owner, "LeaseUntil": milliseconds(self.until)})


@dataclass(frozen=True, slots=True)
class PendingAlert:
    """An alert that waits to be published.

    Attributes:
        attempts: how often publishing it has failed.
        paused_until: until when it pauses after a failure, in milliseconds since 1970.
        leased_until: until when another sweep has its lease, in milliseconds since 1970.
    """

    alert: Alert
    attempts: int = 0
    paused_until: int = 0
    leased_until: int = 0

    @property
    def not_before(self) -> int:
        """When it may be tried next, in milliseconds since 1970."""
        return max(self.paused_until, self.leased_until)


@dataclass(frozen=True, slots=True)
class PendingAlerts:
    """The alerts that wait, oldest first, and items of their queue that cannot be read."""

    alerts: list[PendingAlert] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


class Outbox:
    """The alerts in the table that are still to be published.

    Args:
        client: a DynamoDB client.
        table_name: the table's name.
        history_days: days after which a published alert expires.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, history_days: int) -> None:
        self._client = client
        self._table_name = table_name
        self._history_days = history_days

    def read(self) -> PendingAlerts:
        """Read every alert that is not published.

        Raises:
            TableError: they cannot be read.
        """
        pending = PendingAlerts()
        for item in query_queue(self._client, self._table_name, items.DELIVER):
            try:
                reader = Reader(item)
                if "PublishedAt" in item:
                    raise ItemError("PublishedAt is there; an alert that waits to be published should have none")  # noqa: TRY301 - one place collects
                pending.alerts.append(
                    PendingAlert(
                        items.read_alert(item),
                        attempts=reader.count("Attempts") or 0,
                        paused_until=reader.count("NotBefore") or 0,
                        leased_until=reader.absent_or_count("LeaseUntil") or 0,
                    )
                )
            except ItemError as error:
                pending.unreadable.append(unreadable(item, error))
        pending.alerts.sort(key=lambda each: each.alert.at)
        return pending

    def acquire(self, alert: Alert, lease: Lease, now: datetime) -> bool:
        """Take the lease of an alert.

        Args:
            alert: the alert.
            lease: the lease to take.
            now: the present; leases that end before are free.

        Returns:
            Whether it was free. If not, another sweep has it, or the alert was published or discarded.

        Raises:
            TableError: DynamoDB did not answer.
        """
        # Admits a free lease, an expired one, and one's own, which a repeated request finds; refuses another
        # sweep's, and an alert that is published or was discarded, which a stale index may still show.
        condition = (
            "#Queue = :Deliver AND attribute_not_exists(#PublishedAt) AND "
            "(attribute_not_exists(#LeaseUntil) OR #LeaseUntil <= :Now OR #LeaseOwner = :Owner)"
        )
        attributes: dict[str, Plain | None] = {"LeaseOwner": lease.owner, "LeaseUntil": milliseconds(lease.until)}
        return self._update(
            alert, attributes, condition, {"Deliver": items.DELIVER, "Now": milliseconds(now), "Owner": lease.owner}
        )

    def mark_published(self, alert: Alert, message_id: str, at: datetime) -> bool:
        """Note that SNS has accepted an alert, so that it leaves the queue.

        Returns:
            False if it was marked already, or the item is gone.

        Raises:
            TableError: it is not known to be marked; the alert will be published again.
        """
        # Admits any sweep that has published it, also after its lease ran out: the alert is out. Refuses to mark twice,
        # and to recreate a deleted item.
        condition = "attribute_exists(#DeploymentId) AND attribute_not_exists(#PublishedAt)"
        attributes: dict[str, Plain | None] = {
            "PublishedAt": at,
            "MessageId": message_id,
            "ExpiresAt": items.expiry(at, self._history_days),
            "Queue": None,
            "LeaseOwner": None,
            "LeaseUntil": None,
            "NotBefore": None,
        }
        return self._update(alert, attributes, condition, {})

    def mark_failed(self, pending: PendingAlert, lease: Lease, error: str, not_before: datetime) -> bool:
        """Note that publishing an alert has failed, and give its lease back.

        Args:
            pending: the alert as it was before.
            lease: the lease under which it was tried.
            error: why it failed.
            not_before: when it may be tried again.

        Returns:
            False if another sweep has the lease by now: then that one notes how it went.

        Raises:
            TableError: DynamoDB did not answer; the alert waits for the lease to end.
        """
        # Admits the sweep that holds the lease; refuses one that slept while another one took over.
        condition = "#LeaseOwner = :Owner AND attribute_not_exists(#PublishedAt)"
        attributes: dict[str, Plain | None] = {
            "Attempts": pending.attempts + 1,
            "LastError": error,
            "NotBefore": milliseconds(not_before),
            "LeaseOwner": None,
            "LeaseUntil": None,
        }
        return self._update(pending.alert, attributes, condition, {"Owner": lease.owner})

    def _update(
        self, alert: Alert, attributes: dict[str, Plain | None], condition: str, values: dict[str, Plain]
    ) -> bool:
        change = update(self._table_name, items.alert_key(alert), attributes, condition, values)
        try:
            with translated(f"updating the alert {alert.id}"):
                self._client.update_item(**change)
        except ConflictError:
            return False
        return True
