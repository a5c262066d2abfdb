"""What `--json` prints: plain values with the names of the alert event; what is not known is null."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.event import encode, encode_details, encode_error, encode_metrics, encode_targets
from deployment_notifier.model import timestamp
from deployment_notifier.table.history import StoredAlert
from deployment_notifier_cli.views.results_lines import alert_of

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.model import Outage, ResultsFollowUp, SourceState, StackIdentity, Transition
    from deployment_notifier.table.history import History


def print_json(value: object) -> None:
    """Print one JSON document, in ASCII, so that no terminal acts on what is in it."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def summary(history: History) -> dict[str, Any]:
    """Return a deployment's state, and the alerts since its watch started."""
    watch = history.watch
    return {
        "deploymentId": history.deployment_id,
        "active": history.is_active,
        "source": watch.source if watch else None,
        **encode_details(watch.details if watch else {}),
        "status": watch.status if watch else None,
        "isResting": watch.is_resting if watch else None,
        "metrics": encode_metrics(watch.source, watch.metrics) if watch else None,
        "targets": encode_targets(alert_of(watch)) if watch else None,
        "followUp": follow_up(watch.follow_up) if watch else None,
        "errorMessage": watch.error_message if watch else None,
        "createdAt": watch.created_at if watch else None,
        "tags": dict(watch.tags) if watch else {},
        "progressAt": _time(watch.progress_at) if watch else None,
        "failingSince": _time(watch.failing_since) if watch else None,
        "endedBecause": watch.ended_because if watch else None,
        "changedAt": _time(history.changed_at),
        "alerts": [
            {"id": each.alert.id, "kind": each.alert.kind, "state": each.state} for each in history.current_alerts
        ],
        "unreadable": [{"record": item.record, "reason": item.reason} for item in history.unreadable],
    }


def whole_history(history: History, identity: StackIdentity) -> dict[str, Any]:
    """Return the same with every event, oldest first; and the state of a source."""
    source = history.watch.source if history.watch else ""
    events = [
        _alert(each, identity) if isinstance(each, StoredAlert) else _transition(each, source)
        for each in history.events
    ]
    return summary(history) | {"state": source_state(history.state) if history.state else None, "events": events}


def source_state(state: SourceState) -> dict[str, Any]:
    """Return what is known of a source."""
    return {
        "source": state.source,
        "answeringSince": _time(state.answering_since),
        "outage": _outage(state.outage),
        "listingOutage": _outage(state.listing_outage),
        "listedAt": _time(state.listed_at),
        "listingStartedAt": _time(state.partial_listing.started_at) if state.partial_listing else None,
    }


def follow_up(following: ResultsFollowUp | None) -> dict[str, Any] | None:
    """Return how far a deployment's results have been followed."""
    if following is None:
        return None
    return {
        "since": timestamp(following.since),
        "scans": following.scans,
        "nextScanAt": timestamp(following.next_scan_at),
        "isScanPartial": following.partial_scan is not None,
    }


def _outage(outage: Outage | None) -> dict[str, Any] | None:
    if outage is None:
        return None
    return {"since": timestamp(outage.since), "isNotified": outage.is_notified, "lastError": outage.last_error}


def _time(at: datetime | None) -> str | None:
    return None if at is None else timestamp(at)


def _transition(transition: Transition, source: str) -> dict[str, Any]:
    return {
        "type": "transition",
        "at": timestamp(transition.at),
        "status": {"from": transition.from_status, "to": transition.to_status},
        "metrics": encode_metrics(source, transition.metrics),
        "error": encode_error(transition.error),
    }


def _alert(stored: StoredAlert, identity: StackIdentity) -> dict[str, Any]:
    event: Any = encode(stored.alert, identity)
    return {
        "type": "alert",
        "at": event["time"],
        "id": stored.alert.id,
        **event["data"],
        "state": stored.state,
        "publishedAt": _time(stored.published_at),
        "messageId": stored.message_id,
        "attempts": stored.attempts,
        "lastError": stored.last_error,
        "nextAttemptAt": _time(stored.next_attempt_at),
        "discardedAt": _time(stored.discarded_at),
        "resentAt": _time(stored.resent_at),
    }
