"""A CloudWatch alarm's notification as a Slack message.

Its form, by example, since AWS gives no schema:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
So nothing but the alarm's name and state is relied on; a composite alarm, for one, has no `Trigger`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deployment_notifier.messages.references import CONSOLES
from deployment_notifier.messages.text import one_line
from deployment_notifier.slack import kit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier.model import Place

_LOOKS = {
    "ALARM": ("🔴", "#e01e5a"),
    "INSUFFICIENT_DATA": ("🟠", "#ecb22e"),
    "OK": ("🟢", "#2eb67d"),
}
_MEANINGS = {
    "ALARM": "This CloudWatch alarm now rings.",
    "INSUFFICIENT_DATA": "CloudWatch has too little data to say how this alarm stands.",
    "OK": "This CloudWatch alarm is over.",
}
_COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}


def is_alarm(found: dict[str, Any]) -> bool:
    """Whether a message's body is an alarm's notification."""
    state = found.get("NewStateValue")
    return isinstance(found.get("AlarmName"), str) and isinstance(state, str) and state in _LOOKS


def alarm_message(found: dict[str, Any], place: Place) -> dict[str, Any]:
    """The message for an alarm's change of state.

    Args:
        found: the notification, for which `is_alarm` holds.
        place: where this notifier runs: the alarm's region too, since an alarm notifies topics of its own region.
    """
    name, state = one_line(found["AlarmName"]), found["NewStateValue"]
    sign, colour = _LOOKS[state]
    title = f"{sign} {state.replace('_', ' ')}: {name} ({place.region})"
    return kit.message(title, colour, _blocks(found, name, state, place))


def _blocks(found: dict[str, Any], name: str, state: str, place: Place) -> Iterator[kit.Block]:
    description = found.get("AlarmDescription")
    yield from kit.paragraphs([_MEANINGS[state]])
    # The description of the stack's own alarms says what it means and what to do.
    if isinstance(description, str):
        yield from kit.plain_paragraph(description)
    yield from kit.table(_facts(found, name, state))
    reason = found.get("NewStateReason")
    if isinstance(reason, str) and reason.strip():
        yield from kit.paragraphs(["*Why*", kit.code(reason, 1_000)])
    yield from kit.button("Open the alarm", _link(name, place))
    yield kit.footer(["CloudWatch alarm", f"account {_account(found, place)}", place.region])


def _facts(found: dict[str, Any], name: str, state: str) -> Iterator[tuple[str, str]]:
    yield "Alarm", name
    old = found.get("OldStateValue")
    yield "State", f"{state} (was {old})" if isinstance(old, str) and old != state else state
    trigger = found.get("Trigger")
    if isinstance(trigger, dict) and isinstance(trigger.get("MetricName"), str):
        yield "Metric", f"{trigger.get('Namespace', '')} {trigger['MetricName']}"
        yield from _rule(trigger)
    if isinstance(found.get("StateChangeTime"), str):
        yield "Changed", found["StateChangeTime"]


def _rule(trigger: dict[str, Any]) -> Iterator[tuple[str, str]]:
    sign = _COMPARISONS.get(str(trigger.get("ComparisonOperator")))
    threshold, periods, seconds = (trigger.get(each) for each in ("Threshold", "EvaluationPeriods", "Period"))
    if sign is None or not isinstance(threshold, int | float):
        return
    statistic = trigger.get("Statistic") or trigger.get("ExtendedStatistic") or "value"
    # CloudWatch writes 1 as 1.0.
    shown = int(threshold) if isinstance(threshold, float) and threshold.is_integer() else threshold
    rule = f"{str(statistic).capitalize()} {sign} {shown}"
    if isinstance(periods, int) and isinstance(seconds, int):
        breaching = trigger.get("DatapointsToAlarm")
        count = f"{breaching} of {periods}" if isinstance(breaching, int) and breaching != periods else str(periods)
        rule += f" in {count} period{'' if periods == 1 else 's'} of {seconds} s"
    yield "Rings when", rule


def _account(found: dict[str, Any], place: Place) -> str:
    account = found.get("AWSAccountId")
    return account if isinstance(account, str) else place.account


def _link(name: str, place: Place) -> str | None:
    domain = CONSOLES.get(place.partition)
    if domain is None:
        return None
    page = f"#alarmsV2:alarm/{quote(name, safe='')}"
    return f"https://{place.region}.{domain}/cloudwatch/home?region={place.region}{page}"
