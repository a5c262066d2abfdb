"""The history of a deployment or a source: everything that the table holds under one id."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from deployment_notifier.errors import ItemError
from deployment_notifier.model import Alert, Transition, from_milliseconds
from deployment_notifier.table import items
from deployment_notifier.table.attributes import Reader, written
from deployment_notifier.table.dynamodb_calls import query_queue, read_pages
from deployment_notifier.table.unreadable import Unreadable, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from deployment_notifier.model import SourceState, Watch
    from deployment_notifier.table.attributes import Item

UNWATCHED = "UNWATCHED"
"""The `EndedBecause` of a watch that an operator ended; the item stays, or the deployment would be discovered again."""

_THREADS = 8
"""Histories that are read at the same time: an operator waits for a list of many watches."""


class AlertState(StrEnum):
    """The delivery state of an alert."""

    PUBLISHED = "published"
    WAITING = "waiting"
    """The next sweep publishes it."""
    PUBLISHING = "publishing"
    """A sweep has its lease."""
    FAILED = "failed"
    """SNS did not accept it; a later sweep tries again."""
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert with its delivery.

    Attributes:
        attempts: how often publishing it has failed.
        last_error: why it failed the last time.
        next_attempt_at: when it may be tried next; None for with the next sweep.
        resent_at: when an operator put it back into the queue.
    """

    alert: Alert
    state: AlertState
    published_at: datetime | None = None
    message_id: str | None = None
    attempts: int = 0
    last_error: str | None = None
    next_attempt_at: datetime | None = None
    discarded_at: datetime | None = None
    resent_at: datetime | None = None

    @property
    def at(self) -> datetime:
        """When it was decided."""
        return self.alert.at

    @property
    def is_pending(self) -> bool:
        """Whether it is still to be published."""
        return self.state in (AlertState.WAITING, AlertState.PUBLISHING, AlertState.FAILED)


@dataclass(slots=True)
class History:
    """Everything that the table holds under one id.

    Attributes:
        watch: the deployment's watch; None if there is none, it has expired or it cannot be read.
        is_active: whether sweeps check the deployment, or would if they could read its watch.
        state: the state of a source, if this is the history of one.
        events: transitions and alerts, oldest first.
        unreadable: items that cannot be read.
    """

    deployment_id: str
    watch: Watch | None = None
    is_active: bool = False
    state: SourceState | None = None
    events: list[Transition | StoredAlert] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)

    @property
    def is_known(self) -> bool:
        """Whether the table holds anything under this id."""
        return bool(self.watch or self.state or self.events or self.unreadable)

    @property
    def alerts(self) -> list[StoredAlert]:
        """The alerts, oldest first."""
        return [event for event in self.events if isinstance(event, StoredAlert)]

    @property
    def current_alerts(self) -> list[StoredAlert]:
        """The alerts of the present watch, without those of an earlier watch of the same deployment."""
        if self.watch is not None and self.watch.version == 0:
            return []
        starts = [event.at for event in self.events if isinstance(event, Transition) and event.from_status is None]
        return [stored for stored in self.alerts if not starts or stored.at >= starts[-1]]

    @property
    def has_unreadable_watch(self) -> bool:
        """Whether there is a watch that cannot be read."""
        return any(item.record == items.WATCH for item in self.unreadable)

    @property
    def changed_at(self) -> datetime | None:
        """When the watch was last written, which for an ended one is when it ended; None before the first sweep."""
        return from_milliseconds(self.watch.version) if self.watch and self.watch.version else None


class HistoryReader:
    """Reads histories. Each method raises a TableError if the table cannot be read.

    Args:
        client: a DynamoDB client.
        table_name: the table's name.
        clock: the present, in UTC.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._table_name = table_name
        self._clock = clock

    def read(self, deployment_id: str) -> History:
        """Read the history of one deployment, or of a source under `source_id(name)`; an empty one if there is none."""
        stored = read_pages(
            f"reading {deployment_id}",
            self._client.query,
            TableName=self._table_name,
            KeyConditionExpression="DeploymentId = :id",
            ExpressionAttributeValues={":id": written(deployment_id)},
            ConsistentRead=True,
        )
        return read_history(deployment_id, stored, self._clock())

    def read_active(self) -> list[History]:
        """Read the histories of all active watches, and of the sources."""
        return self._read_queue(items.CHECK)

    def read_pending(self) -> list[History]:
        """Read the histories with an alert that is still to be published."""
        return self._read_queue(items.DELIVER)

    def read_all(self) -> list[History]:
        """Read the whole table."""
        stored = defaultdict[str, list["Item"]](list)
        for item in read_pages("reading the table", self._client.scan, TableName=self._table_name):
            stored[item["DeploymentId"]["S"]].append(item)
        return [read_history(deployment_id, found, self._clock()) for deployment_id, found in stored.items()]

    def _read_queue(self, queue: str) -> list[History]:
        ids = {item["DeploymentId"]["S"] for item in query_queue(self._client, self._table_name, queue)}
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(self.read, sorted(ids)))


def read_history(deployment_id: str, stored: Iterable[Item], now: datetime) -> History:
    """Read a history from its items. One that cannot be read is named in it and hides no other.

    Args:
        deployment_id: the id of all these items.
        stored: the items.
        now: the present, to tell a lease that holds from one that has run out.
    """
    history = History(deployment_id)
    for item in sorted(stored, key=lambda each: str(each["Record"]["S"])):
        record = str(item["Record"]["S"])
        try:
            if record == items.WATCH:
                history.is_active = item.get("Queue", {}).get("S") == items.CHECK
                history.watch = items.read_watch(item)
            elif record == items.SOURCE:
                history.state = items.read_state(item)
            elif record.startswith(items.EVENT) and record.endswith(items.TRANSITION_SUFFIX):
                history.events.append(items.read_transition(item))
            else:
                history.events.append(_read_stored_alert(item, now))
        except ItemError as error:
            history.unreadable.append(unreadable(item, error))
    return history


def _read_stored_alert(item: Item, now: datetime) -> StoredAlert:
    reader = Reader(item)
    published_at, discarded_at = reader.time("PublishedAt"), reader.time("DiscardedAt")
    attempts = reader.count("Attempts") or 0
    leased_until, paused_until = _milliseconds_time(reader, "LeaseUntil"), _milliseconds_time(reader, "NotBefore")
    if published_at is not None:
        state = AlertState.PUBLISHED
    elif discarded_at is not None:
        state = AlertState.DISCARDED
    elif leased_until is not None and leased_until > now:
        state = AlertState.PUBLISHING
    else:
        state = AlertState.FAILED if attempts else AlertState.WAITING
    return StoredAlert(
        alert=items.read_alert(item),
        state=state,
        published_at=published_at,
        message_id=reader.text("MessageId"),
        attempts=attempts,
        last_error=reader.text("LastError"),
        next_attempt_at=paused_until if paused_until is not None and paused_until > now else None,
        discarded_at=discarded_at,
        resent_at=reader.time("ResentAt"),
    )


def _milliseconds_time(reader: Reader, name: str) -> datetime | None:
    count = reader.count(name)
    try:
        return None if count is None else from_milliseconds(count)
    except OverflowError:
        raise ItemError(f"{name} holds {count}; it should hold milliseconds since 1970") from None
