"""The alert as a CloudEvents 1.0 event, for programs: what the protocols `sqs` and `lambda` get, and how to read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.alert_words import shown_metrics
from deployment_notifier.messages.links import deployment_arn, function_arn
from deployment_notifier.messages.target_results import known_results, missing
from deployment_notifier.messages.truncate import FULL, Limits, truncated
from deployment_notifier.model import (
    Alert,
    Error,
    ErrorDetail,
    FailureReason,
    Kind,
    Metrics,
    ResultsSummary,
    StackIdentity,
    source_id,
    timestamp,
)
from deployment_notifier.sources.registry import profile_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPE_PREFIX = "greengrass-deployment."

_DETAIL_FIELDS = {
    "name": "deploymentName",
    "target": "targetArn",
    "targetName": "targetName",
    "revision": "revisionId",
    "jobId": "iotJobId",
}
"""The fields of `data.deployment` that are details of it, with the source's own names."""


def encode(alert: Alert, identity: StackIdentity, limits: Limits = FULL) -> dict[str, object]:
    """Return the event that consumers rely on: what is not known is None, never left out.

    Args:
        alert: as it is stored; it is truncated here.
        identity: the stack, for the ARNs.
        limits: how much of the text from outside is kept.

    Returns:
        What `json.dumps` takes. `id` is the alert's id, so that a consumer can drop repeats. `source` is the
        deployment's ARN; the function's for a kind that is about a whole source, or a source without ARNs.
    """
    alert = truncated(alert, limits)
    is_about_source = alert.kind.is_about_source
    arn = None if is_about_source else deployment_arn(alert.source, alert.deployment_id, identity)
    data = {
        "kind": alert.kind.value,
        "also": [kind.value for kind in alert.also],
        "severity": alert.severity.value,
        "deployment": None if is_about_source else _deployment(alert, arn),
        "status": None if is_about_source else {"from": alert.from_status, "to": alert.to_status},
        "metrics": None if is_about_source else encode_metrics(alert.source, alert.metrics),
        "error": encode_error(alert.error),
        "targets": encode_targets(alert),
        "since": None if alert.since is None else timestamp(alert.since),
    }
    subject = alert.source if is_about_source else alert.deployment_id
    return cloud_event(alert.kind, alert.id, arn or function_arn(identity), subject, alert.at, data)


def cloud_event(
    kind: str, event_id: str, source: str, subject: str, at: datetime, data: Mapping[str, object]
) -> dict[str, object]:
    """Return an event's fields around its data."""
    return {
        "specversion": "1.0",
        "type": f"{TYPE_PREFIX}{kind}",
        "id": event_id,
        "source": source,
        "subject": subject,
        "time": timestamp(at),
        "datacontenttype": "application/json",
        "data": data,
    }


def _deployment(alert: Alert, arn: str | None) -> dict[str, object]:
    return {
        "id": alert.deployment_id,
        "arn": arn,
        "source": alert.source,
        **encode_details(alert.details),
        "createdAt": alert.created_at,
        "tags": dict(alert.tags),
    }


def encode_details(details: Mapping[str, str]) -> dict[str, object]:
    """Return what is known of a deployment as the event has it, such as its name and target."""
    return {field: details.get(key) for field, key in _DETAIL_FIELDS.items()}


def encode_metrics(source: str, metrics: Metrics) -> dict[str, object]:
    """Return the counts as the event has them: the source's own names, with a small first letter."""
    return {_field(name.key): count for name, count in shown_metrics(source, metrics)}


def encode_error(error: Error | None) -> dict[str, object] | None:
    """Return an error as the event has it."""
    if error is None:
        return None
    return {
        "message": error.message,
        "details": [{"code": each.code, "message": each.message} for each in error.details],
    }


def encode_targets(alert: Alert) -> dict[str, object] | None:
    """Return the results of a deployment's targets as the event has them; None if nothing is known."""
    results = known_results(alert)
    if results is None:
        return None
    return {
        "succeeded": results.succeeded,
        "failed": results.failed,
        "unfinished": results.unfinished,
        "missing": missing(alert),
        "isFollowed": alert.is_followed,
        "reasons": [
            {"code": each.code, "message": each.message, "count": each.count, "targets": list(each.targets)}
            for each in results.reasons
        ],
    }


def _field(name: str) -> str:
    return name[:1].lower() + name[1:]


def decode(event: Mapping[str, Any]) -> Alert | None:
    """Return the alert of an event; None for anything else, also for a kind that this version does not have.

    Args:
        event: any JSON object.
    """
    try:
        return _decode(event)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None


def is_test(event: Mapping[str, Any]) -> bool:
    """Return whether this is the event of a test alert."""
    data = event.get("data")
    return event.get("type") == f"{TYPE_PREFIX}TEST" and isinstance(data, dict) and data.get("test") is True


def _decode(event: Mapping[str, Any]) -> Alert:
    """Read an event, each field of which is there; any error means that it is none of ours."""
    data = event["data"]
    kind, subject = Kind(event["type"].removeprefix(TYPE_PREFIX)), _text(event["subject"])
    deployment, status, targets = data["deployment"], data["status"], data["targets"]
    is_about_source = kind.is_about_source
    source = subject if is_about_source else _text(deployment["source"])
    return Alert(
        deployment_id=source_id(subject) if is_about_source else subject,
        at=_time(event["time"]),
        source=source,
        kind=kind,
        also=tuple(Kind(each) for each in data["also"]),
        from_status=None if is_about_source else _text_or_none(status["from"]),
        to_status=None if is_about_source else _text_or_none(status["to"]),
        metrics=_metrics(source, data["metrics"] or {}),
        error=None if data["error"] is None else _error(data["error"]),
        created_at=None if is_about_source else _text_or_none(deployment["createdAt"]),
        details={}
        if is_about_source
        else {key: _text(text) for field, key in _DETAIL_FIELDS.items() if (text := deployment[field]) is not None},
        tags={} if is_about_source else {_text(key): _text(value) for key, value in deployment["tags"].items()},
        since=None if data["since"] is None else _time(data["since"]),
        results=None if targets is None else _results(targets),
        is_followed=targets is not None and targets["isFollowed"] is True,
    )


def _metrics(source: str, found: Mapping[str, Any]) -> Metrics:
    profile = profile_of(source)
    names = {_field(name.key): name.key for name in profile.metrics}
    return profile.to_metrics(
        {names.get(field, field): _count(count) for field, count in found.items() if count is not None}
    )


def _error(found: Mapping[str, Any]) -> Error:
    details = (ErrorDetail(_text_or_none(each["code"]), _text_or_none(each["message"])) for each in found["details"])
    return Error(_text_or_none(found["message"]), tuple(details))


def _results(found: Mapping[str, Any]) -> ResultsSummary:
    reasons = (
        FailureReason(
            _text_or_none(each["code"]),
            _text_or_none(each["message"]),
            _count(each["count"]),
            tuple(_text(name) for name in each["targets"]),
        )
        for each in found["reasons"]
    )
    return ResultsSummary(
        _count(found["succeeded"]), _count(found["failed"]), _count(found["unfinished"]), tuple(reasons)
    )


def _time(found: object) -> datetime:
    return datetime.fromisoformat(_text(found)).astimezone(UTC)


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError("not a text")
    return found


def _text_or_none(found: object) -> str | None:
    return None if found is None else _text(found)


def _count(found: object) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise TypeError("not a count")
    return found
