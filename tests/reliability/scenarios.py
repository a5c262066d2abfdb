"""What happens to a fleet, told so that any test can play it: between two sweeps, and with what is to be told.

A play is a generator: it changes the world and yields wherever a sweep is to run. A test may run more than one
there, for some minutes, so nothing in a play may hang on a few minutes. One that is added to `SCENARIOS` is played
with a death in each of its calls, by many sweeps at once, and under the function's own role.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.reliability import plays, plays_of_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.reliability.world import World


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, and the alerts that it must lead to.

    Attributes:
        tells: each alert's kinds, those of `also` behind the first, by deployment and in order.
    """

    play: Callable[[World], Iterator[None]]
    tells: dict[str, list[str]]

    @property
    def name(self) -> str:
        """What it is called in a test's name."""
        return self.play.__name__.replace("_", "-")


SCENARIOS = [
    Scenario(plays_of_groups.nobody_registers_a_deployment, {"rollout": ["FAILED"]}),
    Scenario(plays_of_groups.a_listing_breaks_off, {"first": ["FAILED"], "second": ["FAILED"], "third": ["FAILED"]}),
    Scenario(
        plays_of_groups.greengrass_goes_away_after_a_discovery,
        {"source:greengrass-bulk": ["SOURCE_UNREACHABLE", "SOURCE_RECOVERED"], "rollout": ["FAILED"]},
    ),
    Scenario(
        plays_of_groups.groups_fail_one_after_the_other, {"rollout": ["GROUPS_FAILED", "GROUPS_FAILED COMPLETED"]}
    ),
    Scenario(
        plays_of_groups.a_deployment_fails_on_some_of_its_groups,
        {"rollout": ["FAILED GROUPS_FAILED", "GROUPS_FAILED"], "second": ["FAILED GROUPS_FAILED"]},
    ),
    Scenario(
        plays_of_groups.a_sweep_has_no_time_for_all_groups, {"rollout": ["GROUPS_FAILED", "GROUPS_FAILED COMPLETED"]}
    ),
    Scenario(plays_of_groups.some_groups_never_finish, {"rollout": ["GROUPS_FAILED", "COMPLETED"]}),
    Scenario(plays_of_groups.the_reports_about_groups_are_refused, {"rollout": ["COMPLETED LOST"]}),
    Scenario(
        plays_of_groups.the_reports_about_groups_fail_for_a_while, {"rollout": ["FAILED", "UNCHECKED", "GROUPS_FAILED"]}
    ),
    Scenario(
        plays.deployments_end, {"rollout": ["FAILED INVALID_RECORDS"], "second": ["FAILED"], "third": ["COMPLETED"]}
    ),
    Scenario(
        plays.invalid_records_pile_up, {"rollout": ["INVALID_RECORDS", "INVALID_RECORDS", "INVALID_RECORDS COMPLETED"]}
    ),
    Scenario(plays.a_deployment_stalls_resumes_and_is_stopped, {"rollout": ["STALLED", "RESUMED", "STOPPED"]}),
    Scenario(plays.an_id_is_refused, {"lost": ["LOST"]}),
    Scenario(plays.checks_of_one_deployment_fail, {"rollout": ["UNCHECKED"]}),
    Scenario(plays.greengrass_goes_away_for_a_moment, {}),
    Scenario(
        plays.greengrass_goes_away_and_comes_back,
        {"source:greengrass-bulk": ["SOURCE_UNREACHABLE", "SOURCE_RECOVERED"], "rollout": ["FAILED"]},
    ),
    Scenario(plays.sns_is_throttled, {"rollout": ["FAILED"]}),
    Scenario(plays.sns_never_takes_an_alert_as_it_is, {"rollout": ["FAILED"]}),
    Scenario(plays.a_sweep_has_no_time_to_publish, {"rollout": ["FAILED"], "second": ["INVALID_RECORDS STOPPED"]}),
    Scenario(plays.a_finished_watch_is_put_again, {"rollout": ["FAILED", "FAILED"]}),
]
