"""What is known of a source: whether it answers, and how far its deployments were listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.messages.formatting import duration, moment
from deployment_notifier.sources.registry import profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from deployment_notifier.model import Outage, SourceState
    from deployment_notifier_cli.stack import Stack


def outages(state: SourceState, stack: Stack, now: datetime) -> Iterator[tuple[Outage, str]]:
    """Return each outage of a source with a sentence about it; without discovery, a listing has none."""
    profile = profile_of(state.source)
    service = f"{profile.service} ({state.source})"
    if state.outage:
        yield state.outage, f"{service} has not answered since {_since(state.outage, now)}"
    if state.listing_outage and stack.discover_within_hours:
        since = _since(state.listing_outage, now)
        yield state.listing_outage, f"{service}: {profile.noun}s cannot be listed, so none is discovered, since {since}"


def _since(outage: Outage, now: datetime) -> str:
    error = outage.last_error or "no reason is known"
    return f"{moment(outage.since)} ({duration(now - outage.since)}): {error}"
