"""Slack's published rules for what a webhook takes, and ours for what outside text may do.

Limits: https://docs.slack.dev/reference/block-kit (blocks, button element, text object) and
https://docs.slack.dev/reference/messaging/attachments. Just what this project sends is known: any other kind of block
is a violation, so that a new one gets its limits here first. Characters are counted as UTF-16 code units, the strictest
reading of a limit that Slack does not explain.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TEXT: Final = 3_000
_MESSAGE_TEXT: Final = 40_000
_BLOCKS: Final = 50
_COLOURS: Final = re.compile(r"good|warning|danger|#[0-9a-fA-F]{6}")
_LINK: Final = re.compile(r"https?://[!-~]+")

# Slack writes mentions, channels, dates and links as <...>; three words notify people where it parses plain text.
_CONTROL: Final = re.compile(r"<[^>]*>?|>")
_ENTITY: Final = re.compile(r"&(?!(?:amp|lt|gt);)")
_SHOUT: Final = re.compile(r"[@#](?=\w)")
_BARE_LINK: Final = re.compile(r"\b(?:https?://|mailto:\w)|\w\.[A-Za-z]{2}")
_CODE: Final = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def violations(payload: object) -> list[tuple[str, str]]:
    """What Slack would refuse.

    Args:
        payload: what was posted, as parsed JSON.

    Returns:
        Slack's word for each, such as `invalid_blocks`, and what is wrong in plain words. Empty: it would take it.
    """
    if not isinstance(payload, dict):
        return [("invalid_payload", "the body is not a JSON object")]
    found = [
        ("invalid_payload", f"unknown field {name!r}") for name in payload.keys() - {"text", "blocks", "attachments"}
    ]
    text, attachments = payload.get("text"), payload.get("attachments", [])
    if not text and not payload.get("blocks") and not attachments:
        found.append(("no_text", "neither text, nor blocks, nor attachments"))
    if text is not None:
        if not isinstance(text, str):
            found.append(("invalid_payload", "text is no string"))
        elif _length(text) > _MESSAGE_TEXT:
            found.append(("msg_too_long", f"text has {_length(text)} of {_MESSAGE_TEXT} characters"))
    if not isinstance(attachments, list):
        return [*found, ("invalid_attachments", "attachments is no list")]
    count = 0
    for blocks, word in (
        (payload.get("blocks", []), "invalid_blocks"),
        *((each.get("blocks", []) if isinstance(each, dict) else None, "invalid_attachments") for each in attachments),
    ):
        found.extend((word, problem) for problem in _blocks(blocks))
        count += len(blocks) if isinstance(blocks, list) else 0
    if count > _BLOCKS:
        found.append(("invalid_blocks", f"{count} of {_BLOCKS} blocks"))
    found.extend(("invalid_attachments", problem) for each in attachments for problem in _attachment(each))
    return found


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _attachment(found: object) -> Iterator[str]:
    if not isinstance(found, dict):
        yield "an attachment is no object"
        return
    yield from (f"unknown field {name!r} of an attachment" for name in found.keys() - {"color", "blocks", "fallback"})
    if not _COLOURS.fullmatch(str(found.get("color", "good"))):
        yield f"color {found['color']!r}"
    if not isinstance(found.get("fallback", ""), str):
        yield "fallback is no string"


def _blocks(found: object) -> Iterator[str]:
    if not isinstance(found, list):
        yield "blocks is no list"
        return
    for block in found:
        kind = block.get("type") if isinstance(block, dict) else None
        check = _KINDS.get(kind) if isinstance(kind, str) else None
        if check is None:
            yield f"unknown block {kind!r}"
        else:
            yield from check(block)


def _header(block: dict[str, Any]) -> Iterator[str]:
    yield from _text(block.get("text"), "header", 150, markup=False)


def _section(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields")
    if "text" not in block and not fields:
        yield "a section without text or fields"
    if "text" in block:
        yield from _text(block["text"], "section", _TEXT)
    if fields is None:
        return
    if not isinstance(fields, list) or not 1 <= len(fields) <= 10:  # noqa: PLR2004 - Slack's limit, named in the message
        yield "a section's fields are no list of 1 to 10"
        return
    for each in fields:
        yield from _text(each, "field", 2_000)


def _context(block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:  # noqa: PLR2004 - as above
        yield "a context's elements are no list of 1 to 10"
        return
    for each in elements:
        yield from _text(each, "context", _TEXT)


def _actions(block: dict[str, Any]) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:  # noqa: PLR2004 - as above
        yield "the elements of actions are no list of 1 to 25"
        return
    for each in elements:
        if not isinstance(each, dict) or each.get("type") != "button":
            yield "an action that is no button"
            continue
        yield from _text(each.get("text"), "button", 75, markup=False)
        url = each.get("url")
        if not isinstance(url, str) or not _LINK.fullmatch(url) or len(url) > _TEXT:
            yield f"a button's url {str(url)[:80]!r} is no link of up to {_TEXT} characters"


_KINDS: Final[dict[str, Callable[[dict[str, Any]], Iterator[str]]]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "divider": lambda _: iter(()),
}


def _text(found: object, where: str, most: int, *, markup: bool = True) -> Iterator[str]:
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        yield f"the text of a {where} is no text object"
        return
    kind, length = found.get("type"), _length(found["text"])
    if kind not in ({"plain_text", "mrkdwn"} if markup else {"plain_text"}):
        yield f"the text of a {where} is of type {kind!r}"
    if not 1 <= length <= most:
        yield f"the text of a {where} has {length} characters, not 1 to {most}"
    # `emoji` is for plain_text alone, `verbatim` for mrkdwn alone.
    allowed = {"type", "text", "verbatim" if kind == "mrkdwn" else "emoji"}
    yield from (f"unknown field {name!r} of a {where}'s text" for name in found.keys() - allowed)


def active_markup(payload: dict[str, Any]) -> list[str]:
    """What in a message could mention, notify or link: text from outside must never get there.

    Slack takes all of it; that nothing does is this project's own rule. Buttons are not looked at.

    Args:
        payload: a message without violations.
    """
    found = list(_active(payload.get("text", ""), is_verbatim=False))
    for attachment in payload.get("attachments", []):
        found.extend(_active(attachment.get("fallback", ""), is_verbatim=False))
    for text in texts(payload):
        if text["type"] == "mrkdwn":
            found.extend(_active(text["text"], is_verbatim=text.get("verbatim") is True))
    return found


def _active(markup: str, *, is_verbatim: bool) -> Iterator[str]:
    yield from _CONTROL.findall(markup)
    yield from _ENTITY.findall(markup)
    outside_code = _CODE.sub("", markup)
    yield from _SHOUT.findall(outside_code)
    if not is_verbatim:
        yield from _BARE_LINK.findall(outside_code)


def texts(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every text object of a message, in order."""
    groups = [payload.get("blocks", []), *(each.get("blocks", []) for each in payload.get("attachments", []))]
    for block in (block for group in groups for block in group):
        yield from ([block["text"]] if "text" in block else [])
        yield from block.get("fields", [])
        for element in block.get("elements", []):
            yield element["text"] if element["type"] == "button" else element
