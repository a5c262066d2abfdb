"""What must hold for a message whatever text comes from outside."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployment_notifier.messages import Message, render, render_minimal
from deployment_notifier.messages.event import event
from deployment_notifier.messages.publication import MAXIMUM_BYTES
from deployment_notifier.messages.text import chat_code, clean, cut_bytes, one_line, shell_argument
from deployment_notifier.model import (
    Alert,
    Error,
    ErrorDetail,
    GroupError,
    GroupTally,
    Kind,
    Metrics,
    Place,
    timestamp,
)

PLACE = Place("aws", "ap-southeast-2", "123456789012", "notifier-NotifierFunction-1A2B3C4D", "notifier-Table-5E6F")

HOSTILE = (
    "<!channel>",
    "<@U012AB3CD> <#C012> <https://evil.example|click>",
    "*bold* _it_ ~gone~ `code` ```block``` :bomb:",
    "[link](https://evil.example) **x** # y | z",
    "&lt;!here&gt; &amp;",
    "`<!everyone>`",
    "\u202egnp.exe \u2066x\u2069 \u200b\u200d\ufeff\u00ad",
    "\x00\x1b[31m\x7f\x85\u2028\u2029",
    "\ud800 \udfff \ue000 \U0010ffff \u0378 \u3164 \ufe0f",
    "a\r\nSubject: b\nBcc: c",
    "'; rm -rf / #\n$(reboot) `reboot` \\",
    "--output text",
    "file:///etc/passwd",
    '\\"' * 50,
    "💥" * 10_000,
    "é" * 10_000,
    "",
    " \t ",
)
# Half anything at all, surrogates included; half what is known to hurt, sometimes in a mixture.
TEXTS = st.text(st.characters(), max_size=200) | st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join)
TIMES = st.datetimes(datetime(2019, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  zone added
COUNTS = st.none() | st.integers(0, 2**53)
NUMBERS = st.integers(0, 2**53)
TALLIES = st.builds(
    GroupTally,
    NUMBERS,
    NUMBERS,
    st.just(0) | NUMBERS,
    st.lists(
        st.builds(
            GroupError,
            st.none() | TEXTS,
            st.none() | TEXTS,
            NUMBERS,
            st.lists(TEXTS, max_size=10, unique=True).map(tuple),
        ),
        max_size=20,
    ).map(tuple),
)
ALERTS = st.builds(
    Alert,
    deployment_id=TEXTS,
    at=TIMES,
    source=st.just("greengrass-bulk") | TEXTS,
    kind=st.sampled_from(Kind),
    also=st.lists(st.sampled_from(Kind), max_size=3).map(tuple),
    from_status=st.none() | TEXTS,
    to_status=st.sampled_from(["Running", "Completed", "Stopping"]) | st.none() | TEXTS,
    metrics=st.builds(Metrics, COUNTS, COUNTS, COUNTS),
    error=st.none()
    | st.builds(
        Error,
        st.none() | TEXTS,
        st.lists(st.builds(ErrorDetail, st.none() | TEXTS, st.none() | TEXTS), max_size=20).map(tuple),
    ),
    created_at=st.none() | TEXTS,
    tags=st.dictionaries(TEXTS, TEXTS, max_size=4),
    since=st.none() | TIMES,
    groups=st.none() | TALLIES,
)

_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def bodies(message: Message) -> dict[str, str]:
    found: dict[str, str] = json.loads(message.body)
    return found


def strings(value: object) -> list[str]:
    """All strings in a JSON value, keys included."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


def invisible(text: str) -> set[str]:
    return {c for c in text if c != "\n" and unicodedata.category(c) in _INVISIBLE_CATEGORIES}


@settings(deadline=None)
@given(ALERTS)
def test_the_whole_message_fits_sns(alert: Alert) -> None:
    message = render(alert, PLACE)
    counted = len(message.body.encode()) + len(message.subject.encode())
    counted += sum(len(f"{name}String{value}".encode()) for name, value in message.attributes.items())
    assert counted == message.size <= MAXIMUM_BYTES
    assert message.structured


@settings(deadline=None)
@given(ALERTS)
def test_the_subject_keeps_sns_rules_and_says_how_bad_it_is(alert: Alert) -> None:
    for message in (render(alert, PLACE), render_minimal(alert, PLACE)):
        assert re.fullmatch(r"[A-Z][\x20-\x7e]{0,98}", message.subject)
        assert message.subject.startswith(alert.severity.upper() + ": ")


@settings(deadline=None)
@given(ALERTS)
def test_every_protocol_has_a_body_and_the_structured_ones_are_json(alert: Alert) -> None:
    found = bodies(render(alert, PLACE))
    assert set(found) == {"default", "email", "https", "sqs", "lambda", "sms"}
    assert all(isinstance(body, str) and body for body in found.values())
    assert found["default"] == found["email"]
    assert found["sqs"] == found["lambda"]
    assert json.loads(found["https"])["source"] == "custom"
    assert json.loads(found["sqs"])["data"]["kind"] == alert.kind


@settings(deadline=None)
@given(ALERTS)
def test_no_control_bidirectional_or_invisible_character_gets_through(alert: Alert) -> None:
    message = render(alert, PLACE)
    found = bodies(message)
    for key in ("https", "sqs"):
        assert not {c for text in strings(json.loads(found[key])) for c in invisible(text)}
    assert not invisible(found["email"] + found["sms"] + render_minimal(alert, PLACE).body)
    for value in message.attributes.values():
        assert value
        assert not invisible(value)
        assert "\n" not in value


@settings(deadline=None)
@given(ALERTS)
def test_nothing_in_the_chat_body_can_mention_link_or_format(alert: Alert) -> None:
    body = json.loads(bodies(render(alert, PLACE))["https"])
    for text in strings(body):
        assert "<" not in text
        assert ">" not in text
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
    content, metadata = body["content"], body["metadata"]
    for text in (content["title"], content["description"], metadata["summary"], *content["nextSteps"]):
        for line in text.split("\n"):
            assert line.count("`") % 2 == 0
            ours = re.sub(r"`[^`]*`", "", line)  # outside code spans stands no text from outside
            assert not re.search(r"[*~\[\]|\\]|```|:bomb:|evil", ours)


@settings(deadline=None)
@given(ALERTS)
def test_the_chat_body_keeps_the_schema_of_custom_notifications(alert: Alert) -> None:
    body = json.loads(bodies(render(alert, PLACE))["https"])
    assert set(body) == {"version", "source", "id", "content", "metadata"}
    assert (body["version"], body["source"]) == ("1.0", "custom")
    content, metadata = body["content"], body["metadata"]
    assert set(content) == {"textType", "title", "description", "nextSteps", "keywords"}
    assert content["textType"] == "client-markdown"
    assert 0 < len(content["title"]) <= 250
    assert 0 < len(content["description"]) <= 8_000
    assert all(0 < len(step) <= 350 for step in content["nextSteps"])
    assert all(0 < len(word) <= 75 for word in content["keywords"])
    assert all(isinstance(value, str) for value in metadata["additionalContext"].values())
    assert ("threadId" in metadata) is (alert.severity != "critical")


@settings(deadline=None)
@given(ALERTS)
def test_the_event_has_every_field_and_null_for_what_is_not_known(alert: Alert) -> None:
    found: dict[str, Any] = json.loads(bodies(render(alert, PLACE))["sqs"])
    assert list(found) == ["specversion", "type", "id", "source", "subject", "time", "datacontenttype", "data"]
    assert found["type"] == f"greengrass-deployment.{alert.kind}"
    assert found["time"] == timestamp(alert.at)
    assert found["id"].endswith("/" + timestamp(alert.at))
    assert re.fullmatch(r"[!-~]+", found["source"])  # a URI has neither spaces nor anything but ASCII
    data = found["data"]
    assert list(data) == ["kind", "also", "severity", "deployment", "status", "metrics", "error", "groups"]
    if alert.kind.is_about_source:
        assert data["deployment"] is data["status"] is data["metrics"] is data["groups"] is None
        assert ":function:" in found["source"]
    else:
        assert list(data["deployment"]) == ["id", "arn", "source", "createdAt", "tags"]
        assert found["subject"] == data["deployment"]["id"]
        assert list(data["status"]) == ["from", "to"]
        assert list(data["metrics"].values()) == [
            alert.metrics.records_processed,
            alert.metrics.invalid_input_records,
            alert.metrics.retry_attempts,
        ]
        assert (data["groups"] is None) is (alert.groups is None)
    if data["groups"] is not None and alert.groups is not None:
        assert list(data["groups"]) == ["succeeded", "failed", "unfinished", "errors"]
        assert data["groups"]["failed"] == alert.groups.failed
        for told, error in zip(data["groups"]["errors"], alert.groups.errors, strict=False):
            assert list(told) == ["code", "message", "count", "groups"]
            assert told["count"] == error.count
            assert all(told["groups"])
    if data["error"] is not None:
        assert list(data["error"]) == ["message", "details"]
        assert data["error"]["message"] or data["error"]["details"]


@settings(deadline=None)
@given(ALERTS)
def test_a_text_message_is_one_short_ascii_line(alert: Alert) -> None:
    assert re.fullmatch(r"[\x20-\x7e]{1,140}", bodies(render(alert, PLACE))["sms"])


@settings(deadline=None)
@given(ALERTS)
def test_the_minimal_form_is_short_plain_ascii_and_names_kind_and_alert(alert: Alert) -> None:
    message = render_minimal(alert, PLACE)
    assert not message.structured
    assert re.fullmatch(r"[\x20-\x7e\n]+", message.body)
    assert len(message.body) < 3_000
    assert alert.kind in message.body
    assert timestamp(alert.at) in message.body


@settings(deadline=None)
@given(ALERTS)
def test_text_from_outside_cannot_add_a_section_to_the_email(alert: Alert) -> None:
    lines = bodies(render(alert, PLACE))["email"].split("\n")
    assert lines.count("What to do:") == 1
    assert sum(line.startswith("Why ") for line in lines) <= 1
    assert not [line for line in lines if line.startswith("  ") and not re.match(r"  (?:> |\d+\. |   aws )", line)]
    assert lines[0].startswith(alert.severity.upper())


@settings(deadline=None)
@given(TEXTS)
def test_a_hostile_id_stays_one_inert_argument_of_a_command(text: str) -> None:
    quoted = shell_argument(text)
    assert "\n" not in quoted
    (argument,) = shlex.split(quoted)
    assert argument.removeprefix(" ") == one_line(text)
    assert not argument.startswith(("-", "file://", "fileb://", "http://", "https://"))


@settings(deadline=None)
@given(TEXTS, st.integers(1, 300))
def test_a_code_span_is_whole_and_within_its_length(text: str, characters: int) -> None:
    span = chat_code(text, characters)
    assert re.fullmatch(r"`(?:[^`<>&]|&(?:amp|lt|gt);)+`", span)
    assert len(span) <= max(characters, 1) + 2


@settings(deadline=None)
@given(TEXTS, st.integers(3, 60))
def test_cutting_by_bytes_never_breaks_a_character(text: str, size: int) -> None:
    kept = cut_bytes(clean(text), size)
    assert len(kept.encode()) <= size


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(['"', "\\", '\\"', "'", "💥", "<", "&", "`", "é"]), st.sampled_from(Kind), TIMES)
def test_the_largest_alert_that_a_source_lets_in_fits_and_keeps_its_id(unit: str, kind: Kind, at: datetime) -> None:
    text = unit * 4_096
    identifier = cut_bytes(unit * 2_048, 2_048).rstrip("…")
    alert = Alert(
        identifier,
        at,
        "greengrass-bulk",
        kind,
        error=Error(text, tuple(ErrorDetail(text, text) for _ in range(20))),
        tags={f"{n}{text}": text for n in range(50)},
        created_at=text,
        from_status=text,
        to_status=text,
        since=at - timedelta(hours=2),
        groups=GroupTally(0, 2**53, 0, (GroupError(text, text, 2**40, (unit * 256,) * 10),) * 20),
    )
    message = render(alert, PLACE)
    assert message.size <= MAXIMUM_BYTES
    program = json.loads(bodies(message)["sqs"])
    assert program["id"] == f"{identifier}/{timestamp(at)}"
    if not kind.is_about_source:
        assert program["data"]["groups"]["failed"] == 2**53
        assert program["data"]["groups"]["errors"][0]["groups"]


def test_an_ordinary_error_of_twenty_details_is_not_cut_in_the_event() -> None:
    text = "The group has no version. " * 157
    details = tuple(ErrorDetail("InvalidGroup", text.strip()) for _ in range(20))
    alert = Alert(
        "d-1", datetime(2026, 11, 23, tzinfo=UTC), "greengrass-bulk", Kind.FAILED, error=Error("No.", details)
    )
    found = json.loads(bodies(render(alert, PLACE))["sqs"])
    assert [each["message"] for each in found["data"]["error"]["details"]] == [text.strip()] * 20
    assert found == event(alert, PLACE)


@pytest.mark.parametrize("text", ["\u202e", "\x1b", "\ud800", "\u200b", "\u3164", "\ue000", "\u2028", "\x85"])
def test_a_character_that_cannot_be_seen_is_removed(text: str) -> None:
    assert one_line(f"a{text}b") in {"ab", "a b"}


@pytest.mark.parametrize("text", ["naïve café", "日本語", "💥", "Ω → β"])
def test_text_of_any_language_stays(text: str) -> None:
    assert one_line(text) == text


def test_subject_and_text_message_stay_in_their_limits_when_all_parts_are_long() -> None:
    alert = Alert(
        "a-thing-group-with-a-long-name",
        datetime(2026, 11, 23, tzinfo=UTC),
        "greengrass-bulk",
        Kind.INVALID_RECORDS,
        to_status="Completed",
        metrics=Metrics(2**53, 2**53, 2**53),
    )
    message = render(alert, Place("aws", "ap-southeast-2-a-region-of-the-future", "123456789012", "f", "t"))
    assert len(message.subject) == 99
    assert message.subject.endswith("...")
    assert len(bodies(message)["sms"]) <= 140


def test_text_that_is_not_ascii_is_sent_as_it_is() -> None:
    alert = Alert("d-1", datetime(2026, 11, 23, tzinfo=UTC), "greengrass-bulk", Kind.FAILED, error=Error("日本語"))
    assert render(alert, PLACE).body.count("日本語") == 6  # twice in the chat body, once in each other long one
