"""One scheduled run: read the watches, publish what is left over, ask the sources, decide and store, publish.

The sources are asked in parallel (asking.py). Everything that changes state runs here, in one thread and in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from math import ceil
from operator import itemgetter
from typing import TYPE_CHECKING

from deployment_notifier import asking
from deployment_notifier import deadline as seconds
from deployment_notifier.applying import apply, note_check, start_run
from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.listing import RecentDeployments, list_first_page
from deployment_notifier.model import CheckFailed, SourceState, SourceStats, UnknownDeployment, source_id
from deployment_notifier.rules import decide, decide_source, decide_unanswered, is_due
from deployment_notifier.table import Unreadable

if TYPE_CHECKING:
    from deployment_notifier.applying import Notifier, Run
    from deployment_notifier.deadline import Deadline
    from deployment_notifier.model import Unanswered, Watch
    from deployment_notifier.report import Report
    from deployment_notifier.sources.port import Source
    from deployment_notifier.table import ActiveWatches


_ASK_OTHERS_EVERY = timedelta(hours=1)
"""How often a source is asked that is not relied upon."""

_LEAST_AT_REST = 15
_MINUTES_FOR_ALL = 50
"""Of the deployments at rest a sweep asks about at least so many, and about all within so many minutes."""

_UNLISTED_WAIT = timedelta(minutes=3)
"""How much longer one at rest waits if this sweep's part of a long listing lacks it: it costs one call more."""


@dataclass(slots=True)
class _Round:
    """One sweep's calls to one source.

    Attributes:
        state: what was known of the source before.
        watches: its active watches.
        stats: how the calls went.
        unanswered: the checks without an answer, with the reason.
    """

    source: Source
    state: SourceState
    watches: list[Watch]
    stats: SourceStats
    unanswered: list[tuple[Watch, Unanswered]] = field(default_factory=list)


def sweep(app: Notifier, deadline: Deadline, owner: str) -> Report:
    """Run one sweep. Every thread that it starts has ended when it returns.

    Args:
        app: the dependencies.
        deadline: the sweep's time.
        owner: a name that no other sweep has, for its leases.

    Returns:
        What the sweep did. It raises for nothing that a service does.
    """
    run = start_run(app, deadline, owner)
    report, active = run.report, None
    with report.guard("the watches"):
        active = _load_active(run)
    with report.guard("the alerts of earlier sweeps"):
        run.publisher.publish_pending()
    if active is not None:
        rounds = [_start_round(source, active) for source in app.sources.values()]
        known = {watch.deployment_id for watch in active.watches} | {source_id(name) for name in app.sources}
        app.last_asked = {name: at for name, at in app.last_asked.items() if name in known}
        for round_ in _to_ask(app, rounds):
            with report.guard(round_.state.source):
                _ask(run, round_)
        # Whether a deployment or its source is the reason for no answer, only the whole round can tell.
        for round_ in rounds:
            with report.guard(round_.state.source):
                if _is_relied_upon(app, round_, rounds):
                    _conclude(run, round_)
    run.publisher.finish()
    return report


def _load_active(run: Run) -> ActiveWatches | None:
    try:
        active = run.app.watches.load_active()
    except TableError as error:
        run.report.table_failed("the watches cannot be read", error)
        return None
    known = ", ".join(run.app.sources)
    run.report.found_unreadable(active.unreadable)
    run.report.found_unreadable(
        Unreadable(watch.deployment_id, "WATCH", f"Source holds {watch.source!r:.60}; it should hold one of {known}")
        for watch in active.watches
        if watch.source not in run.app.sources
    )
    return active


def _start_round(source: Source, active: ActiveWatches) -> _Round:
    name = source.profile.name
    watches = [watch for watch in active.watches if watch.source == name]
    return _Round(source, active.states.get(name) or SourceState(name), watches, SourceStats(watched=len(watches)))


def _is_relied_upon(app: Notifier, round_: _Round, rounds: list[_Round]) -> bool:
    """Return whether a source that does not answer is reported: an account may well have only one of several.

    It is if it has active watches, has answered before, is named by the operator, or if no source answers at all.
    """
    if round_.stats.watched or round_.state.answering_since or round_.state.source in app.required_sources:
        return True
    return round_.stats.answers or not any(other.stats.answers or other.state.answering_since for other in rounds)


def _to_ask(app: Notifier, rounds: list[_Round]) -> list[_Round]:
    """Return the sources to ask: one that is not relied upon only once an hour."""
    now = app.clock()
    to_ask = []
    for round_ in rounds:
        last = app.last_asked.get(source_id(round_.state.source))
        if last is None or now - last >= _ASK_OTHERS_EVERY or _is_relied_upon(app, round_, rounds):
            app.last_asked[source_id(round_.state.source)] = now
            to_ask.append(round_)
    return to_ask


def _ask(run: Run, round_: _Round) -> None:
    """List a source's deployments, check those that are due, and decide on the answers as they come."""
    app, report, source, stats = run.app, run.report, round_.source, round_.stats
    discovered: list[Watch] = []
    found = RecentDeployments()
    # Without discovery, what is watched already is still checked.
    with report.guard(f"discovery of {round_.state.source}"):
        discovered, found = app.discovery.discover(source, round_.state, round_.watches, run.deadline, report)
    watches = round_.watches + discovered
    report.watches += len(watches)
    stats.watched, stats.listing = len(watches), found.listing
    due = _in_turn(app, watches, found)
    has_time = partial(run.deadline.allows, source.profile.seconds_per_call + seconds.CHECK_RESERVE)
    ask = partial(
        asking.check, source=source, listed=found.listed, policy=app.policy, clock=app.clock, may_call=has_time
    )
    asked = 0
    for watch, check in asking.ask_all(ask, due, app.workers, has_time):
        asked += 1
        app.last_asked[watch.deployment_id] = app.clock()
        if isinstance(check, Exception):
            report.fault(watch.deployment_id, check)
            continue
        stats.add(check)
        note_check(report, check)
        if isinstance(check.answer, UnknownDeployment | CheckFailed):
            round_.unanswered.append((watch, check.answer))
        else:
            with report.guard(watch.deployment_id):
                apply(run, watch, decide(check, app.policy, source.profile.traits, app.clock()))
    report.deferred += len(due) - asked
    if stats.needs_listing and has_time():
        stats.listing = list_first_page(source)


def _conclude(run: Run, round_: _Round) -> None:
    """Decide about a source, and then about its checks without an answer: its alert stands for all of them."""
    state = _apply_source(run, round_.state, round_.stats)
    if round_.stats.answers:
        for watch, failure in round_.unanswered:
            with run.report.guard(watch.deployment_id):
                now = run.app.clock()
                traits, since = round_.source.profile.traits, state.answering_since
                apply(run, watch, decide_unanswered(watch, failure, run.app.policy, traits, since, now))


def _in_turn(app: Notifier, watches: list[Watch], found: RecentDeployments) -> list[Watch]:
    """Return the watches to ask about: those that are due, and some that are at rest.

    Those that were not asked about for longest come first, so that a sweep that must defer some starves none, and each
    one at rest has its turn within the hour.
    """
    now, known = app.clock(), app.last_asked
    never = min(known.values(), default=now) - timedelta(seconds=1)
    shuffled = list(watches)
    app.shuffle(shuffled)
    shuffled.sort(key=lambda watch: known.get(watch.deployment_id, never))
    due: list[Watch] = []
    others: list[Watch] = []
    for watch in shuffled:
        listed = found.listed.get(watch.deployment_id)
        is_missing = found.is_all and listed is None
        is_now = is_due(watch, listed.status if listed else None, is_missing=is_missing, now=now)
        if is_now or watch.is_resting:
            (due if is_now else others).append(watch)
    others.sort(
        key=lambda watch: (
            known.get(watch.deployment_id, never)
            + (timedelta(0) if watch.deployment_id in found.listed else _UNLISTED_WAIT)
        )
    )
    turns = max(_LEAST_AT_REST, ceil(len(others) * app.policy.check_every_minutes / _MINUTES_FOR_ALL))
    # One at rest after nine others, so that a sweep without time for all does not leave out the same ones each time.
    places = [(place + place // 9, watch) for place, watch in enumerate(due)]
    places += [(9 + 10 * place, watch) for place, watch in enumerate(others[:turns])]
    return [watch for _, watch in sorted(places, key=itemgetter(0))]


def _apply_source(run: Run, before: SourceState, stats: SourceStats) -> SourceState:
    """Store what the round says about a source, publish its alert, and return the state as it is now."""
    run.report.unreachable_sources += stats.was_asked and not stats.answers
    run.report.failed_listings += stats.listing is not None and stats.listing.error is not None
    decision = decide_source(before, stats, run.app.policy, run.app.clock())
    if decision.state == before or not run.deadline.allows(seconds.CONCLUDE):
        return before
    lease = run.publisher.lease_for(decision.alert)
    try:
        run.app.watches.commit_source(before, decision, lease)
    except ConflictError:
        run.report.conflict(before.source)
        return before
    except TableError as error:
        run.report.table_failed("the state of a source cannot be stored", error)
        return before
    run.report.stored(None)
    if decision.alert is not None:
        run.publisher.publish_new(decision.alert, lease)
    return decision.state
