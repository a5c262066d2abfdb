"""Does anyone get the alerts: subscriptions, alerts that wait, alarms."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.formatting import counted, duration
from deployment_notifier.table import Outbox
from deployment_notifier.table.operator_actions import alert_id_of
from deployment_notifier_cli.health_checks.findings import fine, wrong
from deployment_notifier_cli.subscriptions import how_to_confirm, how_to_subscribe, list_subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier.table.history import StoredAlert
    from deployment_notifier_cli.health_checks.context import DoctorContext
    from deployment_notifier_cli.health_checks.findings import Finding

_ALARM = "AWS::CloudWatch::Alarm"

_LATE = timedelta(minutes=5)
"""An alert that nothing holds up is published by then; if sweeps are rarer, after two of them."""


def subscribers(context: DoctorContext) -> Iterator[Finding]:
    """Examine whether the topic has subscriptions, and whether each is confirmed."""
    found = list_subscriptions(context.operator.aws, context.stack.topic_arn)
    confirmed = [each for each in found if each.is_confirmed]
    if not found:
        text = "The topic has no subscription: no one gets the alerts."
        yield wrong("Subscriptions", text, how_to_subscribe(context.stack))
    for each in found:
        if not each.is_confirmed:
            text = f"{each} is not confirmed: it gets no alerts."
            yield wrong("Subscriptions", text, *how_to_confirm(each, context.stack))
    if confirmed:
        yield fine("Subscriptions", f"{len(confirmed)} confirmed: {', '.join(map(str, confirmed))}.")


def undelivered(context: DoctorContext) -> Iterator[Finding]:
    """Examine whether alerts wait too long, and whether all of them can be read."""
    waiting = [each for history in context.operator.reader.read_pending() for each in history.alerts if each.is_pending]
    late = max(_LATE, 2 * context.period)
    stuck = [each for each in waiting if each.attempts or context.now - (each.resent_at or each.at) > late]
    found = [_stuck(context, each) for each in stuck]
    outbox = Outbox(context.operator.aws.dynamodb, context.stack.identity.table_name, context.stack.history_days)
    for item in outbox.read().unreadable:
        alert_id = alert_id_of(item.deployment_id, item.record)
        way_out = f"take it out: {context.operator.hint('discard', alert_id)}" if alert_id else None
        found.append(context.unreadable("Alerts", item, way_out))
    rest = f"{len(waiting)} waiting for the next sweep" if waiting else "none waits to be published"
    yield from found or [fine("Alerts", f"Not published: {rest}.")]


def _stuck(context: DoctorContext, stored: StoredAlert) -> Finding:
    alert, hint = stored.alert, context.operator.hint
    why = f"SNS: {stored.last_error}" if stored.last_error else "No sweep has tried to publish it."
    return wrong(
        "Alerts",
        f"{alert.kind} of {alert.deployment_id} has not been published for {duration(context.now - stored.at)},"
        f" {stored.attempts} failed attempts. {why}",
        f"The notifier keeps trying. To try with the next sweep: {hint('resend', alert.id)}",
        f"To give it up: {hint('discard', alert.id)}",
    )


def alarms(context: DoctorContext) -> Iterator[Finding]:
    """Examine which of the stack's alarms are in ALARM state, muted or deleted."""
    names = context.named(_ALARM)
    found: dict[str, Any] = {}
    if names:  # without names, it would describe every alarm of the account
        pages = context.operator.aws.cloudwatch.get_paginator("describe_alarms").paginate(AlarmNames=names)
        found = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    problems = []
    for name in names:
        alarm = found.get(name)
        if alarm is None:
            problems.append(wrong("Alarms", f"{name} was deleted.", *context.restore()))
        elif alarm["StateValue"] == "ALARM":
            text = f"{name} is in ALARM state: {alarm.get('StateReason', '')}"
            problems.append(wrong("Alarms", text, alarm.get("AlarmDescription", "")))
        elif not alarm.get("ActionsEnabled", True):
            command = f"aws cloudwatch enable-alarm-actions --alarm-names {shlex.quote(name)} {context.region_option}"
            problems.append(wrong("Alarms", f"{name} is muted: its actions are disabled.", f"Enable them: {command}"))
    yield from problems or [fine("Alarms", f"{counted(len(names), 'alarms')}, none in ALARM state.")]
