"""Text from outside, made safe for the place where it goes: cleaned, cut, quoted, escaped."""

from __future__ import annotations

import re
import shlex
import unicodedata

ELLIPSIS = "…"

# Characters that leave no ink though Python calls them printable: fillers, a blank Braille cell, variation selectors.
_INKLESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# The AWS CLI takes a value that starts like this for an option, or for a file or address to read.
_NOT_A_PLAIN_ARGUMENT = re.compile(r"-|(?:file|fileb|https?)://", re.IGNORECASE)


def one_line(text: str) -> str:
    """Return a text on one line, with its visible characters only.

    Control, bidirectional, invisible, unassigned and surrogate characters go; runs of white space become one space.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return " ".join(_INKLESS.sub("", text).split())


def clean(text: str) -> str:
    r"""Return a text with its visible characters only; `\n` is the one control character that stays.

    Empty lines go.
    """
    return "\n".join(line for line in map(one_line, text.splitlines()) if line)


def cut(text: str, characters: int) -> str:
    """Shorten a text to so many characters, with an ellipsis where something was taken away."""
    return text if len(text) <= characters else text[: characters - 1].rstrip() + ELLIPSIS


def cut_bytes(text: str, size: int) -> str:
    """Shorten a text to so many bytes of UTF-8, with an ellipsis where something was taken away.

    Args:
        text: cleaned text: a lone surrogate has no UTF-8.
        size: at least 3, the ellipsis's own size.
    """
    encoded = text.encode()
    if len(encoded) <= size:
        return text
    return encoded[: size - len(ELLIPSIS.encode())].decode(errors="ignore").rstrip() + ELLIPSIS


def ascii_line(text: str, characters: int) -> str:
    """Return one line of printable ASCII: accents are dropped, what has no ASCII form becomes `?`."""
    decomposed = (c for c in unicodedata.normalize("NFKD", one_line(text)) if not unicodedata.combining(c))
    line = one_line("".join(decomposed).encode("ascii", "replace").decode())
    return line if len(line) <= characters else line[: characters - 3].rstrip() + "..."


def shell_argument(text: str) -> str:
    """Return one inert argument for a command that a person pastes into a shell.

    A leading space, which the AWS CLI keeps, stops a value from acting as an option or as a `file://` to be read: such
    a value is never a real id, so that it is refused harmlessly.
    """
    line = one_line(text)
    return shlex.quote(f" {line}" if _NOT_A_PLAIN_ARGUMENT.match(line) else line)


def chat_escape(text: str) -> str:
    """Make `&`, `<` and `>` inert, the three that make Slack mention, link or notify.

    Source: https://docs.slack.dev/messaging/formatting-message-text (Escaping text).
    """
    return one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def chat_code(text: str, characters: int = 200) -> str:
    """Return a code span: neither Slack nor Teams looks for formatting, emoji, mentions or links inside one.

    Args:
        text: anything; it is cut before it is escaped, so that no escape is cut in two.
        characters: the length of the span's escaped content at which it is cut.
    """
    kept = cut(one_line(text).replace("`", "'"), characters)
    while (excess := len(chat_escape(kept)) - characters) > 0:
        # An escape is up to five characters long, so this never takes away more than it must, and always something.
        kept = cut(kept, len(kept) - (excess + 4) // 5)
    return f"`{chat_escape(kept) or '-'}`"
