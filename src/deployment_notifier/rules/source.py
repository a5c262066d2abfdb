"""What a sweep's calls to a source say about the source itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from deployment_notifier.model import (
    Alert,
    Error,
    Kind,
    Outage,
    Policy,
    SourceDecision,
    SourceState,
    SourceStats,
    from_milliseconds,
    next_version,
    source_id,
)

COMPLETE_LISTING_EVERY = timedelta(hours=1)
"""How often all deployments are listed, and that it was done is stored."""


def decide_source(state: SourceState, stats: SourceStats, policy: Policy, now: datetime) -> SourceDecision:
    """Decide what to store and what to send about a source after a sweep.

    Args:
        state: what is stored.
        stats: how this sweep's calls to the source went.
        policy: the operator's thresholds and choices.
        now: the moment of the decision.

    Returns:
        The state to store, equal to the one before if nothing changed; and perhaps an alert.
    """
    after, outages = _checks(state, stats, policy, now)
    after, listing_outages = _listing(after, stats, policy, now)
    if after == state:
        return SourceDecision(state)
    after = replace(after, version=next_version(state.version, now))
    found = outages | listing_outages
    if Kind.SOURCE_RECOVERED in found and Kind.DISCOVERY_FAILED in found:
        # One alert must not hide a warning behind good news: the next sweep sends the warning.
        after = replace(after, listing_outage=state.listing_outage)
        del found[Kind.DISCOVERY_FAILED]
    kinds = [kind for kind in Kind if kind in found and kind in policy.alert_on]
    if not kinds:
        return SourceDecision(after)
    outage = found[kinds[0]]
    alert = Alert(
        deployment_id=source_id(state.source),
        at=from_milliseconds(after.version),
        source=state.source,
        kind=kinds[0],
        also=tuple(kinds[1:]),
        error=Error(outage.last_error) if outage.last_error else None,
        since=outage.since,
    )
    return SourceDecision(after, alert)


def discovery_window(state: SourceState, within: timedelta, history: timedelta, now: datetime) -> datetime:
    """Return from which time of creation on deployments are discovered.

    It is `within` before the last complete listing, at most an hour ago while listings work, or before the first try
    of one. So after a time without listings it reaches back to the deployments that would have been discovered then;
    but never to those whose ended watches have expired, which would be reported again.

    Args:
        state: says when all deployments were last listed.
        within: the age up to which a deployment is discovered.
        history: how long ended watches are kept.
        now: the present.
    """
    return max(min(now, state.listed_at or state.listing_since or now) - within, now - history)


def _checks(
    state: SourceState, stats: SourceStats, policy: Policy, now: datetime
) -> tuple[SourceState, dict[Kind, Outage]]:
    if not stats.was_asked:
        # Without a watch nobody waits for an answer. An outage that was reported stays open until there is one;
        # another is forgotten, or its span would include the time without a watch.
        if stats.watched == 0 and state.outage and not state.outage.is_notified:
            return replace(state, outage=None), {}
        return state, {}
    if stats.answers:
        if state.outage is None or not state.outage.is_notified:
            return replace(state, outage=None, answering_since=state.answering_since or now), {}
        return replace(state, outage=None, answering_since=now), {Kind.SOURCE_RECOVERED: state.outage}
    error = stats.last_error or (stats.listing.error if stats.listing else None)
    outage, is_new = _failing(state.outage, error, policy, now, may_notify=True)
    return replace(state, outage=outage), {Kind.SOURCE_UNREACHABLE: outage} if is_new else {}


def _listing(
    state: SourceState, stats: SourceStats, policy: Policy, now: datetime
) -> tuple[SourceState, dict[Kind, Outage]]:
    listing = stats.listing
    if listing is None:
        return state, {}
    state = replace(state, listing_since=state.listing_since or now, partial_listing=listing.partial)
    if listing.listed_at and (state.listed_at is None or listing.listed_at - state.listed_at >= COMPLETE_LISTING_EVERY):
        state = replace(state, listed_at=listing.listed_at)
    if listing.error is not None:
        # While nothing at all is answered, SOURCE_UNREACHABLE says enough.
        may_notify = stats.answers or not (stats.was_asked or state.outage)
        outage, is_new = _failing(state.listing_outage, listing.error, policy, now, may_notify=may_notify)
        return replace(state, listing_outage=outage), {Kind.DISCOVERY_FAILED: outage} if is_new else {}
    before = state.listing_outage
    recovered = {Kind.DISCOVERY_RECOVERED: before} if before and before.is_notified else {}
    return replace(state, listing_outage=None), recovered


def _failing(
    outage: Outage | None, error: str | None, policy: Policy, now: datetime, *, may_notify: bool
) -> tuple[Outage, bool]:
    """Return the outage as it is now, and whether to send an alert about it.

    That an error is worded differently changes nothing: it is not worth a write each minute.
    """
    after = outage or Outage(since=now, last_error=error)
    overdue = now - after.since >= timedelta(minutes=policy.unchecked_after_minutes)
    if not may_notify or not overdue or after.is_notified:
        return after, False
    return replace(after, is_notified=True, last_error=error), True
