"""What every entry point shares: its dependencies, and how a decision is stored and its alert published."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployment_notifier import asking
from deployment_notifier import deadline as seconds
from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.model import CheckFailed, UnknownDeployment
from deployment_notifier.publisher import Publisher
from deployment_notifier.report import Report

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from datetime import datetime

    from deployment_notifier.deadline import Deadline
    from deployment_notifier.discovery import Discovery
    from deployment_notifier.model import Check, Decision, Policy, StackIdentity, Watch
    from deployment_notifier.sns_topic import Sns
    from deployment_notifier.sources.port import Source
    from deployment_notifier.table import Outbox, Watches


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
        required_sources: the sources that the operator named, so that one without an answer is reported.
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
    required_sources: frozenset[str] = frozenset()
    workers: int = asking.WORKERS
    shuffle: Callable[[list[Watch]], None] = random.shuffle
    last_asked: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """One invocation: what its steps share."""

    app: Notifier
    deadline: Deadline
    publisher: Publisher
    report: Report


def start_run(app: Notifier, deadline: Deadline, owner: str) -> Run:
    """Return what the steps of an invocation share; it holds no connection of an earlier one.

    Lambda freezes a function between two invocations, and its connections may die meanwhile. That may not show before a
    call has waited for its whole time-out: a check would be lost, and of a publish it is not known whether SNS got it.

    Args:
        app: the dependencies.
        deadline: the invocation's time.
        owner: a name that no other invocation has, for its leases.
    """
    app.sns.drop_connections()
    for source in app.sources.values():
        source.drop_connections()
    report = Report(app.log)
    publisher = Publisher(app.outbox, app.sns, app.identity, app.clock, deadline=deadline, owner=owner, report=report)
    return Run(app, deadline, publisher, report)


def note_check(report: Report, check: Check) -> None:
    """Count a check, and log one without an answer."""
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


def apply(run: Run, before: Watch, decision: Decision) -> bool:
    """Store a decision about a deployment, and publish its alert.

    Returns:
        Whether the decision holds; if not, another check must make it anew.
    """
    if decision.watch == before:
        run.report.accomplished += 1
        return True
    if not run.deadline.allows(seconds.APPLY):
        run.report.deferred += 1
        return False
    lease = run.publisher.lease_for(decision.alert)
    try:
        run.app.watches.commit(before, decision, lease)
    except ConflictError:
        run.report.conflict(before.deployment_id)
        return False
    except TableError as error:
        run.report.table_failed("a decision cannot be stored", error, before.deployment_id)
        return False
    run.report.stored(decision.transition)
    if decision.alert is not None:
        run.publisher.publish_new(decision.alert, lease)
    return True
