"""What the topic carries, as a Slack message: title, one paragraph of meaning, numbers, error, next steps, a button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.bounds import Limits, bounded
from deployment_notifier.messages.facts import error_lines, facts
from deployment_notifier.messages.groups import counted, reasons
from deployment_notifier.messages.headlines import headline
from deployment_notifier.messages.meaning import also, meaning
from deployment_notifier.messages.references import console_link, reference
from deployment_notifier.messages.steps import Step, steps
from deployment_notifier.messages.text import chat_code, chat_escape
from deployment_notifier.model import Kind, Severity
from deployment_notifier.slack import kit
from deployment_notifier.slack.alarms import alarm_message, is_alarm
from deployment_notifier.slack.notices import is_test, read_alert, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier.model import Alert, Place
    from deployment_notifier.slack.notices import Notice

_LOOKS = {
    Severity.CRITICAL.value: ("🔴", "#e01e5a"),
    Severity.WARNING.value: ("🟠", "#ecb22e"),
    Severity.INFO.value: ("🔵", "#36c5f0"),
}
_A_TEST = (
    "This is a test: alerts reach this channel. No deployment is in trouble, and there is nothing to do. A real alert"
    " comes the same way, and names the deployment, what happened and what to do."
)
_UNKNOWN_LOOK = ("⚪", "#868686")

# What stays readable in a channel; the event and the email have more.
_LIMITS = Limits(text=1_000)
_ERROR_LINES = 4
_ERROR_CHARACTERS = 300
_REASONS = 5
_NAMED_GROUPS = 8
_GROUP_CHARACTERS = 64
_COMMAND_CHARACTERS = 1_500
_DEPTH = 5


def slack_message(notice: Notice, place: Place) -> dict[str, Any]:
    """The message for whatever the topic carried.

    Args:
        notice: an alert of this project, a notification of a CloudWatch alarm, or anything else, shown as it is.
        place: for the commands and links.
    """
    found = read_json(notice.body)
    if found is not None:
        alert = read_alert(found)
        if alert is not None:
            return alert_message(alert, place, notice.subject)
        if is_test(found):
            return _test_message(notice, found, place)
        if is_alarm(found):
            return alarm_message(found, place)
    return _other_message(notice, found, place)


def bare_slack_message(notice: Notice) -> dict[str, Any]:
    """The same without any layout, for when Slack refuses that: the title, and as it came what was published."""
    return kit.bare_message([notice.subject or "Alert", *notice.body.splitlines()[:50]])


def alert_message(alert: Alert, place: Place, title: str | None = None) -> dict[str, Any]:
    """The message for an alert.

    Args:
        alert: from its event; it is cleaned here.
        place: for the commands and links.
        title: the subject under which it was published. It is what the email's reader sees, and may say more than
            the event holds: a duration, or that this is a test.
    """
    alert = bounded(alert, _LIMITS)
    sign, colour = _LOOKS[alert.severity.value]
    return kit.message(f"{sign} {title or headline(alert, place)}", colour, _alert_blocks(alert, place))


def _alert_blocks(alert: Alert, place: Place) -> Iterator[kit.Block]:
    # Slack folds away the end of a long attachment, so what matters most comes first.
    yield from kit.paragraphs([meaning(alert), *(f"*Also* {sentence}" for sentence in also(alert))])
    yield from kit.table(facts(alert))
    yield from kit.paragraphs(_error(alert))
    yield from kit.paragraphs(_why_groups_failed(alert))
    yield from kit.paragraphs(_next_steps(alert, place))
    yield from kit.button("Open the console", console_link(alert.source, place))
    yield kit.footer([alert.kind, f"account {place.account}", place.region, f"alert {alert.id}"])


def _error(alert: Alert) -> Iterator[str]:
    lines = [line for entry in error_lines(alert) for line in entry.split("\n")]
    if alert.kind is Kind.FAILED and not lines:
        yield "AWS gave no error text."
    if lines:
        yield "*Error*"
        yield from (chat_code(line, _ERROR_CHARACTERS) for line in lines[:_ERROR_LINES])
        if len(lines) > _ERROR_LINES:
            yield f"and {len(lines) - _ERROR_LINES} more lines"


def _why_groups_failed(alert: Alert) -> Iterator[str]:
    """In short: the email and the event name more."""
    found, others = reasons(alert, _REASONS, _NAMED_GROUPS)
    if found:
        yield f"*Why {reference(alert.source).target} failed, most frequent first*"
    for each in found:
        yield f"{each.who}: {kit.code(each.text)}"
        if each.groups:
            more = f" and {each.more:,} more" if each.more else ""
            yield " ".join(kit.code(name, _GROUP_CHARACTERS) for name in each.groups) + more
    if others:
        yield f"and {counted(others, alert)} for other reasons"


def _next_steps(alert: Alert, place: Place) -> Iterator[str]:
    yield "*What to do*"
    for number, step in enumerate(steps(alert, place), start=1):
        yield f"{number}. {_step(step)}"


def _step(step: Step) -> str:
    """A step with its command as one block that can be copied, where it can be shown unchanged."""
    text = chat_escape(step.text)
    if step.command is None:
        return text
    # A backtick would end the block, and half a command is worse than none.
    if "`" in step.command or kit.length(chat_escape(step.command)) > _COMMAND_CHARACTERS:
        return f"{text} (Slack can't show this command; the email has it)"
    return f"{text}\n```{chat_escape(step.command)}```"


def _test_message(notice: Notice, found: dict[str, Any], place: Place) -> dict[str, Any]:
    """A test alert. It looks like none of the real ones, whatever the severity whose attributes it carries."""
    sign, colour = _UNKNOWN_LOOK
    blocks = [
        *kit.paragraphs([_A_TEST]),
        *kit.table((label, str(found[name])) for label, name in (("Sent", "time"), ("By", "source")) if name in found),
        kit.footer(["TEST", f"account {place.account}", place.region, f"alert {found.get('id')}"]),
    ]
    return kit.message(f"{sign} {notice.subject or 'TEST: alerts reach this channel'}", colour, blocks)


def _other_message(notice: Notice, found: dict[str, Any] | None, place: Place) -> dict[str, Any]:
    """Anything else: an alert in its minimal form, an alert of a kind that is newer than this function."""
    sign, colour = _LOOKS.get(notice.severity or "", _UNKNOWN_LOOK)
    # The minimal form begins with its own subject.
    text = notice.body.removeprefix(f"{notice.subject}\n") if found is None else "\n".join(_flat(found))
    blocks = [
        *kit.plain_paragraph(text),
        kit.footer([f"account {place.account}", place.region, f"SNS message {notice.message_id}"]),
    ]
    return kit.message(f"{sign} {notice.subject or 'Message on the alert topic'}", colour, blocks)


def _flat(value: object, path: str = "") -> Iterator[str]:
    """`{"status": {"to": "Running"}}` is `status.to: Running`: what a person reads more easily than JSON."""
    if isinstance(value, dict | list) and value and path.count(".") < _DEPTH:
        members = value.items() if isinstance(value, dict) else enumerate(value, start=1)
        for name, member in members:
            yield from _flat(member, f"{path}.{name}" if path else str(name))
    elif isinstance(value, dict | list):
        yield f"{path}: {'...' if value else '-'}"
    else:
        yield f"{path}: {'-' if value is None else value}"
