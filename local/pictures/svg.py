"""The pieces of a picture: SVG that needs no font and no file of the reader's, in a light and a dark form."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SANS = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace"

MONO_WIDTH = 0.62
"""The width of a character of `MONO` in its size, in the widest of these fonts."""

_WIDTHS = {
    **dict.fromkeys("ijl'|", 0.25),
    **dict.fromkeys(' .,:;!ft/\\I[]()-"r', 0.34),
    **dict.fromkeys("sckvxyzJ", 0.53),
    **dict.fromkeys("CDHNRUwGOQ&", 0.78),
    **dict.fromkeys("mMW%@", 0.93),
}
_ORDINARY_WIDTH = 0.64
_BOLD = 1.16


def width(text: str, size: float, *, is_bold: bool = False, is_code: bool = False) -> float:
    """Return about how wide a text is, in pixels; rather too wide, because nobody knows the reader's font.

    Args:
        text: one line.
        size: of the font, in pixels.
        is_bold: whether it is printed bold.
        is_code: whether all its characters are of one width.
    """
    if is_code:
        return len(text) * MONO_WIDTH * size
    return sum(_WIDTHS.get(each, _ORDINARY_WIDTH) for each in text) * size * (_BOLD if is_bold else 1)


def element(name: str, content: str = "", **attributes: object) -> str:
    """Return an element.

    Args:
        name: such as `rect`.
        content: what is in it, as SVG.
        **attributes: by name; `_` stands for `-`, and `class_` for `class`.
    """
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_written(each)}"' for key, each in attributes.items())
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(content: str, x: float, y: float, class_: str, **attributes: object) -> str:
    """Return a line of plain text whose first letter stands at `x`, on a base line at `y`."""
    return element("text", escape(content, quote=False), x=x, y=y, class_=class_, **attributes)


def picture(
    title: str, size: tuple[int, int], colours: Mapping[str, tuple[str, str]], rules: str, parts: Iterable[str]
) -> str:
    """Return a whole picture on a card of its own, so that it can be read on any page.

    Args:
        title: what it shows, for screen readers.
        size: its width and height, in pixels.
        colours: the light and the dark form of each colour, by the name that the rules use as `var(--name)`.
        rules: CSS of its classes.
        parts: its elements.
    """
    coloured = "".join(f"{rule}}}" for rule in rules.split("}") if "var(" in rule)
    light, dark = {name: pair[0] for name, pair in colours.items()}, {name: pair[1] for name, pair in colours.items()}
    style = f"{_with(light, rules)}@media(prefers-color-scheme:dark){{{_with(dark, coloured)}}}"
    wide, high = size
    card = element("rect", x=0.5, y=0.5, width=wide - 1, height=high - 1, rx=8, class_="card")
    lines = (element("title", escape(title, quote=False)), element("style", style), card, *parts)
    inner = "\n" + "\n".join(lines) + "\n"
    head = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {wide} {high}", "role": "img"}
    return element("svg", inner, width=wide, height=high, **head) + "\n"


def _with(colours: Mapping[str, str], rules: str) -> str:
    # Written out, because not every viewer of SVG knows CSS's own variables.
    return re.sub(r"var\(--(\w+)\)", lambda name: colours[name[1]], rules)


def _written(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else escape(str(value))
