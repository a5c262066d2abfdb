"""The shapes of the items: docs/data-model.md describes them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from deployment_notifier.errors import ItemError
from deployment_notifier.model import (
    Alert,
    Error,
    ErrorDetail,
    Kind,
    Metrics,
    SourceState,
    Transition,
    Watch,
    source_id,
    timestamp,
)
from deployment_notifier.sources.registry import DEFAULT_SOURCE
from deployment_notifier.table.attributes import Item, Plain, Reader, parse_time, written_all
from deployment_notifier.table.results_attributes import (
    follow_up_attribute,
    read_follow_up,
    read_results,
    results_attribute,
)
from deployment_notifier.table.source_attributes import (
    outage_attribute,
    partial_listing_attribute,
    read_outage,
    read_partial_listing,
)

WATCH = "WATCH"
SOURCE = "SOURCE"
CHECK = "CHECK"
DELIVER = "DELIVER"

EVENT = "EVENT#"
TRANSITION_SUFFIX = "#1-TRANSITION"
ALERT_SUFFIX = "#2-ALERT"
"""The parts of an event's `Record` around its time: events sort by time, a transition before its alert."""


def watch_key(deployment_id: str) -> dict[str, Any]:
    """The key of a deployment's watch."""
    return written_all({"DeploymentId": deployment_id, "Record": WATCH})


def source_key(source: str) -> dict[str, Any]:
    """The key of a source's state."""
    return written_all({"DeploymentId": source_id(source), "Record": SOURCE})


def alert_key(alert: Alert) -> dict[str, Any]:
    """The key of an alert. Its time puts it in its place in the history, after the transition that caused it."""
    return written_all({"DeploymentId": alert.deployment_id, "Record": f"{EVENT}{timestamp(alert.at)}{ALERT_SUFFIX}"})


def watch_attributes(watch: Watch, history_days: int) -> dict[str, Plain | None]:
    """Return what a watch stores beside its key; None for an attribute that must be absent."""
    ended_at = None if watch.is_active else watch.version
    return {
        "Queue": CHECK if watch.is_active else None,
        "Version": watch.version,
        "Source": watch.source,
        "Status": watch.status,
        "ErrorMessage": watch.error_message,
        "CreatedAt": watch.created_at,
        "Tags": dict(watch.tags) or None,
        "Details": dict(watch.details) or None,
        "IsResting": watch.is_resting or None,
        "HasRested": watch.has_rested or None,
        "HighestProgress": watch.highest_progress or None,
        "ProgressAt": watch.progress_at,
        "FailingSince": watch.failing_since,
        "NotifiedCompleted": watch.notified_completed or None,
        "NotifiedFailures": watch.notified_failures or None,
        "NotifiedFailuresAt": watch.notified_failures_at,
        "NotifiedStalled": watch.notified_stalled or None,
        "NotifiedUnchecked": watch.notified_unchecked or None,
        "FollowUp": follow_up_attribute(watch.follow_up),
        "Results": results_attribute(watch.results),
        "NotifiedFailedTargets": watch.notified_failed_targets or None,
        "EndedBecause": watch.ended_because,
        "ExpiresAt": None if ended_at is None else ended_at // 1000 + history_days * 86_400,
        **_metrics_attributes(watch.metrics),
    }


def read_watch(item: Item) -> Watch:
    """Read a watch that is in the CHECK queue; the smallest item has only its key.

    Raises:
        ItemError: an attribute has a wrong type.
    """
    reader = Reader(item)
    return Watch(
        deployment_id=reader.required_text("DeploymentId"),
        source=reader.text("Source") or DEFAULT_SOURCE,
        version=reader.version(),
        status=reader.text("Status"),
        metrics=_read_metrics(reader),
        error_message=reader.text("ErrorMessage"),
        created_at=reader.text("CreatedAt"),
        tags=reader.text_map("Tags"),
        details=reader.text_map("Details"),
        is_resting=reader.flag("IsResting"),
        has_rested=reader.flag("HasRested"),
        highest_progress=reader.count("HighestProgress") or 0,
        progress_at=reader.time("ProgressAt"),
        failing_since=reader.time("FailingSince"),
        notified_completed=reader.flag("NotifiedCompleted"),
        notified_failures=reader.count("NotifiedFailures") or 0,
        notified_failures_at=reader.time("NotifiedFailuresAt"),
        notified_stalled=reader.flag("NotifiedStalled"),
        notified_unchecked=reader.flag("NotifiedUnchecked"),
        follow_up=read_follow_up(reader),
        results=read_results(reader),
        notified_failed_targets=reader.count("NotifiedFailedTargets") or 0,
        # What is queued for checks is active, whatever else it says: a person may have put it back.
        ended_because=None if reader.text("Queue") == CHECK else reader.text("EndedBecause"),
    )


def state_attributes(state: SourceState) -> dict[str, Plain | None]:
    """Return what a source's state stores beside its key. It stays queued, so that the sweep's query brings it."""
    return {
        "Queue": CHECK,
        "Version": state.version,
        "AnsweringSince": state.answering_since,
        "Outage": outage_attribute(state.outage),
        "ListingOutage": outage_attribute(state.listing_outage),
        "ListingSince": state.listing_since,
        "ListedAt": state.listed_at,
        "PartialListing": partial_listing_attribute(state.partial_listing),
    }


def read_state(item: Item) -> SourceState:
    """Read a source's state.

    Raises:
        ItemError: an attribute is missing or has a wrong type.
    """
    reader = Reader(item)
    name = reader.required_text("DeploymentId")
    prefix = source_id("")
    if not name.startswith(prefix):
        raise ItemError(f"DeploymentId holds {name!r:.60}; that of a SOURCE record should be source:<name>")
    return SourceState(
        source=name.removeprefix(prefix),
        version=reader.version(),
        answering_since=reader.time("AnsweringSince"),
        outage=read_outage(reader, "Outage"),
        listing_outage=read_outage(reader, "ListingOutage"),
        listing_since=reader.time("ListingSince"),
        listed_at=reader.time("ListedAt"),
        partial_listing=read_partial_listing(reader),
    )


def transition_item(transition: Transition, history_days: int) -> dict[str, Any]:
    """Return a transition as an item of the deployment's history."""
    return written_all(
        {
            "DeploymentId": transition.deployment_id,
            "Record": f"{EVENT}{timestamp(transition.at)}{TRANSITION_SUFFIX}",
            "From": transition.from_status,
            "To": transition.to_status,
            "ExpiresAt": expiry(transition.at, history_days),
            **_metrics_attributes(transition.metrics),
            **_error_attributes(transition.error),
        }
    )


def read_transition(item: Item) -> Transition:
    """Read a transition.

    Raises:
        ItemError: an attribute is missing or has a wrong type.
    """
    reader = Reader(item)
    record = reader.required_text("Record")
    return Transition(
        deployment_id=reader.required_text("DeploymentId"),
        at=parse_time(record.removeprefix(EVENT).removesuffix(TRANSITION_SUFFIX), "Record"),
        from_status=reader.text("From"),
        to_status=reader.required_text("To"),
        metrics=_read_metrics(reader),
        error=_read_error(reader),
    )


def alert_item(alert: Alert) -> dict[str, Any]:
    """Return an alert as an item of the deployment's history, queued for publishing; it expires only once published."""
    return alert_key(alert) | written_all(
        {
            "Queue": DELIVER,
            "Source": alert.source,
            "Kind": alert.kind,
            "Also": list[str](alert.also),
            "Severity": alert.severity,
            "From": alert.from_status,
            "To": alert.to_status,
            "CreatedAt": alert.created_at,
            "Tags": dict(alert.tags) or None,
            "Since": alert.since,
            "Results": results_attribute(alert.results),
            "Details": dict(alert.details) or None,
            "IsFollowed": alert.is_followed or None,
            **_metrics_attributes(alert.metrics),
            **_error_attributes(alert.error),
        }
    )


def read_alert(item: Item) -> Alert:
    """Read an alert.

    Raises:
        ItemError: an attribute is missing or has a wrong type.
    """
    reader = Reader(item)
    record = reader.required_text("Record")
    if not (record.startswith(EVENT) and record.endswith(ALERT_SUFFIX)):
        raise ItemError(f"Record holds {record!r:.60}; an alert's should be EVENT#<time>{ALERT_SUFFIX}")
    alert = Alert(
        deployment_id=reader.required_text("DeploymentId"),
        at=parse_time(record.removeprefix(EVENT).removesuffix(ALERT_SUFFIX), "Record"),
        source=reader.text("Source") or DEFAULT_SOURCE,
        kind=reader.one_of("Kind", Kind),
        # A kind that this version does not know any more is no reason to withhold the alert.
        also=tuple(kind for word in reader.texts("Also") for kind in Kind if kind == word),
        from_status=reader.text("From"),
        to_status=reader.text("To"),
        metrics=_read_metrics(reader),
        error=_read_error(reader),
        created_at=reader.text("CreatedAt"),
        tags=reader.text_map("Tags"),
        since=reader.time("Since"),
        results=read_results(reader),
        details=reader.text_map("Details"),
        is_followed=reader.flag("IsFollowed"),
    )
    if alert_key(alert)["Record"]["S"] != record:
        # It could never be leased or marked, under the key that its time makes.
        raise ItemError(f"Record holds {record!r:.60}; its time should be such as 2026-11-23T10:04:00.123Z")
    return alert


def expiry(at: datetime, history_days: int) -> int:
    """When what happened at a time may be forgotten: seconds since 1970, as DynamoDB's TTL takes it."""
    return int((at + timedelta(days=history_days)).timestamp())


def _metrics_attributes(metrics: Metrics) -> dict[str, Plain | None]:
    return {
        "Metrics": dict(metrics.counts) or None,
        "Progress": metrics.progress,
        "Failures": metrics.failures,
        "Succeeded": metrics.succeeded,
        "Unfinished": metrics.unfinished,
    }


def _read_metrics(reader: Reader) -> Metrics:
    return Metrics(
        reader.count_map("Metrics"),
        reader.count("Progress"),
        reader.count("Failures"),
        reader.count("Succeeded"),
        reader.count("Unfinished"),
    )


def _error_attributes(error: Error | None) -> dict[str, Plain | None]:
    if error is None:
        return {}
    details = [{"Code": detail.code, "Message": detail.message} for detail in error.details]
    return {"ErrorMessage": error.message, "ErrorDetails": details or None}


def _read_error(reader: Reader) -> Error | None:
    message = reader.text("ErrorMessage")
    details = tuple(ErrorDetail(detail.text("Code"), detail.text("Message")) for detail in reader.maps("ErrorDetails"))
    return Error(message, details) if message is not None or details else None
