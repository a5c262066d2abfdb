"""Slack's published rules for what a webhook takes, and this project's rule for what outside text may do.

Limits: https://docs.slack.dev/reference/block-kit (blocks, button element, text object) and
https://docs.slack.dev/reference/messaging/attachments. Only what this project sends is known: any other block or field
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
_CONTEXT_ELEMENTS: Final = 10
_ACTIONS: Final = 25
_COLOURS: Final = re.compile(r"good|warning|danger|#[0-9a-fA-F]{6}")
_LINK: Final = re.compile(r"(?=.{1,3000}\Z)https?://[!-~]+")

# Slack writes mentions, channels, dates and links as <...>; three words notify people where it parses plain text.
_CONTROL: Final = re.compile(r"<[^>]*>?|>")
_ENTITY: Final = re.compile(r"&(?!(?:amp|lt|gt);)")
_SHOUT: Final = re.compile(r"[@#](?=\w)")
_BARE_LINK: Final = re.compile(r"\b(?:https?://|mailto:\w)|\w\.[A-Za-z]{2}")
_CODE: Final = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def violations(payload: object) -> list[tuple[str, str]]:
    """Return what Slack would refuse.

    Args:
        payload: what was posted, as parsed JSON.

    Returns:
        For each violation Slack's word, such as `invalid_blocks`, and what is wrong in plain words.
    """
    return list(_message(payload))


def _message(payload: object) -> Iterator[tuple[str, str]]:
    if not isinstance(payload, dict):
        yield "invalid_payload", "the body is not a JSON object"
        return
    for problem in _unknown(payload, {"text", "blocks", "attachments"}, "the message"):
        yield "invalid_payload", problem
    text, blocks, attachments = payload.get("text"), payload.get("blocks", []), payload.get("attachments", [])
    if not (text or blocks or attachments):
        yield "no_text", "neither text, nor blocks, nor attachments"
    if not isinstance(text, str | None):
        yield "invalid_payload", "text is not a string"
    elif _length(text or "") > _MESSAGE_TEXT:
        yield "msg_too_long", f"text has more than {_MESSAGE_TEXT} characters"
    for problem in _blocks(blocks):
        yield "invalid_blocks", problem
    if not isinstance(attachments, list):
        yield "invalid_attachments", "attachments is not a list"
        return
    for problem in (problem for each in attachments for problem in _attachment(each)):
        yield "invalid_attachments", problem
    groups = [blocks, *(each.get("blocks") for each in attachments if isinstance(each, dict))]
    if sum(len(group) for group in groups if isinstance(group, list)) > _BLOCKS:
        yield "invalid_blocks", f"more than {_BLOCKS} blocks"


def _attachment(found: object) -> Iterator[str]:
    if not isinstance(found, dict):
        yield "an attachment is not an object"
        return
    yield from _unknown(found, {"color", "blocks", "fallback"}, "an attachment")
    if not _COLOURS.fullmatch(str(found.get("color", "good"))):
        yield f"color {found['color']!r}"
    if not isinstance(found.get("fallback", ""), str):
        yield "fallback is not a string"
    yield from _blocks(found.get("blocks"))


def _blocks(found: object) -> Iterator[str]:
    if not isinstance(found, list):
        yield "blocks is not a list"
        return
    for block in found:
        match block:
            case {"type": "header"}:
                yield from _unknown(block, {"type", "text"}, "a header")
                yield from _text(block.get("text"), "a header", 150, ("plain_text",))
            case {"type": "section"}:
                yield from _unknown(block, {"type", "text"}, "a section")
                yield from _text(block.get("text"), "a section", _TEXT)
            case {"type": "context"}:
                yield from _elements(block, _CONTEXT_ELEMENTS, lambda each: _text(each, "a context", _TEXT))
            case {"type": "actions"}:
                yield from _elements(block, _ACTIONS, _button)
            case _:
                yield f"unknown block {block!r:.80}"


def _elements(block: dict[str, Any], most: int, check: Callable[[object], Iterator[str]]) -> Iterator[str]:
    yield from _unknown(block, {"type", "elements"}, f"a {block['type']} block")
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= most:
        yield f"the elements of a {block['type']} block are not a list of 1 to {most}"
        return
    for each in elements:
        yield from check(each)


def _button(found: object) -> Iterator[str]:
    if not isinstance(found, dict) or found.get("type") != "button":
        yield "an action that is not a button"
        return
    yield from _unknown(found, {"type", "text", "url"}, "a button")
    yield from _text(found.get("text"), "a button", 75, ("plain_text",))
    if not _LINK.fullmatch(str(found.get("url"))):
        yield f"the url of a button is not a link of up to {_TEXT} characters"


def _text(found: object, where: str, most: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> Iterator[str]:
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        yield f"the text of {where} is not a text object"
        return
    kind, length = found.get("type"), _length(found["text"])
    if kind not in kinds:
        yield f"the text of {where} is of type {kind!r}"
    if not 1 <= length <= most:
        yield f"the text of {where} has {length} characters, not 1 to {most}"
    # `emoji` is for plain_text only, `verbatim` for mrkdwn only.
    yield from _unknown(found, {"type", "text", "verbatim" if kind == "mrkdwn" else "emoji"}, f"the text of {where}")


def _unknown(found: dict[str, Any], known: set[str], where: str) -> Iterator[str]:
    return (f"unknown field {name!r} of {where}" for name in found.keys() - known)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def active_markup(payload: dict[str, Any]) -> list[str]:
    """Return what in a message could mention, notify, link or draw: text from outside must never get there.

    Slack takes all of it; that none of it occurs is this project's own rule. Buttons' links are not checked.

    Args:
        payload: a message without violations.
    """
    attachments = payload.get("attachments", [])
    parsed = [payload.get("text", ""), *(each.get("fallback", "") for each in attachments)]
    found = [match for text in parsed for match in _active(text, is_verbatim=False)]
    for text in texts(payload):
        if text["type"] == "mrkdwn":
            found.extend(_active(text["text"], is_verbatim=text.get("verbatim") is True))
        elif text.get("emoji") is not False:
            found.append(f"emoji in {text['text']!r:.40}")
    return found


def _active(markup: str, *, is_verbatim: bool) -> Iterator[str]:
    yield from _CONTROL.findall(markup)
    yield from _ENTITY.findall(markup)
    outside_code = _CODE.sub("", markup)
    yield from _SHOUT.findall(outside_code)
    if not is_verbatim:
        yield from _BARE_LINK.findall(outside_code)


def texts(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every text object of a message, in order."""
    groups = [payload.get("blocks", []), *(each.get("blocks", []) for each in payload.get("attachments", []))]
    for block in (block for group in groups for block in group):
        yield from ([block["text"]] if "text" in block else [])
        for element in block.get("elements", []):
            yield element["text"] if element["type"] == "button" else element
