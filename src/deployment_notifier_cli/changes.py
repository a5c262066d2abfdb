"""What the operator changes in the table, each change under a condition, because sweeps run meanwhile."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from deployment_notifier.errors import ConflictError, ItemError
from deployment_notifier.model import milliseconds, next_version
from deployment_notifier.table import items
from deployment_notifier.table.attributes import parse_time, written_all
from deployment_notifier.table.calls import translated, update
from deployment_notifier_cli.errors import NotFoundError, UsageError
from deployment_notifier_cli.story import UNWATCHED, AlertState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from deployment_notifier.table.attributes import Plain
    from deployment_notifier_cli.store import Store
    from deployment_notifier_cli.story import StoredAlert, Story

_ATTEMPTS = 5
"""How often a change is tried anew when a sweep comes between the read and the write."""


class Unwatched(Enum):
    """How it went with `unwatch`."""

    ENDED = auto()
    WAS_ENDED = auto()
    UNKNOWN = auto()


class Changes:
    """Changes watches and alerts.

    Args:
        client: a DynamoDB client.
        table_name: the table's name.
        history_days: days after which what has ended expires.
        store: reads what is to be changed.
        clock: the present, in UTC.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table_name: str,
        history_days: int,
        store: Store,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._history_days = history_days
        self._store = store
        self._clock = clock

    def watch(self, deployment_id: str) -> bool:
        """Put the smallest item that the sweeps take for a watch.

        Returns:
            False where the deployment is watched already, which is left as it is.

        Raises:
            TableError: it is not known to be stored.
        """
        key = items.watch_key(deployment_id)
        try:
            with translated(f"watching {deployment_id}"):
                # Admits a new watch, and one over a finished watch, which starts over; refuses an active one, whose
                # memory of what was told would be lost.
                self._client.put_item(
                    TableName=self._table_name,
                    Item=key | written_all({"Queue": items.CHECK}),
                    ConditionExpression="attribute_not_exists(#Queue)",
                    ExpressionAttributeNames={"#Queue": "Queue"},
                )
        except ConflictError:
            return False
        return True

    def unwatch(self, deployment_id: str) -> Unwatched:
        """End a watch for good: a tombstone stays, so that the deployment is known and not watched.

        Raises:
            TableError: it is not known to be stored.
        """
        for attempt in range(_ATTEMPTS):
            story = self._store.story(deployment_id)
            if story is None or not (story.watch or _has_unreadable_watch(story)):
                return Unwatched.UNKNOWN
            if not story.is_active:
                return Unwatched.WAS_ENDED
            change = self._tombstone(story)
            try:
                with translated(f"unwatching {deployment_id}"):
                    self._client.update_item(**change)
            except ConflictError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        return Unwatched.ENDED

    def resend(self, alert_id: str) -> StoredAlert:
        """Put an alert back into the queue of what is to be published, under the same id.

        Returns:
            The alert as it stood before.

        Raises:
            NotFoundError: there is no such alert, or a sweep is publishing it just now.
            TableError: it is not known to be stored.
        """
        stored = self.alert(alert_id)
        now = self._clock()
        # Admits one that was published or discarded, or waits; refuses one that a sweep has leased, because it is
        # being said just now, and one that is gone.
        condition = "attribute_exists(#DeploymentId) AND (attribute_not_exists(#LeaseUntil) OR #LeaseUntil <= :Now)"
        gone = ("PublishedAt", "MessageId", "ExpiresAt", "DiscardedAt", "Attempts", "LastError", "NotBefore")
        attributes: dict[str, Plain | None] = dict.fromkeys((*gone, "LeaseOwner", "LeaseUntil"))
        attributes |= {"Queue": items.DELIVER, "ResentAt": now}
        self._change(stored, attributes, condition)
        return stored

    def discard(self, alert_id: str) -> None:
        """Take an alert out of the queue unpublished; it stays in the story, with the time of this.

        Raises:
            NotFoundError: there is no such alert, or it isn't waiting.
            TableError: it is not known to be stored.
        """
        deployment_id, record = alert_key(alert_id)
        # Admits whatever waits, readable or not; refuses what is published, and what a sweep has leased, because
        # it is being said just now.
        condition = (
            "#Queue = :Deliver AND attribute_not_exists(#PublishedAt)"
            " AND (attribute_not_exists(#LeaseUntil) OR #LeaseUntil <= :Now)"
        )
        now = self._clock()
        attributes: dict[str, Plain | None] = {
            "Queue": None,
            "DiscardedAt": now,
            "ExpiresAt": items.expiry(now, self._history_days),
            "LeaseOwner": None,
            "LeaseUntil": None,
        }
        key = written_all({"DeploymentId": deployment_id, "Record": record})
        values: dict[str, Plain] = {"Deliver": items.DELIVER, "Now": milliseconds(now)}
        change = update(self._table_name, key, attributes, condition, values)
        try:
            with translated(f"discarding {alert_id}"):
                self._client.update_item(**change)
        except ConflictError as error:
            raise _not_discardable(self.alert(alert_id)) from error

    def alert(self, alert_id: str) -> StoredAlert:
        """An alert as it is now.

        Raises:
            NotFoundError: there is none, or it can't be read.
            TableError: the table can't be read.
        """
        deployment_id, record = alert_key(alert_id)
        story = self._store.story(deployment_id)
        for stored in story.alerts if story else ():
            if stored.alert.id == alert_id:
                return stored
        for item in story.unreadable if story else ():
            if item.record == record:
                raise NotFoundError(
                    f"The alert {alert_id} can't be read: {item.reason}.",
                    f"Take it out of the queue: deployment-notifier discard {alert_id}",
                )
        raise NotFoundError(
            f"There is no alert {alert_id}.", f"See those that there are: deployment-notifier show {deployment_id}"
        )

    def _change(self, stored: StoredAlert, attributes: dict[str, Plain | None], condition: str) -> None:
        change = update(
            self._table_name,
            items.alert_key(stored.alert),
            attributes,
            condition,
            {"Now": milliseconds(self._clock())},
        )
        try:
            with translated(f"changing the alert {stored.alert.id}"):
                self._client.update_item(**change)
        except ConflictError as error:
            raise _being_published(stored.alert.id) from error

    def _tombstone(self, story: Story) -> dict[str, Any]:
        key = items.watch_key(story.deployment_id)
        if story.watch is None:
            # Admits a watch that can't be read and is still queued: this takes it out, with what the rest needs.
            now = milliseconds(self._clock())
            expires_at = items.expiry(self._clock(), self._history_days)
            out: dict[str, Plain | None] = {"Queue": None, "Version": now, "EndedBecause": UNWATCHED}
            return update(
                self._table_name, key, out | {"ExpiresAt": expires_at}, "#Queue = :Check", {"Check": items.CHECK}
            )
        version = next_version(story.watch.version, self._clock())
        ended = replace(story.watch, version=version, settling=None, ended_because=UNWATCHED)
        attributes = items.watch_attributes(ended, self._history_days)
        if story.watch.version:
            # Admits the watch as it was read; refuses one that a sweep has written since.
            return update(self._table_name, key, attributes, "#Version = :Was", {"Was": story.watch.version})
        # Admits a watch that no sweep has written yet; refuses one that a sweep has, or that somebody deleted.
        condition = "attribute_exists(#DeploymentId) AND attribute_not_exists(#Version)"
        return update(self._table_name, key, attributes, condition, {})


def alert_key(alert_id: str) -> tuple[str, str]:
    """The two parts of an alert's key.

    Args:
        alert_id: `<deployment's id>/<time>`, as messages and `show` have it.

    Raises:
        UsageError: it is no alert's id.
    """
    deployment_id, _, time = alert_id.rpartition("/")
    try:
        parse_time(time, "the id")
    except ItemError:
        deployment_id = ""
    if not deployment_id or not re.fullmatch(r"[\d:.TZ+-]+", time):
        raise UsageError(
            f"{alert_id} is no alert's id.",
            "It is <deployment's id>/<time>, such as 1b2c3d4e-0000/2026-11-23T10:04:00.123Z: at the end of each"
            " message, and in: deployment-notifier show ID",
        )
    return deployment_id, f"{items.EVENT}{time}{items.ALERT_SUFFIX}"


def is_alert_record(record: str) -> bool:
    """Whether an item's sort key is that of an alert, so that it has an alert's id."""
    try:
        return record == alert_key(f"-/{record.removeprefix(items.EVENT).removesuffix(items.ALERT_SUFFIX)}")[1]
    except UsageError:
        return False


def _has_unreadable_watch(story: Story) -> bool:
    return any(item.record == items.WATCH for item in story.unreadable)


def _being_published(alert_id: str) -> NotFoundError:
    return NotFoundError(
        f"A sweep is publishing the alert {alert_id} just now.", "Look again in two minutes, and see how it went."
    )


def _not_discardable(stored: StoredAlert) -> NotFoundError:
    if stored.state is AlertState.PUBLISHING:
        return _being_published(stored.alert.id)
    return NotFoundError(f"The alert {stored.alert.id} is {stored.state} already: nothing waits to be discarded.")
