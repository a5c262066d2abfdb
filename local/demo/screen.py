"""What the terminal shows: a timeline, and the alerts as a person gets them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

from deployment_notifier.messages import email, render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deployment_notifier.model import Alert, Place

_COLOURS = {"critical": "bold red", "warning": "yellow", "info": "green"}
_LABEL_WIDTH = 12


class Screen:
    """Prints what happens, each line with its seconds since the start.

    Args:
        names: what to call each deployment, by its id.
        place: where the deployed function runs, for the messages.
    """

    def __init__(self, names: Mapping[str, str], place: Place) -> None:
        self.console = Console(highlight=False)
        self._names = names
        self._place = place
        self._started = time.monotonic()
        self._shown: set[str] = set()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def line(self, deployment_id: str | None, text: Text | str) -> None:
        """Print a line of the timeline."""
        name = self._names.get(deployment_id or "", deployment_id or "")
        self.console.print(Text(f"{self.seconds:4.0f} s  {name:<{_LABEL_WIDTH}}").append_text(Text.assemble(text)))

    def transition(self, deployment_id: str, from_status: str | None, to_status: str) -> None:
        """Print a change of status."""
        self.line(deployment_id, f"{from_status} -> {to_status}" if from_status else f"first seen: {to_status}")

    def alert(self, alert: Alert) -> None:
        """Print an alert: its subject, and the first of each kind in full, as an email or as a chat message."""
        message = render(alert, self._place)
        colour = _COLOURS[alert.severity]
        self.line(alert.deployment_id, Text(f"ALERT  {message.subject}", style=colour))
        if alert.kind in self._shown or alert.severity == "info":
            return
        self._shown.add(alert.kind)
        if len(self._shown) % 2:
            body = Text(f"Subject: {message.subject}\n\n{email.text(alert, self._place)}")
            self._panel(body, "the email", colour)
        else:
            self._panel(_chat(json.loads(json.loads(message.body)["https"])), "the chat message", colour)

    def _panel(self, body: Text | Group, title: str, colour: str) -> None:
        self.console.print(Panel(body, title=title, title_align="left", border_style=colour, padding=(1, 2)))


def _chat(notification: Mapping[str, Any]) -> Group:
    content = notification["content"]
    steps: Iterable[str] = content.get("nextSteps", ())
    return Group(
        Text(content["title"], style="bold"),
        Text(content["description"]),
        *(Text(f"- {step}") for step in steps),
    )
