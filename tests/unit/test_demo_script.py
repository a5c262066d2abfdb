"""What `make run` plays fits into its time."""

from __future__ import annotations

from local.demo.script import PARAMETERS, PARTS, SECONDS, SWEEP_EVERY_SECONDS
from local.simulator import SCENARIOS


def test_there_is_time_to_follow_the_results_of_every_bulk_deployment() -> None:
    follow = 60 * int(PARAMETERS["FollowResultsMinutes"])
    unfinished = [SCENARIOS[part.scenario] for part in PARTS if SCENARIOS[part.scenario].unfinished]

    assert unfinished
    assert all(each.steps[-1].at + follow + 6 * SWEEP_EVERY_SECONDS < SECONDS for each in unfinished)
