"""The event for programs: what it promises, and that it is read as it was written."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from deployment_notifier.messages import render
from deployment_notifier.messages.event import decode, encode, is_test
from deployment_notifier.messages.test_message import render_test
from deployment_notifier.model import Error, ErrorDetail, FailureReason, Kind, Metrics, ResultsSummary
from tests.unit.messages.example_alerts import AT, ID, IDENTITY, example, example_v2, metrics

ARN = f"arn:aws:greengrass:eu-west-1:123456789012:/greengrass/bulk/deployments/{ID}"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:notifier-Function-1A"
WHOLE = example(
    Kind.GROUPS_FAILED,
    from_status="Running",
    to_status="Completed",
    metrics=metrics(1200, None, 7),
    also=(Kind.RESULTS_INCOMPLETE,),
    error=Error("No.", (ErrorDetail("Code", None),)),
    created_at="2026-11-23T09:00:00.000Z",
    tags={"team": "edge"},
    since=AT - timedelta(minutes=1),
    results=ResultsSummary(900, 100, 20, (FailureReason("E1", "No version", 100, ("g-1", "g-2")),)),
    is_followed=True,
)


def test_the_event_of_a_deployment_has_all_that_is_known() -> None:
    assert encode(WHOLE, IDENTITY) == {
        "specversion": "1.0",
        "type": "greengrass-deployment.GROUPS_FAILED",
        "id": f"{ID}/2026-11-23T10:04:00.123Z",
        "source": ARN,
        "subject": ID,
        "time": "2026-11-23T10:04:00.123Z",
        "datacontenttype": "application/json",
        "data": {
            "kind": "GROUPS_FAILED",
            "also": ["RESULTS_INCOMPLETE"],
            "severity": "warning",
            "deployment": {
                "id": ID,
                "arn": ARN,
                "source": "greengrass-bulk",
                "name": None,
                "target": None,
                "targetName": None,
                "revision": None,
                "jobId": None,
                "createdAt": "2026-11-23T09:00:00.000Z",
                "tags": {"team": "edge"},
            },
            "status": {"from": "Running", "to": "Completed"},
            "metrics": {"recordsProcessed": 1200, "invalidInputRecords": None, "retryAttempts": 7},
            "error": {"message": "No.", "details": [{"code": "Code", "message": None}]},
            "targets": {
                "succeeded": 900,
                "failed": 100,
                "unfinished": 20,
                "missing": 180,
                "isFollowed": True,
                "reasons": [{"code": "E1", "message": "No version", "count": 100, "targets": ["g-1", "g-2"]}],
            },
            "since": "2026-11-23T10:03:00.123Z",
        },
    }


def test_a_canceled_device_is_no_missing_result() -> None:
    counts = {"Succeeded": 10, "Failed": 5, "Canceled": 15}
    alert = example_v2(Kind.FAILED, counts, to_status="CANCELED", results=ResultsSummary(10, 5, 0))
    found: Any = encode(alert, IDENTITY)
    assert found["data"]["targets"] | {"reasons": []} == {
        "succeeded": 10,
        "failed": 5,
        "unfinished": 0,
        "missing": 0,
        "isFollowed": False,
        "reasons": [],
    }
    assert "unknown" not in json.loads(render(alert, IDENTITY).body)["sms"]


def test_the_event_of_a_source_names_the_function_and_what_the_source_answered() -> None:
    found: Any = encode(example(Kind.SOURCE_UNREACHABLE, error=Error("Throttled")), IDENTITY)
    assert found["source"] == FUNCTION
    assert found["subject"] == "greengrass-bulk"
    assert found["data"] == {
        "kind": "SOURCE_UNREACHABLE",
        "also": [],
        "severity": "critical",
        "deployment": None,
        "status": None,
        "metrics": None,
        "error": {"message": "Throttled", "details": []},
        "targets": None,
        "since": None,
    }


def test_an_alert_about_results_none_of_which_could_be_read_says_how_many_are_missing() -> None:
    found: Any = encode(example(Kind.RESULTS_INCOMPLETE, metrics=metrics(4_500, 0)), IDENTITY)
    assert found["data"]["targets"]["missing"] == 4_500


def test_the_counts_of_a_source_that_this_version_does_not_have_go_by_their_own_names() -> None:
    counts = {"NumberOfFailedThings": 3, "no name!": 1}
    alert = example(Kind.FAILED, source="some-new-source", metrics=Metrics(counts))
    found: Any = encode(alert, IDENTITY)
    assert found["data"]["metrics"] == {"numberOfFailedThings": 3}


@pytest.mark.parametrize("kind", Kind)
def test_an_event_is_read_as_it_was_written(kind: Kind) -> None:
    results = None if kind.is_about_source else ResultsSummary(1, 2, 3)
    for alert in (example(kind, since=AT, results=results), WHOLE):
        assert decode(json.loads(json.loads(render(alert, IDENTITY).body)["lambda"])) == alert


@pytest.mark.parametrize(
    "change",
    [
        {"type": "greengrass-deployment.NEWER_KIND"},
        {"type": "other.FAILED"},
        {"type": None},
        {"time": "yesterday"},
        {"time": 5},
        {"subject": None},
        {"data": None},
        {"data": []},
        {"data": {"kind": "FAILED"}},
    ],
)
def test_what_is_no_event_of_an_alert_is_not_read_as_one(change: dict[str, object]) -> None:
    assert decode(encode(WHOLE, IDENTITY) | change) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("also", ["NEWER_KIND"]),
        ("status", {"from": 1, "to": None}),
        ("metrics", {"recordsProcessed": -1}),
        ("metrics", {"recordsProcessed": True}),
        ("error", "text"),
        ("targets", {"succeeded": 1}),
        ("deployment", {"id": "d-1"}),
        ("since", "9" * 30),
    ],
)
def test_an_event_with_a_field_of_another_shape_is_not_read(field: str, value: object) -> None:
    event: Any = encode(WHOLE, IDENTITY)
    assert decode(event | {"data": event["data"] | {field: value}}) is None


def test_the_event_of_a_test_alert_is_known_as_a_test_and_is_no_alert() -> None:
    event = json.loads(json.loads(render_test(IDENTITY, AT, Kind.FAILED).body)["sqs"])
    assert is_test(event)
    assert decode(event) is None
    real: Any = encode(WHOLE, IDENTITY)
    assert not is_test(real)
    assert not is_test(event | {"data": None})
    assert list(event) == list(real)
    assert list(event["data"]) == [*real["data"], "test"]


def test_twenty_reasons_with_the_longest_texts_that_are_let_in_are_not_cut() -> None:
    reasons = tuple(
        FailureReason("C" * 128, "m" * 1_024, 500, tuple(f"group-{n}-{m}" for m in range(10))) for n in range(20)
    )
    alert = example(Kind.GROUPS_FAILED, results=ResultsSummary(0, 10_000, 0, reasons))
    assert json.loads(json.loads(render(alert, IDENTITY).body)["sqs"]) == encode(alert, IDENTITY)


def test_an_ordinary_error_of_twenty_details_is_not_cut() -> None:
    text = ("The group has no version. " * 157).strip()
    details = tuple(ErrorDetail("InvalidGroup", text) for _ in range(20))
    found = json.loads(json.loads(render(example(Kind.FAILED, error=Error("No.", details)), IDENTITY).body)["sqs"])
    assert [each["message"] for each in found["data"]["error"]["details"]] == [text] * 20
