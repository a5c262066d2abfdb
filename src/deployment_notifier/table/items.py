"""The shapes of the items: section 5 of the design, in one place."""

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
    SourceHealth,
    Transition,
    Watch,
    timestamp,
)
from deployment_notifier.table.attributes import Item, Plain, Reader, parse_time, written_all
from deployment_notifier.table.tallies import read_settling, read_tally, settling_attribute, tally_attribute

WATCH = "WATCH"
SOURCE = "SOURCE"
CHECK = "CHECK"
DELIVER = "DELIVER"

DEFAULT_SOURCE = "greengrass-bulk"
"""The source of a watch that names none, so that the smallest item put by hand is enough."""

EVENT = "EVENT#"
TRANSITION_SUFFIX = "#1-TRANSITION"
ALERT_SUFFIX = "#2-ALERT"
"""What the `Record` of an event is made of, around its time: they sort by time, a transition before its alert."""


def watch_key(deployment_id: str) -> dict[str, Any]:
    """The key of a deployment's watch."""
    return written_all({"DeploymentId": deployment_id, "Record": WATCH})


def source_key(source: str) -> dict[str, Any]:
    """The key of a source's trouble."""
    return written_all({"DeploymentId": f"source:{source}", "Record": SOURCE})


def alert_key(alert: Alert) -> dict[str, Any]:
    """The key of an alert. Its time puts it in its place in the story, after the transition that caused it."""
    return written_all({"DeploymentId": alert.deployment_id, "Record": f"{EVENT}{timestamp(alert.at)}{ALERT_SUFFIX}"})


def watch_attributes(watch: Watch, history_days: int) -> dict[str, Plain | None]:
    """What a watch stores beside its key; None stands for an attribute that is to be absent."""
    ended_at = None if watch.is_active else watch.version
    return {
        "Queue": CHECK if watch.is_active else None,
        "Version": watch.version,
        "Source": watch.source,
        "Status": watch.status,
        "ErrorMessage": watch.error_message,
        "CreatedAt": watch.created_at,
        "Tags": dict(watch.tags) or None,
        "HighestRecordsProcessed": watch.highest_records_processed,
        "ProgressAt": watch.progress_at,
        "FailingSince": watch.failing_since,
        "ToldInvalidRecords": watch.told_invalid_records,
        "ToldStalled": watch.told_stalled,
        "ToldUnchecked": watch.told_unchecked,
        "Settling": settling_attribute(watch.settling),
        "Groups": tally_attribute(watch.groups),
        "ToldFailedGroups": watch.told_failed_groups or None,
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
        deployment_id=reader.needed_text("DeploymentId"),
        source=reader.text("Source") or DEFAULT_SOURCE,
        version=reader.version(),
        status=reader.text("Status"),
        metrics=_read_metrics(reader),
        error_message=reader.text("ErrorMessage"),
        created_at=reader.text("CreatedAt"),
        tags=reader.text_map("Tags"),
        highest_records_processed=reader.count("HighestRecordsProcessed") or 0,
        progress_at=reader.time("ProgressAt"),
        failing_since=reader.time("FailingSince"),
        told_invalid_records=reader.count("ToldInvalidRecords") or 0,
        told_stalled=reader.flag("ToldStalled"),
        told_unchecked=reader.flag("ToldUnchecked"),
        settling=read_settling(reader),
        groups=read_tally(reader),
        told_failed_groups=reader.count("ToldFailedGroups") or 0,
        # What is queued to be checked is active, whatever else it says: somebody may have put it back by hand.
        ended_because=None if reader.text("Queue") == CHECK else reader.text("EndedBecause"),
    )


def health_attributes(health: SourceHealth) -> dict[str, Plain | None]:
    """What a source's trouble stores beside its key."""
    return {
        "Queue": CHECK,
        "Version": health.version,
        "FailingSince": health.failing_since,
        "Told": health.told,
        "LastError": health.last_error,
    }


def read_health(item: Item) -> SourceHealth:
    """Read a source's trouble.

    Raises:
        ItemError: an attribute is missing or has a wrong type.
    """
    reader = Reader(item)
    name = reader.needed_text("DeploymentId")
    failing_since = reader.time("FailingSince")
    if not name.startswith("source:") or failing_since is None:
        raise ItemError("a SOURCE record should stand under source:<name> and hold FailingSince")
    return SourceHealth(
        source=name.removeprefix("source:"),
        failing_since=failing_since,
        version=reader.version(),
        told=reader.flag("Told"),
        last_error=reader.text("LastError"),
    )


def transition_item(transition: Transition, history_days: int) -> dict[str, Any]:
    """A transition as an item of the deployment's story."""
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
    record = reader.needed_text("Record")
    return Transition(
        deployment_id=reader.needed_text("DeploymentId"),
        at=parse_time(record.removeprefix(EVENT).removesuffix(TRANSITION_SUFFIX), "Record"),
        from_status=reader.text("From"),
        to_status=reader.needed_text("To"),
        metrics=_read_metrics(reader),
        error=_read_error(reader),
    )


def alert_item(alert: Alert) -> dict[str, Any]:
    """An alert as an item of the deployment's story, in the DELIVER queue; it has no expiry until it is published."""
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
            "Groups": tally_attribute(alert.groups),
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
    record = reader.needed_text("Record")
    if not (record.startswith(EVENT) and record.endswith(ALERT_SUFFIX)):
        raise ItemError(f"Record holds {record!r:.60}; an alert's should be EVENT#<time>{ALERT_SUFFIX}")
    alert = Alert(
        deployment_id=reader.needed_text("DeploymentId"),
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
        groups=read_tally(reader),
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
        "RecordsProcessed": metrics.records_processed,
        "InvalidInputRecords": metrics.invalid_input_records,
        "RetryAttempts": metrics.retry_attempts,
    }


def _read_metrics(reader: Reader) -> Metrics:
    return Metrics(reader.count("RecordsProcessed"), reader.count("InvalidInputRecords"), reader.count("RetryAttempts"))


def _error_attributes(error: Error | None) -> dict[str, Plain | None]:
    if error is None:
        return {}
    details = [{"Code": detail.code, "Message": detail.message} for detail in error.details]
    return {"ErrorMessage": error.message, "ErrorDetails": details or None}


def _read_error(reader: Reader) -> Error | None:
    message = reader.text("ErrorMessage")
    details = tuple(
        ErrorDetail(detail.text("Code"), detail.text("Message")) for detail in reader.insides("ErrorDetails")
    )
    return Error(message, details) if message is not None or details else None
