"""The sweep crashes in each of the calls that it makes to AWS, before and after; nothing is lost, nothing is repeated.

All that survives a crash is what AWS has. So the steps of a sweep between which nothing in AWS changes, such as reads,
leave the same, and one run of the scenario is enough for all of them.

To have more of the product covered, add to `tests/emulated/scenarios.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import Kind
from tests.emulated.history import assert_all_published, faults, published_unmarked, read_history
from tests.emulated.interceptor import Call, Moment, SimulatedCrash
from tests.emulated.scenarios import SCENARIOS
from tests.emulated.stack import EmulatedStack

if TYPE_CHECKING:
    from tests.emulated.emulators import Emulators
    from tests.emulated.history import History
    from tests.emulated.interceptor import Hook
    from tests.emulated.scenarios import Scenario

_SWEEPS_UNTIL_PUBLISHED = 6
"""A minute apart: the lease of the crashed sweep ends after two, and an alert pauses for one after a failure."""


@dataclass(frozen=True, slots=True)
class Step:
    """One place to crash in."""

    call: Call
    moment: Moment

    def __str__(self) -> str:
        return f"{self.call}, {self.moment}"

    @property
    def changes_aws(self) -> bool:
        """Whether AWS is different after it."""
        return self.moment is Moment.AFTER and (self.call.is_write or self.call.name == "Publish")

    def crash(self) -> Hook:
        def hook(call: Call, moment: Moment) -> None:
            if (call, moment) == (self.call, self.moment):
                raise SimulatedCrash

        return hook


def run_undisturbed(stack: EmulatedStack, scenario: Scenario) -> tuple[History, list[list[Step]]]:
    """Run a scenario to its end.

    Returns:
        What the table holds then, and the steps at which it can be disturbed: together those that leave the same.
    """
    steps: list[list[Step]] = []
    for _ in scenario.run(stack):
        report = stack.sweep()
        assert faults(report) == 0, report.as_dict()
        steps.append([])
        for step in (Step(call, moment) for call in stack.calls for moment in Moment):
            if step.changes_aws:
                steps.append([])
            steps[-1].append(step)
    assert_all_published(stack)
    return read_history(stack), steps


def run_with_a_crash(stack: EmulatedStack, scenario: Scenario, step: Step) -> set[str]:
    """Run a scenario in which one sweep crashes, followed by sweeps of a new container until nothing is pending.

    Returns:
        The alerts that the crash left published but not marked.
    """
    stack.container.interceptor.hook = step.crash()
    unmarked = set[str]()
    crashed = False
    for _ in scenario.run(stack):
        try:
            stack.sweep()
        except SimulatedCrash:
            crashed = True
            unmarked = published_unmarked(stack)
            stack.container.interceptor.reset()
            _publish_all(stack)
    assert crashed, "the step was not reached: a run does not repeat the one that was recorded"
    return unmarked


def _publish_all(stack: EmulatedStack) -> None:
    for _ in range(_SWEEPS_UNTIL_PUBLISHED):
        stack.advance(minutes=1)
        report = stack.sweep()
        assert faults(report) == 0, report.as_dict()
        if not report.undelivered:
            return


def test_the_scenarios_lead_to_every_kind_of_alert() -> None:
    alerts = [kinds for scenario in SCENARIOS for alerts in scenario.alerts.values() for kinds in alerts]
    assert {kind for kinds in alerts for kind in kinds.split("+")} == set(Kind)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_crash_at_any_call_loses_no_transition_and_no_alert(
    emulators: Emulators, scenario: Scenario, subtests: pytest.Subtests
) -> None:
    undisturbed, steps = run_undisturbed(EmulatedStack(emulators), scenario)
    assert undisturbed.alerts == scenario.alerts

    for first, *others in steps:
        with subtests.test(f"crashed in {first}", or_up_to=str(others[-1]) if others else None):
            stack = EmulatedStack(emulators)
            repeated = run_with_a_crash(stack, scenario, first)
            assert read_history(stack) == undisturbed
            assert_all_published(stack, repeated)
