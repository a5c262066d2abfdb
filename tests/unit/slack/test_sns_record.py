"""What an invocation brings is read, or refused, by its form."""

from __future__ import annotations

from typing import Any

import pytest

from deployment_notifier.slack.errors import RecordError
from deployment_notifier.slack.sns_record import parse_record, parse_records
from tests.unit.slack.samples import record


@pytest.mark.parametrize("event", [None, [], {}, {"Records": []}, {"Records": {}}, {"detail-type": "Scheduled Event"}])
def test_an_event_that_is_not_of_sns_is_refused(event: object) -> None:
    with pytest.raises(RecordError, match="SNS topic"):
        parse_records(event)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        "text",
        {},
        {"Sns": None},
        {"Sns": {}},
        {"Sns": {"Message": "x"}},
        {"Sns": {"MessageId": "x"}},
        {"Sns": {"Message": 5, "MessageId": "x"}},
        {"body": "an SQS record"},
    ],
)
def test_a_record_that_is_not_of_sns_is_refused(broken: object) -> None:
    with pytest.raises(RecordError, match="SNS"):
        parse_record(broken)


def test_a_record_has_id_subject_body_and_severity() -> None:
    found = parse_record(record("body", message_id="m", subject="s", severity="warning"))
    assert (found.message_id, found.subject, found.body, found.severity) == ("m", "s", "body", "warning")


@pytest.mark.parametrize("subject", [None, "", "  ", 5])
def test_an_empty_subject_is_none(subject: Any) -> None:  # noqa: ANN401 - it may be anything
    assert parse_record(record("body", subject=subject)).subject is None


@pytest.mark.parametrize("attributes", [None, 5, {}, {"severity": None}, {"severity": 5}])
def test_a_message_without_attributes_has_no_severity(attributes: object) -> None:
    found = record("body")
    found["Sns"]["MessageAttributes"] = attributes
    assert parse_record(found).severity is None
