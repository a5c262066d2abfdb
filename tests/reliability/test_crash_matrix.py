"""The sweep dies in each of the calls that it makes to AWS, before and after; nothing is lost, nothing is told in vain.

All that survives a death is what AWS has. So the steps of a sweep between which nothing in AWS changes, such as reads,
leave the same behind, and one play of the scenario stands for all of them.

To have more of the product covered, add to `scenarios.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import Kind
from tests.reliability.calls import Call, Death, Moment
from tests.reliability.scenarios import SCENARIOS
from tests.reliability.story import assert_settled, faults, published_unmarked, story
from tests.reliability.world import Cloud, World

if TYPE_CHECKING:
    from tests.reliability.calls import Hook
    from tests.reliability.scenarios import Scenario
    from tests.reliability.story import Story

_SWEEPS_UNTIL_SETTLED = 6
"""A minute apart: the lease of the dead sweep ends after two, and a failed publish rests for one or two."""


@dataclass(frozen=True, slots=True)
class Step:
    """One place to die in."""

    call: Call
    moment: Moment

    def __str__(self) -> str:
        return f"{self.call}, {self.moment}"

    @property
    def changes_aws(self) -> bool:
        """Whether AWS is another after it."""
        _, _, action = self.call.operation.partition(":")
        return self.moment is Moment.AFTER and not action.startswith(("Query", "Get", "List", "BatchGet"))

    def dies_here(self) -> Hook:
        def hook(call: Call, moment: Moment) -> None:
            if (call, moment) == (self.call, self.moment):
                raise Death

        return hook


def play_undisturbed(world: World, scenario: Scenario) -> tuple[Story, list[list[Step]]]:
    """Play a scenario to its end.

    Returns:
        What the table tells then, and the steps at which it can be disturbed: together those that leave the same.
    """
    steps: list[list[Step]] = []
    for _ in scenario.play(world):
        before = len(world.container.tap.calls)
        report = world.sweep()
        assert faults(report) == 0, report
        steps.append([])
        for step in (Step(call, moment) for call in world.container.tap.calls[before:] for moment in Moment):
            if step.changes_aws:
                steps.append([])
            steps[-1].append(step)
    assert_settled(world)
    return story(world), steps


def play_with_a_death(world: World, scenario: Scenario, step: Step) -> set[str]:
    """Play a scenario in which one sweep dies, followed at once by sweeps of a new container until nothing is pending.

    Returns:
        The alerts that the death left published but not marked.
    """
    world.container.tap.hook = step.dies_here()
    unmarked = set[str]()
    died = False
    for _ in scenario.play(world):
        try:
            world.sweep()
        except Death:
            died = True
            unmarked = published_unmarked(world)
            world.container.tap.start()
            _settle(world)
    assert died, "the step was not reached: a run does not repeat the one that was recorded"
    return unmarked


def _settle(world: World) -> None:
    for _ in range(_SWEEPS_UNTIL_SETTLED):
        world.pass_minutes(1)
        report = world.sweep()
        assert faults(report) == 0, report
        if not report.undelivered:
            return


def test_the_scenarios_tell_every_kind_of_alert() -> None:
    told = {
        kind for scenario in SCENARIOS for told in scenario.tells.values() for text in told for kind in text.split()
    }
    assert told == set(Kind)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_death_at_any_call_loses_no_transition_and_no_alert(
    cloud: Cloud, scenario: Scenario, subtests: pytest.Subtests
) -> None:
    undisturbed, steps = play_undisturbed(World(cloud), scenario)
    assert undisturbed.told == scenario.tells

    for first, *others in steps:
        with subtests.test(f"died in {first}", or_up_to=str(others[-1]) if others else None):
            world = World(cloud)
            repeated = play_with_a_death(world, scenario, first)
            assert story(world) == undisturbed
            assert_settled(world, repeated)
