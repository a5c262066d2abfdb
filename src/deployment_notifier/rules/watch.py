"""What one check of one deployment leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from deployment_notifier.model import (
    Alert,
    Decision,
    Error,
    Failure,
    Kind,
    Observation,
    Phase,
    Policy,
    Refusal,
    Transition,
    Watch,
    from_milliseconds,
    next_version,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from deployment_notifier.model import Outcome

_KIND_OF_PHASE = {Phase.FAILED: Kind.FAILED, Phase.STOPPED: Kind.STOPPED, Phase.COMPLETED: Kind.COMPLETED}


def decide(watch: Watch, outcome: Outcome, policy: Policy, now: datetime, *, source_answers: bool) -> Decision:
    """Decide what to store and what to tell after one check.

    Args:
        watch: what was known before.
        outcome: how the check went.
        policy: the operator's thresholds and choices.
        now: the moment of the check.
        source_answers: whether the source has answered anything in this sweep. While it has not, a failure or a
            refusal says nothing about the deployment: it is the source's trouble (`decide_source`).

    Returns:
        The next watch, with at most one transition and one alert. The watch is the same value as before when
        there is nothing to write.
    """
    match outcome:
        case Observation():
            return _observed(watch, outcome, policy, now)
        case Refusal() | Failure() if source_answers:
            return _unanswered(watch, outcome, policy, now)
        case _:
            return Decision(watch)


def _observed(watch: Watch, seen: Observation, policy: Policy, now: datetime) -> Decision:
    metrics = seen.metrics.over(watch.metrics)
    processed = metrics.records_processed or 0
    changed = seen.status != watch.status
    progressed = changed or processed > watch.highest_records_processed
    progress_at = now if progressed or watch.progress_at is None else watch.progress_at

    kinds = set[Kind]()
    if changed and seen.phase in _KIND_OF_PHASE:
        kinds.add(_KIND_OF_PHASE[seen.phase])
    invalid = metrics.invalid_input_records or 0
    if _tells_invalid(invalid, watch.told_invalid_records, policy, at_the_end=seen.phase.is_terminal):
        kinds.add(Kind.INVALID_RECORDS)
    if not seen.phase.is_terminal:
        if progressed and watch.told_stalled:
            kinds.add(Kind.RESUMED)
        if not watch.told_stalled and now - progress_at >= timedelta(minutes=policy.stalled_after_minutes):
            kinds.add(Kind.STALLED)

    after = replace(
        watch,
        status=seen.status,
        metrics=metrics,
        error_message=seen.error.message if seen.error else None,
        created_at=seen.created_at or watch.created_at,
        tags=seen.tags or watch.tags,
        highest_records_processed=max(processed, watch.highest_records_processed),
        progress_at=progress_at,
        failing_since=None,
        told_invalid_records=invalid if Kind.INVALID_RECORDS in kinds else watch.told_invalid_records,
        told_stalled=Kind.STALLED in kinds or (watch.told_stalled and not progressed),
        told_unchecked=False,
        ended_because=seen.status if seen.phase.is_terminal else None,
    )
    # A resumption tells how long the stall lasted, so it counts from the progress before the stall.
    since = watch.progress_at if Kind.RESUMED in kinds else progress_at if Kind.STALLED in kinds else None
    return _conclude(watch, after, kinds, policy, now, error=seen.error, since=since)


def _tells_invalid(count: int, told: int, policy: Policy, *, at_the_end: bool) -> bool:
    """Whether a count of invalid records is worth an alert, after the last one told of `told` (0: there was none)."""
    if count < policy.invalid_records_threshold:
        return False
    if told == 0:
        return True
    return count >= 2 * told or (at_the_end and count > told)


def _unanswered(watch: Watch, outcome: Refusal | Failure, policy: Policy, now: datetime) -> Decision:
    failing_since = watch.failing_since or now
    overdue = now - failing_since >= timedelta(minutes=policy.unchecked_after_minutes)
    kinds = set[Kind]()
    after = replace(watch, failing_since=failing_since)
    if overdue and isinstance(outcome, Refusal):
        kinds.add(Kind.LOST)
        after = replace(after, ended_because=Kind.LOST, error_message=outcome.reason)
    elif overdue and not watch.told_unchecked:
        kinds.add(Kind.UNCHECKED)
        after = replace(after, told_unchecked=True)
    return _conclude(watch, after, kinds, policy, now, error=Error(outcome.reason), since=failing_since)


def _conclude(  # noqa: PLR0913 - all that a decision is made of
    before: Watch,
    after: Watch,
    kinds: Collection[Kind],
    policy: Policy,
    now: datetime,
    *,
    error: Error | None,
    since: datetime | None,
) -> Decision:
    if after == before:
        return Decision(before)
    after = replace(after, version=next_version(before.version, now))
    at = from_milliseconds(after.version)
    transition = None
    if after.status != before.status and after.status is not None:
        transition = Transition(after.deployment_id, at, before.status, after.status, after.metrics, error)
    told = [kind for kind in Kind if kind in kinds and kind in policy.alert_on]
    alert = None
    if told:
        alert = Alert(
            deployment_id=after.deployment_id,
            at=at,
            source=after.source,
            kind=told[0],
            also=tuple(told[1:]),
            from_status=before.status if transition else after.status,
            to_status=after.status,
            metrics=after.metrics,
            error=error,
            created_at=after.created_at,
            tags=after.tags,
            since=since,
        )
    return Decision(after, transition, alert)
