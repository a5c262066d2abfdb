"""The pieces of a Slack message, each within Slack's published limits whatever text goes in.

Text from outside goes where Slack reads no markup: into `plain_text`, or into a code span of a `verbatim` text. The
limits are those of https://docs.slack.dev/reference/block-kit (blocks, elements, text object).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.text import ELLIPSIS, chat_code, chat_escape, clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Block = dict[str, Any]

HEADER_CHARACTERS = 150
TEXT_CHARACTERS = 3_000
FIELD_CHARACTERS = 2_000
FIELDS = 10
BUTTON_CHARACTERS = 75
URL_CHARACTERS = 3_000
MESSAGE_BLOCKS = 50

_CODE_CHARACTERS = 500
_FOOTER_CHARACTERS = 300
_SIGN = re.compile(r"[@#:.](?=\S)")
_JOINER = "\u2060"


def length(text: str) -> int:
    """The characters of a text as JavaScript counts them: an emoji is two.

    Slack does not say how it counts; this is the count that is never too low.
    """
    return len(text) + sum(c > "\uffff" for c in text)


def fit(text: str, characters: int) -> str:
    """Shorten to so many characters, as `length` counts them, with an ellipsis where something was taken away."""
    if length(text) <= characters:
        return text
    kept = text[: characters - 1]
    while (excess := length(kept) - (characters - 1)) > 0:
        kept = kept[: -((excess + 1) // 2)]
    return kept.rstrip() + ELLIPSIS


def code(text: str, characters: int = _CODE_CHARACTERS) -> str:
    """A code span, in which no markup, mention or link is looked for."""
    # An emoji counts twice here but once there, so half of the room is always enough.
    whole = chat_code(text, characters)
    return whole if length(whole) <= characters + 2 else chat_code(text, characters // 2)


def message(title: str, colour: str, blocks: Iterable[Block]) -> dict[str, Any]:
    """A whole message: the title on its own, the rest beside a coloured bar, which only attachments have.

    Args:
        title: one line; text from outside is possible.
        colour: such as `#e01e5a`.
        blocks: what follows the title.
    """
    heading = fit(one_line(title) or "Alert", HEADER_CHARACTERS)
    summary = _inert(heading)
    return {
        "text": summary,
        "blocks": [{"type": "header", "text": _plain(heading)}],
        "attachments": [{"color": colour, "fallback": summary, "blocks": list(blocks)[: MESSAGE_BLOCKS - 1]}],
    }


def bare_message(lines: Iterable[str]) -> dict[str, Any]:
    """A message without any layout: for when Slack refuses the one with it.

    Args:
        lines: text from outside.
    """
    return {"text": "\n".join(code(line) for line in lines) or "Alert"}


def paragraphs(lines: Iterable[str]) -> Iterator[Block]:
    """Sections of Slack's markup; whole lines go into each, as many as fit.

    Args:
        lines: markup, so what is from outside must be in `code`; one that is too long by itself is left out, because
            half a piece of markup may be another.
    """
    held: list[str] = []
    for line in lines:
        if length(line) > TEXT_CHARACTERS:
            continue
        if held and length("\n".join([*held, line])) > TEXT_CHARACTERS:
            yield _section("\n".join(held))
            held = []
        held.append(line)
    if any(line.strip() for line in held):
        yield _section("\n".join(held))


def plain_paragraph(text: str) -> Iterator[Block]:
    """A section of text from outside, line by line as it came; nothing where nothing of it can be seen."""
    kept = fit(clean(text), TEXT_CHARACTERS)
    if kept:
        yield {"type": "section", "text": _plain(kept)}


def table(rows: Iterable[tuple[str, str]]) -> Iterator[Block]:
    """Labels, each over its value, in two columns.

    Args:
        rows: labels of ours, and values that may be from outside; those over the limit of 10 are left out.
    """
    fields = [_markup(f"*{label}*\n{code(value)}") for label, value in rows][:FIELDS]
    if fields:
        yield {"type": "section", "fields": fields}


def button(text: str, url: str | None) -> Iterator[Block]:
    """A button that opens a page; nothing without one, or where the address is longer than Slack takes."""
    if url is not None and length(url) <= URL_CHARACTERS:
        element = {"type": "button", "text": _plain(fit(text, BUTTON_CHARACTERS)), "url": url}
        yield {"type": "actions", "elements": [element]}


def footer(parts: Sequence[str]) -> Block:
    """A line of small print."""
    line = fit(one_line(" · ".join(parts)), _FOOTER_CHARACTERS)
    return {"type": "context", "elements": [_plain(line or "-")]}


def _inert(text: str) -> str:
    """For the text that notifications and screen readers say, which Slack parses and which can't be `verbatim`.

    A character without width parts what would make a mention, a link or an emoji.
    """
    return _SIGN.sub(rf"\g<0>{_JOINER}", chat_escape(text))


def _section(text: str) -> Block:
    return {"type": "section", "text": _markup(text)}


def _plain(text: str) -> Block:
    # Else a colon code such as `:bomb:` in an error would become a picture.
    return {"type": "plain_text", "text": text, "emoji": False}


def _markup(text: str) -> Block:
    # `verbatim`: Slack makes no links or mentions out of plain words, such as an address or `@here`.
    return {"type": "mrkdwn", "text": text, "verbatim": True}
