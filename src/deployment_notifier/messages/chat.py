"""The alert for Slack and Teams, by the custom notifications of Amazon Q Developer in chat applications.

The schema: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html. Its markdown is the chat's own.
Slack's differs from Teams', so just what both read alike is used: code spans, lines, bare links. All text from outside
stands in code spans, where neither looks for markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.messages.bounds import FULL, Limits, bounded
from deployment_notifier.messages.event import event
from deployment_notifier.messages.facts import error_lines, facts
from deployment_notifier.messages.groups import counted, reasons
from deployment_notifier.messages.headlines import headline, what_happened
from deployment_notifier.messages.meaning import also, meaning
from deployment_notifier.messages.references import console_link, deployment_arn, function_arn, reference
from deployment_notifier.messages.steps import Step, steps
from deployment_notifier.messages.text import chat_code, chat_escape, cut, one_line
from deployment_notifier.model import Alert, Place, Severity, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

# The schema's own limits.
TITLE_CHARACTERS = 250
DESCRIPTION_CHARACTERS = 8_000
STEP_CHARACTERS = 350
KEYWORD_CHARACTERS = 75

_ERROR_LINES = 4
_ERROR_CHARACTERS = 300
_REASONS = 5
_NAMED_GROUPS = 8
_GROUP_CHARACTERS = 64
_CONTEXT_CHARACTERS = 500
_NOT_FLAT = {"tags", "details", "errors", "source"}
_COLOURS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵"}


def notification(alert: Alert, place: Place, limits: Limits = FULL) -> dict[str, object]:
    """The notification, as `json.dumps` takes it.

    Args:
        alert: as stored; it is cleaned here.
        place: for the ARNs, commands and links.
        limits: how much of the outside text is kept.
    """
    alert = bounded(alert, limits)
    metadata: dict[str, object] = {
        "summary": what_happened(alert, chat_code),
        "eventType": f"greengrass-deployment.{alert.kind}",
        "relatedResources": [chat_escape(_resource(alert, place))],
        "additionalContext": _context(alert, place),
    }
    if alert.severity is not Severity.CRITICAL:  # a critical one must stand in the channel, not hide in a thread
        metadata["threadId"] = chat_escape(f"{alert.source}/{alert.deployment_id}")
    return {
        "version": "1.0",
        "source": "custom",
        "id": chat_escape(alert.id),
        "content": {
            "textType": "client-markdown",
            "title": f"{_COLOURS[alert.severity]} {headline(alert, place, chat_code)}",
            "description": "\n".join(_description(alert)),
            "nextSteps": list(_next_steps(alert, place)),
            "keywords": [chat_escape(word) for word in (alert.kind, alert.severity, place.region, place.account)],
        },
        "metadata": metadata,
    }


def _resource(alert: Alert, place: Place) -> str:
    if alert.kind.is_about_source:
        return function_arn(place)
    return deployment_arn(alert.source, alert.deployment_id, place) or alert.deployment_id


def _description(alert: Alert) -> Iterator[str]:
    yield meaning(alert)
    yield from (f"Also {sentence}" for sentence in also(alert))
    entries = list(error_lines(alert))
    if entries:
        yield ""
        yield "Error:"
        yield from (chat_code(entry, _ERROR_CHARACTERS) for entry in entries[:_ERROR_LINES])
        if len(entries) > _ERROR_LINES:
            yield "(more in the email)"
    yield from _why_groups_failed(alert)
    yield ""
    yield from (f"{label}: {chat_code(value)}" for label, value in facts(alert))


def _why_groups_failed(alert: Alert) -> Iterator[str]:
    """In short: the email and the event name more."""
    found, others = reasons(alert, _REASONS, _NAMED_GROUPS)
    if found:
        yield ""
        yield f"Why {reference(alert.source).target} failed, most frequent first:"
    for each in found:
        yield f"{each.who}: {chat_code(each.text)}"
        if each.groups:
            more = f" and {each.more:,} more" if each.more else ""
            yield " ".join(chat_code(name, _GROUP_CHARACTERS) for name in each.groups) + more
    if others:
        yield f"and {counted(others, alert)} for other reasons"


def _next_steps(alert: Alert, place: Place) -> Iterator[str]:
    yield from (_step(each) for each in steps(alert, place))
    link = console_link(alert.source, place)
    if link is not None:
        yield f"Console: {link}"


def _step(step: Step) -> str:
    """A step with its command; without it where it would not fit, because half a command is worse than none."""
    text = chat_escape(step.text)
    if step.command is None:
        return cut(text, STEP_CHARACTERS)
    whole = f"{text} {chat_code(step.command, STEP_CHARACTERS)}"
    # A backtick would be shown as another character, and the command would no longer be the same.
    if "`" in step.command or len(whole) > STEP_CHARACTERS:
        return f"{text} (the command is in the email)"
    return whole


def _context(alert: Alert, place: Place) -> dict[str, str]:
    """The event's fields as the flat strings that custom actions can take variables from; unknown ones left out."""
    data = event(alert, place)["data"]
    fields = {
        "alertId": alert.id,
        "time": timestamp(alert.at),
        "account": place.account,
        "region": place.region,
        "functionName": place.function_name,
        "tableName": place.table_name,
        "tags": ", ".join(f"{key}={value}" for key, value in alert.tags.items()),
        **dict(_flat(data)),
        "source": alert.source,
    }
    return {key: chat_escape(cut(one_line(value), _CONTEXT_CHARACTERS)) for key, value in fields.items() if value}


def _flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """`{"status": {"from": "Running"}}` is `statusFrom: Running`; lists are joined, what is `_NOT_FLAT` not taken."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in _NOT_FLAT:
                yield from _flat(inner, f"{name}{key[0].upper()}{key[1:]}" if name else key)
    elif isinstance(value, list):
        yield name, " ".join(map(str, value))
    elif value is not None:
        yield name, str(value)
