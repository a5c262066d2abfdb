"""The notification of a CloudWatch alarm as a Slack message.

AWS documents its form by example only:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
So nothing but the alarm's name and state is relied on; a composite alarm, for one, has no `Trigger`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deployment_notifier.messages.links import CONSOLES
from deployment_notifier.slack import block_kit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier.model import StackIdentity

_COLOURS = {
    "ALARM": ("🔴", block_kit.RED),
    "OK": ("🟢", block_kit.GREEN),
    "INSUFFICIENT_DATA": ("⚪", block_kit.GREY),
}


def is_alarm(body: dict[str, Any]) -> bool:
    """Return whether the body of a message is the notification of an alarm."""
    state = body.get("NewStateValue")
    return isinstance(body.get("AlarmName"), str) and isinstance(state, str) and state in _COLOURS


def alarm_message(body: dict[str, Any], identity: StackIdentity) -> dict[str, Any]:
    """Return the message for an alarm's change of state.

    Args:
        body: the notification, for which `is_alarm` holds.
        identity: for the region, which is the alarm's too: an alarm notifies topics of its own region.
    """
    name, state = body["AlarmName"], body["NewStateValue"]
    # An alarm that was just created becomes OK too, without ever having been in ALARM state.
    is_over = state == "OK" and body.get("OldStateValue") == "ALARM"
    what = f"alarm {name} is over" if is_over else name
    sign, colour = _COLOURS[state]
    title = f"{sign} {state.replace('_', ' ')}: {what} ({identity.region})"
    return block_kit.message(title, colour, _blocks(body, name, state, identity))


def _blocks(body: dict[str, Any], name: str, state: str, identity: StackIdentity) -> Iterator[block_kit.Block]:
    def text(key: str) -> str:
        value = body.get(key)
        return value if isinstance(value, str) else ""

    old = text("OldStateValue")
    was = f" (was {old})" if old in _COLOURS and old != state else ""
    yield from block_kit.paragraphs([f"This CloudWatch alarm is in {state} state{was}."])
    # The descriptions of the stack's own alarms say what they mean and what to do, which is for an open alarm only.
    if state == "ALARM":
        yield from block_kit.plain_paragraph(text("AlarmDescription"))
    trigger = body.get("Trigger")
    metric = trigger.get("MetricName") if isinstance(trigger, dict) else None
    rows = (("Why", text("NewStateReason")), ("Metric", str(metric or "")), ("Changed", text("StateChangeTime")))
    yield from block_kit.rows((label, value) for label, value in rows if value.strip())
    yield from block_kit.button("Open the alarm", _link(name, identity))
    account = text("AWSAccountId") or identity.account
    yield block_kit.footer([f"Alarm: {name}", f"AWS account: {account}, {identity.region}"])


def _link(name: str, identity: StackIdentity) -> str | None:
    domain = CONSOLES.get(identity.partition)
    if domain is None:
        return None
    page = f"#alarmsV2:alarm/{quote(name, safe='')}"
    return f"https://{identity.region}.{domain}/cloudwatch/home?region={identity.region}{page}"
