"""Ids, counts, times and spans as people read them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deployment_notifier.messages.escape import cut, one_line

if TYPE_CHECKING:
    from datetime import datetime, timedelta

_UUID_START = re.compile(r"[0-9a-fA-F]{8}(?=-[0-9a-fA-F]{4}-)")
_SHORT_CHARACTERS = 20


def short(identifier: str) -> str:
    """Return an id in short: the first eight digits of a UUID, the start of anything else."""
    line = one_line(identifier)
    start = _UUID_START.match(line)
    return start.group() if start else cut(line, _SHORT_CHARACTERS)


def counted(count: int, plural: str) -> str:
    """Return a count with its noun: `1 group`, `9,700 groups`.

    Args:
        count: how many.
        plural: the noun's plural, a regular one.
    """
    return f"{count:,} {plural.removesuffix('s') if count == 1 else plural}"


def capitalized(text: str) -> str:
    """Return a text with its first letter in upper case and the rest as it is."""
    return text[:1].upper() + text[1:]


def moment(at: datetime) -> str:
    """Return a time, such as `2026-11-23 10:04:00 UTC`."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def duration(span: timedelta) -> str:
    """Return a span in its two largest units, such as `1 h 4 min`; a negative one counts as none."""
    seconds = max(0, int(span.total_seconds()))
    parts = [
        (seconds // 86_400, "d"),
        (seconds // 3_600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    ]
    first = next((i for i, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 s"
