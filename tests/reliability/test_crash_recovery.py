"""What a crash delays for longer than to the next sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulated.history import assert_all_published, read_history
from tests.emulated.interceptor import Call, Moment, SimulatedCrash
from tests.emulated.stack import SOURCE

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack


def test_a_recovery_that_was_not_stored_when_the_last_watch_ended_is_reported_with_the_next_watch(
    stack: EmulatedStack,
) -> None:
    stack.configure(discover_within_hours=0)
    stack.watch("rollout")
    stack.deployment("rollout", processed=1)
    stack.simulator.fault("denied")
    stack.sweeps(2, every=15)
    assert read_history(stack).alerts == {SOURCE: ["SOURCE_UNREACHABLE"]}

    # Greengrass answers again, but the sweep crashes between the watch's end and the source's recovery.
    stack.simulator.clear()
    stack.deployment("rollout", "Failed", processed=1)
    stack.container.interceptor.hook = _crash_before_the_recovery_is_stored
    with pytest.raises(SimulatedCrash):
        stack.sweep()
    stack.container.interceptor.reset()
    stack.advance(minutes=1)
    stack.sweep()
    # Nothing is watched or discovered, so Greengrass is not asked: the outage stays open.
    assert read_history(stack).alerts == {"rollout": ["FAILED"], SOURCE: ["SOURCE_UNREACHABLE"]}

    stack.watch("next")
    stack.deployment("next")
    stack.sweep()
    assert read_history(stack).alerts == {"rollout": ["FAILED"], SOURCE: ["SOURCE_UNREACHABLE", "SOURCE_RECOVERED"]}
    assert_all_published(stack)


def _crash_before_the_recovery_is_stored(call: Call, moment: Moment) -> None:
    if (call.name, call.about, moment) == ("TransactWriteItems", SOURCE, Moment.BEFORE):
        raise SimulatedCrash
