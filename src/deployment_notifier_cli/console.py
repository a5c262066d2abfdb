"""The terminal: colours and its own width; without one, neither."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from deployment_notifier.messages.escape import clean, one_line
from deployment_notifier.messages.formatting import duration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rich.table import Table

    from deployment_notifier_cli.errors import CommandError

_PIPE_WIDTH = 10_000
"""Columns of a pipe or a file: nothing is cut or wrapped, so that grep and awk find whole lines."""


def open_console(file: TextIO | None = None) -> Console:
    """Return a console that takes text as it is: no markup, no emoji names, no highlighting.

    Args:
        file: by default standard output.
    """
    console = Console(file=file or sys.stdout, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def print_table(console: Console, table: Table) -> None:
    """Print a table; in a pipe without the spaces that fill up its last column."""
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def safe_line(text: str, style: str = "") -> Text:
    """Return text from outside on one line, without control and bidirectional characters."""
    return Text(one_line(text), style)


def safe_text(text: str, style: str = "") -> Text:
    """Return text from outside of several lines, without control and bidirectional characters."""
    return Text(clean(text), style)


def print_message(text: str, *advice: str, style: str = "") -> None:
    """Print a sentence, and what to do under it."""
    _print(open_console(), safe_text(text, style), advice)


def print_error(error: CommandError) -> None:
    """Print to standard error what is wrong and what to do."""
    _print(open_console(sys.stderr), Text("Error: ", "bold red").append(safe_text(error.what)), error.advice)


def _print(console: Console, text: Text, advice: Iterable[str]) -> None:
    console.print(text, soft_wrap=True)
    for each in advice:
        print_advice(console, each)


def print_advice(console: Console, text: str, indent: str = "  ", style: str = "") -> None:
    """Print a sentence or a command to paste, whose spaces stay as they are."""
    console.print(Text(indent + "".join(filter(str.isprintable, text)), style), soft_wrap=True)


def ago(at: datetime, now: datetime) -> str:
    """Return a time as its distance, in the largest unit: `12 min ago`."""
    words = duration(now - at).split()
    return f"{' '.join(words[:2])} ago"


def number(count: int | None) -> str:
    """Return a count with thousands separated; `-` if it is not known."""
    return "-" if count is None else f"{count:,}"


def with_counts(words: Iterable[str]) -> str:
    """Return words with how often each occurs: `INVALID_RECORDS x2, FAILED`."""
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(word if count == 1 else f"{word} x{count}" for word, count in counts.items())
