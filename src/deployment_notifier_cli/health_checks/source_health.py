"""Do the sources answer, and are new deployments found."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from deployment_notifier.messages.formatting import duration, moment
from deployment_notifier.model import SourceState, source_id
from deployment_notifier.rules.source import COMPLETE_LISTING_EVERY
from deployment_notifier.sources.registry import PROFILES
from deployment_notifier_cli.health_checks.findings import fine, unknown, wrong
from deployment_notifier_cli.health_checks.sweeps import LATENESS, MISSED_PERIODS
from deployment_notifier_cli.views.source_lines import outages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier.sources.profile import SourceProfile
    from deployment_notifier_cli.health_checks.context import DoctorContext
    from deployment_notifier_cli.health_checks.findings import Finding


def sources(context: DoctorContext) -> Iterator[Finding]:
    """Examine each source that the stack watches."""
    for name, profile in PROFILES.items():
        if context.stack.sources and name not in context.stack.sources:
            yield fine("Sources", f"{profile.service} is not watched: the parameter Sources leaves it out.")
            continue
        yield from _source(context, profile, context.active.states.get(name) or SourceState(name))


def _source(context: DoctorContext, profile: SourceProfile, state: SourceState) -> Iterator[Finding]:
    found = False
    for outage, text in outages(state, context.stack, context.now):
        found = True
        # A single failure can pass by itself.
        finding = wrong if context.is_overdue(outage.since) else unknown
        history = f"Its alerts: {context.operator.hint('show', source_id(state.source))}"
        yield finding("Sources", text, history, profile.support_note or "")
    if found:
        return
    service, discovery, listed_at = profile.service, context.stack.discovery, state.listed_at
    is_on = context.stack.discover_within_hours > 0
    unlisted_since = listed_at or state.listing_since or context.now
    overdue = context.period * MISSED_PERIODS + LATENESS
    if not context.is_relied_upon(state.source):
        # An account may well have only one of several.
        text = f"{service} has not answered, and is not relied upon: it is asked once an hour, and no alert is sent."
        yield fine("Sources", text)
    elif state.answering_since is None:
        text = f"{service} has never answered."
        if not is_on and not any(watch.source == state.source for watch in context.active.watches):
            yield unknown("Sources", f"{text} {discovery} Nothing is watched, so it is not asked.")
        elif context.now - context.stack.created_at < overdue:
            yield unknown("Sources", f"{text} The stack is new.", "Look again in a few minutes.")
        else:
            yield wrong("Sources", f"{text} {discovery}", "See 'Last sweep' above: does the function run?")
    elif is_on and context.now - unlisted_since > COMPLETE_LISTING_EVERY + max(overdue, timedelta(hours=1)):
        since = f"{moment(unlisted_since)}, {duration(context.now - unlisted_since)} ago"
        text = f"{service} answers, but not all deployments were listed since {since}: new ones may be missed."
        yield wrong("Sources", text, "See 'Last sweep' above: is there time for the listing?")
    elif is_on and listed_at is None:
        yield unknown("Sources", f"{service} answers. {discovery} Not all are listed yet.", "Look again in an hour.")
    else:
        listed = f" All were last listed at {moment(listed_at)}." if is_on and listed_at else ""
        yield fine("Sources", f"{service} has answered since {moment(state.answering_since)}. {discovery}{listed}")
