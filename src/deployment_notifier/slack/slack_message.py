"""What the topic carries, laid out for Slack: an alert, a test alert, an alarm, or anything else as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.content import build_content
from deployment_notifier.messages.escape import chat_escape
from deployment_notifier.messages.event import decode, is_test
from deployment_notifier.messages.formatting import counted
from deployment_notifier.messages.test_message import EXPLANATION
from deployment_notifier.model import Severity
from deployment_notifier.slack import block_kit
from deployment_notifier.slack.alarm_message import alarm_message, is_alarm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier.messages.content import Content
    from deployment_notifier.messages.next_steps import Step
    from deployment_notifier.model import Alert, StackIdentity
    from deployment_notifier.slack.sns_record import SnsRecord

_COLOURS = {
    Severity.CRITICAL.value: ("🔴", block_kit.RED),
    Severity.WARNING.value: ("🟠", block_kit.YELLOW),
    Severity.INFO.value: ("🔵", block_kit.BLUE),
}
_UNKNOWN = ("⚪", block_kit.GREY)
_NOT_IN_FULL = "This alert could not be sent in full. Its history has the rest."

# What can be read in a channel; the email and the event have more.
_ERROR_LINES = 4
_ERROR_CHARACTERS = 300
_TARGET_CHARACTERS = 64
_COMMAND_CHARACTERS = 1_500
_DEPTH = 5


def slack_message(record: SnsRecord, identity: StackIdentity) -> dict[str, Any]:
    """Return the message for whatever the topic carried.

    Args:
        record: an alert of this project, the notification of a CloudWatch alarm, or anything else.
        identity: for the commands and links.
    """
    body = _json_object(record.body)
    if body is not None:
        alert = decode(body)
        if alert is not None:
            return _alert_message(alert, identity, is_minimal=_is_minimal(body["data"]))
        if is_test(body):
            return _test_message(record, body, identity)
        if is_alarm(body):
            return alarm_message(body, identity)
    return _other_message(record, body, identity)


def bare_slack_message(record: SnsRecord) -> dict[str, Any]:
    """Return the message without layout, for when that fails: the title, and what was published as it is."""
    return block_kit.bare_message([record.subject or "Alert", *record.body.splitlines()[:50]])


def _is_minimal(data: dict[str, Any]) -> bool:
    """Return whether an event is of an alert that SNS did not take in full; any other one has counts or a time."""
    return data.get("metrics") is None and data.get("since") is None


def _alert_message(alert: Alert, identity: StackIdentity, *, is_minimal: bool) -> dict[str, Any]:
    if is_minimal:  # the status before is not known, which does not make this the first one
        alert = replace(alert, from_status=alert.to_status)
    content = build_content(alert, identity)
    sign, colour = _COLOURS[alert.severity.value]
    blocks = _alert_blocks(content, _NOT_IN_FULL if is_minimal else "")
    return block_kit.message(f"{sign} {content.title.line()}", colour, blocks)


def _alert_blocks(content: Content, note: str) -> Iterator[block_kit.Block]:
    # Slack folds away the end of a long attachment, so the most important comes first.
    sentences = filter(None, (content.explanation, *content.also, note))
    yield from block_kit.paragraphs(map(chat_escape, sentences))
    yield from block_kit.rows(content.numbers)
    yield from block_kit.paragraphs(_error(content))
    yield from block_kit.paragraphs(_reasons(content))
    yield from block_kit.paragraphs(_steps(content))
    yield from block_kit.button("Open the AWS console", content.console)
    yield from block_kit.paragraphs(map(_step, content.more))
    yield block_kit.footer(f"{label}: {value}" for label, value in content.identifiers)


def _error(content: Content) -> Iterator[str]:
    lines = [line for entry in content.error for line in entry.split("\n")]
    if content.error_heading:
        yield f"*{content.error_heading}*"
    yield from (block_kit.code(line, _ERROR_CHARACTERS) for line in lines[:_ERROR_LINES])
    if len(lines) > _ERROR_LINES:
        yield f"and {counted(len(lines) - _ERROR_LINES, 'more lines')}"


def _reasons(content: Content) -> Iterator[str]:
    if content.reasons_heading:
        yield f"*{content.reasons_heading}*"
    for each in content.reasons:
        yield f"{each.who}: {block_kit.code(each.text)}"
        if each.targets:
            more = f" and {each.more:,} more" if each.more else ""
            yield " ".join(block_kit.code(name, _TARGET_CHARACTERS) for name in each.targets) + more
    if content.other_reasons:
        yield content.other_reasons


def _steps(content: Content) -> Iterator[str]:
    yield "*What to do:*"
    for number, step in enumerate(content.steps, start=1):
        yield f"{number}. {_step(step)}"


def _step(step: Step) -> str:
    text = chat_escape(step.text)
    if step.command is None:
        return text
    command = block_kit.code_block(step.command, _COMMAND_CHARACTERS)
    return f"{text} (the command is in the email)" if command is None else f"{text}\n{command}"


def _test_message(record: SnsRecord, body: dict[str, Any], identity: StackIdentity) -> dict[str, Any]:
    """Return the message for a test alert, which looks like no real one, whatever its severity."""
    sign, colour = _UNKNOWN
    blocks = [
        *block_kit.paragraphs([EXPLANATION]),
        block_kit.footer([_where(identity), f"Time: {body.get('time')}", f"Alert: TEST {body.get('id')}"]),
    ]
    return block_kit.message(f"{sign} {record.subject or 'TEST: alerts reach this channel'}", colour, blocks)


def _other_message(record: SnsRecord, body: dict[str, Any] | None, identity: StackIdentity) -> dict[str, Any]:
    """Return the message for anything else, such as an alert of a kind that is newer than this function."""
    sign, colour = _COLOURS.get(record.severity or "", _UNKNOWN)
    blocks = [
        *block_kit.plain_paragraph(record.body if body is None else "\n".join(_flat(body))),
        block_kit.footer([_where(identity), f"SNS message: {record.message_id}"]),
    ]
    return block_kit.message(f"{sign} {record.subject or 'Message on the alert topic'}", colour, blocks)


def _where(identity: StackIdentity) -> str:
    return f"AWS account: {identity.account}, {identity.region}"


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _flat(value: object, path: str = "") -> Iterator[str]:
    """`{"status": {"to": "Running"}}` is `status.to: Running`, which is easier to read than JSON."""
    if isinstance(value, dict | list) and value and path.count(".") < _DEPTH:
        members = value.items() if isinstance(value, dict) else enumerate(value, start=1)
        for name, member in members:
            yield from _flat(member, f"{path}.{name}" if path else str(name))
    elif isinstance(value, dict | list):
        yield f"{path}: {'...' if value else '-'}"
    else:
        yield f"{path}: {'-' if value is None else value}"
