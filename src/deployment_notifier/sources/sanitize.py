"""Cuts what comes in from outside to size, before anything is decided or stored.

They keep an item under DynamoDB's 400 KB and its numbers exact, whatever a service answers.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

TEXT_BYTES = 4096
LIST_ENTRIES = 20
LONGEST_ID = 1024
"""Bytes of an id: DynamoDB takes no longer sort key of an index."""

_LARGEST_SECONDS = 10**11
_DIGITS = re.compile(r"[0-9]{10}|[0-9]{13}")
LARGEST_COUNT = 2**53
"""The largest integer that JSON's consumers all read exactly."""


def text(value: object, limit: int = TEXT_BYTES) -> str | None:
    """A text of at most `limit` bytes of UTF-8; None where there is none.

    Args:
        value: what came in; only a string that isn't blank counts.
        limit: in bytes of UTF-8.
    """
    if not isinstance(value, str):
        return None
    # JSON can carry half of a surrogate pair, which no UTF-8 can.
    encoded = value[:limit].encode("utf-8", errors="replace")
    cut = encoded[:limit].decode("utf-8", errors="ignore")
    return cut if cut.strip() else None


def deployment_id(value: object) -> str | None:
    """An id that can be stored whole; None for any other, as an id that was cut would be that of nothing.

    Args:
        value: what came in; only a string that isn't blank and has at most `LONGEST_ID` bytes counts.
    """
    kept = text(value, limit=LONGEST_ID)
    return kept if kept == value else None


def page_token(value: object) -> str | None:
    """The token of a listing's next page; None for none.

    Args:
        value: what came in. The text `null`, which the API references name as the end of a list, is no token.
    """
    token = text(value, limit=8192)
    return None if token == "null" else token  # noqa: S105 - a page's token


def count(value: object) -> int | None:
    """A whole number between 0 and 2^53; None where there is none.

    Args:
        value: what came in; only an integer counts.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return min(max(value, 0), LARGEST_COUNT)


def time(value: object) -> datetime | None:
    """Return a time in UTC; None if the value is no time.

    Args:
        value: a time; a text in ISO 8601, such as `2026-11-23T10:04:00.123Z`; or a number, as such or as text:
            seconds since 1970, or milliseconds where seconds would be beyond the year 5138.
    """
    try:
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000 if value >= _LARGEST_SECONDS else value, UTC)
        at = datetime.fromisoformat(text(value, limit=64) or "")
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def entries(value: object) -> list[object]:
    """The first 20 entries of a list; empty where there is none."""
    return value[:LIST_ENTRIES] if isinstance(value, list) else []


def mapping(value: object) -> dict[str, object]:
    """A mapping; empty where there is none."""
    return {key: entry for key, entry in value.items() if isinstance(key, str)} if isinstance(value, dict) else {}


def tags(value: object) -> dict[str, str]:
    """The first 20 tags; what isn't text is left out, and so is a tag without a name."""
    read = ((text(key, 512), text(entry, 1024)) for key, entry in mapping(value).items())
    return dict([(key, entry or "") for key, entry in read if key][:LIST_ENTRIES])
