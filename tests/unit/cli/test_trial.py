"""The test alert in each of its bodies."""

from __future__ import annotations

import json

import pytest

from deployment_notifier.model import Kind
from deployment_notifier_cli import trial
from deployment_notifier_cli.stack import Stack
from tests.fakes import PLACE, START

_STACK = Stack("my-notifier", "CREATE_COMPLETE", "arn:aws:sns:eu-west-1:123456789012:alerts", PLACE)


def test_every_body_says_that_it_is_a_test() -> None:
    message = trial.make(_STACK, START)
    bodies = json.loads(message.body)

    assert bodies.keys() == {"default", "email", "https", "sqs", "lambda", "sms"}
    assert message.subject == "TEST: my-notifier reaches you (eu-west-1)"
    assert all("TEST" in body for body in bodies.values())
    assert "No deployment is in trouble" in bodies["email"]
    assert bodies["sms"] == message.subject


def test_the_event_has_a_type_of_its_own_and_the_shape_of_an_alert() -> None:
    event = json.loads(json.loads(trial.make(_STACK, START).body)["sqs"])

    assert event["type"] == "greengrass-deployment.TEST"
    assert event["id"] == trial.identity(START) == "test/2026-11-23T10:04:00.123Z"
    assert event["data"] == {
        "kind": "TEST",
        "test": True,
        "also": [],
        "severity": "info",
        "deployment": None,
        "status": None,
        "metrics": None,
        "error": None,
        "groups": None,
    }


def test_the_chat_gets_a_custom_notification() -> None:
    body = json.loads(json.loads(trial.make(_STACK, START).body)["https"])

    assert (body["version"], body["source"], body["content"]["textType"]) == ("1.0", "custom", "client-markdown")
    assert "TEST" in body["content"]["title"]
    assert body["metadata"]["additionalContext"]["test"] == "true"


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        (None, {"kind": "TEST", "severity": "info", "source": "greengrass-bulk"}),
        (Kind.FAILED, {"kind": "FAILED", "severity": "critical", "source": "greengrass-bulk"}),
    ],
)
def test_its_attributes_can_be_a_kinds_but_its_bodies_never_are(kind: Kind | None, attributes: dict[str, str]) -> None:
    message = trial.make(_STACK, START, kind)

    assert message.attributes == attributes
    assert "FAILED" not in message.body


def test_the_subject_of_a_long_name_fits_sns() -> None:
    stack = Stack("n" * 128, "CREATE_COMPLETE", _STACK.topic_arn, PLACE)

    assert len(trial.make(stack, START).subject) <= 99
