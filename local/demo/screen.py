"""What the terminal shows: a timeline, and some alerts in full, as a person gets them."""

from __future__ import annotations

import re
import textwrap
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deployment_notifier.messages import render
from deployment_notifier.messages.content import build_content
from deployment_notifier.messages.email import email_text
from local.demo.script import SHOWN, Form
from local.slack import render as slack_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment_notifier.model import Alert, Kind, StackIdentity
    from local.demo.history import StatusChange

_COLOURS = {"critical": "bold red", "warning": "yellow", "info": "green"}
_WIDEST = 110
"""Columns of the widest panel; longer lines are hard to read."""

_PANEL_SIDES = 4

# What a line goes on under: the bar or the sign of a quotation, which is repeated; an indent; a label in a column.
_BEGINNING = re.compile(r"([▌\s]*(?:> *)?)([A-Z][\w' ]*: {2,}|\d+\. )?")


class Screen:
    """Prints what happens, each line with its seconds since the start.

    Args:
        names: what to call each deployment, by its id.
        identity: the deployed stack, for the messages.
    """

    def __init__(self, names: Mapping[str, str], identity: StackIdentity) -> None:
        self.console = Console(highlight=False)
        self._names = names
        self._identity = identity
        self._started = time.monotonic()
        self._shown: set[Kind] = set()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def line(self, deployment_id: str | None, text: Text | str) -> None:
        """Print a line of the timeline; what is too long for the terminal goes on under its own beginning."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(justify="right", no_wrap=True, min_width=5)
        grid.add_column(no_wrap=True, min_width=max(map(len, self._names.values()), default=0))
        grid.add_column(overflow="fold")
        name = self._names.get(deployment_id or "", deployment_id or "")
        grid.add_row(f"{self.seconds:.0f} s", name, text)
        self.console.print(grid)

    def status_change(self, change: StatusChange) -> None:
        """Print a change of status."""
        text = Text(
            f"{change.from_status} -> {change.to_status}" if change.from_status else f"first seen: {change.to_status}"
        )
        if change.results_follow:
            text.append("; its groups have not all ended, so they are followed", "dim")
        self.line(change.deployment_id, text)

    def alert(self, alert: Alert) -> None:
        """Print an alert: its subject, and the whole email where the script says so."""
        message = render(alert, self._identity)
        colour = _COLOURS[alert.severity]
        self.line(alert.deployment_id, Text(f"ALERT  {message.subject}", style=colour))
        if self._is_shown(alert, Form.EMAIL):
            text = f"Subject: {message.subject}\n\n{email_text(build_content(alert, self._identity)).rstrip()}"
            self._panel(text, "the email", colour)

    def posted(self, alert: Alert, message: Mapping[str, Any]) -> None:
        """Print what Slack got of an alert where the script says so."""
        if self._is_shown(alert, Form.SLACK):
            text = slack_text(dict(message), self._panel_width - _PANEL_SIDES)
            self._panel(text, "in the Slack channel", _COLOURS[alert.severity])

    def _is_shown(self, alert: Alert, form: Form) -> bool:
        if SHOWN.get(alert.kind) is not form or alert.kind in self._shown:
            return False
        self._shown.add(alert.kind)
        return True

    @property
    def _panel_width(self) -> int:
        return min(self.console.width, _WIDEST)

    def _panel(self, text: str, title: str, colour: str) -> None:
        width = self._panel_width - _PANEL_SIDES
        body = "\n".join(part for line in text.split("\n") for part in _wrapped(line, width))
        panel = Panel(Text(body), title=title, title_align="left", border_style=colour, width=self._panel_width)
        self.console.print(panel)


def _wrapped(line: str, width: int) -> list[str]:
    """A line of a message as one or several of a panel; here nothing is to be copied, so commands wrap too."""
    match = _BEGINNING.match(line)
    if len(line) <= width or match is None:
        return [line]
    repeated, label = match[1], match[2] or ""
    return textwrap.wrap(
        line[len(repeated) :],
        width,
        initial_indent=repeated,
        subsequent_indent=repeated + " " * len(label),
        break_on_hyphens=False,
    )
