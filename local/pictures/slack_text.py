"""The lines of a Slack message: its markup as runs of letters of one style, wrapped as Slack wraps them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from local.pictures.svg import width

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKUP = re.compile(r"```(?P<block>.*?)```|`(?P<code>[^`\n]*)`|\*(?P<bold>[^*\n]+)\*", re.DOTALL)
_PIECE = re.compile(r"\s+|[^\s]+")


class Style(StrEnum):
    """How letters are printed; the value is the picture's class."""

    PLAIN = "p"
    BOLD = "b"
    CODE = "c"
    BLOCK = "k"


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one style."""

    text: str
    style: Style = Style.PLAIN


def lines_of(markup: str, pixels: float, size: float) -> Iterator[list[Run]]:
    """Yield the lines of a markup; a block of code is a line of its own, not wrapped.

    Args:
        markup: Slack's, as a section has it.
        pixels: the width of a line.
        size: of the font, in pixels.
    """
    line: list[Run] = []
    for run in _runs(markup):
        if run.style is Style.BLOCK:
            if line:
                yield from _wrapped(line, pixels, size)
            yield [run]
            line = []
            continue
        first, *others = run.text.split("\n")
        line.append(Run(first, run.style))
        for other in others:
            if any(each.text for each in line):
                yield from _wrapped(line, pixels, size)
            line = [Run(other, run.style)]
    if any(each.text for each in line):
        yield from _wrapped(line, pixels, size)


def _runs(markup: str) -> Iterator[Run]:
    end = 0
    for found in _MARKUP.finditer(markup):
        yield Run(html.unescape(markup[end : found.start()]))
        style = {"block": Style.BLOCK, "code": Style.CODE, "bold": Style.BOLD}[str(found.lastgroup)]
        yield Run(html.unescape(found[str(found.lastgroup)]), style)
        end = found.end()
    yield Run(html.unescape(markup[end:]))


def _wrapped(line: list[Run], pixels: float, size: float) -> Iterator[list[Run]]:
    """Break a line at its spaces; a word that is wider than a line stands on one of its own."""
    kept: list[Run] = []
    used = 0.0
    for run in line:
        for piece in _PIECE.findall(run.text):
            wide = width(piece, size, is_bold=run.style is Style.BOLD, is_code=run.style is Style.CODE)
            if kept and used + wide > pixels and not piece.isspace():
                yield _joined(kept)
                kept, used = [], 0.0
            if kept or not piece.isspace():
                kept.append(Run(piece, run.style))
                used += wide
    if kept:
        yield _joined(kept)


def _joined(pieces: list[Run]) -> list[Run]:
    joined: list[Run] = []
    for piece in pieces:
        if joined and joined[-1].style is piece.style:
            joined[-1] = Run(joined[-1].text + piece.text, piece.style)
        else:
            joined.append(piece)
    joined[-1] = Run(joined[-1].text.rstrip(), joined[-1].style)
    return joined
