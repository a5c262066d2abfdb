"""One scheduled run over all active watches: deliver, check, conclude, report."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from deployment_notifier.delivery import SECONDS_PER_PUBLISH, Delivered
from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.model import Failure, Observation, Refusal, Tally, Watch, milliseconds
from deployment_notifier.report import Report
from deployment_notifier.rules import decide, decide_source
from deployment_notifier.table import SECONDS_PER_WRITE, CheckQueue, Lease, PendingAlert, Unreadable

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from deployment_notifier.delivery import Delivery
    from deployment_notifier.model import Alert, Policy
    from deployment_notifier.pace import Budget, Pace
    from deployment_notifier.sources.port import Source
    from deployment_notifier.table import Outbox, Watches

T = TypeVar("T")
R = TypeVar("R")

WORKERS = 4
"""Threads of a sweep. Each has connections of its own, and each new connection costs more than a check."""

_SECONDS_PER_DELIVERY = SECONDS_PER_WRITE + SECONDS_PER_PUBLISH + SECONDS_PER_WRITE
_LEASE_MARGIN = timedelta(seconds=60)

Unanswered = Refusal | Failure


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep is wired to; one stands for many runs.

    Attributes:
        watches, outbox: the table.
        delivery: publishes alerts.
        sources: the sources by name.
        policy: the operator's thresholds and choices.
        clock: the present, in UTC.
        log: takes a line for each thing that happens.
        paces: how fast each source may be called, by name.
        workers: threads for checks and deliveries.
        shuffle: puts the watches in another order each time, so that a sweep that must defer some starves none.
    """

    watches: Watches
    outbox: Outbox
    delivery: Delivery
    sources: Mapping[str, Source]
    policy: Policy
    clock: Callable[[], datetime]
    log: logging.Logger
    paces: Mapping[str, Pace]
    workers: int = WORKERS
    shuffle: Callable[[list[Watch]], None] = random.shuffle

    def run(self, budget: Budget, owner: str) -> Report:
        """Run one sweep. Every thread that it starts has ended when it returns.

        Args:
            budget: the time it may use.
            owner: a name that no other sweep has, for its leases.

        Returns:
            What it did. It raises for nothing that a service does.
        """
        with ThreadPoolExecutor(max_workers=self.workers, thread_name_prefix="sweep") as pool:
            return _Run(self, budget, owner, pool).run()


@dataclass(slots=True)
class _SourceTally:
    """How the checks of one source go, while they go."""

    watched: int = 0
    asked: int = 0
    answered: int = 0
    last_error: str | None = None
    unanswered: list[tuple[Watch, Unanswered]] = field(default_factory=list)

    def final(self) -> Tally:
        return Tally(self.watched, self.asked, self.answered, self.last_error)


class _Run:
    """One sweep, with its lease, its counts and the alerts that wait."""

    def __init__(self, sweep: Sweep, budget: Budget, owner: str, pool: ThreadPoolExecutor) -> None:
        self._sweep = sweep
        self._budget = budget
        self._pool = pool
        self._log = sweep.log
        self._lease = Lease(owner, sweep.clock() + timedelta(seconds=budget.total) + _LEASE_MARGIN)
        self._report = Report()
        self._waiting: dict[str, datetime] = {}
        self._tallies: defaultdict[str, _SourceTally] = defaultdict(_SourceTally)
        self._lock = threading.Lock()

    def run(self) -> Report:
        delivered = self._deliver_what_is_left()
        queue = self._read_watches()
        if queue is not None:
            self._each(self._check, self._shuffled(queue))
            for name in self._sweep.sources:
                self._conclude(name, queue)
        self._report.undelivered = len(self._waiting)
        if delivered:
            oldest = min(self._waiting.values(), default=None)
            age = self._sweep.clock() - oldest if oldest else timedelta()
            self._report.oldest_undelivered_seconds = max(0, int(age.total_seconds()))
        return self._report

    # 1 deliver

    def _deliver_what_is_left(self) -> bool:
        """Deliver what earlier sweeps left, in up to half of the time; returns whether the queue could be read."""
        try:
            queue = self._sweep.outbox.queue()
        except TableError as error:
            self._table_failed("the alerts that wait can't be read", error)
            return False
        self._note_unreadable(queue.unreadable)
        self._waiting.update((pending.alert.id, pending.alert.at) for pending in queue.alerts)
        now = milliseconds(self._sweep.clock())
        self._each(self._deliver_pending, [pending for pending in queue.alerts if pending.not_before <= now])
        return True

    def _deliver_pending(self, pending: PendingAlert) -> None:
        # One that is started near the half may take longer; it must not take longer than there is.
        if not self._budget.allows(max(self._budget.total / 2, _SECONDS_PER_DELIVERY)):
            return
        try:
            self._note_delivery(pending.alert, self._sweep.delivery.deliver_pending(pending, self._lease))
        except TableError as error:
            self._table_failed("an alert can't be leased", error, pending.alert.deployment_id)

    def _note_delivery(self, alert: Alert, delivered: Delivered) -> None:
        with self._lock:
            match delivered:
                case Delivered.PUBLISHED:
                    self._report.published += 1
                    self._report.accomplished += 1
                    self._waiting.pop(alert.id, None)
                case Delivered.GONE:
                    self._waiting.pop(alert.id, None)
                case Delivered.WAITS:
                    self._report.publish_failures += 1

    # 2 check

    def _read_watches(self) -> CheckQueue | None:
        try:
            queue = self._sweep.watches.queue()
        except TableError as error:
            self._table_failed("the watches can't be read", error)
            return None
        self._note_unreadable(queue.unreadable)
        return queue

    def _shuffled(self, queue: CheckQueue) -> list[Watch]:
        known = []
        for watch in queue.watches:
            if watch.source in self._sweep.sources:
                known.append(watch)
                self._tallies[watch.source].watched += 1
            else:
                names = ", ".join(self._sweep.sources)
                reason = f"Source holds {watch.source!r:.60}; it should hold one of {names}"
                self._note_unreadable([Unreadable(watch.deployment_id, "WATCH", reason)])
        self._report.watches = len(known)
        self._sweep.shuffle(known)
        return known

    def _check(self, watch: Watch) -> None:
        source = self._sweep.sources[watch.source]
        pace = self._sweep.paces[watch.source]
        if not self._budget.allows(
            pace.longest_wait(self._sweep.workers) + source.seconds_per_call + SECONDS_PER_WRITE
        ):
            self._count("deferred")
            return
        pace.wait()
        outcome = source.observe(watch.deployment_id)
        tally = self._tallies[watch.source]
        about = {"deployment_id": watch.deployment_id}
        with self._lock:
            tally.asked += 1
            if isinstance(outcome, Observation):
                tally.answered += 1
                self._report.checked += 1
            else:
                # Whether this is the deployment's trouble or the source's is known when all have been asked.
                tally.last_error = outcome.reason
                tally.unanswered.append((watch, outcome))
                if isinstance(outcome, Refusal):
                    self._report.refused += 1
                else:
                    self._report.failed += 1
        if isinstance(outcome, Observation):
            self._decide(watch, outcome, source_answers=True)
        else:
            word = "refused" if isinstance(outcome, Refusal) else "failed"
            self._log.warning("check %s", word, extra=about | {"reason": outcome.reason[:500]})

    def _decide(self, watch: Watch, outcome: Observation | Unanswered, *, source_answers: bool) -> None:
        decision = decide(watch, outcome, self._sweep.policy, self._sweep.clock(), source_answers=source_answers)
        about = {"deployment_id": watch.deployment_id}
        if decision.watch == watch:
            if isinstance(outcome, Observation):
                self._count("accomplished")
            return
        lease = self._lease_for_now()
        try:
            self._sweep.watches.commit(watch, decision, lease)
        except ConflictError:
            self._count("conflicts")
            self._log.info("somebody else was first", extra=about)
            return
        except TableError as error:
            self._table_failed("a decision can't be stored", error, watch.deployment_id)
            return
        self._count("accomplished")
        if decision.transition is not None:
            self._count("transitions")
            statuses = {"from": decision.transition.from_status, "to": decision.transition.to_status}
            self._log.info("transition", extra={**about, **statuses})
        self._deliver_new(decision.alert, lease)

    def _lease_for_now(self) -> Lease | None:
        """The lease of an alert that this sweep has the time to publish; None leaves it to the next."""
        return self._lease if self._budget.allows(_SECONDS_PER_DELIVERY) else None

    def _deliver_new(self, alert: Alert | None, lease: Lease | None) -> None:
        if alert is None:
            return
        self._count("alerts")
        about = {"deployment_id": alert.deployment_id, "alert_id": alert.id, "kind": alert.kind}
        self._log.info("alert", extra=about | {"also": list(alert.also), "severity": alert.severity})
        with self._lock:
            self._waiting[alert.id] = alert.at
        if lease is not None:
            self._note_delivery(alert, self._sweep.delivery.deliver(PendingAlert(alert), lease))

    # 3 conclude

    def _conclude(self, name: str, queue: CheckQueue) -> None:
        source = self._sweep.sources[name]
        tally = self._tallies[name]
        if not self._budget.allows(source.seconds_per_call + SECONDS_PER_WRITE):
            self._count("deferred", len(tally.unanswered))
            return
        if not tally.answered and any(isinstance(outcome, Refusal) for _, outcome in tally.unanswered):
            # Is it the ids, or is it a wrong region or a retired API? Only an answer to something else can tell.
            self._sweep.paces[name].wait()
            tally.asked += 1
            tally.answered += source.answers()
        answers = tally.answered > 0
        self._each(lambda held: self._decide_unanswered(*held, source_answers=answers), tally.unanswered)
        self._decide_source(name, queue, tally.final())

    def _decide_unanswered(self, watch: Watch, outcome: Unanswered, *, source_answers: bool) -> None:
        if self._budget.allows(SECONDS_PER_WRITE):
            self._decide(watch, outcome, source_answers=source_answers)
        else:
            self._count("deferred")

    def _decide_source(self, name: str, queue: CheckQueue, tally: Tally) -> None:
        health = queue.troubles.get(name)
        decision = decide_source(name, health, tally, self._sweep.policy, self._sweep.clock())
        if decision.health == health:
            return
        lease = self._lease_for_now()
        try:
            self._sweep.watches.commit_source(health, decision, lease)
        except ConflictError:
            self._count("conflicts")
        except TableError as error:
            self._table_failed("a source's trouble can't be stored", error)
        else:
            self._count("accomplished")
            self._deliver_new(decision.alert, lease)

    # what all steps use

    def _each(self, step: Callable[[T], None], things: Iterable[T]) -> None:
        """Do a step for each thing, in threads; a fault of this program in one never stops the others."""

        def guarded(thing: T) -> None:
            try:
                step(thing)
            except Exception:  # noqa: BLE001 - not swallowed: counted, logged with its trace, and an alarm's metric
                self._count("errors")
                self._log.exception("fault in this program", extra={"about": f"{thing!s:.500}"})

        # list() waits for all of them.
        list(self._pool.map(guarded, things))

    def _count(self, name: str, by: int = 1) -> None:
        with self._lock:
            setattr(self._report, name, getattr(self._report, name) + by)

    def _table_failed(self, what: str, error: TableError, deployment_id: str | None = None) -> None:
        self._count("table_failures")
        self._log.error(what, extra={"deployment_id": deployment_id, "error": str(error)})

    def _note_unreadable(self, found: Iterable[Unreadable]) -> None:
        for item in found:
            self._count("unreadable")
            about = {"deployment_id": item.deployment_id, "record": item.record, "reason": item.reason}
            self._log.error("item can't be read", extra=about)
