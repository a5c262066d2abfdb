"""The test alert in each of its bodies."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from deployment_notifier.messages.test_message import id_of_test_alert, render_test
from deployment_notifier.model import Kind
from tests.unit.messages.example_alerts import AT, IDENTITY


def test_every_body_says_that_it_is_a_test() -> None:
    message = render_test(replace(IDENTITY, stack_name="my-notifier"), AT)
    bodies = json.loads(message.body)
    assert set(bodies) == {"default", "email", "https", "sqs", "lambda", "sms"}
    assert message.subject == "TEST: Greengrass alerts of my-notifier arrive - 123456789012 eu-west-1"
    assert all("TEST" in body for body in bodies.values())
    assert "Nothing is wrong" in bodies["email"]
    assert bodies["sms"] == message.subject


def test_its_event_has_a_type_of_its_own_and_the_fields_of_an_alert() -> None:
    event = json.loads(json.loads(render_test(IDENTITY, AT).body)["sqs"])
    assert event["type"] == "greengrass-deployment.TEST"
    assert event["id"] == id_of_test_alert(AT) == "test/2026-11-23T10:04:00.123Z"
    assert event["data"] == {
        "kind": "TEST",
        "also": [],
        "severity": "info",
        "deployment": None,
        "status": None,
        "metrics": None,
        "error": None,
        "targets": None,
        "since": None,
        "test": True,
    }


def test_the_chat_gets_a_custom_notification() -> None:
    body = json.loads(json.loads(render_test(IDENTITY, AT).body)["https"])
    assert (body["version"], body["source"], body["content"]["textType"]) == ("1.0", "custom", "client-markdown")
    assert "TEST" in body["content"]["title"]


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        (None, {"kind": "TEST", "severity": "info", "source": "greengrass-bulk"}),
        (Kind.FAILED, {"kind": "FAILED", "severity": "critical", "source": "greengrass-bulk"}),
    ],
)
def test_its_attributes_can_be_a_kinds_but_its_bodies_never_are(kind: Kind | None, attributes: dict[str, str]) -> None:
    message = render_test(IDENTITY, AT, kind)
    assert message.attributes == attributes
    assert "FAILED" not in message.body


def test_the_subject_of_a_long_name_fits_sns_and_says_where() -> None:
    subject = render_test(replace(IDENTITY, stack_name="n" * 128), AT).subject
    assert len(subject) <= 99
    assert subject.endswith("... arrive - 123456789012 eu-west-1")
