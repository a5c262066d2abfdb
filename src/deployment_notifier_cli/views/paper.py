"""Where output goes: a terminal with colours and its width, or a pipe without either."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from deployment_notifier.messages.text import clean, duration, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rich.table import Table

    from deployment_notifier_cli.errors import CommandError

_PIPE_WIDTH = 10_000
"""Columns of what is no terminal: nothing is cut or wrapped there, so that grep and awk find whole lines."""


def paper(file: TextIO | None = None) -> Console:
    """A console that takes text as it is: no markup, no emoji names, no guesses at what to highlight.

    Args:
        file: standard output unless another is given.
    """
    console = Console(file=file or sys.stdout, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def print_table(console: Console, table: Table) -> None:
    """Print a table; in a pipe without the blanks that fill up its last column."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    console.file.write("".join(f"{each.rstrip()}\n" for each in captured.get().splitlines()))


def line(text: str, style: str = "") -> Text:
    """Outside text as one line; control and bidirectional characters are taken away."""
    return Text(one_line(text), style)


def block(text: str, style: str = "") -> Text:
    """Outside text of several lines, made safe likewise."""
    return Text(clean(text), style)


def say(text: str, *advice: str, style: str = "") -> None:
    """Print a sentence, and what follows from it."""
    console = paper()
    console.print(block(text, style), soft_wrap=True)
    for each in advice:
        console.print(Text("  ").append(line(each)), soft_wrap=True)


def say_error(error: CommandError) -> None:
    """Print what is wrong and what to do to standard error."""
    console = paper(sys.stderr)
    console.print(Text("Error: ", "bold red").append(block(error.what)), soft_wrap=True)
    for each in error.advice:
        console.print(Text("  ").append(line(each)), soft_wrap=True)


def say_json(value: object) -> None:
    """Print a value for programs: one JSON document, ASCII, so that no terminal acts on what is in it."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def ago(at: datetime, now: datetime) -> str:
    """A past time as people say it, in its largest unit: `12 min ago`."""
    words = duration(now - at).split()
    return f"{' '.join(words[:2])} ago"


def number(count: int | None) -> str:
    """A count for people; `-` where it isn't known."""
    return "-" if count is None else f"{count:,}"


def listed(words: Iterable[str]) -> str:
    """Words with how often each stands in a row of them: `INVALID_RECORDS x2, FAILED`."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(word if count == 1 else f"{word} x{count}" for word, count in counts.items())
