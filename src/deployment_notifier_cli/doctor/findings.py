"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it is."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """It could not be looked at, or it is too early to tell."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        about: what was looked at, in a word or two.
        what: how it is, as a sentence or two.
        advice: what to do about it.
    """

    level: Level
    about: str
    what: str
    advice: tuple[str, ...] = ()


def fine(about: str, what: str) -> Finding:
    """Nothing to do."""
    return Finding(Level.OK, about, what)


def wrong(about: str, what: str, *advice: str) -> Finding:
    """Something to do."""
    return Finding(Level.WRONG, about, what, advice)


def unknown(about: str, what: str, *advice: str) -> Finding:
    """Nobody knows."""
    return Finding(Level.UNKNOWN, about, what, advice)
