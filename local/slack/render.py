"""A Slack message as text for a terminal: what a person in the channel would read."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

_BAR = "▌ "
_COLUMN = 56
_BOLD = re.compile(r"(?<!\w)\*([^*\n]+)\*(?!\w)")
_CODE = re.compile(r"```(.*?)```|`([^`\n]*)`", re.DOTALL)
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def render(payload: dict[str, Any], width: int = 100) -> str:
    """The message as text.

    Args:
        payload: a message that Slack would take.
        width: the columns of the terminal; commands are not wrapped, so that they can be copied.
    """
    lines: list[str] = []
    if not payload.get("blocks"):
        lines += _shown(payload.get("text", ""), width)
    lines += _blocks(payload.get("blocks", []), width)
    for attachment in payload.get("attachments", []):
        lines += [f"{_BAR}{line}".rstrip() for line in _blocks(attachment.get("blocks", []), width - len(_BAR))]
    return "\n".join(lines)


def _blocks(blocks: list[dict[str, Any]], width: int) -> Iterator[str]:
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from _block(block, width)


def _block(block: dict[str, Any], width: int) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield from _text(block["text"], width)
        case "section":
            if "text" in block:
                yield from _text(block["text"], width)
            yield from _table(block.get("fields", []), width)
        case "context":
            yield from (line for each in block["elements"] for line in _text(each, width))
        case "actions":
            yield from (f"[ {each['text']['text']} ]  {each['url']}" for each in block["elements"])
        case _:
            yield "─" * min(width, 40)


def _table(fields: list[dict[str, Any]], width: int) -> Iterator[str]:
    """Two columns, as Slack sets them; one where the texts of a row are too long for that."""
    cells = [_cell(each, width) for each in fields]
    for left, right in zip(cells[::2], [*cells[1::2], ""], strict=False):
        if len(left) >= _COLUMN or _COLUMN + len(right) > width:
            yield from filter(None, (left, right))
        else:
            yield f"{left:<{_COLUMN}}{right}".rstrip()


def _cell(found: dict[str, Any], width: int) -> str:
    """Slack sets a label in bold over its value; without bold, both on one line are easier to read."""
    label, *value = _text(found, width)
    return f"{label}: {' '.join(value)}" if value else label


def _text(found: dict[str, Any], width: int) -> Iterator[str]:
    return iter(found["text"].split("\n")) if found["type"] == "plain_text" else _shown(found["text"], width)


def _shown(markup: str, width: int) -> Iterator[str]:
    """Markup as it looks: bold and code without their marks, entities as the characters that they are."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        block, span = match.groups()
        kept.append("\n    " + block + "\n" if block is not None else span)
        return f"\x00{len(kept) - 1}\x00"

    # Code is set aside first, because what looks like markup in it is none.
    plain = _BOLD.sub(r"\1", _CODE.sub(keep, markup))
    plain = re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match[1])], plain)
    for entity, character in _ENTITIES:
        plain = plain.replace(entity, character)
    for line in re.sub(r"\n{2,}", "\n", plain).strip("\n").split("\n"):
        is_command = line.startswith("    ")
        yield from [line] if is_command else textwrap.wrap(clean(line), width) or [""]
