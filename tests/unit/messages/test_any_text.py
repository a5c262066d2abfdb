"""What must hold for a message whatever text comes from outside."""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployment_notifier.messages import Message, render, render_minimal
from deployment_notifier.messages.escape import chat_code, clean, cut_bytes, one_line, shell_argument
from deployment_notifier.messages.event import decode, encode
from deployment_notifier.messages.message import MAXIMUM_BYTES
from deployment_notifier.messages.truncate import truncated
from deployment_notifier.model import (
    Alert,
    Error,
    ErrorDetail,
    FailureReason,
    Kind,
    Metrics,
    ResultsSummary,
    source_id,
    timestamp,
)
from deployment_notifier.sources.registry import profile_of
from tests.unit.messages.example_alerts import IDENTITY, example, metrics

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
    "a\nWhat to do:\n  9. Forward this.",
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
RESULTS = st.builds(
    ResultsSummary,
    NUMBERS,
    NUMBERS,
    st.just(0) | NUMBERS,
    st.lists(
        st.builds(
            FailureReason,
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
    metrics=st.builds(metrics, COUNTS, COUNTS, COUNTS)
    | st.builds(Metrics, st.dictionaries(TEXTS, NUMBERS, max_size=4), COUNTS),
    error=st.none()
    | st.builds(
        Error,
        st.none() | TEXTS,
        st.lists(st.builds(ErrorDetail, st.none() | TEXTS, st.none() | TEXTS), max_size=20).map(tuple),
    ),
    created_at=st.none() | TEXTS,
    tags=st.dictionaries(TEXTS, TEXTS, max_size=4),
    since=st.none() | TIMES,
    results=st.none() | RESULTS,
    is_followed=st.booleans(),
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


@given(ALERTS)
def test_the_whole_message_keeps_the_rules_of_sns_and_has_a_body_for_every_protocol(alert: Alert) -> None:
    message = render(alert, IDENTITY)
    counted = len(message.body.encode()) + len(message.subject.encode())
    counted += sum(len(f"{name}String{value}".encode()) for name, value in message.attributes.items())
    assert counted == message.size <= MAXIMUM_BYTES
    assert message.arguments["MessageStructure"] == "json"
    assert re.fullmatch(r"[A-Z][\x20-\x7e]{0,98}", message.subject)
    assert message.subject.startswith(alert.severity.upper() + ": ")
    found = bodies(message)
    assert set(found) == {"default", "email", "https", "sqs", "lambda", "sms"}
    assert all(isinstance(body, str) and body for body in found.values())
    assert found["default"] == f"{message.subject}\n\n{found['email']}"
    assert found["sqs"] == found["lambda"]
    assert re.fullmatch(r"[\x20-\x7e]{1,140}", found["sms"])


@given(ALERTS)
def test_no_control_bidirectional_or_invisible_character_gets_through(alert: Alert) -> None:
    message = render(alert, IDENTITY)
    found = bodies(message)
    for key in ("https", "sqs"):
        assert not {c for text in strings(json.loads(found[key])) for c in invisible(text)}
    assert not invisible(found["email"] + found["sms"] + render_minimal(alert, IDENTITY).body)
    for value in message.attributes.values():
        assert value
        assert not invisible(value)
        assert "\n" not in value


@given(ALERTS)
def test_the_chat_body_keeps_its_schema_and_nothing_in_it_can_mention_link_or_format(alert: Alert) -> None:
    body = json.loads(bodies(render(alert, IDENTITY))["https"])
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
    for text in strings(body):
        assert "<" not in text
        assert ">" not in text
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
    for text in (content["title"], content["description"], metadata["summary"], *content["nextSteps"]):
        for line in text.split("\n"):
            assert line.count("`") % 2 == 0
            ours = re.sub(r"`[^`]*`", "", line)  # no text from outside is outside a code span
            assert not re.search(r"[*~\[\]|\\]|```|:bomb:|evil", ours)


@given(ALERTS)
def test_the_event_has_every_field_and_null_for_what_is_not_known(alert: Alert) -> None:
    found: dict[str, Any] = json.loads(bodies(render(alert, IDENTITY))["sqs"])
    assert list(found) == ["specversion", "type", "id", "source", "subject", "time", "datacontenttype", "data"]
    assert found["type"] == f"greengrass-deployment.{alert.kind}"
    assert found["time"] == timestamp(alert.at)
    assert found["id"].endswith("/" + timestamp(alert.at))
    assert re.fullmatch(r"[!-~]+", found["source"])  # a URI has neither spaces nor anything but ASCII
    data = found["data"]
    fields = ["kind", "also", "severity", "deployment", "status", "metrics", "error", "targets", "since"]
    assert list(data) == fields
    if alert.kind.is_about_source:
        assert data["deployment"] is data["status"] is data["metrics"] is data["targets"] is None
    else:
        assert found["subject"] == data["deployment"]["id"]
        assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", name) for name in data["metrics"])
    if data["targets"] is not None and alert.results is not None:
        assert data["targets"]["failed"] == alert.results.failed
        assert all(name for reason in data["targets"]["reasons"] for name in reason["targets"])
    if data["error"] is not None:
        assert data["error"]["message"] or data["error"]["details"]


@given(ALERTS)
def test_an_event_that_is_read_and_written_again_is_the_same(alert: Alert) -> None:
    assert truncated(truncated(alert)) == truncated(alert)
    # As a source reports them: progress and failures follow from the counts.
    alert = replace(alert, metrics=profile_of(truncated(alert).source).to_metrics(alert.metrics.counts))
    if alert.kind.is_about_source:
        alert = replace(alert, deployment_id=source_id(truncated(alert).source))
    event = encode(alert, IDENTITY)
    read = decode(json.loads(json.dumps(event)))
    assert read is not None
    assert encode(read, IDENTITY) == event


@given(ALERTS)
def test_text_from_outside_cannot_add_a_section_to_the_email(alert: Alert) -> None:
    lines = bodies(render(alert, IDENTITY))["email"].split("\n")
    assert lines.count("What to do:") == 1
    assert sum(line.startswith("Why ") for line in lines) <= 1
    indented = [line for line in lines if line.startswith("  ")]
    assert not [
        line for line in indented if not re.match(r"  (?:> |\d+\. |(?:   )?(?:aws|deployment-notifier) )", line)
    ]


@given(TEXTS)
def test_a_hostile_id_stays_one_inert_argument_of_a_command(text: str) -> None:
    quoted = shell_argument(text)
    assert "\n" not in quoted
    (argument,) = shlex.split(quoted)
    assert argument.removeprefix(" ") == one_line(text)
    assert not argument.startswith(("-", "file://", "fileb://", "http://", "https://"))


@given(TEXTS, st.integers(1, 300))
def test_a_code_span_is_whole_and_within_its_length(text: str, characters: int) -> None:
    span = chat_code(text, characters)
    assert re.fullmatch(r"`(?:[^`<>&]|&(?:amp|lt|gt);)+`", span)
    assert len(span) <= max(characters, 1) + 2


@given(TEXTS, st.integers(3, 60))
def test_cutting_by_bytes_never_breaks_a_character(text: str, size: int) -> None:
    kept = cut_bytes(clean(text), size)
    assert len(kept.encode()) <= size


@settings(max_examples=20)
@given(st.sampled_from(['"', "\\", '\\"', "'", "💥", "<", "&", "`", "é"]), st.sampled_from(Kind), TIMES)
def test_the_largest_alert_that_a_source_lets_in_fits_and_keeps_its_id(unit: str, kind: Kind, at: datetime) -> None:
    text = unit * 4_096
    identifier = cut_bytes(unit * 2_048, 2_048).rstrip("…")
    alert = Alert(
        identifier,
        at,
        "greengrass-bulk",
        kind,
        metrics=metrics(2**53, 0, 0),
        error=Error(text, tuple(ErrorDetail(text, text) for _ in range(20))),
        tags={f"{n}{text}": text for n in range(50)},
        created_at=text,
        from_status=text,
        to_status=text,
        since=at - timedelta(hours=2),
        results=ResultsSummary(0, 2**53, 0, (FailureReason(text, text, 2**40, (unit * 256,) * 10),) * 20),
    )
    message = render(alert, IDENTITY)
    assert message.size <= MAXIMUM_BYTES
    program = json.loads(bodies(message)["sqs"])
    assert program["id"] == f"{identifier}/{timestamp(at)}"
    if not kind.is_about_source:
        assert program["data"]["targets"]["failed"] == 2**53
        assert program["data"]["targets"]["reasons"][0]["targets"]


@pytest.mark.parametrize("text", ["\u202e", "\x1b", "\ud800", "\u200b", "\u3164", "\ue000", "\u2028", "\x85"])
def test_a_character_that_cannot_be_seen_is_removed(text: str) -> None:
    assert one_line(f"a{text}b") in {"ab", "a b"}


@pytest.mark.parametrize("text", ["naïve café", "日本語", "💥", "Ω → β"])
def test_text_of_any_language_stays(text: str) -> None:
    assert one_line(text) == text


def test_text_that_is_not_ascii_is_sent_as_it_is() -> None:
    body = render(example(Kind.FAILED, error=Error("日本語")), IDENTITY).body
    assert body.count("日本語") == 6  # twice in the chat body, once in each other long one
