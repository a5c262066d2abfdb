"""One event of a story as lines: a transition, or an alert with how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from deployment_notifier.messages.bounds import bounded
from deployment_notifier.messages.groups import sentence
from deployment_notifier.messages.headlines import what_happened
from deployment_notifier.messages.references import reference
from deployment_notifier.messages.text import duration, short
from deployment_notifier.model import Severity
from deployment_notifier_cli.story import AlertState, StoredAlert
from deployment_notifier_cli.views.groups import reason_lines
from deployment_notifier_cli.views.paper import block, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from deployment_notifier.model import Error, Metrics, Transition
    from deployment_notifier_cli.story import Event

SEVERITY_STYLES = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def described(event: Event, now: datetime) -> list[Text]:
    """An event's line, and those that belong under it.

    Args:
        event: a transition or an alert.
        now: the present.
    """
    return list(_alert(event, now) if isinstance(event, StoredAlert) else _transition(event))


def clock(at: datetime) -> str:
    """A time in a part whose heading says that times are in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def error_lines(error: Error | None) -> Iterator[Text]:
    """An error in the words of the source, marked as a quotation."""
    if error is None:
        return
    details = (f"[{each.code}] {each.message or ''}" if each.code else each.message for each in error.details)
    for part in filter(None, (error.message, *details)):
        for each in block(part).split("\n"):
            yield Text("> ").append(each)


def _transition(transition: Transition) -> Iterator[Text]:
    before = f"{transition.from_status} -> " if transition.from_status else "first seen: "
    yield line(f"{before}{transition.to_status}").append(_counts(transition.metrics), "dim")
    yield from error_lines(transition.error)


def _counts(metrics: Metrics) -> str:
    known = (
        (metrics.records_processed, "processed"),
        (metrics.invalid_input_records, "invalid"),
        (metrics.retry_attempts, "retry" if metrics.retry_attempts == 1 else "retries"),
    )
    words = [f"{count:,} {word}" for count, word in known if count is not None]
    return f" ({', '.join(words)})" if words else ""


def _alert(stored: StoredAlert, now: datetime) -> Iterator[Text]:
    alert = bounded(stored.alert)
    # The story's heading has named the deployment already.
    name = f"{reference(alert.source).noun} {short(alert.deployment_id)} "
    happened = what_happened(alert).removeprefix(name).replace(f" of {name}", " ", 1)
    text = Text("ALERT ").append(alert.kind, SEVERITY_STYLES[alert.severity])
    also = f", also {', '.join(alert.also)}" if alert.also else ""
    yield text.append(f" ({alert.severity}){also}: {happened}")
    # The transition of the same moment has told the error.
    if alert.from_status == alert.to_status:
        yield from error_lines(alert.error)
    if groups := sentence(alert):
        yield Text(groups)
    yield from reason_lines(alert, in_short=True)
    if stored.resent_at is not None:
        yield Text(f"sent again by an operator {clock(stored.resent_at)}")
    yield _delivery(stored, now)
    if stored.state is AlertState.FAILED and stored.last_error:
        yield line(f"SNS: {stored.last_error}")
    yield line(f"id {stored.alert.id}", "dim")


def _delivery(stored: StoredAlert, now: datetime) -> Text:
    match stored.state:
        case AlertState.PUBLISHED if stored.published_at is not None:
            return Text(f"published {clock(stored.published_at)}", "green")
        case AlertState.DISCARDED if stored.discarded_at is not None:
            return Text(f"discarded by an operator {clock(stored.discarded_at)}", "yellow")
        case AlertState.PUBLISHING:
            return Text("being published just now", "cyan")
        case AlertState.FAILED:
            wait = f"in {duration(stored.next_try_at - now)}" if stored.next_try_at else "with the next sweep"
            return Text(f"NOT SENT: {stored.attempts} failed, next try {wait}", "bold red")
        case _:
            return Text("waits for the next sweep", "yellow")
