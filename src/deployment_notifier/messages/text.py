"""Text that came from outside, made safe for where it goes: cleaned, cut, quoted, escaped."""

from __future__ import annotations

import re
import shlex
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

ELLIPSIS = "…"

# Characters that leave no ink though Python calls them printable: fillers, a blank Braille cell, variation selectors.
_INKLESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# A value that begins so is not taken as it stands by the AWS CLI: as an option, or as a file or address to be read.
_NOT_A_PLAIN_ARGUMENT = re.compile(r"-|(?:file|fileb|https?)://", re.IGNORECASE)
_UUID_START = re.compile(r"[0-9a-fA-F]{8}(?=-[0-9a-fA-F]{4}-)")
_SHORT_CHARACTERS = 20


def one_line(text: str) -> str:
    """Keep what can be seen: no control, bidirectional, invisible, unassigned or surrogate characters, no line breaks.

    Runs of white space become one space.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return " ".join(_INKLESS.sub("", text).split())


def clean(text: str) -> str:
    r"""Do the same line by line; `\n` is the one control character that stays, and empty lines go."""
    return "\n".join(line for line in map(one_line, text.splitlines()) if line)


def cut(text: str, characters: int) -> str:
    """Shorten to so many characters, with an ellipsis where something was taken away."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + ELLIPSIS


def cut_bytes(text: str, size: int) -> str:
    """Shorten to so many bytes of UTF-8, with an ellipsis where something was taken away.

    Args:
        text: cleaned text: a lone surrogate has no UTF-8.
        size: at least 3, the ellipsis's own size.
    """
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    return encoded[: size - len(ELLIPSIS.encode())].decode(errors="ignore").rstrip() + ELLIPSIS


def ascii_line(text: str, characters: int) -> str:
    """One line of printable ASCII: accents are dropped, what has no ASCII form becomes `?`."""
    decomposed = (c for c in unicodedata.normalize("NFKD", one_line(text)) if not unicodedata.combining(c))
    line = one_line("".join(decomposed).encode("ascii", "replace").decode())
    return line if len(line) <= characters else line[: characters - 3].rstrip() + "..."


def shell_argument(text: str) -> str:
    """One inert argument for a command that a person pastes into a shell.

    A leading space, which the AWS CLI keeps, stops a value from acting as an option or as a `file://` to be read:
    such a value is never a real id, so that it is refused harmlessly.
    """
    line = one_line(text)
    return shlex.quote(f" {line}" if _NOT_A_PLAIN_ARGUMENT.match(line) else line)


def chat_escape(text: str) -> str:
    """Make `&`, `<` and `>` inert, the three that make Slack mention, link or notify.

    Source: https://docs.slack.dev/messaging/formatting-message-text (Escaping text).
    """
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def chat_code(text: str, characters: int = 200) -> str:
    """A code span: neither Slack nor Teams looks for formatting, emoji, mentions or links inside one.

    Args:
        text: anything; it is cut before it is escaped, so that no escape is cut in two.
        characters: the length of the span's escaped content at which it is cut.
    """
    kept = cut(one_line(text).replace("`", "'"), characters)
    while (excess := len(chat_escape(kept)) - characters) > 0:
        # An escape is up to five characters long, so this never takes away more than it must, and always something.
        kept = cut(kept, len(kept) - (excess + 4) // 5)
    return f"`{chat_escape(kept) or '-'}`"


def short(identifier: str) -> str:
    """An id as people say it: the first eight digits of a UUID, the beginning of anything else."""
    line = one_line(identifier)
    start = _UUID_START.match(line)
    return start.group() if start else cut(line, _SHORT_CHARACTERS)


def moment(at: datetime) -> str:
    """A time for people, such as `2026-11-23 10:04:00 UTC`."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def duration(span: timedelta) -> str:
    """A span for people, in its two largest units, such as `1 h 4 min`; a negative one counts as none."""
    seconds = max(0, int(span.total_seconds()))
    parts = [
        (seconds // 86_400, "d"),
        (seconds // 3_600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    ]
    first = next((i for i, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 s"
