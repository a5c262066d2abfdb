"""The story of one deployment, or of a source's trouble, read from the items that one Query returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from deployment_notifier.errors import ItemError
from deployment_notifier.model import Alert, Transition, from_milliseconds
from deployment_notifier.table import Unreadable, items
from deployment_notifier.table.attributes import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from deployment_notifier.model import SourceHealth, Watch
    from deployment_notifier.table.attributes import Item

UNWATCHED = "UNWATCHED"
"""The `EndedBecause` of a watch that an operator ended. It stays as a tombstone, so that it is known and not new."""


class AlertState(StrEnum):
    """How far an alert is."""

    PUBLISHED = "published"
    WAITING = "waiting"
    """It goes with the next sweep, or the one after a rest that follows a failure."""
    PUBLISHING = "publishing"
    """A sweep has its lease, so that it is being published just now."""
    FAILED = "failed"
    """SNS did not take it; it rests and is tried again."""
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert, and how far it is.

    Attributes:
        attempts: how often publishing it has failed.
        last_error: what SNS said the last time.
        next_try_at: when it may be tried next; None for at once.
        resent_at: when an operator put it back into the queue.
    """

    alert: Alert
    state: AlertState
    published_at: datetime | None = None
    message_id: str | None = None
    attempts: int = 0
    last_error: str | None = None
    next_try_at: datetime | None = None
    discarded_at: datetime | None = None
    resent_at: datetime | None = None

    @property
    def at(self) -> datetime:
        """When it was decided: its place in the story."""
        return self.alert.at

    @property
    def is_pending(self) -> bool:
        """Whether it is still to be published."""
        return self.state in (AlertState.WAITING, AlertState.PUBLISHING, AlertState.FAILED)


Event = Transition | StoredAlert


@dataclass(frozen=True, slots=True)
class Story:
    """All that the table holds under one deployment's id, or under `source:<name>`.

    Attributes:
        watch: None where there is none, it expired, or can't be read.
        is_active: whether the sweeps check it.
        health: a source's trouble.
        events: transitions and alerts, oldest first.
        unreadable: items that can't be read.
    """

    deployment_id: str
    watch: Watch | None = None
    is_active: bool = False
    health: SourceHealth | None = None
    events: tuple[Event, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def alerts(self) -> tuple[StoredAlert, ...]:
        """The alerts, oldest first."""
        return tuple(event for event in self.events if isinstance(event, StoredAlert))

    @property
    def current_alerts(self) -> tuple[StoredAlert, ...]:
        """The alerts of the present watch, without those of an earlier one that was started over."""
        if self.watch is not None and self.watch.version == 0:
            return ()
        starts = [event.at for event in self.events if isinstance(event, Transition) and event.from_status is None]
        return tuple(each for each in self.alerts if not starts or each.at >= starts[-1])

    @property
    def ended_at(self) -> datetime | None:
        """When the watch ended; None while it is active or where that is not known."""
        if self.watch is None or self.is_active or not self.watch.version:
            return None
        return from_milliseconds(self.watch.version)

    @property
    def changed_at(self) -> datetime | None:
        """When anything was last written about it; None for a watch that no sweep has seen yet."""
        if self.watch is not None:
            return from_milliseconds(self.watch.version) if self.watch.version else None
        return self.events[-1].at if self.events else None


def read_story(deployment_id: str, stored: Iterable[Item], now: datetime) -> Story:
    """Read a story; what can't be read is named in it and hides nothing else.

    Args:
        deployment_id: under what the items stand.
        stored: all items under it.
        now: the present, to tell an alert that is being published from one whose lease ran out.
    """
    watch: Watch | None = None
    health: SourceHealth | None = None
    is_active = False
    events: list[Event] = []
    unreadable: list[Unreadable] = []
    for item in sorted(stored, key=lambda each: str(each["Record"]["S"])):
        record = str(item["Record"]["S"])
        try:
            if record == items.WATCH:
                is_active = item.get("Queue", {}).get("S") == items.CHECK
                watch = items.read_watch(item)
            elif record == items.SOURCE:
                health = items.read_health(item)
            elif record.startswith(items.EVENT) and record.endswith(items.TRANSITION_SUFFIX):
                events.append(items.read_transition(item))
            else:
                events.append(_read_stored_alert(item, now))
        except ItemError as error:
            unreadable.append(Unreadable(deployment_id, record, str(error)))
    return Story(deployment_id, watch, is_active, health, tuple(events), tuple(unreadable))


def _read_stored_alert(item: Item, now: datetime) -> StoredAlert:
    reader = Reader(item)
    published_at, discarded_at = reader.time("PublishedAt"), reader.time("DiscardedAt")
    attempts = reader.count("Attempts") or 0
    leased_until, rests_until = _moment(reader, "LeaseUntil"), _moment(reader, "NotBefore")
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
        next_try_at=rests_until if rests_until is not None and rests_until > now else None,
        discarded_at=discarded_at,
        resent_at=reader.time("ResentAt"),
    )


def _moment(reader: Reader, name: str) -> datetime | None:
    count = reader.count(name)
    try:
        return None if count is None else from_milliseconds(count)
    except OverflowError:
        raise ItemError(f"{name} holds {count}; it should hold milliseconds since 1970") from None
