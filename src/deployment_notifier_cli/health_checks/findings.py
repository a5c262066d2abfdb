"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How serious a finding is."""

    OK = "ok"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """It could not be examined, or it is too early to say."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one examination.

    Attributes:
        about: what was examined, in a word or two.
        what: the result, as a sentence or two.
        advice: what to do about it.
        denied: the IAM action that the user lacks for it.
    """

    level: Level
    about: str
    what: str
    advice: tuple[str, ...] = ()
    denied: str | None = None


def fine(about: str, what: str) -> Finding:
    """Return that all is well."""
    return Finding(Level.OK, about, what)


def wrong(about: str, what: str, *advice: str) -> Finding:
    """Return a problem."""
    return Finding(Level.WRONG, about, what, tuple(filter(None, advice)))


def unknown(about: str, what: str, *advice: str, denied: str | None = None) -> Finding:
    """Return that it is not known."""
    return Finding(Level.UNKNOWN, about, what, tuple(filter(None, advice)), denied)
