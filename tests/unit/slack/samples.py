"""What the topic carries, for the tests of the Slack function."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime
from typing import Any

from deployment_notifier.messages.content import build_content
from deployment_notifier.messages.event import encode
from deployment_notifier.model import (
    Alert,
    Error,
    ErrorDetail,
    FailureReason,
    Kind,
    ResultsSummary,
    StackIdentity,
    source_id,
)
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from local.slack.rules import texts

IDENTITY = StackIdentity("aws", "eu-west-1", "123456789012", "notifier-Function-1A", "notifier-Table-9Z", "notifier")
ID = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9"
AT = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)


def record(
    body: str, *, message_id: str = "message-1", subject: str | None = None, severity: str | None = None
) -> dict[str, Any]:
    """A record as SNS sends it."""
    attributes = {} if severity is None else {"severity": {"Type": "String", "Value": severity}}
    return {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": "arn:aws:sns:eu-west-1:123456789012:alerts:0c1d2e3f",
        "Sns": {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alerts",
            "Subject": subject,
            "Message": body,
            "Timestamp": "2026-11-23T10:04:00.987Z",
            "MessageAttributes": attributes,
        },
    }


def alert(kind: Kind, **fields: Any) -> Alert:  # noqa: ANN401 - the fields of Alert have many types
    if kind.is_about_source:
        return Alert(
            **{
                "deployment_id": source_id("greengrass-bulk"),
                "at": AT,
                "source": "greengrass-bulk",
                "kind": kind,
                **fields,
            }
        )
    counts = {"RecordsProcessed": 1200, "InvalidInputRecords": 12, "RetryAttempts": 7}
    return Alert(
        **{
            "deployment_id": ID,
            "at": AT,
            "source": "greengrass-bulk",
            "kind": kind,
            "from_status": "Running",
            "to_status": "Running",
            "metrics": GREENGRASS_BULK.to_metrics(counts),
            **fields,
        }
    )


RESULTS = ResultsSummary(
    succeeded=9_700,
    failed=300,
    unfinished=12,
    reasons=(
        FailureReason("GG-303", "The group has no version", 287, ("group-1", "group-2", "group-3")),
        FailureReason(None, "The core is offline", 1, ("group-4",)),
    ),
)

FAILED = alert(
    Kind.FAILED,
    to_status="Failed",
    also=(Kind.INVALID_RECORDS,),
    error=Error("Cannot read the input file.", (ErrorDetail("AccessDenied", "s3:GetObject is denied"),)),
    created_at="2026-11-23T09:00:00.000Z",
    tags={"team": "edge"},
)

ALARM: dict[str, Any] = {
    "AlarmName": "notifier-UndeliveredAlertsAlarm-1A2B",
    "AlarmDescription": "notifier: an alert has waited for more than 15 minutes. Run deployment-notifier doctor.",
    "AWSAccountId": "123456789012",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 1 datapoint [960.0 (23/11/26 10:03)] was greater than the threshold (900).",
    "StateChangeTime": "2026-11-23T10:04:00.123+0000",
    "Region": "EU (Ireland)",
    "OldStateValue": "OK",
    "Trigger": {"MetricName": "OldestUndeliveredAlertAge", "Namespace": "GreengrassDeploymentNotifier"},
}


def published(alert: Alert, message_id: str = "message-1") -> dict[str, Any]:
    """The record of an alert that the notifier published."""
    subject = build_content(alert, IDENTITY).title.subject()
    body = json.dumps(encode(alert, IDENTITY))
    return record(body, message_id=message_id, subject=subject, severity=alert.severity.value)


def text_of(message: dict[str, Any]) -> str:
    """All texts of a message, as a reader sees them: entities as the characters that they are."""
    return html.unescape("\n".join(each["text"] for each in texts(message)))
