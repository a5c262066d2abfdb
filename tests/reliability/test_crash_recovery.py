"""What a death puts off for longer than to the next sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.calls import Call, Death, Moment
from tests.reliability.story import assert_settled, story

if TYPE_CHECKING:
    from tests.reliability.world import World

SOURCE = "source:greengrass-bulk"


def test_a_recovery_that_was_not_told_when_the_last_watch_ended_is_told_with_the_next_watch(world: World) -> None:
    world.watch("rollout")
    world.deployment("rollout", "Running", processed=1)
    world.simulator.fault("denied")
    world.sweep()
    world.pass_minutes(15)
    world.sweep()
    assert story(world).told == {SOURCE: ["SOURCE_UNREACHABLE"]}

    # Greengrass answers again, but the sweep dies between the watch's end and the source's recovery.
    world.simulator.clear()
    world.deployment("rollout", "Failed", processed=1)
    world.container.tap.hook = _dies_before_the_recovery_is_stored
    with pytest.raises(Death):
        world.sweep()
    world.container.tap.start()
    world.pass_minutes(1)
    world.sweep()
    # Nothing is watched, so nobody asks Greengrass: the outage stays open.
    assert story(world).told == {"rollout": ["FAILED"], SOURCE: ["SOURCE_UNREACHABLE"]}

    world.watch("next")
    world.deployment("next", "Running")
    world.sweep()
    assert story(world).told == {"rollout": ["FAILED"], SOURCE: ["SOURCE_UNREACHABLE", "SOURCE_RECOVERED"]}
    assert_settled(world)


def _dies_before_the_recovery_is_stored(call: Call, moment: Moment) -> None:
    if (call.operation, call.about, moment) == ("dynamodb:TransactWriteItems", SOURCE, Moment.BEFORE):
        raise Death
