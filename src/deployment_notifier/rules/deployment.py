"""What one check of one deployment leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from deployment_notifier.model import (
    Alert,
    Check,
    Decision,
    Error,
    Kind,
    Observation,
    Phase,
    Policy,
    ResultsFollowUp,
    ResultsScan,
    SourceTraits,
    Transition,
    UnknownDeployment,
    Watch,
    from_milliseconds,
    next_version,
)
from deployment_notifier.rules import follow_up

if TYPE_CHECKING:
    from collections.abc import Collection

    from deployment_notifier.model import ResultsSummary, Unanswered

_NOTIFIED_AT_ONCE = {Phase.FAILED: Kind.FAILED, Phase.STOPPED: Kind.STOPPED}
"""COMPLETED is not here: it waits for the results of the targets."""


def decide(check: Check, policy: Policy, traits: SourceTraits, now: datetime) -> Decision:
    """Decide what to store and what to send after a check that was answered.

    Args:
        check: the check; `decide_unanswered` decides on one without an answer.
        policy: the operator's thresholds and choices.
        traits: what is particular to the source.
        now: the moment of the check.

    Returns:
        The next watch, with at most one transition and one alert. The watch equals the one before if nothing changed.
    """
    if isinstance(check.answer, Observation):
        return _observed(check.watch, check.answer, check.first_scan, policy, traits, now)
    if isinstance(check.answer, ResultsScan):
        return _scanned(check.watch, check.answer, policy, traits, now)
    raise TypeError("a check without an answer is decided on by decide_unanswered")


def decide_unanswered(
    watch: Watch, failure: Unanswered, policy: Policy, answering_since: datetime | None, now: datetime
) -> Decision:
    """Decide what to store and what to send after a check without an answer, of a source that answers.

    While the source answers nothing at all, nothing is decided about its deployments: `decide_source` reports it.

    Args:
        watch: what was known before.
        failure: why there was no answer.
        policy: the operator's thresholds and choices.
        answering_since: when the source's last long outage ended; failures from before it say nothing.
        now: the moment of the check.
    """
    failing_since = watch.failing_since or now
    since = max(failing_since, answering_since) if answering_since else failing_since
    overdue = now - since >= timedelta(minutes=policy.unchecked_after_minutes)
    kinds = set[Kind]()
    known_results = watch.results
    after = replace(watch, failing_since=failing_since)
    if isinstance(failure, UnknownDeployment):
        if after.follow_up and after.follow_up.partial_scan:
            # It may be the page's token that the source no longer takes, so the next scan starts anew.
            after = replace(after, follow_up=replace(after.follow_up, partial_scan=None))
        if overdue:
            if after.follow_up and after.follow_up.phase is Phase.COMPLETED:
                kinds.add(Kind.COMPLETED)
            kinds.add(Kind.LOST)
            after = replace(
                after, follow_up=None, ended_because=Kind.LOST, error_message=failure.reason, failing_since=None
            )
    elif watch.follow_up and follow_up.gives_up(watch.follow_up, since, policy, now):
        known_results = follow_up.best_results(watch.follow_up.partial_scan, watch)
        after, kinds = follow_up.end(replace(after, failing_since=None), policy, known_results)
    elif overdue and not watch.notified_unchecked:
        kinds.add(Kind.UNCHECKED)
        after = replace(after, notified_unchecked=True)
    details = _Details(Error(failure.reason), since, known_results)
    return _conclude(watch, after, kinds, details, policy, now)


def _observed(
    watch: Watch,
    seen: Observation,
    first_scan: ResultsScan | None,
    policy: Policy,
    traits: SourceTraits,
    now: datetime,
) -> Decision:
    metrics = seen.metrics.or_last(watch.metrics)
    progress = metrics.progress or 0
    changed = seen.status != watch.status
    progressed = changed or progress > watch.highest_progress
    progress_at = now if progressed or watch.progress_at is None else watch.progress_at

    kinds = set[Kind]()
    if changed and seen.phase in _NOTIFIED_AT_ONCE:
        kinds.add(_NOTIFIED_AT_ONCE[seen.phase])
    failures = metrics.failures or 0
    threshold = policy.thresholds.get(traits.failures_kind, 1)
    if _is_worth_an_alert(failures, watch.notified_failures, threshold, at_the_end=seen.phase.is_terminal):
        kinds.add(traits.failures_kind)
    if not seen.phase.is_terminal:
        if progressed and watch.notified_stalled:
            kinds.add(Kind.RESUMED)
        if not watch.notified_stalled and now - progress_at >= timedelta(minutes=policy.stalled_after_minutes):
            kinds.add(Kind.STALLED)

    after = replace(
        watch,
        status=seen.status,
        metrics=metrics,
        error_message=seen.error.message if seen.error else None,
        created_at=seen.created_at or watch.created_at,
        tags=seen.tags or watch.tags,
        highest_progress=max(progress, watch.highest_progress),
        progress_at=progress_at,
        failing_since=None,
        notified_failures=failures if traits.failures_kind in kinds else watch.notified_failures,
        notified_stalled=Kind.STALLED in kinds or (watch.notified_stalled and not progressed),
        notified_unchecked=False,
    )
    if seen.phase.is_terminal and changed:
        started = ResultsFollowUp(seen.phase, since=now, scans=0, next_scan_at=now)
        after, more = follow_up.follow(replace(after, follow_up=started), first_scan, policy, traits, now)
        kinds |= more
    elif seen.phase.is_terminal:
        # It had ended before and was registered again: there is nothing new to report.
        after = replace(after, ended_because=seen.status)
    # RESUMED reports how long the stall lasted, counted from the last progress before it.
    since = watch.progress_at if Kind.RESUMED in kinds else progress_at if Kind.STALLED in kinds else None
    details = _Details(seen.error, since, follow_up.best_results(first_scan, watch))
    return _conclude(watch, after, kinds, details, policy, now)


def _scanned(watch: Watch, scan: ResultsScan, policy: Policy, traits: SourceTraits, now: datetime) -> Decision:
    cleared = replace(watch, failing_since=None, notified_unchecked=False)
    after, kinds = follow_up.follow(cleared, scan, policy, traits, now)
    error = Error(watch.error_message) if watch.error_message else None
    return _conclude(watch, after, kinds, _Details(error, results=follow_up.best_results(scan, watch)), policy, now)


def _is_worth_an_alert(count: int, notified: int, threshold: int, *, at_the_end: bool) -> bool:
    """Whether a count of failures is worth an alert, after one that reported `notified` (0: there was none)."""
    return count >= threshold and (count >= 2 * notified or (at_the_end and count > notified))


@dataclass(frozen=True, slots=True)
class _Details:
    """What an alert says beyond what the watch holds."""

    error: Error | None
    since: datetime | None = None
    results: ResultsSummary | None = None


def _conclude(
    before: Watch, after: Watch, kinds: Collection[Kind], details: _Details, policy: Policy, now: datetime
) -> Decision:
    if after == before:
        return Decision(before)
    after = replace(after, version=next_version(before.version, now))
    at = from_milliseconds(after.version)
    transition = None
    if after.status != before.status and after.status is not None:
        transition = Transition(after.deployment_id, at, before.status, after.status, after.metrics, details.error)
    wanted = [kind for kind in Kind if kind in kinds and kind in policy.alert_on]
    alert = None
    if wanted:
        alert = Alert(
            deployment_id=after.deployment_id,
            at=at,
            source=after.source,
            kind=wanted[0],
            also=tuple(wanted[1:]),
            from_status=before.status,
            to_status=after.status,
            metrics=after.metrics,
            error=details.error,
            created_at=after.created_at,
            tags=after.tags,
            since=details.since,
            results=details.results,
            is_followed=after.follow_up is not None,
        )
    return Decision(after, transition, alert)
