"""Does it sweep: the last sweep, and what the sweeps cannot check."""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deployment_notifier.messages.formatting import duration, moment
from deployment_notifier.model import from_milliseconds, milliseconds
from deployment_notifier.sources.registry import PROFILES
from deployment_notifier.table import items
from deployment_notifier_cli.health_checks.findings import fine, unknown, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from deployment_notifier_cli.health_checks.context import DoctorContext
    from deployment_notifier_cli.health_checks.findings import Finding

MISSED_PERIODS = 3
"""As for the alarm on missed runs."""

LATENESS = timedelta(minutes=2)
"""How long a sweep and its log line can take to be seen: the function's timeout, and CloudWatch's delay."""

_LOOK_BACK = timedelta(minutes=15)

_FAULTS = {
    "table_failures": "failed calls to DynamoDB",
    "errors": "faults of the program",
    "publish_failures": "failed publishes",
    "deferred": "watches without time for a check",
}


def last_sweep(context: DoctorContext) -> Iterator[Finding]:
    """Examine when the last sweep ended and what it did, by the line that each sweep logs."""
    overdue = context.period * MISSED_PERIODS + LATENESS
    group = context.operator.configuration.get("LoggingConfig", {}).get("LogGroup")
    group = group or f"/aws/lambda/{context.stack.identity.function_name}"
    log = f"See its log: aws logs tail {shlex.quote(group)} --since 1h {context.region_option}"
    found = _last_line(context, group, context.now - max(_LOOK_BACK, overdue))
    if found is None:
        age = context.now - context.stack.created_at
        if age < overdue:
            text = f"None yet: the stack is {duration(age)} old, and a sweep starts every {duration(context.period)}."
            yield unknown("Last sweep", text, "Look again in a few minutes.")
        else:
            yield wrong("Last sweep", f"No sweep has ended in the last {duration(overdue)}: nothing is checked.", log)
        return
    at, counts = found
    age = context.now - at
    if age > overdue:
        yield wrong("Last sweep", f"It ended {duration(age)} ago, at {moment(at)}: nothing is checked since.", log)
        return
    faults = [f"{words}: {counts[name]}" for name, words in _FAULTS.items() if counts.get(name)]
    did = f"It ended {duration(age)} ago: {counts.get('watches', 0)} active, {counts.get('checked', 0)} checked"
    if faults:
        yield wrong("Last sweep", f"{did}; {', '.join(faults)}.", log)
    else:
        yield fine("Last sweep", f"{did}.")


def _last_line(context: DoctorContext, group: str, since: datetime) -> tuple[datetime, Mapping[str, Any]] | None:
    """The latest report that a sweep logged; None if there is none."""
    pages = (
        context.operator.aws.client("logs")
        .get_paginator("filter_log_events")
        .paginate(logGroupName=group, startTime=milliseconds(since), filterPattern='{ $.message = "sweep" }')
    )
    try:
        events = [event for page in pages for event in page["events"]]
    except ClientError as error:
        # A group that the stack does not make appears with the first line that is written to it.
        if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
            return None
        raise
    reports = [(event["timestamp"], report) for event in events if (report := _parsed(event["message"]))]
    at, report = max(reports, key=lambda each: each[0], default=(0, {}))
    return (from_milliseconds(at), report) if report else None


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) and value.get("message") == "sweep" else {}


def watches(context: DoctorContext) -> Iterator[Finding]:
    """Examine whether every watch can be checked."""
    hint = context.operator.hint
    found = []
    for item in context.active.unreadable:
        start_over = f"start over: {hint('unwatch', item.deployment_id)} && {hint('watch', item.deployment_id)}"
        found.append(context.unreadable("Watches", item, start_over if item.record == items.WATCH else None))
    for watch in context.active.watches:
        if watch.source not in PROFILES:
            known = f"Correct it in table {context.stack.identity.table_name}; known sources: {', '.join(PROFILES)}."
            text = f"{watch.deployment_id} has the unknown Source {watch.source}: no sweep checks it."
            found.append(wrong("Watches", text, known))
        elif watch.failing_since is not None:
            text = f"Checks of {watch.deployment_id} have failed for {duration(context.now - watch.failing_since)}."
            # A single failure can pass by itself.
            finding = wrong if context.is_overdue(watch.failing_since) else unknown
            found.append(finding("Watches", text, f"See why: {hint('check', watch.deployment_id)}"))
    yield from found or [fine("Watches", f"{len(context.active.watches)} active, and all can be checked.")]
