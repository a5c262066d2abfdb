"""The counts and the results of a deployment, in the words of the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from deployment_notifier.messages.alert_words import shown_metrics
from deployment_notifier.messages.formatting import duration
from deployment_notifier.messages.target_results import reasons
from deployment_notifier.messages.truncate import truncated
from deployment_notifier.model import Alert, Kind, from_milliseconds
from deployment_notifier.rules import best_results
from deployment_notifier.sources.registry import profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from deployment_notifier.model import Metrics, ResultsSummary, Watch

_ALL = (10, 12)
_IN_SHORT = (5, 4)
"""Reasons, and about how many targets are named for all of them together."""


def alert_of(watch: Watch) -> Alert:
    """Return a watch in the form that the alerts' wording takes, with what is known best about its results."""
    scan = watch.follow_up.partial_scan if watch.follow_up else None
    return truncated(
        Alert(
            deployment_id=watch.deployment_id,
            at=from_milliseconds(watch.version),
            source=watch.source,
            kind=Kind.GROUPS_FAILED,
            to_status=watch.status,
            metrics=watch.metrics,
            results=best_results(scan, watch),
            is_followed=watch.follow_up is not None,
        )
    )


def counts_in_short(source: str, metrics: Metrics) -> str:
    """Return the counts that were reported, such as `12 processed, 1 invalid`.

    Of a source that counts devices by their state, only those that are not 0: `363 succeeded, 37 failed`.
    """
    known = [(name, count) for name, count in shown_metrics(source, metrics) if count is not None]
    if profile_of(source).traits.is_continuous:
        known = [(name, count) for name, count in known if count] or known[:1]
    return ", ".join(f"{count:,} {name.short}" for name, count in known)


def name_in_short(watch: Watch) -> str:
    """Return a deployment's name, revision and target; empty for a source whose deployments have only an id."""
    name, revision, target = (watch.details.get(key) for key in ("deploymentName", "revisionId", "targetName"))
    parts = (name, f"revision {revision}" if revision else None, f"to {target}" if target else None)
    return ", ".join(filter(None, parts))


def movement(watch: Watch) -> str:
    """Return `at rest` or `under way` for a deployment that goes on when devices join; empty for any other one."""
    traits = profile_of(watch.source).traits
    if not traits.is_continuous or watch.status is None or not watch.is_active:
        return ""
    return "at rest" if watch.is_resting else "under way"


def targets_of(source: str) -> str:
    """Return what a source's deployments deploy to, such as `groups`."""
    return profile_of(source).target


def due(at: datetime, now: datetime) -> str:
    """Return when a sweep does what is due at a time, as the end of a sentence."""
    return f"in {duration(at - now)}" if at > now else "with the next sweep"


def failed_of_all(results: ResultsSummary | None) -> str:
    """Return `2 of 12`: how many of the targets failed; `-` if it is not known."""
    return "-" if results is None else f"{results.failed:,} of {results.total:,}"


def reason_lines(alert: Alert, *, in_short: bool = False) -> Iterator[Text]:
    """Return why targets failed, the most frequent reason first, as quotations; in short for one event of many."""
    found, others = reasons(alert, *(_IN_SHORT if in_short else _ALL))
    for each in found:
        yield Text(f"> {each.who}: {each.text}")
        yield from (Text(f">   {name}") for name in each.targets)
        if each.more:
            yield Text(f">   and {each.more:,} more")
    if others:
        yield Text(f"> {others}")
