"""What is known about an alert, as labels and values and lines: what the email and the chat both show."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from deployment_notifier.messages.groups import counts
from deployment_notifier.messages.headlines import lasted
from deployment_notifier.messages.references import reference
from deployment_notifier.messages.text import cut, duration, moment
from deployment_notifier.model import Kind, Metrics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier.model import Alert

# More than this nobody reads in a message; the event has it all, and so has the command in the first step.
_MESSAGE_CHARACTERS = 2_000
_DETAIL_CHARACTERS = 500
_DETAILS = 10
_TAGS = 10

_SINCE = {
    Kind.STALLED: "No progress since",
    Kind.RESUMED: "Had stood since",
    Kind.LOST: "Refused since",
    Kind.UNCHECKED: "Failing since",
    Kind.SOURCE_UNREACHABLE: "Failing since",
    Kind.SOURCE_RECOVERED: "Had failed since",
}
_UNSEEN = {Kind.LOST, Kind.UNCHECKED}


def facts(alert: Alert) -> Iterator[tuple[str, str]]:
    """What is known, as labels and values; values may be text from outside.

    Args:
        alert: cleaned.
    """
    if alert.kind.is_about_source:
        yield "Source", alert.source
    else:
        yield reference(alert.source).noun.capitalize(), alert.deployment_id
        yield ("Last status" if alert.kind in _UNSEEN else "Status"), _status(alert)
        yield from _counts(alert.metrics)
        groups = counts(alert)
        if groups is not None:
            yield reference(alert.source).target.capitalize(), groups
        if alert.created_at is not None:
            yield "Created", alert.created_at + _age(alert.created_at, alert.at)
    span = lasted(alert)
    if alert.since is not None and span is not None:
        yield _SINCE.get(alert.kind, "Since"), f"{moment(alert.since)} ({duration(span)})"
    yield "Seen", moment(alert.at)
    if alert.tags:
        more = len(alert.tags) - _TAGS
        shown = [f"{key}={value}" for key, value in list(alert.tags.items())[:_TAGS]]
        yield "Tags", ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def _counts(metrics: Metrics) -> Iterator[tuple[str, str]]:
    """Nothing for a deployment that never reported any, as one that was never found."""
    if metrics == Metrics():
        return
    for label, count in (
        ("Records processed", metrics.records_processed),
        ("Invalid records", metrics.invalid_input_records),
        ("Retries", metrics.retry_attempts),
    ):
        yield label, "not reported" if count is None else f"{count:,}"


def _status(alert: Alert) -> str:
    if alert.to_status is None:
        return "not known"
    if alert.from_status is None and alert.kind not in _UNSEEN:
        return f"{alert.to_status} (when first seen)"
    return alert.to_status if alert.from_status == alert.to_status else f"{alert.to_status} (was {alert.from_status})"


def _age(created_at: str, at: datetime) -> str:
    """How long before, where AWS's text can be read as a time with its zone; nothing where it cannot."""
    try:
        span = at - datetime.fromisoformat(created_at)
    except (ValueError, TypeError, OverflowError):
        return ""
    return f" ({duration(span)} before)" if span >= timedelta() else ""


def error_lines(alert: Alert) -> Iterator[str]:
    """AWS's error and its details, one string each, each perhaps of several lines.

    Args:
        alert: cleaned.
    """
    if alert.error is None:
        return
    if alert.error.message:
        yield cut(alert.error.message, _MESSAGE_CHARACTERS)
    for each in alert.error.details[:_DETAILS]:
        code = f"[{each.code}]" if each.code else None
        yield cut(" ".join(filter(None, (code, each.message))), _DETAIL_CHARACTERS)
    more = len(alert.error.details) - _DETAILS
    if more > 0:
        yield f"(and {more} more)"
