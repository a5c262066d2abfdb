"""One scheduled run: publish what is left over, read the watches, ask the sources, decide and store, publish.

The sources are asked in parallel (asking.py). Everything that changes state runs here, in one thread and in order.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from deployment_notifier import asking
from deployment_notifier import deadline as seconds
from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.listing import list_first_page
from deployment_notifier.model import CheckFailed, SourceState, SourceStats, UnknownDeployment
from deployment_notifier.publisher import Publisher
from deployment_notifier.report import Report
from deployment_notifier.rules import decide, decide_source, decide_unanswered, is_due
from deployment_notifier.table import Unreadable

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from datetime import datetime

    from deployment_notifier.deadline import Deadline
    from deployment_notifier.discovery import Discovery
    from deployment_notifier.model import Check, Decision, Listing, Policy, StackIdentity, Unanswered, Watch
    from deployment_notifier.publisher import Sns
    from deployment_notifier.sources.port import Source
    from deployment_notifier.table import ActiveWatches, Outbox, Watches


@dataclass(slots=True)
class Notifier:
    """The dependencies of a sweep, built once and used for every run.

    Attributes:
        watches, outbox: the table.
        discovery: finds deployments that nobody registered.
        sns: publishes messages.
        sources: the sources by name.
        policy: the operator's thresholds and choices.
        identity: the stack, for the messages.
        clock: the present, in UTC.
        log: takes a line for each event.
        workers: threads that ask a source.
        shuffle: puts watches in random order.
        last_asked: when this container last asked about each watch.
    """

    watches: Watches
    outbox: Outbox
    discovery: Discovery
    sns: Sns
    sources: dict[str, Source]
    policy: Policy
    identity: StackIdentity
    clock: Callable[[], datetime]
    log: logging.Logger
    workers: int = asking.WORKERS
    shuffle: Callable[[list[Watch]], None] = random.shuffle
    last_asked: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Run:
    """What the steps of one sweep share."""

    app: Notifier
    deadline: Deadline
    publisher: Publisher
    report: Report


def sweep(app: Notifier, deadline: Deadline, owner: str) -> Report:
    """Run one sweep. Every thread that it starts has ended when it returns.

    Args:
        app: the dependencies.
        deadline: the sweep's time.
        owner: a name that no other sweep has, for its leases.

    Returns:
        What the sweep did. It raises for nothing that a service does.
    """
    report = Report(app.log)
    publisher = Publisher(app.outbox, app.sns, app.identity, app.clock, deadline=deadline, owner=owner, report=report)
    run = _Run(app, deadline, publisher, report)
    with report.guard("the alerts of earlier sweeps"):
        publisher.publish_pending()
    active = _load_active(run)
    if active is not None:
        for name, source in app.sources.items():
            with report.guard(name):
                state = active.states.get(name) or SourceState(name)
                _sweep_source(run, source, state, [watch for watch in active.watches if watch.source == name])
    publisher.finish()
    return report


def _load_active(run: _Run) -> ActiveWatches | None:
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


def _sweep_source(run: _Run, source: Source, state: SourceState, watches: list[Watch]) -> None:
    """List a source's deployments, check those that are due, and decide about the source itself."""
    app, report = run.app, run.report
    discovered: list[Watch] = []
    listing: Listing | None = None
    # Without discovery, what is watched already is still checked.
    with report.guard(f"discovery of {state.source}"):
        discovered, listing = app.discovery.discover(source, state, watches, run.deadline, report)
    watches = watches + discovered
    report.watches += len(watches)
    stats = SourceStats(watched=len(watches), listing=listing)
    due = _in_turn(app, [watch for watch in watches if is_due(watch, app.clock())])
    has_time = partial(run.deadline.allows, source.profile.seconds_per_call + seconds.CHECK_RESERVE)
    ask = partial(asking.check, source, policy=app.policy, clock=app.clock, may_call=has_time)
    unanswered: list[tuple[Watch, Unanswered]] = []
    asked = 0
    for watch, check in asking.ask_all(ask, due, app.workers, has_time):
        asked += 1
        app.last_asked[watch.deployment_id] = app.clock()
        if isinstance(check, Exception):
            report.fault(watch.deployment_id, check)
            continue
        stats.add(check)
        _note(report, check)
        if isinstance(check.answer, UnknownDeployment | CheckFailed):
            unanswered.append((watch, check.answer))
        else:
            with report.guard(watch.deployment_id):
                _apply(run, watch, decide(check, app.policy, source.profile.traits, app.clock()))
    report.deferred += len(due) - asked

    # Whether a deployment or its source is the reason for no answer, only the whole round can tell. The source comes
    # first: its alert stands for all of its deployments.
    if stats.needs_listing and has_time():
        stats.listing = list_first_page(source)
    state = _apply_source(run, state, stats)
    if stats.answers:
        for watch, failure in unanswered:
            with report.guard(watch.deployment_id):
                _apply(run, watch, decide_unanswered(watch, failure, app.policy, state.answering_since, app.clock()))


def _in_turn(app: Notifier, due: list[Watch]) -> list[Watch]:
    """Put those first that were not asked about for longest, so that a sweep that must defer some starves none."""
    known = app.last_asked
    app.last_asked = {watch.deployment_id: known[watch.deployment_id] for watch in due if watch.deployment_id in known}
    app.shuffle(due)
    start = min(known.values(), default=app.clock())
    return sorted(due, key=lambda watch: known.get(watch.deployment_id, start))


def _note(report: Report, check: Check) -> None:
    deployment_id, answer = check.watch.deployment_id, check.answer
    report.scans += check.first_scan is not None or check.watch.follow_up is not None
    if check.scan_error is not None:
        report.found_failing("results not read", deployment_id, check.scan_error)
    if isinstance(answer, UnknownDeployment):
        report.unknown += 1
        report.found_failing("deployment unknown", deployment_id, answer.reason)
    elif isinstance(answer, CheckFailed):
        report.failed += 1
        report.found_failing("check failed", deployment_id, answer.reason)
    else:
        report.checked += 1


def _apply(run: _Run, before: Watch, decision: Decision) -> None:
    """Store a decision about a deployment, and publish its alert."""
    if decision.watch == before:
        run.report.accomplished += 1
        return
    if not run.deadline.allows(seconds.APPLY):
        run.report.deferred += 1
        return
    lease = run.publisher.lease_for(decision.alert)
    try:
        run.app.watches.commit(before, decision, lease)
    except ConflictError:
        run.report.conflict(before.deployment_id)
    except TableError as error:
        run.report.table_failed("a decision cannot be stored", error, before.deployment_id)
    else:
        run.report.stored(decision.transition)
        if decision.alert is not None:
            run.publisher.publish_new(decision.alert, lease)


def _apply_source(run: _Run, before: SourceState, stats: SourceStats) -> SourceState:
    """Store what the round says about a source, publish its alert, and return the state as it is now."""
    run.report.unreachable_sources += stats.was_asked and not stats.answers
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
