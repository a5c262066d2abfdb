"""The stand-in refuses what Slack refuses, each limit at its edge, and finds what would act."""

from __future__ import annotations

from typing import Any

import pytest

from local.slack import active_markup, violations

Message = dict[str, Any]


def plain(text: object) -> Message:
    return {"type": "plain_text", "text": text, "emoji": False}


def markup(text: str, *, verbatim: bool = True) -> Message:
    return {"type": "mrkdwn", "text": text, "verbatim": verbatim}


def block(kind: str, **members: object) -> Message:
    return {"blocks": [{"type": kind, **members}]}


def section(text: object) -> Message:
    return block("section", text=text)


def button(url: object = "https://example.com/", text: str = "Open", **members: object) -> Message:
    return block("actions", elements=[{"type": "button", "text": plain(text), "url": url, **members}])


TAKEN: list[Message] = [
    {"text": "hello"},
    {"text": "x" * 40_000},
    block("header", text=plain("x" * 150)),
    section(markup("x" * 3_000)),
    {"blocks": section(plain("x"))["blocks"] * 50},
    button("https://example.com/" + "x" * 2_980, "x" * 75),
    block("context", elements=[plain("x")] * 10),
    {"attachments": [{"color": "#e01e5a", "fallback": "x", "blocks": section(plain("x"))["blocks"] * 50}]},
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
    (block("sectoin"), "invalid_blocks"),
    (block("divider"), "invalid_blocks"),  # one that Slack knows and this project does not use
    ({"blocks": section(plain("x"))["blocks"] * 51}, "invalid_blocks"),
    ({**section(plain("x")), "attachments": [{"blocks": section(plain("x"))["blocks"] * 50}]}, "invalid_blocks"),
    (block("header", text=plain("x" * 151)), "invalid_blocks"),
    (block("header", text=plain("💥" * 76)), "invalid_blocks"),  # two units each
    (block("header", text=markup("x")), "invalid_blocks"),
    (block("header", text="x"), "invalid_blocks"),
    (block("header", text=plain("x"), level=1), "invalid_blocks"),
    (block("section"), "invalid_blocks"),
    (section(markup("")), "invalid_blocks"),
    (section(markup("x" * 3_001)), "invalid_blocks"),
    (section(plain(5)), "invalid_blocks"),
    (section({"type": "markdown", "text": "x"}), "invalid_blocks"),
    (section({"type": "plain_text", "text": "x", "verbatim": True}), "invalid_blocks"),
    (section({"type": "mrkdwn", "text": "x", "emoji": False}), "invalid_blocks"),
    (block("section", text=plain("x"), fields=[]), "invalid_blocks"),
    (block("context", elements=[]), "invalid_blocks"),
    (block("context", elements=[plain("x")] * 11), "invalid_blocks"),
    (block("context", elements=[plain("x")], text=plain("x")), "invalid_blocks"),
    (block("context", elements=["x"]), "invalid_blocks"),
    (block("actions", elements=[]), "invalid_blocks"),
    (block("actions", elements=button()["blocks"][0]["elements"] * 26), "invalid_blocks"),
    (block("actions", elements=[{"type": "datepicker"}]), "invalid_blocks"),
    (block("actions", elements=[5]), "invalid_blocks"),
    (button("https://example.com/" + "x" * 2_981), "invalid_blocks"),
    (button("javascript:alert(1)"), "invalid_blocks"),
    (button(None), "invalid_blocks"),
    (button(text="x" * 76), "invalid_blocks"),
    (button(action="x"), "invalid_blocks"),
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
        section(markup("<https://evil.example|click>")),
        section(markup("@channel")),
        section(markup("evil.example", verbatim=False)),
        block("context", elements=[markup("<#C012>")]),
        section({"type": "plain_text", "text": ":bomb:"}),
        section({"type": "plain_text", "text": ":bomb:", "emoji": True}),
        {"attachments": [{"fallback": "<!everyone>", "blocks": []}]},
        {"attachments": [{"blocks": [{"type": "section", "text": markup("`<!here>`")}]}]},
    ],
)
def test_what_would_mention_notify_link_or_draw_is_found(message: Message) -> None:
    assert violations(message) == []
    assert active_markup(message) != []


@pytest.mark.parametrize(
    "message",
    [
        {"text": "R&amp;D &lt;!channel&gt;"},
        section(markup("`@channel #general` ```https://evil.example```")),
        section(markup("https://evil.example is not linked where it is verbatim")),
        section(plain("<!channel> @here https://evil.example :bomb:")),
    ],
)
def test_what_slack_shows_unchanged_is_not_active(message: Message) -> None:
    assert active_markup(message) == []
