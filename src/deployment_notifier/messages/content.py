"""What an alert says, built once; the renderers only lay it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from deployment_notifier.messages import next_steps
from deployment_notifier.messages.alert_words import shown_metrics, words_of
from deployment_notifier.messages.escape import cut
from deployment_notifier.messages.formatting import capitalized, counted, duration, moment
from deployment_notifier.messages.kinds import KIND_TEXTS
from deployment_notifier.messages.links import console_link
from deployment_notifier.messages.target_results import Reason, reasons, summary
from deployment_notifier.messages.title import Title, title_of
from deployment_notifier.messages.truncate import FULL, Limits, truncated
from deployment_notifier.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deployment_notifier.messages.alert_words import AlertWords
    from deployment_notifier.messages.next_steps import Step
    from deployment_notifier.model import Alert, StackIdentity

# More does not help on a phone; the event has it all, and so has the command in the first step.
_ERROR_CHARACTERS = 1_000
_DETAIL_CHARACTERS = 300
_DETAILS = 5
_TAGS = 10


class Detail(NamedTuple):
    """A label of ours and a value, which may be text from outside."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Content:
    """What an alert says. Text from outside is cleaned and cut, but not escaped.

    Attributes:
        alert: the alert, truncated.
        explanation: what it means, as sentences.
        also: a sentence for each other kind that applied at the same moment.
        numbers: status, counts and durations.
        error_heading: the line above the error; empty if there is nothing to say about an error.
        error: the error's texts; from outside, each perhaps of several lines.
        reasons_heading: the line above the reasons; empty for none.
        reasons: why targets failed, the most frequent reason first.
        other_reasons: what is to be said of the other targets that failed; None for nothing.
        steps: what to do, in order.
        more: how to see the history, and how to silence such alerts.
        console: the address of the AWS console's page; None if it is not known.
        console_way: the way to it by menus.
        identifiers: what identifies the deployment, the stack and the alert.
        counts: the counts in a few words each, the most important first.
    """

    alert: Alert
    title: Title
    explanation: str
    also: tuple[str, ...]
    numbers: tuple[Detail, ...]
    error_heading: str
    error: tuple[str, ...]
    reasons_heading: str
    reasons: tuple[Reason, ...]
    other_reasons: str | None
    steps: tuple[Step, ...]
    more: tuple[Step, ...]
    console: str | None
    console_way: str | None
    identifiers: tuple[Detail, ...]
    counts: tuple[str, ...]


def build_content(alert: Alert, identity: StackIdentity, limits: Limits = FULL) -> Content:
    """Return what an alert says.

    Args:
        alert: as it is stored; it is truncated here.
        identity: the stack, for the commands and links.
        limits: how much of the text from outside is kept.
    """
    alert = truncated(alert, limits)
    words = words_of(alert, identity)
    text = KIND_TEXTS[alert.kind]
    error = tuple(_error(alert))
    shown, others = reasons(alert)
    return Content(
        alert=alert,
        title=title_of(words),
        explanation=text.explanation(words),
        also=tuple(f"Also, {KIND_TEXTS[kind].also(words)} ({kind})." for kind in alert.also),
        numbers=tuple(_numbers(words)),
        error_heading=_error_heading(alert, error),
        error=error,
        reasons_heading=f"Why {words.targets} failed, most frequent first:" if shown else "",
        reasons=shown,
        other_reasons=others,
        steps=tuple(step for step in text.steps(words) if step is not None),
        more=(next_steps.show_history(words), next_steps.silence(words)),
        console=console_link(alert.source, identity),
        console_way=words.profile.console_way,
        identifiers=tuple(_identifiers(words)),
        counts=tuple(_counts(words)),
    )


def _numbers(words: AlertWords) -> Iterator[Detail]:
    alert, text = words.alert, KIND_TEXTS[words.alert.kind]
    if not alert.kind.is_about_source:
        yield Detail(
            "Last status" if text.is_about_checks else "Status", _status(alert, is_last_known=text.is_about_checks)
        )
        if "targetName" in alert.details:
            revision = alert.details.get("revisionId")
            yield Detail("Target", alert.details["targetName"] + (f", revision {revision}" if revision else ""))
        if alert.metrics.counts:  # nothing for a deployment that never reported any, as one that was never found
            for name, count in shown_metrics(alert.source, alert.metrics):
                if count or words.profile.traits.follows_results:
                    yield Detail(name.label, "not reported" if count is None else f"{count:,}")
        if words.profile.traits.follows_results and (results := summary(alert)) is not None:
            yield Detail(capitalized(words.targets), results)
    if alert.since is not None:
        yield Detail(text.since, f"{moment(alert.since)} ({words.span})")


def _status(alert: Alert, *, is_last_known: bool) -> str:
    if alert.to_status is None:
        return "not known"
    if alert.from_status == alert.to_status or is_last_known:
        return alert.to_status
    return f"{alert.to_status} ({'first check' if alert.from_status is None else f'was {alert.from_status}'})"


def _error_heading(alert: Alert, error: Sequence[str]) -> str:
    if error:
        return "Last error:" if KIND_TEXTS[alert.kind].is_about_checks else "AWS's error:"
    is_unexplained = alert.kind is Kind.FAILED and not (alert.results and alert.results.reasons)
    return "AWS gave no error text." if is_unexplained else ""


def _error(alert: Alert) -> Iterator[str]:
    if alert.error is None:
        return
    if alert.error.message:
        yield cut(alert.error.message, _ERROR_CHARACTERS)
    for each in alert.error.details[:_DETAILS]:
        code = f"[{each.code}]" if each.code else None
        yield cut(" ".join(filter(None, (code, each.message))), _DETAIL_CHARACTERS)
    if (more := len(alert.error.details) - _DETAILS) > 0:
        yield f"(and {more} more)"


def _identifiers(words: AlertWords) -> Iterator[Detail]:
    alert, identity = words.alert, words.identity
    if alert.kind.is_about_source:
        yield Detail("Source", alert.source)
    else:
        yield Detail(capitalized(words.noun), alert.deployment_id)
        labels = words.profile.details
        yield from (Detail(label, alert.details[key]) for key, label in labels if key in alert.details)
        if alert.created_at is not None:
            yield Detail("Created", alert.created_at + _age(alert.created_at, alert.at))
    if alert.tags:
        tags = [f"{key}={value}" for key, value in list(alert.tags.items())[:_TAGS]]
        more = len(alert.tags) - _TAGS
        yield Detail("Tags", ", ".join([*tags, *([f"and {more} more"] if more > 0 else [])]))
    yield Detail("AWS account", f"{identity.account}, {identity.region}")
    yield Detail("Stack", identity.stack_name or "not known")
    yield Detail("Time", moment(alert.at))
    yield Detail("Alert", f"{alert.kind} {alert.id}")


def _age(created_at: str, at: datetime) -> str:
    """How long before, if AWS's text can be read as a time with its zone; empty if not."""
    try:
        span = at - datetime.fromisoformat(created_at)
    except (ValueError, TypeError, OverflowError):
        return ""
    return f" ({duration(span)} before)" if span >= timedelta() else ""


def _counts(words: AlertWords) -> Iterator[str]:
    if words.alert.kind.is_about_source:
        return
    if (results := words.results) is not None and results.total:
        if results.failed and words.alert.kind not in (Kind.GROUPS_FAILED, Kind.DEVICES_FAILED):  # whose title has it
            yield f"{counted(results.failed, words.targets)} failed"
        yield f"{counted(results.succeeded, words.targets)} succeeded"
        if results.unfinished:
            yield f"{results.unfinished:,} unfinished"
    for name, count in shown_metrics(words.alert.source, words.alert.metrics):
        if count is not None:
            yield f"{count:,} {name.short}"
