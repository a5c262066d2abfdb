"""What must hold for a Slack message whatever the topic carries: Slack takes it, and nothing in it acts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from deployment_notifier.messages.event import encode
from deployment_notifier.model import Alert, Error, ErrorDetail, FailureReason, Kind, Metrics, ResultsSummary
from deployment_notifier.slack import block_kit
from deployment_notifier.slack.slack_message import bare_slack_message, slack_message
from deployment_notifier.slack.sns_record import parse_record
from local.slack import active_markup, render, violations
from local.slack.rules import texts
from tests.unit.slack.samples import ALARM, FAILED, IDENTITY, RESULTS, published, record

HOSTILE = (
    "<!channel> <!here|x> <@U012AB3CD> <#C012>",
    "@channel @here #general",
    "<https://evil.example|click> https://evil.example www.evil.example mailto:a@b.example",
    "*bold* _it_ ~gone~ `code` ```block``` :bomb:",
    "&lt;!here&gt; &amp; & < >",
    "`<!everyone>` @everyone",
    "\u202egnp.exe \u200b\ufeff",
    "\x00\x1b[31m\u2028",
    "\ud800 \U0010ffff",
    "'; rm -rf / #\n$(reboot)",
    "💥" * 3_000,
    "&" * 3_000,
    "`" * 200,
    "x\n" * 500,
    "",
)
TEXTS = st.text(st.characters(), max_size=100) | st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join)
COUNTS = st.integers(0, 2**53)
REASONS = st.builds(
    FailureReason, st.none() | TEXTS, st.none() | TEXTS, st.integers(1, 2**53), st.lists(TEXTS, max_size=3).map(tuple)
)
ERRORS = st.builds(
    Error,
    st.none() | TEXTS,
    st.lists(st.builds(ErrorDetail, st.none() | TEXTS, st.none() | TEXTS), max_size=12).map(tuple),
)
TIMES = st.datetimes(datetime(2019, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone added
ALERTS = st.builds(
    Alert,
    deployment_id=TEXTS,
    at=TIMES,
    source=st.just("greengrass-bulk") | TEXTS,
    kind=st.sampled_from(Kind),
    also=st.lists(st.sampled_from(Kind), max_size=3).map(tuple),
    from_status=st.none() | TEXTS,
    to_status=st.sampled_from(["Running", "Completed"]) | st.none() | TEXTS,
    metrics=st.builds(
        Metrics, st.dictionaries(st.just("RecordsProcessed") | TEXTS, COUNTS, max_size=4), COUNTS, COUNTS
    ),
    error=st.none() | ERRORS,
    created_at=st.none() | st.just("2026-11-23T09:00:00.000Z") | TEXTS,
    tags=st.dictionaries(TEXTS, TEXTS, max_size=4),
    since=st.none() | TIMES,
    results=st.none() | st.builds(ResultsSummary, COUNTS, COUNTS, COUNTS, st.lists(REASONS, max_size=7).map(tuple)),
    is_followed=st.booleans(),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def check(message: dict[str, Any]) -> None:
    assert violations(message) == []
    assert active_markup(message) == []
    # Text from outside is in code only; this is the second line of defence.
    assert [each for each in texts(message) if each["type"] == "mrkdwn" and each.get("verbatim") is not True] == []
    json.dumps(message, ensure_ascii=False).encode()  # as it is posted: no lone surrogate is left
    render(message)


@given(ALERTS)
@example(replace(FAILED, deployment_id="💥" * 600, tags={"x" * 128: "&" * 256}))
def test_slack_takes_every_alert_and_nothing_in_it_acts(alert: Alert) -> None:
    check(slack_message(parse_record(published(alert)), IDENTITY))


def sections_changed(whole: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The same object with some members missing or of any other value, at two levels."""
    inner = {
        name: st.fixed_dictionaries({}, optional={key: st.just(old) | JSON for key, old in value.items()}) | JSON
        if isinstance(value, dict)
        else st.just(value) | JSON
        for name, value in whole.items()
    }
    return st.fixed_dictionaries({}, optional=inner)


EVENT: dict[str, Any] = encode(replace(FAILED, results=RESULTS), IDENTITY)


@given(
    sections_changed(EVENT)
    | sections_changed(EVENT["data"]).map(lambda data: {**EVENT, "data": data})
    | sections_changed(ALARM).map(lambda found: {**found, "AlarmName": "a", "NewStateValue": "ALARM"})
    | JSON,
    st.none() | TEXTS,
)
def test_slack_takes_whatever_json_comes(body: object, subject: str | None) -> None:
    check(slack_message(parse_record(record(json.dumps(body), subject=subject)), IDENTITY))


@given(TEXTS, st.none() | TEXTS)
@example("[" * 100_000, None)
@example('{"a":' * 50_000, None)
@example('{"a":' * 400 + "1" + "}" * 400, None)
@example("9" * 5_000, None)
def test_slack_takes_whatever_text_comes(body: str, subject: str | None) -> None:
    found = parse_record(record(body, subject=subject))
    check(slack_message(found, IDENTITY))
    check(bare_slack_message(found))


@given(TEXTS, st.integers(1, 200))
def test_a_text_is_cut_only_if_it_must_be(text: str, characters: int) -> None:
    cut = block_kit.fit(text, characters)
    assert block_kit.length(cut) <= characters
    assert cut == text if block_kit.length(text) <= characters else cut.endswith("…")


@given(TEXTS, st.integers(10, 3_000))
def test_a_code_span_keeps_within_its_length_and_nothing_ends_it_early(text: str, characters: int) -> None:
    span = block_kit.code(text, characters)
    assert span[0] == span[-1] == "`"
    assert "`" not in span[1:-1]
    assert block_kit.length(span) <= characters + 2


@given(st.lists(TEXTS.map(lambda text: block_kit.code(text, 1_000)), max_size=20))
def test_lines_are_spread_over_sections_without_losing_any(lines: list[str]) -> None:
    sections = [block["text"]["text"] for block in block_kit.paragraphs(lines)]
    assert "\n".join(sections) == "\n".join(lines)
    assert all(block_kit.length(section) <= 3_000 for section in sections)


def test_a_message_never_has_more_blocks_than_slack_takes() -> None:
    check(block_kit.message("title", block_kit.GREY, [block_kit.footer([str(n)]) for n in range(80)]))


@given(st.lists(TEXTS, min_size=1, max_size=20))
@example(["💥" * 200] * 20)
@example(["one\nline", "another"])
def test_small_print_keeps_its_lines_and_within_its_length(lines: list[str]) -> None:
    footer = block_kit.footer(f"Label: {line}" for line in lines)
    check({"blocks": [footer]})
    printed = footer["elements"][0]["text"].split("\n")
    assert len(printed) == len(lines) or printed[-1].endswith("…")
    assert all(each.startswith("Label:") for each in printed[:-1])


def test_a_line_that_is_too_long_for_a_section_is_left_out_whole() -> None:
    sections = list(block_kit.paragraphs(["before", "`" + "x" * 3_000 + "`", "after"]))
    assert [block["text"]["text"] for block in sections] == ["before\nafter"]


def test_a_button_whose_address_is_too_long_is_left_out() -> None:
    assert list(block_kit.button("Open", "https://example.com/" + "x" * 3_000)) == []
