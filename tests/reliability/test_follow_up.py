"""Following the results of a deployment comes to an end, and to the alerts that it owes, whatever goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulated.history import assert_all_published, read_history
from tests.emulated.scenarios import REPORTS

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack


@pytest.fixture(autouse=True)
def _completed(stack: EmulatedStack) -> None:
    """A deployment has completed, and its groups go on."""
    stack.watch("rollout")
    stack.deployment("rollout", "Completed", processed=3, unfinished=3)
    stack.sweep()
    assert read_history(stack).alerts == {}


@pytest.mark.parametrize("hours", [24, 0], ids=["discovering", "not discovering"])
def test_results_that_cannot_be_read_for_an_hour_are_reported_as_incomplete_when_their_time_is_up(
    stack: EmulatedStack, hours: int
) -> None:
    stack.configure(discover_within_hours=hours)
    stack.simulator.fault("denied", operation=REPORTS)
    assert stack.sweeps(7, every=15) == [(30, "UNCHECKED"), (75, "RESULTS_INCOMPLETE+COMPLETED")]
    assert_all_published(stack)


def test_a_page_that_always_fails_does_not_keep_a_deployment_for_ever(stack: EmulatedStack) -> None:
    """The other page can be read, so it is tried again until two days after the time was up."""
    stack.simulator.fault("server-error", operation=REPORTS, after=1)
    came = stack.sweeps(60, every=60)
    assert came[-1][1] == "RESULTS_INCOMPLETE+COMPLETED"
    assert stack.queued("CHECK") == []
