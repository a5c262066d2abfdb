from __future__ import annotations

import pytest

from benchmarks import sweeps
from benchmarks.measure import CEILING, NOTIFIER, REFERENCE, Measured, MeasureError, Spec, metric_names
from benchmarks.world import State
from tests.unit.benchmarks import samples


def test_what_would_take_over_30_seconds_is_computed_from_fewer_deployments_and_says_so() -> None:
    wanted = sweeps.spec(REFERENCE, 5_000, State.UNCHANGED, 0.060)
    asked: list[Spec] = []

    def measure(spec: Spec) -> Measured:
        asked.append(spec)
        return samples.measured(spec)

    computed = sweeps.run([wanted], lambda _: None, measure)[wanted]
    (real,) = asked
    assert real.world.count == 400
    assert computed.computed_from == 400
    assert computed.seconds == pytest.approx(samples.measured(wanted).seconds)
    assert computed.calls["iot:DescribeJob"] == 5_000
    assert computed.backend["write_units"] == 5_000


@pytest.mark.parametrize("spec", [*sweeps.storm(), *sweeps.ratios(), *sweeps.paced(), *sweeps.slow_sources()])
def test_what_a_goal_is_about_is_measured_whole(spec: Spec) -> None:
    assert sweeps.measured_count(spec) == spec.world.count


@pytest.mark.parametrize("subject", [NOTIFIER, REFERENCE, CEILING])
def test_a_sweep_that_changes_something_is_not_repeated_because_the_second_finds_nothing_new(subject: str) -> None:
    assert sweeps.spec(subject, 10, State.BUSY, 0.02).repeat == 1
    assert sweeps.spec(subject, 10, State.STORM, 0.02).repeat == 1


def test_each_sweep_is_measured_once() -> None:
    asked: list[Spec] = []

    def measure(spec: Spec) -> Measured:
        asked.append(spec)
        return samples.measured(spec)

    done = sweeps.run(sweeps.everything(), lambda _: None, measure)
    assert len(asked) == len(set(asked))
    assert set(done) == set(sweeps.everything())


def test_a_sweep_that_fails_ends_the_run() -> None:
    def measure(spec: Spec) -> Measured:
        raise MeasureError(str(spec))

    with pytest.raises(MeasureError):
        sweeps.run(sweeps.idle(), lambda _: None, measure)


def test_the_metrics_are_read_from_the_log() -> None:
    metric = '{"_aws": {"CloudWatchMetrics": [{"Metrics": [{"Name": "Checks"}, {"Name": "Age"}]}]}, "Checks": [1.0]}'
    assert metric_names(f'{{"message": "sweep"}}\n{metric}\n{metric}\n') == ("Age", "Checks")
