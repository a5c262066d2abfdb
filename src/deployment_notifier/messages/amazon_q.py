"""The alert for Slack and Teams, by the custom notifications of Amazon Q Developer in chat applications.

The schema: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html. Its markdown is the chat's own.
Slack's differs from Teams', so only what both read alike is used: code spans, lines, bare links. All text from outside
is in code spans, where neither looks for markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.messages.escape import chat_code, chat_escape, cut, one_line
from deployment_notifier.model import Severity, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deployment_notifier.messages.content import Content, Detail
    from deployment_notifier.messages.next_steps import Step
    from deployment_notifier.model import StackIdentity

# The schema's limit. It also has 250 characters for a title, 8,000 for a description and 75 for a keyword.
STEP_CHARACTERS = 350

_ERROR_LINES = 4
_ERROR_CHARACTERS = 300
_TARGET_CHARACTERS = 64
_CONTEXT_CHARACTERS = 500
_NOT_FLAT = {"tags", "details", "reasons", "source"}
_COLOURS = {Severity.CRITICAL: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵"}


def notification(content: Content, event: Mapping[str, object], identity: StackIdentity) -> dict[str, object]:
    """Return the notification, as `json.dumps` takes it.

    Args:
        content: what the alert says.
        event: its event, whose fields custom actions can use.
        identity: the stack.
    """
    alert = content.alert
    metadata: dict[str, object] = {
        "summary": content.title.happened(chat_code),
        "eventType": str(event["type"]),
        "relatedResources": [str(event["source"])],  # an ARN, percent-encoded
        "additionalContext": _context(content, event, identity),
    }
    if alert.severity is not Severity.CRITICAL:  # a critical one must be seen in the channel, not hidden in a thread
        metadata["threadId"] = chat_escape(f"{alert.source}/{alert.deployment_id}")
    return {
        "version": "1.0",
        "source": "custom",
        "id": chat_escape(alert.id),
        "content": {
            "textType": "client-markdown",
            "title": f"{_COLOURS[alert.severity]} {content.title.line(chat_code)}",
            "description": "\n".join(_description(content)),
            "nextSteps": list(_next_steps(content)),
            "keywords": [chat_escape(word) for word in (alert.kind, alert.severity, identity.region, identity.account)],
        },
        "metadata": metadata,
    }


def _description(content: Content) -> Iterator[str]:
    yield content.explanation
    yield from content.also
    yield from _details(content.numbers)
    if content.error_heading:
        yield from ("", content.error_heading)
    yield from (chat_code(entry, _ERROR_CHARACTERS) for entry in content.error[:_ERROR_LINES])
    if len(content.error) > _ERROR_LINES:
        yield "(more in the email)"
    if content.reasons_heading:
        yield from ("", content.reasons_heading)
    for each in content.reasons:
        yield f"{each.who}: {chat_code(each.text)}"
        if each.targets:
            more = f" and {each.more:,} more" if each.more else ""
            yield " ".join(chat_code(name, _TARGET_CHARACTERS) for name in each.targets) + more
    if content.other_reasons:
        yield f"{content.other_reasons}"
    yield ""
    yield from _details(content.identifiers)


def _details(details: Iterable[Detail]) -> Iterator[str]:
    return (f"{label}: {chat_code(value)}" for label, value in details)


def _next_steps(content: Content) -> Iterator[str]:
    yield from map(_step, (*content.steps, *content.more))
    if content.console is not None:
        yield f"AWS console: {content.console}"


def _step(step: Step) -> str:
    """A step with its command; without it if it would not fit, because half a command is worse than none."""
    text = chat_escape(step.text)
    if step.command is None:
        return cut(text, STEP_CHARACTERS)
    whole = f"{text} {chat_code(step.command, STEP_CHARACTERS)}"
    # A backtick would be shown as another character, and the command would no longer be the same.
    if "`" in step.command or len(whole) > STEP_CHARACTERS:
        return f"{text} (the command is in the email)"
    return whole


def _context(content: Content, event: Mapping[str, object], identity: StackIdentity) -> dict[str, str]:
    """The event's fields as the flat strings that custom actions can take variables from; unknown ones left out."""
    alert = content.alert
    fields = {
        "alertId": alert.id,
        "time": timestamp(alert.at),
        "account": identity.account,
        "region": identity.region,
        "stackName": identity.stack_name,
        "functionName": identity.function_name,
        "tags": ", ".join(f"{key}={value}" for key, value in alert.tags.items()),
        **dict(_flat(event["data"])),
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
