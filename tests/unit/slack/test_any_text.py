"""What must hold for a Slack message whatever the topic carries: Slack takes it, and nothing in it acts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from deployment_notifier.messages.bounds import bounded
from deployment_notifier.messages.event import event
from deployment_notifier.model import Alert, Error, ErrorDetail, GroupError, GroupTally, Kind, Metrics
from deployment_notifier.slack import kit
from deployment_notifier.slack.blocks import bare_slack_message, slack_message
from deployment_notifier.slack.notices import Notice, read_alert, read_notice
from local.slack import active_markup, render, violations
from local.slack.rules import texts
from tests.unit.slack.samples import ALARM, FAILED, GROUPS, PLACE, published, record

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
COUNTS = st.none() | st.integers(0, 2**53)
TALLIES = st.builds(
    GroupTally,
    st.integers(0, 2**53),
    st.integers(0, 2**53),
    st.integers(0, 2**53),
    st.lists(
        st.builds(
            GroupError,
            st.none() | TEXTS,
            st.none() | TEXTS,
            st.integers(1, 2**53),
            st.lists(TEXTS, max_size=3).map(tuple),
        ),
        max_size=7,
    ).map(tuple),
)
ALERTS = st.builds(
    Alert,
    deployment_id=TEXTS,
    at=st.datetimes(datetime(2019, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zone added
    source=st.just("greengrass-bulk") | TEXTS,
    kind=st.sampled_from(Kind),
    also=st.lists(st.sampled_from(Kind), max_size=3).map(tuple),
    from_status=st.none() | TEXTS,
    to_status=st.sampled_from(["Running", "Completed"]) | st.none() | TEXTS,
    metrics=st.builds(Metrics, COUNTS, COUNTS, COUNTS),
    error=st.none()
    | st.builds(
        Error,
        st.none() | TEXTS,
        st.lists(st.builds(ErrorDetail, st.none() | TEXTS, st.none() | TEXTS), max_size=12).map(tuple),
    ),
    created_at=st.none() | st.just("2026-11-23T09:00:00.000Z") | TEXTS,
    tags=st.dictionaries(TEXTS, TEXTS, max_size=4),
    groups=st.none() | TALLIES,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def check(message: dict[str, Any]) -> None:
    assert violations(message) == []
    assert active_markup(message) == []
    # Nothing from outside stands there but in code; this is the second line of defence.
    assert [each for each in texts(message) if each["type"] == "mrkdwn" and each.get("verbatim") is not True] == []
    json.dumps(message, ensure_ascii=False).encode()  # as it is posted: no lone surrogate is left
    render(message)


@given(ALERTS)
@example(replace(FAILED, deployment_id="💥" * 600, tags={"x" * 128: "&" * 256}))
def test_slack_takes_every_alert_and_nothing_in_it_acts(told: Alert) -> None:
    check(slack_message(read_notice(published(told)), PLACE))


def sections_changed(whole: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The same object with some members missing or of any other value, at two levels."""
    inner = {
        name: st.fixed_dictionaries({}, optional={key: st.just(old) | JSON for key, old in value.items()}) | JSON
        if isinstance(value, dict)
        else st.just(value) | JSON
        for name, value in whole.items()
    }
    return st.fixed_dictionaries({}, optional=inner)


EVENT: dict[str, Any] = event(replace(FAILED, groups=GROUPS), PLACE)


@given(
    sections_changed(EVENT)
    | sections_changed(EVENT["data"]).map(lambda data: {**EVENT, "data": data})
    | sections_changed(ALARM).map(lambda found: {**found, "AlarmName": "a", "NewStateValue": "ALARM"})
    | JSON,
    st.none() | TEXTS,
)
def test_slack_takes_whatever_json_comes(body: object, subject: str | None) -> None:
    check(slack_message(read_notice(record(json.dumps(body), subject=subject)), PLACE))


@given(TEXTS, st.none() | TEXTS)
@example("[" * 100_000, None)
@example('{"a":' * 50_000, None)
@example('{"a":' * 400 + "1" + "}" * 400, None)
@example("9" * 5_000, None)
def test_slack_takes_whatever_text_comes(body: str, subject: str | None) -> None:
    notice = read_notice(record(body, subject=subject))
    check(slack_message(notice, PLACE))
    check(bare_slack_message(notice))


@given(ALERTS)
def test_an_alert_comes_out_of_its_event_as_it_went_in(told: Alert) -> None:
    kept = replace(bounded(told), since=None)  # the one thing that the event does not hold
    if told.kind.is_about_source:
        kept = replace(
            kept,
            deployment_id=f"source:{kept.source}",
            from_status=None,
            to_status=None,
            metrics=Metrics(),
            created_at=None,
            tags={},
            groups=None,
        )
    milliseconds = told.at.microsecond // 1_000 * 1_000
    found = read_alert(json.loads(json.dumps(event(told, PLACE))))
    assert found == replace(kept, at=told.at.replace(microsecond=milliseconds))


@given(TEXTS, st.integers(1, 200))
def test_a_text_is_cut_only_where_it_must_be(text: str, characters: int) -> None:
    cut = kit.fit(text, characters)
    assert kit.length(cut) <= characters
    assert cut == text if kit.length(text) <= characters else cut.endswith("…")


@given(TEXTS, st.integers(10, 3_000))
def test_a_code_span_keeps_within_its_length_and_nothing_ends_it_early(text: str, characters: int) -> None:
    span = kit.code(text, characters)
    assert span[0] == span[-1] == "`"
    assert "`" not in span[1:-1]
    assert kit.length(span) <= characters + 2


@given(st.lists(TEXTS.map(lambda text: kit.code(text, 1_000)), max_size=20))
def test_lines_are_spread_over_sections_without_losing_any(lines: list[str]) -> None:
    sections = [block["text"]["text"] for block in kit.paragraphs(lines)]
    assert "\n".join(sections) == "\n".join(lines)


def test_a_message_never_has_more_blocks_than_slack_takes() -> None:
    check(kit.message("title", "#000000", [kit.footer([str(n)]) for n in range(80)]))


def test_a_line_that_is_too_long_for_a_section_is_left_out_whole() -> None:
    sections = list(kit.paragraphs(["before", "`" + "x" * 3_000 + "`", "after"]))
    assert [block["text"]["text"] for block in sections] == ["before\nafter"]


def test_a_button_whose_address_is_too_long_is_left_out() -> None:
    assert list(kit.button("Open", "https://example.com/" + "x" * 3_000)) == []


def test_a_notice_without_a_known_severity_has_none() -> None:
    found: Notice = read_notice(record("x", severity="<!channel>"))
    assert found.severity is None
