"""An alert as SNS's `Publish` takes it: one body for each protocol, in one envelope that always fits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from deployment_notifier.messages.amazon_q import notification
from deployment_notifier.messages.content import build_content
from deployment_notifier.messages.email import email_text
from deployment_notifier.messages.event import encode
from deployment_notifier.messages.message import MAXIMUM_BYTES, Message
from deployment_notifier.messages.sms import sms_text
from deployment_notifier.messages.truncate import FULL, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment_notifier.model import Alert, StackIdentity

# From all there is down to what fits whatever it is made of; ids, which people must find again, are cut last.
_LEVELS = (
    FULL,
    Limits(text=1_500),
    Limits(text=300, details=10, tags=10),
    Limits(text=60, details=3, tags=3, reasons=5, targets=3),
    Limits(identifier=256, text=60, details=3, tags=3, reasons=3, targets=1),
)


def render(alert: Alert, identity: StackIdentity) -> Message:
    """Return an alert for all protocols, with as much of its text from outside as fits SNS's limit.

    Args:
        alert: as it is stored.
        identity: the stack that sends it.
    """
    for limits in _LEVELS:
        message = _render(alert, identity, limits)
        if message.size <= MAXIMUM_BYTES:
            break
    return message


def _render(alert: Alert, identity: StackIdentity, limits: Limits) -> Message:
    content, event = build_content(alert, identity, limits), encode(alert, identity, limits)
    return envelope(
        subject=content.title.subject(),
        email=email_text(content),
        https=notification(content, event, identity),
        event=event,
        sms=sms_text(content),
        attributes={"kind": alert.kind, "severity": alert.severity, "source": content.alert.source},
    )


def envelope(
    *,
    subject: str,
    email: str,
    https: Mapping[str, object],
    event: Mapping[str, object],
    sms: str,
    attributes: Mapping[str, str],
) -> Message:
    """Return the message of these bodies."""
    program = _json(event)
    bodies = {
        # Not every protocol shows the subject.
        "default": f"{subject}\n\n{email}",
        "email": email,
        "https": _json(https),
        "sqs": program,
        "lambda": program,
        "sms": sms,
    }
    return Message(subject, _json(bodies), attributes)


def _json(value: object) -> str:
    # Characters as they are: as \\u escapes they would take up to four times the bytes.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
