"""What one check of one deployment leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from deployment_notifier.model import (
    Alert,
    Decision,
    Error,
    Failure,
    GroupPass,
    Kind,
    Observation,
    Phase,
    Policy,
    Refusal,
    Settling,
    Transition,
    Watch,
    from_milliseconds,
    next_version,
)
from deployment_notifier.rules.groups import abandon_groups, best_tally, follow_groups, gives_up_at

if TYPE_CHECKING:
    from collections.abc import Collection

    from deployment_notifier.model import GroupTally, Outcome

_TOLD_AT_ONCE = {Phase.FAILED: Kind.FAILED, Phase.STOPPED: Kind.STOPPED}
"""COMPLETED is not among them: it waits for the groups."""


def decide(  # noqa: PLR0913 - all that a decision is made of
    watch: Watch,
    outcome: Outcome | GroupPass,
    policy: Policy,
    now: datetime,
    *,
    source_answers: bool,
    source_lists: bool = False,
    groups: GroupPass | None = None,
) -> Decision:
    """Decide what to store and what to tell after one check.

    Args:
        watch: what was known before.
        outcome: how the check went; of a deployment that settles, what the pass over its groups found.
        policy: the operator's thresholds and choices.
        now: the moment of the check.
        source_answers: whether the source has answered anything in this sweep. While it has not, a failure or a
            refusal says nothing about the deployment: it is the source's trouble (`decide_source`).
        source_lists: whether it has listed its deployments in this sweep: then it is there, and the groups of a
            deployment whose time is up are waited for no longer.
        groups: what a first pass over the groups found, along with the observation of a terminal status; None where
            none could be made.

    Returns:
        The next watch, with at most one transition and one alert. The watch is the same value as before when
        there is nothing to write.
    """
    match outcome:
        case Observation():
            return _observed(watch, outcome, groups, policy, now)
        case GroupPass():
            return _passed(watch, outcome, policy, now)
        case Refusal() | Failure() if source_answers:
            return _unanswered(watch, outcome, policy, now)
        case _ if source_lists and watch.settling and now >= gives_up_at(watch.settling, policy):
            after, kinds = abandon_groups(watch)
            return _conclude(watch, after, kinds, _Facts(_stored_error(watch), groups=watch.groups), policy, now)
        case _:
            return Decision(watch)


def _observed(watch: Watch, seen: Observation, groups: GroupPass | None, policy: Policy, now: datetime) -> Decision:
    metrics = seen.metrics.over(watch.metrics)
    processed = metrics.records_processed or 0
    changed = seen.status != watch.status
    progressed = changed or processed > watch.highest_records_processed
    progress_at = now if progressed or watch.progress_at is None else watch.progress_at

    kinds = set[Kind]()
    if changed and seen.phase in _TOLD_AT_ONCE:
        kinds.add(_TOLD_AT_ONCE[seen.phase])
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
    )
    if seen.phase.is_terminal and changed:
        settling = Settling(seen.phase, since=now, passes=0, next_pass_at=now)
        after, more = follow_groups(replace(after, settling=settling), groups, policy, now)
        kinds |= more
    elif seen.phase.is_terminal:
        # It had ended before, and somebody has put it back to be checked: there is nothing new to tell.
        after = replace(after, ended_because=seen.status)
    # A resumption tells how long the stall lasted, so it counts from the progress before the stall.
    since = watch.progress_at if Kind.RESUMED in kinds else progress_at if Kind.STALLED in kinds else None
    facts = _Facts(seen.error, since, best_tally(groups, watch))
    return _conclude(watch, after, kinds, facts, policy, now)


def _passed(watch: Watch, found: GroupPass, policy: Policy, now: datetime) -> Decision:
    after, kinds = follow_groups(replace(watch, failing_since=None, told_unchecked=False), found, policy, now)
    return _conclude(watch, after, kinds, _Facts(_stored_error(watch), groups=best_tally(found, watch)), policy, now)


def _stored_error(watch: Watch) -> Error | None:
    return Error(watch.error_message) if watch.error_message else None


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
    if after.settling and after.settling.begun:
        # Its page may be what the source does not take any more, so the next pass begins anew.
        after = replace(after, settling=replace(after.settling, begun=None))
    if overdue and isinstance(outcome, Refusal):
        after, kinds = abandon_groups(after)
        kinds.add(Kind.LOST)
        after = replace(after, ended_because=Kind.LOST, error_message=outcome.reason, failing_since=None)
    elif overdue and not watch.told_unchecked:
        kinds.add(Kind.UNCHECKED)
        after = replace(after, told_unchecked=True)
    elif watch.settling and now >= gives_up_at(watch.settling, policy):
        after, kinds = abandon_groups(after)
    return _conclude(watch, after, kinds, _Facts(Error(outcome.reason), failing_since, watch.groups), policy, now)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What an alert tells that the watch does not hold."""

    error: Error | None
    since: datetime | None = None
    groups: GroupTally | None = None


def _conclude(
    before: Watch, after: Watch, kinds: Collection[Kind], facts: _Facts, policy: Policy, now: datetime
) -> Decision:
    if after == before:
        return Decision(before)
    after = replace(after, version=next_version(before.version, now))
    at = from_milliseconds(after.version)
    transition = None
    if after.status != before.status and after.status is not None:
        transition = Transition(after.deployment_id, at, before.status, after.status, after.metrics, facts.error)
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
            error=facts.error,
            created_at=after.created_at,
            tags=after.tags,
            since=facts.since,
            groups=facts.groups,
        )
    return Decision(after, transition, alert)
