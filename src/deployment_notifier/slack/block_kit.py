"""The pieces of a Slack message, each within Slack's published limits whatever text goes in.

Text from outside goes where Slack reads no markup: into `plain_text`, or into a code span of a `verbatim` text. The
limits are those of https://docs.slack.dev/reference/block-kit (blocks, elements, text object).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.escape import ELLIPSIS, chat_code, chat_escape, clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Block = dict[str, Any]

RED, YELLOW, BLUE, GREEN, GREY = "#e01e5a", "#ecb22e", "#36c5f0", "#2eb67d", "#868686"

_HEADER_CHARACTERS = 150
_TEXT_CHARACTERS = 3_000
_URL_CHARACTERS = 3_000
_MESSAGE_BLOCKS = 50

_CODE_CHARACTERS = 500
_FOOTER_CHARACTERS = 300
_SIGN = re.compile(r"[@#:.](?=\S)")
_WORD_JOINER = "\u2060"


def length(text: str) -> int:
    """Return the length of a text as JavaScript counts it: an emoji is two.

    Slack does not say how it counts; this count is never too low.
    """
    return len(text) + sum(c > "\uffff" for c in text)


def fit(text: str, characters: int) -> str:
    """Shorten a text to so many characters, as `length` counts them, with an ellipsis where something was cut."""
    if length(text) <= characters:
        return text
    kept = text[: characters - 1]
    while (excess := length(kept) - (characters - 1)) > 0:
        kept = kept[: -((excess + 1) // 2)]
    return kept.rstrip() + ELLIPSIS


def code(text: str, characters: int = _CODE_CHARACTERS) -> str:
    """Return a code span, in which Slack reads no markup, mention or link."""
    # An emoji counts twice here but once there, so half of the room is always enough.
    whole = chat_code(text, characters)
    return whole if length(whole) <= characters + 2 else chat_code(text, characters // 2)


def code_block(text: str, characters: int) -> str | None:
    """Return a block that can be copied as a whole; None if Slack can't show all of the text unchanged.

    A backtick would end the block early, and half a command is worse than none.
    """
    escaped = chat_escape(text)
    return None if "`" in text or length(escaped) > characters else f"```{escaped}```"


def message(title: str, colour: str, blocks: Iterable[Block]) -> dict[str, Any]:
    """Return a whole message: the title, and the rest beside a coloured bar, which only attachments have.

    Args:
        title: one line with a visible character; it may contain text from outside.
        colour: such as `RED`.
        blocks: what follows the title.
    """
    heading = fit(one_line(title), _HEADER_CHARACTERS)
    summary = _inert(heading)
    return {
        "text": summary,
        "blocks": [{"type": "header", "text": _plain(heading)}],
        "attachments": [{"color": colour, "fallback": summary, "blocks": list(blocks)[: _MESSAGE_BLOCKS - 1]}],
    }


def bare_message(lines: Iterable[str]) -> dict[str, Any]:
    """Return a message without layout, for when Slack refuses the one with it.

    Args:
        lines: text from outside.
    """
    return {"text": "\n".join(code(line) for line in lines) or "Alert"}


def paragraphs(lines: Iterable[str]) -> Iterator[Block]:
    """Yield sections of Slack's markup, with as many whole lines in each as fit.

    Args:
        lines: markup, in which text from outside must be in `code`. A line that is too long for a section is left out,
            because half a piece of markup may be another one.
    """
    held: list[str] = []
    for line in lines:
        if length(line) > _TEXT_CHARACTERS:
            continue
        if held and length("\n".join([*held, line])) > _TEXT_CHARACTERS:
            yield _section(_markup("\n".join(held)))
            held = []
        held.append(line)
    if held:
        yield _section(_markup("\n".join(held)))


def rows(pairs: Iterable[tuple[str, str]]) -> Iterator[Block]:
    """Yield sections with one line for each label and value.

    Args:
        pairs: the project's own labels, and values that may be text from outside.
    """
    return paragraphs(f"*{label}:* {code(value)}" for label, value in pairs)


def plain_paragraph(text: str) -> Iterator[Block]:
    """Yield a section of text from outside, with its lines; nothing if no character of it is visible."""
    kept = fit(clean(text), _TEXT_CHARACTERS)
    if kept:
        yield _section(_plain(kept))


def button(text: str, url: str | None) -> Iterator[Block]:
    """Yield a button that opens a page; nothing without a URL, or if that is longer than Slack takes."""
    if url is not None and length(url) <= _URL_CHARACTERS:
        yield {"type": "actions", "elements": [{"type": "button", "text": _plain(text), "url": url}]}


def footer(lines: Iterable[str]) -> Block:
    """Return small print.

    Args:
        lines: at least one, with a visible character; they may contain text from outside.
    """
    text = "\n".join(fit(one_line(line), _FOOTER_CHARACTERS) for line in lines)
    return {"type": "context", "elements": [_plain(fit(text, _TEXT_CHARACTERS))]}


def _inert(text: str) -> str:
    """Return a text for notifications and screen readers, which Slack parses and which can't be `verbatim`.

    A character without width separates what would become a mention, a link or an emoji.
    """
    return _SIGN.sub(rf"\g<0>{_WORD_JOINER}", chat_escape(text))


def _section(text: Block) -> Block:
    return {"type": "section", "text": text}


def _plain(text: str) -> Block:
    # Otherwise a colon code such as `:bomb:` in an error would become a picture.
    return {"type": "plain_text", "text": text, "emoji": False}


def _markup(text: str) -> Block:
    # `verbatim`: Slack makes no links or mentions out of plain words, such as an address or `@here`.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
