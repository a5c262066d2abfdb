"""One event of a history as lines: a change of status, or an alert with its delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from deployment_notifier.messages.alert_words import words_of
from deployment_notifier.messages.formatting import capitalized, duration
from deployment_notifier.messages.kinds import KIND_TEXTS
from deployment_notifier.messages.target_results import summary
from deployment_notifier.messages.truncate import truncated
from deployment_notifier.model import Severity, Transition
from deployment_notifier.table.history import AlertState, StoredAlert
from deployment_notifier_cli.console import safe_line, safe_text
from deployment_notifier_cli.views.results_lines import counts_in_short, reason_lines, targets_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from deployment_notifier.model import Alert, Error
    from deployment_notifier_cli.operator_session import Operator

SEVERITY_STYLES = {Severity.CRITICAL: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def event_lines(event: Transition | StoredAlert, source: str, operator: Operator) -> list[Text]:
    """Return an event's own line, and those that belong under it."""
    if isinstance(event, Transition):
        return list(_transition(event, source))
    return list(_alert(event, operator))


def clock(at: datetime) -> str:
    """Return a time whose heading says that it is in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def alert_name(alert: Alert) -> Text:
    """Return an alert's kind and severity, and the other kinds in it: `FAILED (critical), also INVALID_RECORDS`."""
    also = f", also {', '.join(alert.also)}" if alert.also else ""
    return Text(alert.kind, SEVERITY_STYLES[alert.severity]).append(f" ({alert.severity}){also}", "default")


def error_lines(error: Error | None) -> Iterator[Text]:
    """Return an error in AWS's words, as a quotation."""
    if error is None:
        return
    details = (f"[{each.code}] {each.message or ''}" if each.code else each.message for each in error.details)
    for part in filter(None, (error.message, *details)):
        for line in safe_text(part).split("\n"):
            yield Text("> ").append(line)


def _transition(transition: Transition, source: str) -> Iterator[Text]:
    before = f"{transition.from_status} -> " if transition.from_status else "first seen: "
    counts = counts_in_short(source, transition.metrics)
    yield safe_line(f"{before}{transition.to_status}").append(f" ({counts})" if counts else "", "dim")
    yield from error_lines(transition.error)


def _alert(stored: StoredAlert, operator: Operator) -> Iterator[Text]:
    alert = truncated(stored.alert)
    happened = KIND_TEXTS[alert.kind].title(words_of(alert, operator.stack.identity)).lstrip(": ")
    yield Text("ALERT ").append_text(alert_name(alert)).append(f": {happened}")
    # The change of status at the same time shows the error already.
    if alert.from_status == alert.to_status:
        yield from error_lines(alert.error)
    if results := summary(alert):
        yield Text(f"{capitalized(targets_of(alert.source))}: {results}")
    yield from reason_lines(alert, in_short=True)
    if stored.resent_at is not None:
        yield Text(f"resent by an operator {clock(stored.resent_at)}")
    yield _delivery(stored, operator.now())
    if stored.state is AlertState.FAILED and stored.last_error:
        yield safe_line(f"SNS: {stored.last_error}")
    yield safe_line(f"id {stored.alert.id}", "dim")


def _delivery(stored: StoredAlert, now: datetime) -> Text:
    match stored.state:
        case AlertState.PUBLISHED if stored.published_at is not None:
            return Text(f"published {clock(stored.published_at)}", "green")
        case AlertState.DISCARDED if stored.discarded_at is not None:
            return Text(f"discarded by an operator {clock(stored.discarded_at)}", "yellow")
        case AlertState.PUBLISHING:
            return Text("being published at this moment", "cyan")
        case AlertState.FAILED:
            wait = f"in {duration(stored.next_attempt_at - now)}" if stored.next_attempt_at else "with the next sweep"
            return Text(f"NOT PUBLISHED: {stored.attempts} failed attempts, next {wait}", "bold red")
        case _:
            return Text("waits for the next sweep", "yellow")
