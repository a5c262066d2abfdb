"""Ends a program in order, whoever ends it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


def interrupt_on_termination() -> None:
    """Treat the end of the terminal (SIGHUP) and `kill` as Ctrl-C: what runs is stopped and deleted."""
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once is enough: the shell of a closed terminal sends it again, which would interrupt the cleaning up.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
