"""Asking sources: in parallel, a few threads at a time. Only this module has threads, and they share nothing.

What one thread does is one check: the status of a deployment, or a scan of its results once it has ended. The answers
come back to the sweep's own thread, which decides on them one after the other.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import takewhile
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from deployment_notifier.model import Check, Observation, ResultsScan, ResultsSummary
from deployment_notifier.result_counts import add_results
from deployment_notifier.rules import needs_results, resumable_scan
from deployment_notifier.sources.port import ResultsPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from deployment_notifier.model import CheckFailed, Metrics, Policy, UnknownDeployment, Watch
    from deployment_notifier.sources.port import Listed, Source

_MOST_PER_RECORD = 2
_MOST = 1000
"""No deployment has more results and pages than this, and twice as many as it has records."""

_FINGERPRINTS = 10_000
"""Pages of a scan that are known again: as many as fit into a third of an item."""

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

WORKERS = 3
"""Threads of a sweep: the fewest that keep every source's own pace where a call takes 200 ms (docs/benchmarks.md).

Each has connections of its own, and a new connection costs more than a check.
"""


def ask_all(
    ask: Callable[[Asked], Answered], things: Iterable[Asked], workers: int, may_start: Callable[[], bool]
) -> Iterator[tuple[Asked, Answered | Exception]]:
    """Ask about many things in threads, and yield each answer as it comes.

    No more than `workers` answers wait for the caller, so that what is asked is also decided on. Every thread has ended
    when the iterator ends or is closed.

    Args:
        ask: asks about one thing; called in a thread.
        things: what to ask about.
        workers: the number of threads.
        may_start: whether there is time for another one, asked in the caller's thread. After a no, nothing more is.

    Yields:
        Each thing with its answer, or with the exception that `ask` raised.
    """
    answers = SimpleQueue[tuple[Asked, Answered | BaseException]]()
    waiting = takewhile(lambda _: may_start(), things)

    def answer(thing: Asked) -> None:
        try:
            answers.put((thing, ask(thing)))
        except BaseException as error:  # noqa: BLE001 - without an answer, the caller would wait for ever
            answers.put((thing, error))

    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="ask") as pool:

        def start() -> int:
            for thing in waiting:
                pool.submit(answer, thing)
                return 1
            return 0

        running = sum(start() for _ in range(workers))
        while running:
            thing, answered = answers.get()
            if isinstance(answered, BaseException) and not isinstance(answered, Exception):
                raise answered
            running += start() - 1
            yield thing, answered


def check(
    watch: Watch,
    source: Source,
    listed: Mapping[str, Listed],
    policy: Policy,
    clock: Callable[[], datetime],
    may_call: Callable[[], bool],
) -> Check:
    """Make one check: ask for a deployment's status, or scan its results if it has ended.

    Args:
        watch: what is known of the deployment.
        source: the source to ask.
        listed: what the source's listing said in this sweep, by deployment id.
        policy: the operator's choices.
        clock: the present, in UTC.
        may_call: whether there is time for another call after the first.
    """
    if watch.follow_up is not None:
        started = resumable_scan(watch, policy, clock())
        return Check(watch, scan_results(source, watch, started, clock, may_call))
    answer = source.get_status(watch, listed.get(watch.deployment_id))
    traits = source.profile.traits
    if not isinstance(answer, Observation) or not needs_results(watch, answer, policy, traits, clock()):
        return Check(watch, answer)
    if not may_call():
        return Check(watch, answer)
    metrics = answer.metrics.or_last(watch.metrics)
    known = replace(watch, metrics=metrics, details={**watch.details, **answer.details})
    scan = scan_results(source, known, None, clock, may_call)
    if not isinstance(scan, ResultsScan):
        return Check(watch, answer, scan_error=scan.reason)
    if not traits.follows_results and metrics.failures is not None:
        scan = with_counts(scan, metrics)
    return Check(watch, answer, first_scan=scan)


def with_counts(scan: ResultsScan, metrics: Metrics) -> ResultsScan:
    """Return a scan of some targets, which has their reasons, with a status's counts of all of them."""
    counts = (metrics.succeeded or 0, metrics.failures or 0, metrics.unfinished or 0)
    return replace(scan, summary=ResultsSummary(*counts, scan.summary.reasons), next_page=None)


def scan_results(
    source: Source,
    watch: Watch,
    started: ResultsScan | None,
    clock: Callable[[], datetime],
    may_call: Callable[[], bool],
) -> ResultsScan | UnknownDeployment | CheckFailed:
    """Read the results of a deployment's targets, page by page, as far as time allows.

    Args:
        source: the source to ask.
        watch: the deployment.
        started: a scan to continue; None to start one.
        clock: the present, in UTC.
        may_call: whether there is time for another call after the first.

    Returns:
        The scan; it goes on from its `next_page` if a page fails or time is up. If not one page could be read, the
        reason.
    """
    before = scan = started or ResultsScan(started_at=clock(), read_at=clock())
    while True:
        page = source.list_results(watch, scan.next_page)
        if not isinstance(page, ResultsPage):
            return page if scan is before else scan
        fingerprint = _fingerprint(page)
        if fingerprint in scan.fingerprints:
            # The pages go round in a circle, and all of them were read.
            return replace(scan, read_at=clock(), next_page=None)
        scan = replace(
            scan,
            read_at=clock(),
            summary=add_results(scan.summary, page.results),
            next_page=page.next_page,
            pages=scan.pages + 1,
            fingerprints=(*scan.fingerprints, fingerprint)[-_FINGERPRINTS:],
        )
        if scan.pages + scan.summary.total > _MOST_PER_RECORD * (watch.metrics.progress or 0) + _MOST:
            # A circle whose page tokens differ each time: what was counted more than once says nothing.
            return replace(scan, summary=watch.results or ResultsSummary(), next_page=None)
        if page.next_page is None or not may_call():
            return scan


def _fingerprint(page: ResultsPage) -> str:
    """Tell a page from others by the next one and its targets; the first page may come again under a token."""
    identity = repr((page.next_page, [result.target_id for result in page.results]))
    return hashlib.blake2b(identity.encode(), digest_size=6).hexdigest()
