"""Which sweeps are measured, and in which order."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.measure import CEILING, NOTIFIER, REFERENCE, Measured, MeasureError, Spec, end_all, measure
from benchmarks.world import State, World
from deployment_notifier.asking import WORKERS
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from local.progress import Report

Sweeps = dict[Spec, Measured]

COUNTS = (10, 200, 1_000, 5_000)
LATENCIES = (0.020, 0.060)
"""How long one call to the source takes, in seconds."""

GOAL_COUNT = 1_000
GOAL_SECONDS = LATENCIES[0]
RATIO_WORKERS = (1, 4, 16, 32)
MOST_WORKERS = RATIO_WORKERS[-1]

SLOW_SECONDS = 0.200
"""The time of a call at which the shipped number of workers must keep the sources' own pace."""

_SLOW_COUNT = 80
_TRIED_WORKERS = (1, 2, 3, 4, 5)
_SLOW_WORLDS = (
    World(_SLOW_COUNT, State.UNCHANGED, SLOW_SECONDS, is_new=True),
    World(_SLOW_COUNT, State.UNCHANGED, SLOW_SECONDS),
    World(_SLOW_COUNT, State.STORM, SLOW_SECONDS),
    World(_SLOW_COUNT, State.UNCHANGED, SLOW_SECONDS, source=GREENGRASS_BULK.name),
)

_LONGEST_SECONDS = 30.0
"""A run that would take longer is computed from a smaller one."""

_PACED_AT_ONCE = 8
_SLOW_AT_ONCE = 3


def spec(
    subject: str, count: int, state: State, seconds: float, *, workers: int = WORKERS, paced: bool = False
) -> Spec:
    """Return one measurement; a short one whose sweep can be repeated is made several times.

    Args:
        subject: what is measured.
        count: the number of deployments.
        state: what happened to them.
        seconds: the time of one call to the source.
        workers: the number of threads that ask.
        paced: whether the source keeps its own pace.
    """
    workers = 1 if subject == REFERENCE else workers
    takes = expected_seconds(subject, count, state, seconds, workers)
    repeat = 1 if paced or state is not State.UNCHANGED or subject == REFERENCE or takes > 5 else 3  # noqa: PLR2004 - s
    return Spec(subject, World(count, state, seconds), workers, paced, repeat)


def expected_seconds(subject: str, count: int, state: State, seconds: float, workers: int) -> float:
    """Return about how long an unpaced sweep takes, to choose what is measured whole."""
    is_storm = state is State.STORM
    if subject == REFERENCE:
        return count * (seconds + (0.030 if is_storm else 0.008))
    asking = max(0.0015, (4 if is_storm else 1) * seconds / workers)
    return count * (max(asking, 0.045) if is_storm and subject == NOTIFIER else asking)


def matrix() -> list[Spec]:
    """Every unpaced sweep of the table, as if all were measured whole."""
    return [
        spec(subject, count, state, seconds)
        for seconds, state, count in itertools.product(LATENCIES, State, COUNTS)
        for subject in (NOTIFIER, REFERENCE, CEILING)
    ]


def paced() -> list[Spec]:
    """The sweeps at the source's own pace."""
    return [
        spec(NOTIFIER, count, state, seconds, paced=True)
        for seconds, state, count in itertools.product(LATENCIES, State, COUNTS)
    ]


def ratios() -> list[Spec]:
    """The sweeps whose time is compared with the ceiling's, which run alone."""
    return [
        spec(subject, GOAL_COUNT, State.UNCHANGED, GOAL_SECONDS, workers=workers)
        for workers in RATIO_WORKERS
        for subject in (CEILING, NOTIFIER)
    ]


def slow_sources() -> list[Spec]:
    """The sweeps that show how many workers keep a slow source's pace."""
    return [Spec(NOTIFIER, world, workers, paced=True) for world in _SLOW_WORLDS for workers in _TRIED_WORKERS]


def idle() -> list[Spec]:
    """A sweep with nothing to check."""
    return [
        spec(subject, 0, State.UNCHANGED, GOAL_SECONDS, paced=subject == NOTIFIER) for subject in (NOTIFIER, REFERENCE)
    ]


def for_bill() -> list[Spec]:
    """The sweeps that the bill is computed from."""
    states = (State.UNCHANGED, State.BUSY)
    return [
        *idle(),
        *(
            spec(subject, count, state, GOAL_SECONDS, paced=subject == NOTIFIER)
            for count, state in itertools.product((10, 1_000, 5_000), states)
            for subject in (NOTIFIER, REFERENCE)
        ),
    ]


def storm() -> list[Spec]:
    """The alert storm that is compared whole."""
    return [spec(subject, GOAL_COUNT, State.STORM, GOAL_SECONDS) for subject in (NOTIFIER, REFERENCE)]


def everything() -> list[Spec]:
    """All sweeps."""
    return [*ratios(), *storm(), *matrix(), *slow_sources(), *for_bill(), *paced()]


def measured_count(wanted: Spec) -> int:
    """Return how many deployments are measured for a sweep: fewer where all would take too long."""
    if wanted.paced or wanted in storm() or wanted in ratios():
        return wanted.world.count
    world = wanted.world
    for count in (world.count, 1_000, 400):
        if (
            expected_seconds(wanted.subject, count, world.state, world.source_seconds, wanted.workers)
            <= _LONGEST_SECONDS
        ):
            return min(count, world.count)
    return min(200, world.count)


def run(wanted: Iterable[Spec], report: Report, measure: Callable[[Spec], Measured] = measure) -> Sweeps:
    """Measure: what is compared alone or in pairs, what is slow a few at a time, and what keeps a slow pace together.

    Args:
        wanted: the sweeps.
        report: is told how far it is.
        measure: measures one.
    """

    def attempt(spec: Spec) -> Measured:
        try:
            return measure(spec)
        except MeasureError:
            # One call that timed out on a busy machine should not end a run of ten minutes.
            return measure(spec)

    wanted = list(dict.fromkeys(wanted))
    real = list(dict.fromkeys(_real(each) for each in wanted))
    alone = [each for each in real if each in ratios()]
    storms = [each for each in real if each in storm()]
    others = [each for each in real if not each.paced and each not in (*alone, *storms)]
    # The longest first, so that none is left over at the end.
    others.sort(key=lambda each: -each.world.count * each.world.source_seconds)
    keeping_pace = [each for each in real if each.paced]
    done: Sweeps = {}
    for group, at_once in ((alone, 1), (storms, 2), (others, _SLOW_AT_ONCE), (keeping_pace, _PACED_AT_ONCE)):
        _run_group(group, at_once, done, lambda: report(f"{len(done)} of {len(real)} sweeps measured"), attempt)
    return {each: _whole(each, done) for each in wanted}


def _run_group(
    group: list[Spec], at_once: int, done: Sweeps, tell: Callable[[], None], measure: Callable[[Spec], Measured]
) -> None:
    with ThreadPoolExecutor(at_once) as pool:
        futures = {pool.submit(measure, each): each for each in group}
        try:
            for future in as_completed(futures):
                done[futures[future]] = future.result()
                tell()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            end_all()
            raise


def _real(wanted: Spec) -> Spec:
    return replace(wanted, world=replace(wanted.world, count=measured_count(wanted)))


def _whole(wanted: Spec, done: Mapping[Spec, Measured]) -> Measured:
    real = _real(wanted)
    measured = done[real]
    return measured if real == wanted else measured.scaled(wanted.world.count, real.world.count)
