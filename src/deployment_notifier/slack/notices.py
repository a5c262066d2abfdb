"""What SNS brings: the records of an invocation, and what each of them carries.

The form: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from deployment_notifier.model import Alert, Error, ErrorDetail, GroupError, GroupTally, Kind, Metrics
from deployment_notifier.slack.errors import RecordError

_TYPE_PREFIX = "greengrass-deployment."
_TEST = f"{_TYPE_PREFIX}TEST"
_SEVERITIES = {"critical", "warning", "info"}


@dataclass(frozen=True, slots=True)
class Notice:
    """One message of the topic.

    Attributes:
        message_id: SNS's own, the same in each delivery of this message and another for each publish.
        subject: what the email's subject is, where there is one; it says what happened in one line.
        body: what was published for Lambda functions.
        severity: from the message's attributes; None where they have none that is known.
        record: the record as it came.
    """

    message_id: str
    subject: str | None
    body: str
    severity: str | None
    record: dict[str, Any]


def read_notice(record: object) -> Notice:
    """One record of an invocation.

    Args:
        record: an entry of the event's `Records`.

    Raises:
        RecordError: it holds no message of SNS.
    """
    sns = record.get("Sns") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(sns, dict):
        raise RecordError("a record holds no SNS message; only an SNS topic should invoke this function")
    body, message_id, subject = sns.get("Message"), sns.get("MessageId"), sns.get("Subject")
    if not isinstance(body, str) or not isinstance(message_id, str):
        raise RecordError("a record's SNS message lacks its Message or its MessageId")
    severity = _member(_member(sns.get("MessageAttributes"), "severity"), "Value")
    return Notice(
        message_id,
        subject if isinstance(subject, str) and subject.strip() else None,
        body,
        severity if isinstance(severity, str) and severity in _SEVERITIES else None,
        record,
    )


def read_json(body: str) -> dict[str, Any] | None:
    """The JSON object that a message's body is; None where it is something else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_test(found: dict[str, Any]) -> bool:
    """Whether a message's body is the event of a test alert, which an operator sends by `deployment-notifier`."""
    return found.get("type") == _TEST and _member(found.get("data"), "test") is True


def read_alert(found: dict[str, Any]) -> Alert | None:
    """The alert of an event of this project (design, section 8); None for anything else, also of a kind not known here.

    Args:
        found: the message's body.
    """
    data = found.get("data")
    if not str(found.get("type")).startswith(_TYPE_PREFIX) or not isinstance(data, dict):
        return None
    try:
        kind = Kind(data["kind"])
        at = datetime.fromisoformat(found["time"]).astimezone(UTC)
        also = tuple(Kind(each) for each in data.get("also") or ())
        subject = str(found["subject"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    deployment, status, metrics = (data.get(name) for name in ("deployment", "status", "metrics"))
    tags = _member(deployment, "tags")
    return Alert(
        deployment_id=f"source:{subject}" if kind.is_about_source else subject,
        at=at,
        source=subject if kind.is_about_source else _text(_member(deployment, "source")) or "unknown",
        kind=kind,
        also=also,
        from_status=_text(_member(status, "from")),
        to_status=_text(_member(status, "to")),
        metrics=Metrics(
            _count(_member(metrics, "recordsProcessed")),
            _count(_member(metrics, "invalidInputRecords")),
            _count(_member(metrics, "retryAttempts")),
        ),
        error=_error(data.get("error")),
        groups=None if kind.is_about_source else _groups(data.get("groups")),
        created_at=_text(_member(deployment, "createdAt")),
        tags={key: str(value) for key, value in tags.items()} if isinstance(tags, dict) else {},
    )


def _error(found: object) -> Error | None:
    if not isinstance(found, dict):
        return None
    details = found.get("details")
    return Error(
        _text(found.get("message")),
        tuple(
            ErrorDetail(_text(_member(each, "code")), _text(_member(each, "message")))
            for each in (details if isinstance(details, list) else ())
        ),
    )


def _groups(found: object) -> GroupTally | None:
    """The results of groups; None where a count is missing, since half of them would tell something else."""
    counts = [_count(_member(found, name)) for name in ("succeeded", "failed", "unfinished")]
    succeeded, failed, unfinished = (count if count is not None and count >= 0 else None for count in counts)
    if succeeded is None or failed is None or unfinished is None:
        return None
    errors = _member(found, "errors")
    return GroupTally(
        succeeded,
        failed,
        unfinished,
        tuple(
            GroupError(_text(_member(each, "code")), _text(_member(each, "message")), count, _texts(each, "groups"))
            for each in (errors if isinstance(errors, list) else ())
            if (count := _count(_member(each, "count"))) is not None and count > 0
        ),
    )


def _texts(found: object, name: str) -> tuple[str, ...]:
    entries = _member(found, name)
    return tuple(entry for entry in entries if isinstance(entry, str)) if isinstance(entries, list) else ()


def _member(found: object, name: str) -> object:
    return found.get(name) if isinstance(found, dict) else None


def _text(found: object) -> str | None:
    return found if isinstance(found, str) else None


def _count(found: object) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) else None
