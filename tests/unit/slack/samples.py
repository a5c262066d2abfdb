"""What the topic carries, for the tests of the Slack function."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from deployment_notifier.messages import render
from deployment_notifier.model import Alert, Error, ErrorDetail, GroupError, GroupTally, Kind, Metrics, Place
from deployment_notifier.slack.notices import Notice, read_notice
from local.slack.rules import texts

PLACE = Place("aws", "eu-west-1", "123456789012", "notifier-Function-1A", "notifier-Table-9Z")
ID = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9"
AT = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)


def alert(kind: Kind, **facts: Any) -> Alert:  # noqa: ANN401 - the fields of Alert have many types
    return Alert(
        **{
            "deployment_id": "source:greengrass-bulk" if kind.is_about_source else ID,
            "at": AT,
            "source": "greengrass-bulk",
            "kind": kind,
            "from_status": None if kind.is_about_source else "Running",
            "to_status": None if kind.is_about_source else "Running",
            "metrics": Metrics() if kind.is_about_source else Metrics(1200, 12, 7),
            **facts,
        }
    )


GROUPS = GroupTally(
    succeeded=9_700,
    failed=300,
    unfinished=12,
    errors=(
        GroupError("GG-303", "The group has no version", 287, ("group-1", "group-2", "group-3")),
        GroupError(None, "The core is offline", 1, ("group-4",)),
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
    "AlarmDescription": "notifier: an alert has waited for more than 15 minutes. Read the items under DELIVER.",
    "AWSAccountId": "123456789012",
    "AlarmConfigurationUpdatedTimestamp": "2026-11-20T08:00:00.000+0000",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 1 datapoint [960.0 (23/11/26 10:03)] was greater than the threshold (900).",
    "StateChangeTime": "2026-11-23T10:04:00.123+0000",
    "Region": "EU (Ireland)",
    "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:notifier-UndeliveredAlertsAlarm-1A2B",
    "OldStateValue": "OK",
    "OKActions": [],
    "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:alerts"],
    "InsufficientDataActions": [],
    "Trigger": {
        "MetricName": "OldestUndeliveredAlertAge",
        "Namespace": "GreengrassDeploymentNotifier",
        "StatisticType": "Statistic",
        "Statistic": "MAXIMUM",
        "Unit": "Seconds",
        "Dimensions": [{"value": "notifier", "name": "service"}],
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 900.0,
        "TreatMissingData": "ignore",
        "EvaluateLowSampleCountPercentile": "",
    },
}


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


def published(told: Alert, message_id: str = "message-1") -> dict[str, Any]:
    """The record of an alert that the notifier published."""
    message = render(told, PLACE)
    body = json.loads(message.body)["lambda"]
    return record(body, message_id=message_id, subject=message.subject, severity=told.severity.value)


def notice(told: Alert) -> Notice:
    return read_notice(published(told))


def text_of(message: dict[str, Any]) -> str:
    """All texts of a message, as a reader sees them: entities as the characters that they are."""
    whole = "\n".join(each["text"] for each in texts(message))
    return whole.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
