"""Does anybody hear it: subscriptions, undelivered alerts, alarms."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.text import duration, one_line, shell_argument
from deployment_notifier.table import Outbox
from deployment_notifier_cli.changes import is_alert_record
from deployment_notifier_cli.doctor.findings import fine, unknown, wrong
from deployment_notifier_cli.subscriptions import how_to_confirm, how_to_subscribe, subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier.table import Unreadable
    from deployment_notifier_cli.doctor.findings import Finding
    from deployment_notifier_cli.doctor.visit import Visit
    from deployment_notifier_cli.story import StoredAlert

_ALARM = "AWS::CloudWatch::Alarm"

_LATE = timedelta(minutes=5)
"""An alert that nothing hinders is gone by then; where sweeps are rarer, after two of them."""


def subscribers(visit: Visit) -> Iterator[Finding]:
    """Whether the topic has subscriptions, and whether each is confirmed."""
    found = subscriptions(visit.aws, visit.stack.topic_arn)
    confirmed = [each for each in found if each.is_confirmed]
    if not found:
        yield wrong(
            "Subscriptions", "Nobody subscribes to the topic: alerts reach nobody.", how_to_subscribe(visit.stack)
        )
    for each in found:
        if not each.is_confirmed:
            what = f"{each.protocol} {each.endpoint} is not confirmed: nothing is delivered to it."
            yield wrong("Subscriptions", what, *how_to_confirm(each, visit.stack))
    if confirmed:
        names = ", ".join(f"{each.protocol} {each.endpoint}" for each in confirmed)
        yield fine("Subscriptions", f"{len(confirmed)} confirmed: {names}.")


def undelivered(visit: Visit) -> Iterator[Finding]:
    """Whether alerts wait that should be gone, and whether all of them can be read."""
    stories = visit.store.pending()
    waiting = [stored for story in stories for stored in story.alerts if stored.is_pending]
    late = max(_LATE, timedelta(minutes=2 * visit.stack.check_every_minutes))
    stuck = [each for each in waiting if each.attempts or visit.now - (each.resent_at or each.at) > late]
    for each in stuck:
        yield _stuck(visit, each)
    # What the sweeps themselves can't read.
    unreadable = Outbox(visit.aws.dynamodb, visit.stack.place.table_name, visit.stack.history_days).queue().unreadable
    for item in unreadable:
        yield _unreadable(visit, item)
    if not stuck and not unreadable:
        rest = f"{len(waiting)} waiting for the next sweep" if waiting else "none waits to be sent"
        yield fine("Alerts", f"Undelivered: {rest}.")


def _stuck(visit: Visit, stored: StoredAlert) -> Finding:
    age = duration(visit.now - stored.at)
    name = f"{stored.alert.kind} of {stored.alert.deployment_id}"
    why = f"SNS said: {stored.last_error}" if stored.last_error else "No sweep has tried to send it."
    return wrong(
        "Alerts",
        f"{name} is undelivered for {age}, {stored.attempts} failed attempts. {why}",
        f"It is tried again by itself. At once: deployment-notifier resend {shell_argument(stored.alert.id)}",
        f"Give it up: deployment-notifier discard {shell_argument(stored.alert.id)}",
    )


def _unreadable(visit: Visit, item: Unreadable) -> Finding:
    what = f"{item.deployment_id} {item.record} can't be read, so that it is not sent: {item.reason}."
    correct = f"Correct it in table {visit.stack.place.table_name}."
    if not is_alert_record(item.record) or item.deployment_id != one_line(item.deployment_id):
        return wrong("Alerts", what, correct, f"Or delete it: {visit.delete_command(item)}")
    alert_id = shell_argument(f"{item.deployment_id}/{item.record.split('#')[1]}")
    return wrong("Alerts", what, correct, f"Or take it out: deployment-notifier discard {alert_id}")


def alarms(visit: Visit) -> Iterator[Finding]:
    """Which of the stack's alarms stand, are muted or are gone."""
    names = visit.named(_ALARM)
    if not names:
        yield unknown("Alarms", "The stack has none.", "Deploy the stack again, from a newer template.")
        return
    pages: Any = visit.aws.cloudwatch.get_paginator("describe_alarms").paginate(AlarmNames=names)
    found = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    is_fine = True
    for name in names:
        alarm = found.get(name)
        if alarm is None:
            is_fine = False
            yield wrong("Alarms", f"{name} is gone: somebody deleted it.", "Deploy the stack again.")
        elif alarm["StateValue"] == "ALARM":
            is_fine = False
            yield wrong("Alarms", f"{name} stands: {alarm.get('StateReason', '')}", alarm.get("AlarmDescription", ""))
        elif not alarm.get("ActionsEnabled", True):
            is_fine = False
            command = f"aws cloudwatch enable-alarm-actions --alarm-names {shell_argument(name)} {visit.region_option}"
            yield wrong("Alarms", f"{name} is muted: it tells nobody.", f"Let it speak: {command}")
    if is_fine:
        yield fine("Alarms", f"{len(names)} there, none stands.")
