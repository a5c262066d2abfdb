"""What an operator changes in the table. Each change has a condition, because sweeps run at the same time."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from deployment_notifier.errors import ConflictError, ItemError
from deployment_notifier.model import milliseconds, next_version
from deployment_notifier.table import items
from deployment_notifier.table.attributes import parse_time, written_all
from deployment_notifier.table.dynamodb_calls import translated, update
from deployment_notifier.table.history import UNWATCHED
from deployment_notifier.table.watches import unchanged

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from deployment_notifier.table.attributes import Plain
    from deployment_notifier.table.history import History, HistoryReader

_ATTEMPTS = 5
"""How often `unwatch` tries if sweeps keep writing between its read and its write."""

_NOT_LEASED = "(attribute_not_exists(#LeaseUntil) OR #LeaseUntil <= :Now)"


class UnwatchResult(Enum):
    """What came of `unwatch`."""

    ENDED = auto()
    ENDED_BEFORE = auto()
    NOT_FOUND = auto()


class OperatorActions:
    """Changes watches and alerts for an operator. Each method raises a TableError if the change may not be stored.

    Args:
        client: a DynamoDB client.
        table_name: the table's name.
        history_days: days after which a watch that was ended, or an alert that was discarded, expires.
        reader: reads what is to be changed.
        clock: the present, in UTC.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        history_days: int,
        reader: HistoryReader,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._history_days = history_days
        self._reader = reader
        self._clock = clock

    def watch(self, deployment_id: str, source: str) -> bool:
        """Start to watch a deployment; one whose watch has ended starts over and keeps its history.

        Returns:
            False if it is watched already, which changes nothing.
        """
        try:
            with translated(f"watching {deployment_id}"):
                self._client.put_item(
                    TableName=self._table_name,
                    Item=items.watch_key(deployment_id) | written_all({"Queue": items.CHECK, "Source": source}),
                    # Admits a new watch, and one in place of an ended one; refuses an active one, which would lose
                    # what it knows.
                    ConditionExpression="attribute_not_exists(#Queue)",
                    ExpressionAttributeNames={"#Queue": "Queue"},
                )
        except ConflictError:
            return False
        return True

    def unwatch(self, deployment_id: str) -> UnwatchResult:
        """End a watch. Its item stays until it expires, so that the deployment is not discovered again."""
        for attempts_left in reversed(range(_ATTEMPTS)):
            history = self._reader.read(deployment_id)
            if not (history.watch or history.has_unreadable_watch):
                return UnwatchResult.NOT_FOUND
            if not history.is_active:
                return UnwatchResult.ENDED_BEFORE
            try:
                with translated(f"unwatching {deployment_id}"):
                    self._client.update_item(**self._ending(history))
                break
            except ConflictError:
                if not attempts_left:
                    raise
        return UnwatchResult.ENDED

    def resend(self, alert_id: str) -> bool:
        """Put an alert back into the queue, so that the next sweep publishes it under the same id.

        Returns:
            False if there is no such alert, or a sweep is publishing it at this moment.
        """
        gone = ("PublishedAt", "MessageId", "ExpiresAt", "DiscardedAt", "Attempts", "LastError", "NotBefore")
        attributes: dict[str, Plain | None] = dict.fromkeys((*gone, "LeaseOwner", "LeaseUntil"))
        attributes |= {"Queue": items.DELIVER, "ResentAt": self._clock()}
        # Admits an alert in any state; refuses one that a sweep has leased, and one that is gone.
        return self._change_alert(alert_id, attributes, f"attribute_exists(#DeploymentId) AND {_NOT_LEASED}", {})

    def discard(self, alert_id: str) -> bool:
        """Take an alert out of the queue; it stays in the history as discarded.

        Returns:
            False if it does not wait, or a sweep is publishing it at this moment.
        """
        now = self._clock()
        attributes: dict[str, Plain | None] = {
            "Queue": None,
            "DiscardedAt": now,
            "ExpiresAt": items.expiry(now, self._history_days),
            "LeaseOwner": None,
            "LeaseUntil": None,
        }
        # Admits an alert that waits, readable or not; refuses a published one, which has left the queue, and one that a
        # sweep has leased.
        condition = f"#Queue = :Deliver AND {_NOT_LEASED}"
        return self._change_alert(alert_id, attributes, condition, {"Deliver": items.DELIVER})

    def _change_alert(
        self, alert_id: str, attributes: dict[str, Plain | None], condition: str, values: dict[str, Plain]
    ) -> bool:
        deployment_id, record = split_alert_id(alert_id)
        key = written_all({"DeploymentId": deployment_id, "Record": record})
        values = values | {"Now": milliseconds(self._clock())}
        try:
            with translated(f"changing the alert {alert_id}"):
                self._client.update_item(**update(self._table_name, key, attributes, condition, values))
        except ConflictError:
            return False
        return True

    def _ending(self, history: History) -> dict[str, Any]:
        """The update that ends a watch."""
        key, now = items.watch_key(history.deployment_id), self._clock()
        if history.watch is None:
            attributes: dict[str, Plain | None] = {
                "Queue": None,
                "Version": milliseconds(now),
                "EndedBecause": UNWATCHED,
                "ExpiresAt": items.expiry(now, self._history_days),
            }
            # Admits a watch that cannot be read and is queued; refuses one that someone has taken out since.
            return update(self._table_name, key, attributes, "#Queue = :Check", {"Check": items.CHECK})
        version = next_version(history.watch.version, now)
        ended = replace(history.watch, version=version, follow_up=None, ended_because=UNWATCHED)
        attributes = items.watch_attributes(ended, self._history_days)
        return update(self._table_name, key, attributes, *unchanged(history.watch.version))


def split_alert_id(alert_id: str) -> tuple[str, str]:
    """Return the two parts of an alert's key.

    Args:
        alert_id: `<deployment's id>/<time>`, as `Alert.id`.

    Raises:
        ItemError: it is no alert's id.
    """
    deployment_id, _, time = alert_id.rpartition("/")
    parse_time(time, "The alert's id")
    if not deployment_id or not re.fullmatch(r"[\d:.TZ+-]+", time):
        raise ItemError(f"The alert's id holds {alert_id!r:.60}; it should hold <deployment's id>/<time>")
    return deployment_id, f"{items.EVENT}{time}{items.ALERT_SUFFIX}"


def alert_id_of(deployment_id: str, record: str) -> str | None:
    """Return the id of the alert with this key; None if the key is not an alert's."""
    alert_id = f"{deployment_id}/{record.removeprefix(items.EVENT).removesuffix(items.ALERT_SUFFIX)}"
    try:
        return alert_id if split_alert_id(alert_id) == (deployment_id, record) else None
    except ItemError:
        return None
