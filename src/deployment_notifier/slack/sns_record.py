"""The records that SNS invokes a Lambda function with: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deployment_notifier.slack.errors import RecordError


@dataclass(frozen=True, slots=True)
class SnsRecord:
    """One message of the topic.

    Attributes:
        message_id: SNS's id: the same in each delivery of one publish, another for each publish.
        subject: the subject of the email, if any; it says in one line what happened.
        body: what was published for Lambda functions.
        severity: the message attribute, in whatever words it has; None if there is none.
        as_received: the whole record.
    """

    message_id: str
    subject: str | None
    body: str
    severity: str | None
    as_received: dict[str, Any]


def parse_records(event: object) -> list[object]:
    """Return the records of an invocation, each for `parse_record`; SNS sends one, but its form allows more.

    Raises:
        RecordError: the event is not one of SNS.
    """
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not records:
        raise RecordError("the event has no Records; only an SNS topic should invoke this function")
    return records


def parse_record(record: object) -> SnsRecord:
    """Parse one record of an invocation.

    Raises:
        RecordError: it holds no message of SNS.
    """
    sns = record.get("Sns") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(sns, dict):
        raise RecordError("a record holds no SNS message; only an SNS topic should invoke this function")
    body, message_id, subject = sns.get("Message"), sns.get("MessageId"), sns.get("Subject")
    if not isinstance(body, str) or not isinstance(message_id, str):
        raise RecordError("a record's SNS message lacks its Message or its MessageId")
    attributes = sns.get("MessageAttributes")
    severity = attributes.get("severity") if isinstance(attributes, dict) else None
    return SnsRecord(
        message_id,
        subject if isinstance(subject, str) and subject.strip() else None,
        body,
        str(severity.get("Value")) if isinstance(severity, dict) else None,
        record,
    )
