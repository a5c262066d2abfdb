"""What an invocation brings is read, or refused, by its form."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from deployment_notifier.messages.event import event
from deployment_notifier.model import GroupError, GroupTally
from deployment_notifier.slack.errors import RecordError
from deployment_notifier.slack.notices import read_alert, read_json, read_notice
from tests.unit.slack.samples import FAILED, GROUPS, PLACE, published, record


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
        read_notice(broken)


def test_a_record_gives_id_subject_body_and_severity() -> None:
    found = read_notice(record("body", message_id="m", subject="s", severity="warning"))
    assert (found.message_id, found.subject, found.body, found.severity) == ("m", "s", "body", "warning")


@pytest.mark.parametrize("subject", [None, "", "  ", 5])
def test_an_empty_subject_is_none(subject: Any) -> None:  # noqa: ANN401 - what comes may be anything
    assert read_notice(record("body", subject=subject)).subject is None


@pytest.mark.parametrize("body", ["", "text", "[1]", "5", "null", "{", '{"a": NaN', "[" * 100_000])
def test_a_body_that_is_no_json_object_is_text(body: str) -> None:
    assert read_json(body) is None


@pytest.mark.parametrize(
    "change",
    [
        {"type": "com.example.other"},
        {"type": None},
        {"time": "yesterday"},
        {"time": None},
        {"data": None},
        {"data": {"kind": "NOT_KNOWN"}},
        {"data": {"kind": "FAILED", "also": ["NOT_KNOWN"]}},
        {"data": {"kind": "FAILED", "also": 5}},
        {"data": {}},
    ],
)
def test_an_event_that_is_not_an_alert_known_here_is_none(change: dict[str, Any]) -> None:
    assert read_alert({**event(FAILED, PLACE), **change}) is None


def test_members_of_a_wrong_type_are_taken_for_missing() -> None:
    data = {
        "kind": "FAILED",
        "deployment": {"source": 5, "createdAt": [], "tags": "x"},
        "status": "Failed",
        "metrics": {"recordsProcessed": "7", "invalidInputRecords": True, "retryAttempts": 3},
        "error": {"message": {}, "details": [None, {"code": "C", "message": 5}]},
    }
    found = read_alert({**event(FAILED, PLACE), "data": data})
    assert found is not None
    assert (found.source, found.created_at, found.to_status, dict(found.tags)) == ("unknown", None, None, {})
    assert (found.metrics.records_processed, found.metrics.invalid_input_records) == (None, None)
    assert found.metrics.retry_attempts == 3
    assert found.error is not None
    assert found.error.message is None
    assert [each.code for each in found.error.details] == [None, "C"]


def _groups(**changes: Any) -> GroupTally | None:  # noqa: ANN401 - what comes may be anything
    told = event(replace(FAILED, groups=GROUPS), PLACE)
    data: Any = told["data"]
    found = read_alert({**told, "data": {**data, "groups": {**data["groups"], **changes}}})
    assert found is not None
    return found.groups


def test_the_results_of_groups_are_read() -> None:
    assert _groups() == GROUPS


@pytest.mark.parametrize("name", ["succeeded", "failed", "unfinished"])
@pytest.mark.parametrize("count", [None, "3", True, -1, 1.5])
def test_results_of_groups_that_lack_a_count_are_not_known(name: str, count: Any) -> None:  # noqa: ANN401 - any
    assert _groups(**{name: count}) is None


@pytest.mark.parametrize("errors", [None, "x", {}, [None, 5, {}, {"count": "1"}, {"count": 0}]])
def test_reasons_that_are_none_are_left_out(errors: Any) -> None:  # noqa: ANN401 - what comes may be anything
    found = _groups(errors=errors)
    assert found is not None
    assert (found.failed, found.errors) == (300, ())


def test_a_reason_keeps_what_of_it_can_be_read() -> None:
    found = _groups(errors=[{"code": 5, "message": [], "count": 2, "groups": ["a", 5, None]}])
    assert found is not None
    assert found.errors == (GroupError(None, None, 2, ("a",)),)


def test_an_alert_without_also_has_none() -> None:
    body = json.loads(published(FAILED)["Sns"]["Message"])
    del body["data"]["also"]
    found = read_alert(body)
    assert found is not None
    assert found.also == ()
