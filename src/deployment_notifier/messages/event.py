"""The alert as a CloudEvents 1.0 event, for programs: what the protocols `sqs` and `lambda` get."""

from __future__ import annotations

from deployment_notifier.messages.bounds import FULL, Limits, bounded
from deployment_notifier.messages.groups import known_groups
from deployment_notifier.messages.references import deployment_arn, function_arn
from deployment_notifier.model import Alert, Error, GroupTally, Metrics, Place, timestamp


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
            "metrics": None if about_source else metrics(alert.metrics),
            "error": error(alert.error),
            "groups": groups(known_groups(alert)),
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


def metrics(counts: Metrics) -> dict[str, object]:
    """Counts as the event has them."""
    return {
        "recordsProcessed": counts.records_processed,
        "invalidInputRecords": counts.invalid_input_records,
        "retryAttempts": counts.retry_attempts,
    }


def error(said: Error | None) -> dict[str, object] | None:
    """An error as the event has it."""
    if said is None:
        return None
    return {
        "message": said.message,
        "details": [{"code": each.code, "message": each.message} for each in said.details],
    }


def groups(tally: GroupTally | None) -> dict[str, object] | None:
    """The results of groups as the event has them."""
    if tally is None:
        return None
    return {
        "succeeded": tally.succeeded,
        "failed": tally.failed,
        "unfinished": tally.unfinished,
        "errors": [
            {"code": each.code, "message": each.message, "count": each.count, "groups": list(each.groups)}
            for each in tally.errors
        ],
    }
