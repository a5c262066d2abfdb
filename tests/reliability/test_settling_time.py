"""A deployment whose groups are followed gets the time that this needs, and comes to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.reliability.story import assert_settled, story

if TYPE_CHECKING:
    from tests.reliability.world import World

WORKERS = 4
"""As many as in Lambda: the more there are, the longer a call may have to wait for its turn."""


def test_a_pass_goes_on_in_a_sweep_that_has_lost_some_seconds_and_checks_nothing_else(world: World) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=3, unfinished=3)
    world.sweep(workers=WORKERS)
    world.deployment("rollout", "Completed", processed=3, failing={"No version": 1})

    world.seconds = 45
    world.pass_minutes(5)
    world.sweep(workers=WORKERS)
    assert story(world).told == {"rollout": ["GROUPS_FAILED COMPLETED"]}
    assert_settled(world)


def test_one_sweep_reads_the_reports_about_many_groups(world: World) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=80, unfinished=80)
    world.seconds_per_answer = 0.2  # Greengrass's turn
    world.sweep(workers=WORKERS)
    world.deployment("rollout", "Completed", processed=80)

    world.pass_minutes(5)
    world.sweep(workers=WORKERS)
    assert story(world).told == {"rollout": ["COMPLETED"]}
    assert_settled(world)


def test_what_is_due_is_told_when_the_time_is_over_even_if_no_sweep_had_any_for_the_groups(world: World) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=3, unfinished=3)
    world.sweep(workers=WORKERS)

    world.seconds = 30
    for _ in range(3):
        world.pass_minutes(60)
        world.sweep(workers=WORKERS)
    assert story(world).told == {"rollout": ["COMPLETED"]}
    assert_settled(world)


@pytest.mark.parametrize("hours", [24, 0], ids=["listing", "not listing"])
def test_what_is_due_is_told_when_the_time_is_over_though_there_are_no_reports(world: World, hours: int) -> None:
    world.discover_within = timedelta(hours=hours)
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=3, unfinished=3)
    world.sweep()
    world.simulator.fault("denied", operation="ListBulkDeploymentDetailedReports")
    for _ in range(8):
        world.pass_minutes(15)
        world.sweep()
    assert story(world).told["rollout"] == ["COMPLETED"]


def test_what_was_due_in_an_outage_is_told_after_it(world: World) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=3, unfinished=3)
    world.sweep()
    fault = world.simulator.fault("denied")
    for _ in range(8):
        world.pass_minutes(15)
        world.sweep()
    world.simulator.clear(fault)
    world.sweep()
    assert story(world).told["rollout"] == ["COMPLETED"]
    assert_settled(world)
