"""Times as the table and the messages write them, and the versions that are made of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(at: datetime) -> int:
    """Return a time as whole milliseconds since 1970."""
    return int((at - _EPOCH) / timedelta(milliseconds=1))


def from_milliseconds(count: int) -> datetime:
    """Return the time that is this many milliseconds after the start of 1970."""
    return _EPOCH + timedelta(milliseconds=count)


def next_version(version: int, now: datetime) -> int:
    """Return the version of a write: its time in milliseconds, or the last version plus one if the clock went back.

    So versions always rise, a watch that was registered again shares no version with the one before, and the events
    of a deployment, which carry this time, sort in the order in which they were decided.
    """
    return max(milliseconds(now), version + 1)


def timestamp(at: datetime) -> str:
    """Return a time as text, such as `2026-11-23T10:04:00.123Z`.

    Args:
        at: a time in UTC; anything finer than a millisecond is cut off.
    """
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
