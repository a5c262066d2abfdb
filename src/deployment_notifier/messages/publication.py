"""An alert as what SNS's `Publish` takes: one body for each protocol, in one envelope that always fits."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.messages import chat, email
from deployment_notifier.messages.bounds import FULL, Limits, bounded
from deployment_notifier.messages.event import event
from deployment_notifier.messages.groups import counts
from deployment_notifier.messages.headlines import sms, subject
from deployment_notifier.messages.references import reference
from deployment_notifier.messages.text import ascii_line
from deployment_notifier.model import Alert, Place, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

# The default of a topic's MaximumMessageSize: https://docs.aws.amazon.com/sns/latest/api/API_MessageAttributeValue.html
# says that attributes count with name, type and value. Whether the subject does is not said, so it is counted.
MAXIMUM_BYTES = 262_144

# From all there is down to what fits whatever it is made of; ids, which people must find again, are cut last.
_LEVELS = (
    FULL,
    Limits(text=1_500),
    Limits(text=300, details=10, tags=10),
    Limits(text=60, details=3, tags=3, reasons=5, groups=3),
    Limits(identifier=256, text=60, details=3, tags=3, reasons=3, groups=1),
)

_MINIMAL = Limits(identifier=256, text=300, details=0, tags=0, reasons=0, groups=0)


@dataclass(frozen=True, slots=True)
class Message:
    """What `Publish` takes.

    Attributes:
        subject: 1 to 99 printable ASCII characters.
        body: JSON with a body for each protocol where it is structured, else plain text.
        structured: whether `MessageStructure=json` goes with it.
        attributes: message attributes of type String.
    """

    subject: str
    body: str
    structured: bool
    attributes: Mapping[str, str]

    @property
    def size(self) -> int:
        """The bytes that SNS counts."""
        attributes = sum(len(f"{name}String{value}".encode()) for name, value in self.attributes.items())
        return len(self.body.encode()) + len(self.subject) + attributes


def render(alert: Alert, place: Place) -> Message:
    """The alert for all protocols, with as much of its outside text as fits SNS's limit."""
    for limits in _LEVELS:
        message = Message(
            subject(alert, place), _envelope(alert, place, limits), structured=True, attributes=_attributes(alert)
        )
        if message.size <= MAXIMUM_BYTES:
            break
    return message


def render_minimal(alert: Alert, place: Place) -> Message:
    """A short ASCII text for every protocol: for when SNS refused the full message as it is."""
    alert = bounded(alert, _MINIMAL)
    groups = counts(alert)
    lines = [
        subject(alert, place),
        f"Kind: {alert.kind}, severity: {alert.severity}",
        f"Source: {alert.source}" if alert.kind.is_about_source else f"Deployment: {alert.deployment_id}",
        *([f"Status: {alert.to_status}"] if alert.to_status else []),
        *([f"{reference(alert.source).target.capitalize()}: {groups}"] if groups else []),
        *([f"Error: {alert.error.message}"] if alert.error and alert.error.message else []),
        f"Account: {place.account}, region: {place.region}, function: {place.function_name}",
        f"Time: {timestamp(alert.at)}",
        f"Alert: {alert.id}",
        "SNS refused the full message; the table has it.",
    ]
    body = "\n".join(ascii_line(line, 400) for line in lines)
    return Message(subject(alert, place), body, structured=False, attributes=_attributes(alert))


def _envelope(alert: Alert, place: Place, limits: Limits) -> str:
    text = email.text(alert, place, limits)
    program = _json(event(alert, place, limits))
    return _json(
        {
            "default": text,
            "email": text,
            "https": _json(chat.notification(alert, place, limits)),
            "sqs": program,
            "lambda": program,
            "sms": sms(alert, place),
        }
    )


def _attributes(alert: Alert) -> dict[str, str]:
    """What a subscription can filter on; a value may be neither empty nor hold control characters."""
    return {"kind": alert.kind.value, "severity": alert.severity.value, "source": bounded(alert).source}


def _json(value: object) -> str:
    # Characters as they are: as \\u escapes they would take up to four times the bytes.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
