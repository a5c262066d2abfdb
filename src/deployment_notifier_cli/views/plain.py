"""Stories as `--json` has them: plain values with the alert event's own names; what isn't known is null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.event import error, groups, metrics
from deployment_notifier.model import timestamp
from deployment_notifier_cli.story import StoredAlert

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.model import Settling, SourceHealth, Transition
    from deployment_notifier_cli.story import Event, Story


def summary(story: Story) -> dict[str, Any]:
    """A deployment's present state, and what was told about it since its watch began."""
    watch = story.watch
    return {
        "deploymentId": story.deployment_id,
        "active": story.is_active,
        "source": watch.source if watch else None,
        "status": watch.status if watch else None,
        "metrics": metrics(watch.metrics) if watch else None,
        "groups": groups(watch.groups) if watch else None,
        "settling": settling(watch.settling) if watch else None,
        "errorMessage": watch.error_message if watch else None,
        "createdAt": watch.created_at if watch else None,
        "tags": dict(watch.tags) if watch else {},
        "progressAt": time(watch.progress_at) if watch else None,
        "failingSince": time(watch.failing_since) if watch else None,
        "endedBecause": watch.ended_because if watch else None,
        "changedAt": time(story.changed_at),
        "alerts": [
            {"id": each.alert.id, "kind": each.alert.kind, "state": each.state} for each in story.current_alerts
        ],
        "unreadable": [{"record": item.record, "reason": item.reason} for item in story.unreadable],
    }


def whole(story: Story) -> dict[str, Any]:
    """The same with every event, oldest first."""
    return summary(story) | {"trouble": trouble(story.health), "events": [_event(each) for each in story.events]}


def trouble(health: SourceHealth | None) -> dict[str, Any] | None:
    """A source's trouble."""
    if health is None:
        return None
    return {
        "source": health.source,
        "failingSince": time(health.failing_since),
        "told": health.told,
        "lastError": health.last_error,
    }


def settling(state: Settling | None) -> dict[str, Any] | None:
    """How far the groups have been followed; `begun` is what a pass has found that is not complete yet."""
    if state is None:
        return None
    return {
        "since": timestamp(state.since),
        "passes": state.passes,
        "nextPassAt": timestamp(state.next_pass_at),
        "begun": groups(state.begun.tally) if state.begun else None,
    }


def time(at: datetime | None) -> str | None:
    """A time as the table has it."""
    return None if at is None else timestamp(at)


def _event(event: Event) -> dict[str, Any]:
    if isinstance(event, StoredAlert):
        return stored_alert(event)
    return _transition(event)


def _transition(transition: Transition) -> dict[str, Any]:
    return {
        "type": "transition",
        "at": timestamp(transition.at),
        "status": {"from": transition.from_status, "to": transition.to_status},
        "metrics": metrics(transition.metrics),
        "error": error(transition.error),
    }


def stored_alert(stored: StoredAlert) -> dict[str, Any]:
    """An alert and how far it is."""
    alert = stored.alert
    return {
        "type": "alert",
        "at": timestamp(alert.at),
        "id": alert.id,
        "kind": alert.kind,
        "also": list(alert.also),
        "severity": alert.severity,
        "state": stored.state,
        "status": {"from": alert.from_status, "to": alert.to_status},
        "metrics": metrics(alert.metrics),
        "error": error(alert.error),
        "groups": groups(alert.groups),
        "since": time(alert.since),
        "publishedAt": time(stored.published_at),
        "messageId": stored.message_id,
        "attempts": stored.attempts,
        "lastError": stored.last_error,
        "nextTryAt": time(stored.next_try_at),
        "discardedAt": time(stored.discarded_at),
        "resentAt": time(stored.resent_at),
    }
