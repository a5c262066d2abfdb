"""Does it work: the last sweep, and what the sweeps can't check."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deployment_notifier.messages.text import duration, moment, one_line, shell_argument
from deployment_notifier.model import from_milliseconds, milliseconds
from deployment_notifier.table import Watches, items
from deployment_notifier_cli.doctor.findings import fine, unknown, wrong
from deployment_notifier_cli.sources import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from deployment_notifier.table import Unreadable
    from deployment_notifier_cli.doctor.findings import Finding
    from deployment_notifier_cli.doctor.visit import Visit

_MISSED_PERIODS = 3
"""As for the alarm on missed runs."""

_LOOK_BACK = timedelta(minutes=15)
_LATENESS = timedelta(minutes=2)
"""How long a sweep and its log line may take to be seen: the function's timeout, and CloudWatch's own delay."""

_FAULTS = {
    "table_failures": "calls to DynamoDB failed",
    "errors": "faults of the program",
    "deferred": "watches were left for lack of time",
}


def last_sweep(visit: Visit) -> Iterator[Finding]:
    """When the last sweep ended and how it went, by the line that each sweep logs."""
    period = timedelta(minutes=visit.stack.check_every_minutes)
    overdue = period * _MISSED_PERIODS + _LATENESS
    group = visit.configuration.get("LoggingConfig", {}).get("LogGroup")
    group = group or f"/aws/lambda/{visit.stack.place.function_name}"
    log = f"See its log: aws logs tail {shell_argument(group)} --since 1h {visit.region_option}"
    found = _last_line(visit, group, visit.now - max(_LOOK_BACK, overdue))
    if found is None:
        age = visit.now - (visit.stack.created_at or datetime.min.replace(tzinfo=UTC))
        if age < overdue:
            text = f"None yet: the stack was made {duration(age)} ago, and a sweep starts every {duration(period)}."
            yield unknown("Last sweep", text, "Look again in a few minutes.")
        else:
            yield wrong("Last sweep", "No sweep has ended lately: nothing is watched.", log)
        return
    at, counts = found
    age = visit.now - at
    if age > overdue:
        yield wrong(
            "Last sweep", f"The last sweep ended {duration(age)} ago, at {moment(at)}: nothing is watched.", log
        )
        return
    faults = [f"{words}: {counts[name]}" for name, words in _FAULTS.items() if counts.get(name)]
    did = f"Ended {duration(age)} ago: {counts.get('watches', 0)} active, {counts.get('checked', 0)} checked"
    if faults:
        yield wrong("Last sweep", f"{did}; {', '.join(faults)}.", log)
    else:
        yield fine("Last sweep", f"{did}.")


def _last_line(visit: Visit, group: str, since: datetime) -> tuple[datetime, Mapping[str, Any]] | None:
    """The latest report that a sweep logged; None where there is none."""
    pages = visit.aws.logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=milliseconds(since), filterPattern='{ $.message = "sweep" }'
    )
    try:
        events = [event for page in pages for event in page["events"]]
    except ClientError as error:
        # The group appears with the first line that is written to it, where the stack does not make it.
        if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
            return None
        raise
    reports = sorted((event["timestamp"], _parsed(event["message"])) for event in events if _parsed(event["message"]))
    return (from_milliseconds(reports[-1][0]), reports[-1][1]) if reports else None


def _parsed(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) and value.get("message") == "sweep" else {}


def watches(visit: Visit) -> Iterator[Finding]:
    """Whether everything that is to be checked can be."""
    stories = visit.store.active()
    active = [story.watch for story in stories if story.watch is not None and story.is_active]
    is_fine = True

    def overdue(since: datetime) -> Callable[..., Finding]:
        """A single failure may pass by itself: it is wrong when the stack tells it, too."""
        limit = timedelta(minutes=visit.stack.unchecked_after_minutes)
        return wrong if visit.now - since >= limit else unknown

    # What the sweeps themselves can't read.
    place = visit.stack.place
    for item in Watches(visit.aws.dynamodb, place.table_name, visit.stack.history_days).queue().unreadable:
        is_fine = False
        yield _unreadable(visit, item)
    for story in stories:
        if story.health is not None:
            is_fine = False
            since = duration(visit.now - story.health.failing_since)
            text = f"The source {story.health.source} has answered nothing for {since}: {story.health.last_error}"
            yield overdue(story.health.failing_since)(
                "Watches", text, f"What was told: deployment-notifier show {story.deployment_id}"
            )
    for watch in active:
        command = f"deployment-notifier check {shell_argument(watch.deployment_id)}"
        if watch.source not in NAMES:
            is_fine = False
            yield wrong(
                "Watches",
                f"{watch.deployment_id} has the unknown Source {watch.source}: no sweep checks it.",
                f"Mend the item in table {visit.stack.place.table_name}; known: {', '.join(NAMES)}.",
            )
        elif watch.failing_since is not None:
            is_fine = False
            since = duration(visit.now - watch.failing_since)
            text = f"Checks of {watch.deployment_id} have failed for {since}."
            yield overdue(watch.failing_since)("Watches", text, f"See why: {command}")
    if is_fine:
        yield fine("Watches", f"{len(active)} active, and all can be checked.")


def _unreadable(visit: Visit, item: Unreadable) -> Finding:
    what = f"{item.deployment_id} {item.record} can't be read: {item.reason}."
    correct = f"Correct it in table {visit.stack.place.table_name}."
    if item.record != items.WATCH or item.deployment_id != one_line(item.deployment_id):
        return wrong("Watches", what, correct, f"Or delete it: {visit.delete_command(item)}")
    name = shell_argument(item.deployment_id)
    return wrong(
        "Watches",
        what,
        correct,
        f"Or begin anew: deployment-notifier unwatch {name} && deployment-notifier watch {name}",
    )
