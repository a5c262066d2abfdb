"""The minimal form: safe, understood by every protocol, and independent of the full form."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from deployment_notifier.messages import minimal, render, render_minimal
from deployment_notifier.messages.event import decode
from deployment_notifier.model import Alert, Error, Kind
from tests.unit.messages.example_alerts import ID, IDENTITY, example
from tests.unit.messages.test_any_text import ALERTS


@given(ALERTS)
def test_it_is_short_and_ascii_and_within_the_rules_of_sns(alert: Alert) -> None:
    message = render_minimal(alert, IDENTITY)
    assert re.fullmatch(r"[A-Z][\x20-\x7e]{0,98}", message.subject)
    assert message.body.isascii()
    assert message.size < 262_144  # what SNS takes
    bodies = json.loads(message.body)
    assert set(bodies) == {"default", "email", "https", "sqs", "lambda", "sms"}
    for protocol in ("default", "email"):
        assert re.fullmatch(r"[\x20-\x7e\n]+", bodies[protocol])
        assert len(bodies[protocol]) < 3_000
    assert re.fullmatch(r"[\x20-\x7e]{1,140}", bodies["sms"])
    for value in message.attributes.values():
        assert re.fullmatch(r"[\x20-\x7e]+", value)


@given(ALERTS)
def test_amazon_q_gets_a_notification_of_its_schema_without_any_markup(alert: Alert) -> None:
    body = json.loads(json.loads(render_minimal(alert, IDENTITY).body)["https"])
    assert (body["version"], body["source"], body["content"]["textType"]) == ("1.0", "custom", "client-markdown")
    assert 0 < len(body["content"]["title"]) <= 250
    assert 0 < len(body["content"]["description"]) <= 8_000
    for line in [body["content"]["title"], *body["content"]["description"].split("\n")]:
        assert re.fullmatch(r"`[^`<>&\n]+`", line)


@given(ALERTS)
def test_programs_get_an_event_of_the_same_fields(alert: Alert) -> None:
    full = json.loads(json.loads(render(alert, IDENTITY).body)["sqs"])
    bodies = json.loads(render_minimal(alert, IDENTITY).body)
    event = json.loads(bodies["sqs"])
    assert bodies["lambda"] == bodies["sqs"]
    assert list(event) == list(full)
    assert list(event["data"]) == list(full["data"])
    assert (event["type"], event["time"]) == (full["type"], full["time"])
    json.dumps(event, ensure_ascii=False).encode()  # no half of a surrogate pair
    assert decode(event) is not None


@pytest.mark.parametrize("kind", Kind)
def test_a_consumer_drops_it_as_a_repeat_of_the_full_form(kind: Kind) -> None:
    for alert in (example(kind), example(kind, deployment_id="東京-" + "x" * 900)):
        full, short = (json.loads(json.loads(form(alert, IDENTITY).body)["sqs"]) for form in (render, render_minimal))
        assert short["id"] == full["id"] == alert.id
        assert short["subject"] == full["subject"]
        assert render_minimal(alert, IDENTITY).attributes == render(alert, IDENTITY).attributes


def test_it_says_what_which_where_and_how_to_read_the_rest() -> None:
    alert = example(Kind.FAILED, to_status="Failed", also=(Kind.INVALID_RECORDS,), error=Error("No such file: “x”"))
    message = render_minimal(alert, IDENTITY)
    bodies = json.loads(message.body)
    assert message.subject == "CRITICAL: Greengrass FAILED 1b2c3d4e - 123456789012 eu-west-1"
    assert bodies["email"] == (
        "Kind: FAILED, INVALID_RECORDS (critical)\n"
        f"Deployment: {ID}\n"
        "Status: Failed\n"
        "Error: No such file: ?x?\n"
        "AWS account: 123456789012, eu-west-1\n"
        "Stack: greengrass-deployment-notifier\n"
        f"Alert: {ID}/2026-11-23T10:04:00.123Z\n"
        "This alert could not be sent in full.\n"
        f"Read it: deployment-notifier show {ID} --stack greengrass-deployment-notifier --region eu-west-1\n"
        "Silence this deployment:"
        f" deployment-notifier unwatch {ID} --stack greengrass-deployment-notifier --region eu-west-1\n"
    )
    assert bodies["default"] == f"{message.subject}\n\n{bodies['email']}"
    data: Any = json.loads(bodies["sqs"])["data"]
    assert data["error"] == {"message": "No such file: ?x?", "details": []}
    assert data["status"] == {"from": None, "to": "Failed"}


@pytest.mark.parametrize("kind", Kind)
def test_a_long_stack_name_never_cuts_the_account_and_the_region(kind: Kind) -> None:
    identity = replace(IDENTITY, stack_name="deployment-notifier-production", region="ap-southeast-7")
    for alert in (example(kind), example(kind, deployment_id="x" * 900)):
        subject = render_minimal(alert, identity).subject
        assert " - deploy" in subject
        assert subject.endswith(" 123456789012 ap-southeast-7")


def test_it_names_the_source_and_a_stack_with_a_name_of_its_own() -> None:
    alert = example(Kind.SOURCE_UNREACHABLE)
    message = render_minimal(alert, replace(IDENTITY, stack_name="greengrass-test"))
    assert message.subject == (
        "CRITICAL: Greengrass SOURCE_UNREACHABLE greengrass-bulk - greengrass-test 123456789012 eu-west-1"
    )
    email = json.loads(message.body)["email"]
    assert "deployment-notifier show source:greengrass-bulk --stack greengrass-test --region eu-west-1\n" in email
    assert "unwatch" not in email


@pytest.mark.parametrize("identifier", ["a b", "$(reboot)", "--help", "x;y", "a`b`", "'", "", "日本"])
def test_an_id_that_a_shell_could_misread_is_in_no_command(identifier: str) -> None:
    email = json.loads(render_minimal(example(Kind.FAILED, deployment_id=identifier), IDENTITY).body)["email"]
    assert "deployment-notifier" not in email.replace(IDENTITY.stack_name, "")


def test_it_shares_no_code_with_the_full_form() -> None:
    tree = ast.parse(Path(minimal.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported == {
        "__future__",
        "typing",
        "deployment_notifier.messages.message",
        "deployment_notifier.model",
    }
