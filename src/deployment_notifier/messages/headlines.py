"""What happened, in one line: the subject, the title, the text message."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from deployment_notifier.messages.bounds import bounded
from deployment_notifier.messages.groups import are_settled, counted, failed_groups, have_failed, known_groups
from deployment_notifier.messages.references import is_final, reference
from deployment_notifier.messages.text import ascii_line, duration, short
from deployment_notifier.model import Alert, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

# SNS takes fewer than 100: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
SUBJECT_CHARACTERS = 99
# One text message; a longer one is sent, and paid, as several.
SMS_CHARACTERS = 140


Mark = Callable[[str], str]

_PREDICATES = {
    Kind.FAILED: "failed",
    Kind.INVALID_RECORDS: "{has} {invalid}",
    Kind.GROUPS_FAILED: "{have_failed}",
    Kind.STALLED: "has not moved{for_span}",
    Kind.STOPPED: "was stopped",
    Kind.COMPLETED: "completed{groups}",
    Kind.RESUMED: "moves again{after_span}",
    Kind.LOST: "is unknown to AWS and no longer watched",
    Kind.UNCHECKED: "could not be checked{for_span}",
    Kind.SOURCE_UNREACHABLE: "cannot be checked{for_span}",
    Kind.SOURCE_RECOVERED: "can be checked again{after_span}",
}


def lasted(alert: Alert) -> timedelta | None:
    """How long that lasted of which the alert tells the duration."""
    return None if alert.since is None else alert.at - alert.since


def invalid_records(alert: Alert) -> str:
    """`1 invalid record`, `12 invalid records`, or `invalid records` where the count is not known."""
    count = alert.metrics.invalid_input_records
    if count is None:
        return "invalid records"
    return f"{count:,} invalid record{'' if count == 1 else 's'}"


def what_happened(alert: Alert, mark: Mark = str) -> str:
    """The event in plain words.

    Args:
        alert: cleaned.
        mark: makes text from outside fit for where the line goes.
    """
    words = reference(alert.source)
    if alert.kind.is_about_source:
        subject = words.service or f"{words.noun}s of the source {mark(short(alert.source))}"
    else:
        subject = f"{words.noun} {mark(short(alert.deployment_id))}"
    if alert.kind is Kind.GROUPS_FAILED:
        subject = f"{failed_groups(alert)} of {subject}"
    span = lasted(alert)
    predicate = _PREDICATES[alert.kind].format(
        has="ended with" if is_final(alert.source, alert.to_status) else "has",
        invalid=invalid_records(alert),
        have_failed=have_failed(alert),
        groups=_although(alert),
        for_span="" if span is None else f" for {duration(span)}",
        after_span="" if span is None else f" after {duration(span)}",
    )
    return f"{subject} {predicate}"


def _although(alert: Alert) -> str:
    """What became of the groups of a deployment that completed, since its status does not say it."""
    tally = known_groups(alert)
    if tally is None:
        return ""
    if tally.failed:
        return f", but {counted(tally.failed, alert)} failed"
    if tally.unfinished:
        return f", but {counted(tally.unfinished, alert)} {'is' if tally.unfinished == 1 else 'are'} unfinished"
    return f": {counted(tally.succeeded, alert)} succeeded" if are_settled(alert) else ""


def headline(alert: Alert, place: Place, mark: Mark = str) -> str:
    """How bad, what, and where, such as `CRITICAL: bulk deployment 1b2c3d4e failed (us-east-1)`."""
    return f"{alert.severity.upper()}: {what_happened(alert, mark)} ({place.region})"


def subject(alert: Alert, place: Place) -> str:
    """The subject of an email, within SNS's rules: 1 to 99 printable ASCII characters that begin with a letter."""
    alert = bounded(alert)
    return ascii_line(headline(alert, place), SUBJECT_CHARACTERS)


def sms(alert: Alert, place: Place) -> str:
    """One line of at most 140 ASCII characters: the subject, then as many of the counts as fit."""
    alert = bounded(alert)
    line = subject(alert, place)
    for fact in _counts(alert):
        longer = f"{line}; {fact}"
        if fact not in line and len(longer) <= SMS_CHARACTERS:
            line = longer
    return line


def _counts(alert: Alert) -> Iterator[str]:
    """The counts, each in a few words; the more telling come first."""
    if alert.kind.is_about_source:
        return
    tally = known_groups(alert)
    if tally is not None:
        if tally.failed and alert.kind is not Kind.GROUPS_FAILED:  # whose headline says it in other words
            yield f"{counted(tally.failed, alert)} failed"
        yield f"{counted(tally.succeeded, alert)} succeeded"
        if tally.unfinished:
            yield f"{tally.unfinished:,} unfinished"
    metrics = alert.metrics
    if metrics.records_processed is not None:
        yield f"{metrics.records_processed} processed"
    if metrics.invalid_input_records is not None:
        yield f"{metrics.invalid_input_records} invalid"
    if metrics.retry_attempts is not None:
        yield f"{metrics.retry_attempts} retries"
