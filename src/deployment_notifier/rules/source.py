"""What a sweep's checks of one source say about the source itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from deployment_notifier.model import (
    Alert,
    Error,
    Kind,
    Policy,
    SourceDecision,
    SourceHealth,
    Tally,
    from_milliseconds,
    next_version,
)


def decide_source(
    source: str, health: SourceHealth | None, tally: Tally, policy: Policy, now: datetime
) -> SourceDecision:
    """Decide what to store and what to tell about a source after a sweep.

    Args:
        source: the source's name.
        health: the trouble that was stored; None for none.
        tally: how this sweep's checks of the source went.
        policy: the operator's thresholds and choices.
        now: the moment of the decision.

    Returns:
        The trouble to be stored from now on, the same value as before when there is nothing to write, None when
        there is none; and perhaps SOURCE_UNREACHABLE or SOURCE_RECOVERED.
    """
    if tally.watched == 0:
        # Nobody waits for an answer. What was told stays open until there is one; what wasn't is forgotten, or its
        # span would count the time without a watch.
        return SourceDecision(health if health is not None and health.told else None)
    if tally.asked == 0:
        return SourceDecision(health)
    if tally.answered:
        if health is None or not health.told:
            return SourceDecision(None)
        at = from_milliseconds(next_version(health.version, now))
        return SourceDecision(None, _alert(Kind.SOURCE_RECOVERED, health, at, policy))

    trouble = health or SourceHealth(source, failing_since=now)
    overdue = now - trouble.failing_since >= timedelta(minutes=policy.unchecked_after_minutes)
    tells = overdue and not trouble.told
    if health is not None and not tells:
        # The error's wording may change each minute: it is not worth a write each.
        return SourceDecision(health)
    trouble = replace(
        trouble,
        version=next_version(trouble.version, now),
        told=trouble.told or tells,
        last_error=tally.last_error,
    )
    alert = _alert(Kind.SOURCE_UNREACHABLE, trouble, from_milliseconds(trouble.version), policy) if tells else None
    return SourceDecision(trouble, alert)


def _alert(kind: Kind, health: SourceHealth, at: datetime, policy: Policy) -> Alert | None:
    if kind not in policy.alert_on:
        return None
    return Alert(
        deployment_id=source_id(health.source),
        at=at,
        source=health.source,
        kind=kind,
        error=Error(health.last_error) if health.last_error else None,
        since=health.failing_since,
    )


def source_id(source: str) -> str:
    """What stands in the place of a deployment's id in what concerns a whole source."""
    return f"source:{source}"
