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
    Metrics,
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
"""COMPLETED is not here: where results are followed, it waits for them."""

_ONCE_A_DAY = timedelta(days=1)


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
    watch: Watch,
    failure: Unanswered,
    policy: Policy,
    traits: SourceTraits,
    answering_since: datetime | None,
    now: datetime,
) -> Decision:
    """Decide what to store and what to send after a check without an answer, of a source that answers.

    While the source answers nothing at all, nothing is decided about its deployments: `decide_source` reports it.

    Args:
        watch: what was known before.
        failure: why there was no answer.
        policy: the operator's thresholds and choices.
        traits: what is particular to the source.
        answering_since: when the source's last long outage ended; failures from before it say nothing.
        now: the moment of the check.
    """
    failing_since = watch.failing_since or now
    since = max(failing_since, answering_since) if answering_since else failing_since
    overdue = now - since >= timedelta(minutes=policy.unchecked_after_minutes)
    kinds = set[Kind]()
    scan = watch.follow_up.partial_scan if watch.follow_up else None
    after = replace(watch, failing_since=failing_since)
    if isinstance(failure, UnknownDeployment):
        if after.follow_up and scan:
            # It may be the page's token that the source no longer takes, so the next scan starts anew.
            after = replace(after, follow_up=replace(after.follow_up, partial_scan=None))
        if overdue:
            if watch.follow_up:
                after, kinds = follow_up.end(after, policy, traits, scan)
                if Kind.LOST in policy.alert_on:
                    # It says that the rest is not known.
                    kinds.discard(Kind.RESULTS_INCOMPLETE)
            kinds.add(Kind.LOST)
            after = replace(after, ended_because=Kind.LOST, error_message=failure.reason, failing_since=None)
    elif watch.follow_up and follow_up.gives_up(watch.follow_up, since, policy, now):
        after, kinds = follow_up.end(replace(after, failing_since=None), policy, traits, scan)
    elif overdue and not watch.notified_unchecked:
        kinds.add(Kind.UNCHECKED)
        after = replace(after, notified_unchecked=True)
    details = _Details(Error(failure.reason), since, follow_up.best_results(scan, watch))
    return _conclude(watch, after, kinds, details, policy, now)


def needs_results(watch: Watch, seen: Observation, policy: Policy, traits: SourceTraits, now: datetime) -> bool:
    """Return whether the results of the targets should be read along with an observation.

    They are if they start to be followed, or if the source has them at once and an alert about failures is due.
    """
    if traits.follows_results:
        return follow_up.starts_follow_up(watch, seen, policy, traits)
    alert = _observed(watch, seen, None, policy, traits, now).alert
    kinds = {alert.kind, *alert.also} if alert else set[Kind]()
    return bool(kinds & {Kind.FAILED, traits.failures_kind})


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
    is_resting, ended = seen.phase is Phase.RESTING, seen.phase.is_terminal
    starts_anew = watch.is_resting and seen.phase is Phase.ONGOING
    progress_at = now if progressed or starts_anew or watch.progress_at is None else watch.progress_at

    failures = metrics.failures or 0
    kinds = set[Kind]()
    if seen.phase is not Phase.SUPERSEDED:
        if changed and seen.phase in _NOTIFIED_AT_ONCE:
            kinds.add(_NOTIFIED_AT_ONCE[seen.phase])
        if _are_failures_worth_an_alert(failures, watch, seen.phase, policy, traits, now):
            kinds.add(traits.failures_kind)
        if _is_completed(watch, seen, metrics, traits):
            kinds.add(Kind.COMPLETED)
        if watch.notified_stalled and _ends_stall(seen, traits, progressed=progressed):
            kinds.add(Kind.RESUMED)
        is_overdue = now - progress_at >= timedelta(minutes=policy.stalled_after_minutes)
        if seen.phase is Phase.ONGOING and is_overdue and not watch.notified_stalled:
            kinds.add(Kind.STALLED)

    notifies_failures = traits.failures_kind in kinds
    after = replace(
        watch,
        status=seen.status,
        metrics=metrics,
        error_message=seen.error.message if seen.error else None,
        created_at=seen.created_at or watch.created_at,
        tags=seen.tags or watch.tags,
        details={**watch.details, **seen.details},
        is_resting=is_resting,
        has_rested=watch.has_rested or is_resting,
        highest_progress=max(progress, watch.highest_progress),
        progress_at=progress_at,
        failing_since=None,
        notified_completed=watch.notified_completed or Kind.COMPLETED in kinds,
        notified_failures=failures if notifies_failures else watch.notified_failures,
        notified_failures_at=now if notifies_failures else watch.notified_failures_at,
        notified_stalled=Kind.STALLED in kinds
        or (watch.notified_stalled and not _ends_stall(seen, traits, progressed=progressed)),
        notified_unchecked=False,
    )
    if ended and changed and traits.follows_results:
        started = ResultsFollowUp(seen.phase, since=now, scans=0, next_scan_at=now)
        after, more = follow_up.follow(replace(after, follow_up=started), first_scan, policy, traits, now)
        kinds |= more
    elif ended:
        # Nothing is left to follow; or it had ended before and was registered again.
        after = replace(after, ended_because=seen.status)
    # RESUMED reports how long the stall lasted, counted from the last progress before it.
    since = watch.progress_at if Kind.RESUMED in kinds else progress_at if Kind.STALLED in kinds else None
    found = follow_up.best_results(first_scan, after)
    return _conclude(watch, after, kinds, _Details(seen.error, since, found), policy, now)


def _ends_stall(seen: Observation, traits: SourceTraits, *, progressed: bool) -> bool:
    if traits.is_continuous:
        return seen.phase is not Phase.ONGOING
    return progressed and not seen.phase.is_terminal


def _is_completed(watch: Watch, seen: Observation, metrics: Metrics, traits: SourceTraits) -> bool:
    """Whether COMPLETED is due now; of a source whose results are followed it waits for them."""
    if traits.follows_results or watch.notified_completed:
        return False
    if seen.phase is Phase.COMPLETED:
        return seen.status != watch.status
    return seen.phase is Phase.RESTING and metrics.unfinished == 0 and bool(metrics.progress)


def _are_failures_worth_an_alert(
    count: int, watch: Watch, phase: Phase, policy: Policy, traits: SourceTraits, now: datetime
) -> bool:
    """Whether a count of failures is worth an alert after the last one."""
    notified = watch.notified_failures
    if count < policy.thresholds.get(traits.failures_kind, 1):
        return False
    if count >= 2 * notified:
        return True
    if count <= notified:
        return False
    # It grew: worth an alert when the deployment ends or first comes to rest; later, when targets join one by one,
    # once a day.
    if phase.is_terminal or (phase is Phase.RESTING and not watch.has_rested):
        return True
    last = watch.notified_failures_at
    return watch.has_rested and last is not None and now - last >= _ONCE_A_DAY


def _scanned(watch: Watch, scan: ResultsScan, policy: Policy, traits: SourceTraits, now: datetime) -> Decision:
    cleared = replace(watch, failing_since=None, notified_unchecked=False)
    after, kinds = follow_up.follow(cleared, scan, policy, traits, now)
    error = Error(watch.error_message) if watch.error_message else None
    return _conclude(watch, after, kinds, _Details(error, results=follow_up.best_results(scan, watch)), policy, now)


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
            details=after.details,
            is_followed=after.follow_up is not None,
        )
    return Decision(after, transition, alert)
