"""The alert as a CloudEvents 1.0 event, for programs: what the protocols `sqs` and `lambda` get."""

from __future__ import annotations

from deployment_notifier.messages.bounds import FULL, Limits, bounded
from deployment_notifier.messages.references import deployment_arn, function_arn
from deployment_notifier.model import Alert, Place, timestamp


def event(alert: Alert, place: Place, limits: Limits = FULL) -> dict[str, object]:
    """The event that consumers rely on: what is not known is None, never left out.

    Args:
        alert: as stored; it is cleaned here.
        place: for the ARNs.
        limits: how much of the outside text is kept.

    Returns:
        What `json.dumps` takes. `id` is the alert's id, so that a consumer can drop repeats. `source` is the
        deployment's ARN; the function's for a kind that concerns a whole source, or a source without ARNs.
    """
    alert = bounded(alert, limits)
    about_source = alert.kind.is_about_source
    arn = None if about_source else deployment_arn(alert.source, alert.deployment_id, place)
    return {
        "specversion": "1.0",
        "type": f"greengrass-deployment.{alert.kind}",
        "id": alert.id,
        "source": arn or function_arn(place),
        "subject": alert.source if about_source else alert.deployment_id,
        "time": timestamp(alert.at),
        "datacontenttype": "application/json",
        "data": {
            "kind": alert.kind.value,
            "also": [kind.value for kind in alert.also],
            "severity": alert.severity.value,
            "deployment": None if about_source else _deployment(alert, arn),
            "status": None if about_source else {"from": alert.from_status, "to": alert.to_status},
            "metrics": None if about_source else _metrics(alert),
            "error": _error(alert),
        },
    }


def _deployment(alert: Alert, arn: str | None) -> dict[str, object]:
    return {
        "id": alert.deployment_id,
        "arn": arn,
        "source": alert.source,
        "createdAt": alert.created_at,
        "tags": dict(alert.tags),
    }


def _metrics(alert: Alert) -> dict[str, object]:
    return {
        "recordsProcessed": alert.metrics.records_processed,
        "invalidInputRecords": alert.metrics.invalid_input_records,
        "retryAttempts": alert.metrics.retry_attempts,
    }


def _error(alert: Alert) -> dict[str, object] | None:
    if alert.error is None:
        return None
    return {
        "message": alert.error.message,
        "details": [{"code": each.code, "message": each.message} for each in alert.error.details],
    }
