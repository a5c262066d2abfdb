"""The stand-in refuses what Slack refuses, each limit at its edge, and sees what would act."""

from __future__ import annotations

from typing import Any

import pytest

from local.slack import active_markup, violations

Message = dict[str, Any]


def plain(text: object) -> Message:
    return {"type": "plain_text", "text": text}


def markup(text: str, *, verbatim: bool = True) -> Message:
    return {"type": "mrkdwn", "text": text, "verbatim": verbatim}


def section(**members: object) -> Message:
    return {"blocks": [{"type": "section", **members}]}


def button(url: object = "https://example.com/", text: str = "Open") -> Message:
    return {"blocks": [{"type": "actions", "elements": [{"type": "button", "text": plain(text), "url": url}]}]}


TAKEN: list[Message] = [
    {"text": "hello"},
    {"text": "x" * 40_000},
    {"blocks": [{"type": "header", "text": plain("x" * 150)}]},
    section(text=markup("x" * 3_000)),
    section(fields=[markup("x" * 2_000)] * 10),
    {"blocks": [{"type": "divider"}] * 50},
    button("https://example.com/" + "x" * 2_980, "x" * 75),
    {"blocks": [{"type": "context", "elements": [plain("x")] * 10}]},
    {"attachments": [{"color": "#e01e5a", "fallback": "x", "blocks": [{"type": "divider"}]}]},
    {"attachments": [{"color": "danger", "blocks": []}]},
]

REFUSED: list[tuple[object, str]] = [
    ([], "invalid_payload"),
    ("hello", "invalid_payload"),
    (None, "invalid_payload"),
    ({}, "no_text"),
    ({"text": ""}, "no_text"),
    ({"text": 5}, "invalid_payload"),
    ({"text": "x", "colour": "red"}, "invalid_payload"),
    ({"text": "x" * 40_001}, "msg_too_long"),
    ({"blocks": {}, "text": "x"}, "invalid_blocks"),
    ({"blocks": [5]}, "invalid_blocks"),
    ({"blocks": [{"type": ["section"]}]}, "invalid_blocks"),
    ({"blocks": [{"type": "sectoin"}]}, "invalid_blocks"),
    ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    ({"blocks": [{"type": "header", "text": plain("x" * 151)}]}, "invalid_blocks"),
    ({"blocks": [{"type": "header", "text": plain("💥" * 76)}]}, "invalid_blocks"),  # two units each
    ({"blocks": [{"type": "header", "text": markup("x")}]}, "invalid_blocks"),
    ({"blocks": [{"type": "header", "text": "x"}]}, "invalid_blocks"),
    (section(), "invalid_blocks"),
    (section(text=markup("")), "invalid_blocks"),
    (section(text=markup("x" * 3_001)), "invalid_blocks"),
    (section(text=plain(5)), "invalid_blocks"),
    (section(text={"type": "markdown", "text": "x"}), "invalid_blocks"),
    (section(text={"type": "plain_text", "text": "x", "verbatim": True}), "invalid_blocks"),
    (section(text={"type": "mrkdwn", "text": "x", "emoji": False}), "invalid_blocks"),
    (section(text=plain("x"), fields=[]), "invalid_blocks"),
    (section(fields=[markup("x")] * 11), "invalid_blocks"),
    (section(fields=[markup("x" * 2_001)]), "invalid_blocks"),
    ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
    ({"blocks": [{"type": "actions", "elements": []}]}, "invalid_blocks"),
    ({"blocks": [{"type": "actions", "elements": [{"type": "datepicker"}]}]}, "invalid_blocks"),
    (button("https://example.com/" + "x" * 2_981), "invalid_blocks"),
    (button("javascript:alert(1)"), "invalid_blocks"),
    (button(None), "invalid_blocks"),
    (button(text="x" * 76), "invalid_blocks"),
    ({"attachments": {}}, "invalid_attachments"),
    ({"attachments": ["x"]}, "invalid_attachments"),
    ({"attachments": [{"color": "red", "blocks": []}]}, "invalid_attachments"),
    ({"attachments": [{"blocks": [{"type": "nonsense"}]}]}, "invalid_attachments"),
    ({"attachments": [{"title": "x", "blocks": []}]}, "invalid_attachments"),
    ({"attachments": [{"fallback": 1, "blocks": []}]}, "invalid_attachments"),
]


@pytest.mark.parametrize("message", TAKEN)
def test_a_message_at_the_limit_is_taken(message: Message) -> None:
    assert violations(message) == []


@pytest.mark.parametrize(("message", "word"), REFUSED)
def test_a_message_beyond_the_limit_is_refused_with_slacks_word(message: object, word: str) -> None:
    assert word in [found for found, _ in violations(message)]


@pytest.mark.parametrize(
    "message",
    [
        {"text": "<!channel>"},
        {"text": "<@U012AB3CD>"},
        {"text": "a > b"},
        {"text": "R&D"},
        {"text": "@here"},
        {"text": "#general"},
        {"text": "see https://evil.example"},
        {"text": "see evil.example"},
        section(text=markup("<https://evil.example|click>")),
        section(text=markup("@channel")),
        section(text=markup("evil.example", verbatim=False)),
        section(fields=[markup("<#C012>")]),
        {"attachments": [{"fallback": "<!everyone>", "blocks": []}]},
        {"attachments": [{"blocks": [{"type": "section", "text": markup("`<!here>`")}]}]},
    ],
)
def test_what_would_mention_notify_or_link_is_seen(message: Message) -> None:
    assert violations(message) == []
    assert active_markup(message) != []


@pytest.mark.parametrize(
    "message",
    [
        {"text": "R&amp;D &lt;!channel&gt;"},
        section(text=markup("`@channel #general` ```https://evil.example```")),
        section(text=markup("https://evil.example is not linked where it is verbatim")),
        section(text=plain("<!channel> @here https://evil.example")),
    ],
)
def test_what_slack_shows_as_it_is_is_not_active(message: Message) -> None:
    assert active_markup(message) == []
