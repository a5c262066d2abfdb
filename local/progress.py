"""Says what is going on while something slow runs, on a terminal and in a log file alike."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_TICK_SECONDS = 0.5
_LOG_EVERY_SECONDS = 15.0


class Report(Protocol):
    """What slow work calls to tell how far it is, as often as it likes."""

    def __call__(self, status: str) -> None:
        """Take the status: a few words on one line."""


class ProgressLine:
    """A line that is rewritten twice a second: `title: status (12 s)`.

    Where the output is no terminal, a line is written at the start, every 15 seconds, and at the end. Use as a
    context manager; call it with a new status.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._status = ""
        self._started = self._logged = time.monotonic()
        self._rewrites = sys.stdout.isatty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __call__(self, status: str) -> None:
        """Show this status from now on."""
        self._status = status

    def __enter__(self) -> Self:
        """Show the line."""
        if not self._rewrites:
            print(f"{self._title} ...", flush=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the line with how it ended and how long it took."""
        self._ended.set()
        self._thread.join()
        ending = "done" if kind is None else "failed"
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            ending = "interrupted"
        self._show(f"{self._title}: {ending} ({self._seconds} s)")
        if self._rewrites:
            print(flush=True)

    @property
    def _seconds(self) -> int:
        return round(time.monotonic() - self._started)

    def _tick(self) -> None:
        while not self._ended.wait(_TICK_SECONDS):
            if self._rewrites:
                self._show(f"{self._title}: {self._status or 'working'} ({self._seconds} s)")
            elif time.monotonic() - self._logged >= _LOG_EVERY_SECONDS:
                self._logged = time.monotonic()
                self._show(f"{self._title}: {self._status or 'working'} ({self._seconds} s)")

    def _show(self, text: str) -> None:
        if self._rewrites:
            # Back to the start of the line, then clear what the last text leaves over.
            print(f"\r{_cut(text)}\033[K", end="", flush=True)
        else:
            print(text, flush=True)


def _cut(text: str) -> str:
    """The text within one line of the terminal, since a wrapped line can't be rewritten."""
    width = shutil.get_terminal_size().columns - 1
    return text if len(text) <= width else text[: width - 3] + "..."
