from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks import goals, sweeps
from benchmarks.measure import CEILING, NOTIFIER, Measured, Spec
from benchmarks.results import Results
from benchmarks.world import State
from tests.unit.benchmarks import samples


def verdicts(results: Results) -> dict[str, str]:
    return {line.what: line.verdict for line in goals.lines(results)}


def short(results: Results) -> list[str]:
    return [what for what, verdict in verdicts(results).items() if verdict == goals.FALLS_SHORT]


def with_change(wanted: Spec, **changes: Any) -> Results:  # noqa: ANN401 - the fields of Measured
    def measure(spec: Spec) -> Measured:
        found = samples.measured(spec)
        if spec != wanted:
            return found
        return replace(found, **{**changes, "backend": {**found.backend, **changes.get("backend", {})}})

    return samples.results(measure)


def unchanged(subject: str, workers: int) -> Spec:
    return sweeps.spec(subject, 1_000, State.UNCHANGED, 0.02, workers=workers)


def storm() -> Spec:
    return sweeps.storm()[0]


def test_a_run_in_which_all_goes_well_reaches_every_goal() -> None:
    assert goals.NOT_MEASURED not in verdicts(samples.results()).values()
    assert short(samples.results()) == []


def test_what_was_not_measured_is_said_to_be_so() -> None:
    assert set(verdicts(Results()).values()) == {goals.NOT_MEASURED}


@pytest.mark.parametrize("workers", sweeps.RATIO_WORKERS)
def test_a_sweep_that_is_much_slower_than_the_ceiling_falls_short(workers: int) -> None:
    ceiling = samples.measured(unchanged(CEILING, workers)).seconds
    (what,) = short(with_change(unchanged(NOTIFIER, workers), seconds=ceiling / 0.84))[:1]
    assert f"{workers} worker" in what
    assert short(with_change(unchanged(NOTIFIER, workers), seconds=ceiling / 0.86)) == []


@pytest.mark.parametrize(
    ("spec", "changes", "about"),
    [
        (storm(), {"seconds": 1_000.0}, "alert storm of 1,000"),
        (storm(), {"backend": {"published": 999}}, "alert storm of 1,000: alerts"),
        (storm(), {"backend": {"repeated": 1}}, "alert storm of 1,000: alerts"),
        (
            storm(),
            {"backend": {"first_alert_seconds": 1.1}},
            "alert storm of 1,000: the first alert after its check",
        ),
        (
            sweeps.spec(NOTIFIER, 5_000, State.STORM, 0.02, paced=True),
            {"peak_megabytes": 128.0},
            "peak memory at 5,000 deployments",
        ),
        (
            sweeps.idle()[0],
            {"backend": {"calls": {"dynamodb:Query": 2, "dynamodb:UpdateItem": 1}}},
            "DynamoDB's calls of an idle sweep",
        ),
    ],
)
def test_each_goal_can_fall_short(spec: Spec, changes: dict[str, Any], about: str) -> None:
    assert short(with_change(spec, **changes)) == [about]


def test_fewer_workers_that_keep_the_pace_fall_short_too() -> None:
    def measure(spec: Spec) -> Measured:
        found = samples.measured(spec)
        rates = {name: rate * 2 for name, rate in found.backend["rates"].items()}
        return replace(found, backend={**found.backend, "rates": rates})

    assert goals.fewest_workers(samples.results()) == 3
    (what,) = short(samples.results(measure))
    assert what.startswith("fewest workers")


def test_byte_code_says_nothing_where_another_python_runs() -> None:
    results = samples.results()
    assert results.cold_start
    results.cold_start = replace(results.cold_start, is_runtime=False)
    assert verdicts(results)["cold start, of that of plain `sam build`"] == goals.NOT_MEASURED
