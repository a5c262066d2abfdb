"""A Slack message as text for a terminal: what a person in the channel reads."""

from __future__ import annotations

import html
import re
import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BAR = "▌ "
_BOLD = re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)")
_CODE = re.compile(r"```(.*?)```|`([^`\n]*)`", re.DOTALL)
_COMMAND = "\x01"


def render(payload: dict[str, Any], width: int = 100) -> str:
    """Return the message as text.

    Args:
        payload: a message that Slack would take.
        width: the columns of the terminal; commands are not wrapped, so that they can be copied.
    """
    lines = (
        [*_blocks(payload["blocks"], width)] if payload.get("blocks") else [*_markup(payload.get("text", ""), width)]
    )
    for attachment in payload.get("attachments", []):
        lines += [f"{_BAR}{line}".rstrip() for line in _blocks(attachment["blocks"], width - len(_BAR))]
    return "\n".join(lines)


def _blocks(blocks: list[dict[str, Any]], width: int) -> Iterator[str]:
    for number, block in enumerate(blocks):
        if number:
            yield ""
        for text in [block["text"]] if "text" in block else block["elements"]:
            if text["type"] == "button":
                yield f"[ {text['text']['text']} ]  {text['url']}"
            elif text["type"] == "plain_text":
                yield from text["text"].split("\n")
            else:
                yield from _markup(text["text"], width)


def _markup(markup: str, width: int) -> Iterator[str]:
    """Markup as it looks: bold and code without their marks, entities as the characters that they are."""
    code: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        block, span = match.groups()
        code.append(span if block is None else f"\n{_COMMAND}{block}\n")
        return f"\x00{len(code) - 1}\x00"

    # Code is set aside first, because nothing in it is markup.
    plain = _BOLD.sub(r"\1", _CODE.sub(set_aside, markup))
    plain = html.unescape(re.sub(r"\x00(\d+)\x00", lambda match: code[int(match[1])], plain))
    for line in re.sub(r"\n{2,}", "\n", plain).strip("\n").split("\n"):
        if line.startswith(_COMMAND):
            yield f"    {line.removeprefix(_COMMAND)}"
        else:
            yield from textwrap.wrap(line, width) or [""]
