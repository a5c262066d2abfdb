"""One scheduled run over all active watches: deliver, check, conclude, report."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from deployment_notifier.checks import Checks
from deployment_notifier.discovery import find_recent
from deployment_notifier.dispatch import Dispatch
from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.journal import Journal
from deployment_notifier.rules import decide_source
from deployment_notifier.source_tally import SourceTally, Unanswered
from deployment_notifier.sources.port import ListPage
from deployment_notifier.table import SECONDS_PER_WRITE, CheckQueue, Unreadable

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from deployment_notifier.delivery import Delivery
    from deployment_notifier.model import Policy, SourceHealth, Tally, Watch
    from deployment_notifier.pace import Budget, Pace
    from deployment_notifier.report import Report
    from deployment_notifier.sources.port import Source
    from deployment_notifier.table import Outbox, Watches

T = TypeVar("T")

WORKERS = 4
"""Threads of a sweep. Each has connections of its own, and each new connection costs more than a check."""


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
        discover_within: how old a deployment may be to be watched without being registered; 0 for none.
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
    discover_within: timedelta = timedelta()
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


class _Run:
    """One sweep."""

    def __init__(self, sweep: Sweep, budget: Budget, owner: str, pool: ThreadPoolExecutor) -> None:
        self._sweep = sweep
        self._budget = budget
        self._pool = pool
        self._journal = Journal(sweep.log)
        self._dispatch = Dispatch(sweep.outbox, sweep.delivery, self._journal, budget, owner, sweep.clock())
        self._tallies = {name: SourceTally() for name in sweep.sources}
        self._troubles: Mapping[str, SourceHealth] = {}
        self._checks = {name: self._checks_of(source) for name, source in sweep.sources.items()}

    def run(self) -> Report:
        self._each(self._dispatch.deliver_left_over, self._dispatch.left_over(self._sweep.clock()))
        queue = self._read_watches()
        if queue is not None:
            self._troubles = queue.troubles
            known = self._known(queue)
            self._sweep.shuffle(known)
            self._each(self._check, known)
            if self._sweep.discover_within:
                # Behind the checks, since a long listing must not hold them up.
                for source in self._sweep.sources.values():
                    self._journal.guarded(partial(self._check_discovered, source, known), source.name)
            for source in self._sweep.sources.values():
                self._journal.guarded(partial(self._conclude, source), source.name)
        self._dispatch.conclude(self._sweep.clock())
        return self._journal.report

    def _checks_of(self, source: Source) -> Checks:
        return Checks(
            source=source,
            watches=self._sweep.watches,
            dispatch=self._dispatch,
            journal=self._journal,
            policy=self._sweep.policy,
            clock=self._sweep.clock,
            may_call=lambda then: self._may_call(
                source, max(then, SECONDS_PER_WRITE + self._conclusion_seconds(source))
            ),
            tally=self._tallies[source.name],
        )

    def _read_watches(self) -> CheckQueue | None:
        try:
            queue = self._sweep.watches.queue()
        except TableError as error:
            self._journal.table_failed("the watches can't be read", error)
            return None
        self._journal.unreadable(queue.unreadable)
        return queue

    def _known(self, queue: CheckQueue) -> list[Watch]:
        """The watches whose source there is."""
        known = []
        for watch in queue.watches:
            if watch.source in self._tallies:
                known.append(watch)
                self._tallies[watch.source].watched += 1
            else:
                reason = f"Source holds {watch.source!r:.60}; it should hold one of {', '.join(self._tallies)}"
                self._journal.unreadable([Unreadable(watch.deployment_id, "WATCH", reason)])
        self._journal.report.watches = len(known)
        return known

    def _check(self, watch: Watch) -> None:
        self._checks[watch.source].check(watch)

    def _check_discovered(self, source: Source, known: list[Watch]) -> None:
        self._each(self._check, self._discover(source, known))

    def _discover(self, source: Source, known: list[Watch]) -> list[Watch]:
        """Begin to watch what a source lists and nobody has registered; a failure here stops no checks."""
        since = self._sweep.clock() - self._sweep.discover_within
        tally = self._tallies[source.name]

        def kept() -> float:
            return self._conclusion_seconds(source) + (SECONDS_PER_WRITE if tally.unanswered else 0.0)

        def may_write() -> bool:
            return self._budget.allows(SECONDS_PER_WRITE + kept())

        # After a listing there must be time to look up what it brought, and to store a watch.
        found = find_recent(source, since, lambda: self._may_call(source, 2 * SECONDS_PER_WRITE + kept()))
        tally.listed = found.answered
        if found.failure is not None:
            tally.last_error = tally.last_error or found.failure
            about = {"source": source.name, "reason": found.failure[:500]}
            self._journal.log.warning("listing not complete", extra=about)
        if found.undated:
            self._journal.log.warning("deployments without a time of creation", extra={"count": found.undated})
        recent = found.recent - {watch.deployment_id for watch in known}
        begun: list[Watch] = []
        try:
            for deployment_id in sorted(self._sweep.watches.unknown(recent, may_write)) if recent else ():
                if not may_write():
                    break
                watch = self._sweep.watches.begin(deployment_id, source.name)
                if watch is not None:
                    begun.append(watch)
                    self._journal.log.info("discovered", extra={"deployment_id": deployment_id})
        except TableError as error:
            self._journal.table_failed("discovered deployments can't be stored", error)
        tally.watched += len(begun)
        self._journal.count("discovered", len(begun))
        self._journal.count("watches", len(begun))
        return begun

    def _conclude(self, source: Source) -> None:
        """Decide what only the whole sweep can tell: whose trouble it is that checks had no answer."""
        tally = self._tallies[source.name]
        if tally.needs_listing:
            if not self._may_call(source, SECONDS_PER_WRITE):
                self._journal.count("deferred", len(tally.unanswered))
                return
            tally.listed = isinstance(source.list_page(None), ListPage)
        final = tally.final

        def decide_unanswered(held: tuple[Watch, Unanswered]) -> None:
            if self._budget.allows(SECONDS_PER_WRITE):
                answers, lists = final.answered > 0, tally.listed is True
                self._checks[source.name].decide(*held, source_answers=answers, source_lists=lists)
            else:
                self._journal.count("deferred")

        # The source first: it is one alert that stands for all the others.
        if self._budget.allows(SECONDS_PER_WRITE):
            self._decide_source(source.name, final)
        self._each(decide_unanswered, tally.unanswered)

    def _decide_source(self, name: str, tally: Tally) -> None:
        trouble = self._troubles.get(name)
        decision = decide_source(name, trouble, tally, self._sweep.policy, self._sweep.clock())
        if decision.health == trouble:
            return
        lease = self._dispatch.lease
        try:
            self._sweep.watches.commit_source(trouble, decision, lease)
        except ConflictError:
            self._journal.count("conflicts")
        except TableError as error:
            self._journal.table_failed("a source's trouble can't be stored", error)
        else:
            self._journal.count("accomplished")
            if decision.alert is not None:
                self._dispatch.deliver_new(decision.alert, lease)

    def _conclusion_seconds(self, source: Source) -> float:
        """What must be left behind the checks, so that the trouble of a source is told however long its calls take."""
        if not self._tallies[source.name].answered:
            return self._longest_call(source) + SECONDS_PER_WRITE
        return SECONDS_PER_WRITE if source.name in self._troubles else 0.0

    def _longest_call(self, source: Source) -> float:
        return self._sweep.paces[source.name].longest_wait(self._sweep.workers) + source.seconds_per_call

    def _may_call(self, source: Source, then: float) -> bool:
        """Wait for a source's pace; False where the call, and `then` seconds more, might not end in time."""
        if not self._budget.allows(self._longest_call(source) + then):
            return False
        self._sweep.paces[source.name].wait()
        return True

    def _each(self, step: Callable[[T], None], things: Iterable[T]) -> None:
        """Do a step for each thing, in threads; a fault of this program in one never stops the others."""

        def guarded(thing: T) -> None:
            self._journal.guarded(lambda: step(thing), f"{thing!s:.500}")

        # list() waits for all of them.
        list(self._pool.map(guarded, things))
