"""The goals: what was promised, what was measured, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import bill, sweeps
from benchmarks.measure import CEILING, NOTIFIER, REFERENCE
from benchmarks.world import State
from deployment_notifier.asking import WORKERS
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.greengrass_v2.client import JOB_CALLS_PER_SECOND
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Measured, Spec
    from benchmarks.results import Results

LEAST_OF_CEILING = 0.85
LEAST_TIMES_FASTER = 40
MOST_MEGABYTES = 128
FIRST_ALERT_SECONDS = 1.0
MOST_OF_PLAIN_START = 0.40
MOST_MEBIBYTES = 3.0
LEAST_TIMES_CHEAPER = 50
PACE_KEPT = 0.95
"""The share of a source's pace from which on it counts as kept."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal.

    Attributes:
        what: what is measured.
        wanted: what it should be.
        judge: returns the figure and whether the goal holds. It raises a KeyError where something was not measured.
    """

    what: str
    wanted: str
    judge: Callable[[Results], tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Line:
    """One goal with its figure."""

    what: str
    figure: str
    wanted: str
    verdict: str


HOLDS, FALLS_SHORT, NOT_MEASURED = "holds", "falls short", "not measured"


def lines(results: Results) -> list[Line]:
    """Return a line for each goal."""
    judged = []
    for goal in GOALS:
        try:
            figure, holds = goal.judge(results)
        except KeyError:
            judged.append(Line(goal.what, "—", goal.wanted, NOT_MEASURED))
        else:
            judged.append(Line(goal.what, figure, goal.wanted, HOLDS if holds else FALLS_SHORT))
    return judged


def share_of_ceiling(results: Results, workers: int) -> float:
    """Return the notifier's rate as a share of the ceiling's with as many threads."""
    return _unchanged(results, CEILING, workers).seconds / _unchanged(results, NOTIFIER, workers).seconds


def times_faster(results: Results, subject: str, workers: int) -> float:
    """Return how many times as fast as the reference a sweep of unchanged deployments is."""
    reference = results.sweeps[sweeps.spec(REFERENCE, sweeps.GOAL_COUNT, State.UNCHANGED, sweeps.GOAL_SECONDS)]
    return reference.seconds / _unchanged(results, subject, workers).seconds


def pace(spec: Spec, measured: Measured) -> float:
    """Return the share of its source's own pace that a sweep of a slow source kept."""
    if spec.world.source == GREENGRASS_BULK.name:
        operation, rate = "greengrass:GetBulkDeploymentStatus", GREENGRASS_BULK.calls_per_second
    elif spec.world.is_new:
        operation, rate = "greengrassv2:GetDeployment", GREENGRASS_V2.calls_per_second
    else:
        # A check of a failing deployment makes three calls to AWS IoT.
        calls = 3 if spec.world.state is State.STORM else 1
        operation, rate = "iot:DescribeJob", JOB_CALLS_PER_SECOND / calls
    kept: float = measured.backend["rates"][operation] / rate
    return kept


def fewest_workers(results: Results) -> int | None:
    """Return the smallest number of workers that keeps the pace of every source; None if none that was tried does."""
    tried: dict[int, list[float]] = {}
    for spec in sweeps.slow_sources():
        tried.setdefault(spec.workers, []).append(pace(spec, results.sweeps[spec]))
    return min((workers for workers, kept in tried.items() if min(kept) >= PACE_KEPT), default=None)


def _unchanged(results: Results, subject: str, workers: int) -> Measured:
    return results.sweeps[
        sweeps.spec(subject, sweeps.GOAL_COUNT, State.UNCHANGED, sweeps.GOAL_SECONDS, workers=workers)
    ]


def _share_goal(workers: int) -> Goal:
    def judge(results: Results) -> tuple[str, bool]:
        share = share_of_ceiling(results, workers)
        return f"{share:.2f}", share >= LEAST_OF_CEILING

    what = f"unchanged sweep of 1,000 at 20 ms, {workers} worker{'s' * (workers > 1)}: share of the ceiling's rate"
    return Goal(what, f">= {LEAST_OF_CEILING}", judge)


def _faster(results: Results) -> tuple[str, bool]:
    times = times_faster(results, NOTIFIER, sweeps.MOST_WORKERS)
    most = times_faster(results, CEILING, sweeps.MOST_WORKERS)
    return f"{times:.0f} times (the ceiling: {most:.0f})", times >= LEAST_TIMES_FASTER


def _memory(results: Results) -> tuple[str, bool]:
    measured = [
        measured.peak_megabytes
        for spec, measured in results.sweeps.items()
        if spec.subject == NOTIFIER and spec.world.count == sweeps.COUNTS[-1] and measured.computed_from is None
    ]
    if not measured:
        raise KeyError
    most = max(measured)
    return f"{most:.0f} MB", most < MOST_MEGABYTES


def _workers(results: Results) -> tuple[str, bool]:
    fewest = fewest_workers(results)
    return f"{fewest or 'none'} (shipped: {WORKERS})", fewest == WORKERS


def _storm(results: Results) -> tuple[Measured, Measured]:
    notifier, reference = (results.sweeps[each] for each in sweeps.storm())
    return notifier, reference


def _storm_time(results: Results) -> tuple[str, bool]:
    notifier, reference = _storm(results)
    return f"{notifier.seconds:.1f} s, reference {reference.seconds:.1f} s", notifier.seconds <= reference.seconds


def _storm_whole(results: Results) -> tuple[str, bool]:
    notifier, _ = _storm(results)
    lost = sweeps.GOAL_COUNT - notifier.backend["published"]
    repeated = notifier.backend["repeated"]
    return f"{lost} lost, {repeated} twice", not lost and not repeated


def _first_alert(results: Results) -> tuple[str, bool]:
    notifier, _ = _storm(results)
    seconds = notifier.backend["first_alert_seconds"]
    return f"{seconds:.2f} s", seconds <= FIRST_ALERT_SECONDS


def _cold_start(results: Results) -> tuple[str, bool]:
    found = results.cold_start
    if found is None or not found.is_runtime:
        raise KeyError
    share = found.built.median / found.plain.median
    return f"{share:.2f}", share <= MOST_OF_PLAIN_START


def _package(results: Results) -> tuple[str, bool]:
    if results.cold_start is None:
        raise KeyError
    megabytes = results.cold_start.without_byte_code.mebibytes * (1 << 20) / 10**6
    return f"{megabytes:.1f} MB", megabytes <= MOST_MEBIBYTES


def _cheaper(results: Results) -> tuple[str, bool]:
    costs = [
        bill.dynamodb(bill.Use.of(results.sweeps[sweeps.spec(each, 1_000, State.UNCHANGED, sweeps.GOAL_SECONDS)]))
        for each in (REFERENCE, NOTIFIER)
    ]
    times = costs[0] / costs[1]
    return f"1/{times:.0f}", times >= LEAST_TIMES_CHEAPER


def _idle(results: Results) -> tuple[str, bool]:
    idle = results.sweeps[sweeps.idle()[0]]
    made = {name.partition(":")[2]: count for name, count in idle.calls.items() if name.startswith("dynamodb:")}
    said = ", ".join(f"{count} {name}" for name, count in sorted(made.items()))
    return said, made == {"Query": 2}


GOALS = (
    *map(_share_goal, sweeps.RATIO_WORKERS),
    Goal(
        f"the same with {sweeps.MOST_WORKERS} workers, against the plain reference",
        f">= {LEAST_TIMES_FASTER} times faster",
        _faster,
    ),
    Goal("peak memory at 5,000 deployments", f"< {MOST_MEGABYTES} MB", _memory),
    Goal("fewest workers that keep every source's own pace at 200 ms a call", "as shipped", _workers),
    Goal("alert storm of 1,000", "no longer than the reference", _storm_time),
    Goal("alert storm of 1,000: alerts", "0 lost, 0 twice", _storm_whole),
    Goal("alert storm of 1,000: the first alert after its check", "<= 1 s", _first_alert),
    Goal("cold start, of that of plain `sam build`", f"<= {MOST_OF_PLAIN_START:.2f}", _cold_start),
    Goal("package without byte code, zipped", f"<= {MOST_MEBIBYTES:.0f} MB", _package),
    Goal("DynamoDB's bill of an unchanged sweep of 1,000, of the reference's", f"<= 1/{LEAST_TIMES_CHEAPER}", _cheaper),
    Goal("DynamoDB's calls of an idle sweep", "two queries, no write", _idle),
)
