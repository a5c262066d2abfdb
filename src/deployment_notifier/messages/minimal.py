"""The alert in its minimal form: for when the full one cannot be rendered, or SNS does not take it.

It shares no code with the full form, so that no fault there can withhold an alert. Whatever goes in, the message is
short and ASCII, and no text from outside is markup.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from deployment_notifier.messages.message import Message
from deployment_notifier.model import DEFAULT_STACK_NAME, timestamp

if TYPE_CHECKING:
    from deployment_notifier.model import Alert, StackIdentity

_SUBJECT_CHARACTERS = 99  # SNS takes fewer than 100
_ID_CHARACTERS = 256
_EVENT_ID_CHARACTERS = 1_024
_TEXT_CHARACTERS = 300
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_UUID_START = re.compile(r"[0-9a-fA-F]{8}(?=-[0-9a-fA-F]{4}-)")


def render_minimal(alert: Alert, identity: StackIdentity) -> Message:
    """Return an alert with its kind, severity, id, status and error, and no more.

    Args:
        alert: as it is stored.
        identity: the stack that sends it.
    """
    text = "\n".join(filter(None, (_ascii(line, 2 * _TEXT_CHARACTERS) for line in _lines(alert, identity))))
    subject = _subject(alert, identity)
    program = json.dumps(_event(alert, identity))
    bodies = {
        "default": f"{subject}\n\n{text}\n",
        "email": f"{text}\n",
        "https": json.dumps(minimal_notification(subject, text)),
        "sqs": program,
        "lambda": program,
        "sms": subject,
    }
    source = _ascii(alert.source, 64) or "unknown"
    return Message(subject, json.dumps(bodies), {"kind": alert.kind, "severity": alert.severity, "source": source})


def minimal_notification(title: str, text: str) -> dict[str, object]:
    """Return a notification of what Amazon Q Developer in chat applications takes at least.

    https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html

    Args:
        title: one line.
        text: lines, each of which becomes a code span, in which Slack and Teams look for no markup.
    """
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": _code(title),
            "description": "\n".join(map(_code, text.strip().split("\n"))),
        },
    }


def _subject(alert: Alert, identity: StackIdentity) -> str:
    name = _ascii(alert.deployment_id, _ID_CHARACTERS)
    start = _UUID_START.match(name)
    which = alert.source if alert.kind.is_about_source else start.group() if start else name
    what = f"{alert.severity.upper()}: Greengrass {alert.kind} {which[:20]} -"
    where = f"{identity.account} {identity.region[:20]}"
    stack = "" if identity.stack_name == DEFAULT_STACK_NAME else identity.stack_name
    room = _SUBJECT_CHARACTERS - len(f"{what}  {where}")
    return _ascii(f"{what} {stack[:room]} {where}", _SUBJECT_CHARACTERS)


def _lines(alert: Alert, identity: StackIdentity) -> list[str]:
    name = _ascii(alert.deployment_id, _ID_CHARACTERS)
    commands = [("Read it", "show"), *([] if alert.kind.is_about_source else [("Silence this deployment", "unwatch")])]
    if not (_PLAIN_ID.fullmatch(name) and identity.stack_name):
        commands = []
    return [
        f"Kind: {alert.kind}{''.join(f', {kind}' for kind in alert.also)} ({alert.severity})",
        f"Source: {_ascii(alert.source, 64)}" if alert.kind.is_about_source else f"Deployment: {name}",
        f"Status: {_ascii(alert.to_status, 64)}" if alert.to_status else "",
        f"Error: {_ascii(alert.error.message, _TEXT_CHARACTERS)}" if alert.error and alert.error.message else "",
        f"AWS account: {identity.account}, {identity.region}",
        f"Stack: {identity.stack_name}",
        f"Alert: {name}/{timestamp(alert.at)}",
        "This alert could not be sent in full.",
        *(
            f"{what}: deployment-notifier {command} {name} --stack {identity.stack_name} --region {identity.region}"
            for what, command in commands
        ),
    ]


def _event(alert: Alert, identity: StackIdentity) -> dict[str, object]:
    """The event with the same fields and the same id as in the full form; what is left out is null."""
    name, source = _visible(alert.deployment_id), _visible(alert.source)
    is_about_source = alert.kind.is_about_source
    unknown = dict.fromkeys(("name", "target", "targetName", "revision", "jobId", "createdAt"))
    deployment: dict[str, object] = {"id": name, "arn": None, "source": source, **unknown, "tags": {}}
    status = {"from": None, "to": alert.to_status and _ascii(alert.to_status, 64)}
    error = alert.error and {"message": _ascii(alert.error.message or "", _TEXT_CHARACTERS), "details": []}
    function = f"{identity.partition}:lambda:{identity.region}:{identity.account}:function:{identity.function_name}"
    return {
        "specversion": "1.0",
        "type": f"greengrass-deployment.{alert.kind}",
        "id": f"{name}/{timestamp(alert.at)}",
        "source": f"arn:{function}",
        "subject": source if is_about_source else name,
        "time": timestamp(alert.at),
        "datacontenttype": "application/json",
        "data": {
            "kind": alert.kind,
            "also": alert.also,
            "severity": alert.severity,
            "deployment": None if is_about_source else deployment,
            "status": None if is_about_source else status,
            "metrics": None,
            "error": error,
            "targets": None,
            "since": None,
        },
    }


def _ascii(text: str, characters: int) -> str:
    return " ".join(re.sub(r"[^ -~]", "?", text[: 4 * characters]).split())[:characters]


def _code(line: str) -> str:
    return f"`{re.sub('[`<>&]', '?', line)}`"


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:_EVENT_ID_CHARACTERS])
