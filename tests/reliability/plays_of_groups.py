"""What happens to deployments that nobody registers, and to the groups of a deployment: the plays of the others."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.reliability.world import World

REPORTS = "ListBulkDeploymentDetailedReports"


def nobody_registers_a_deployment(world: World) -> Iterator[None]:
    """It is found, beside one that is older than a day and one that an operator wants to hear nothing of."""
    world.discover_within = timedelta(hours=24)
    world.deployment("old", "Failed", hours_old=25)
    world.deployment("unwanted", "Failed")
    world.watch("unwanted")
    world.unwatch("unwanted")
    world.deployment("rollout", "Running", processed=1)
    yield
    world.pass_minutes(15)
    world.deployment("rollout", "Failed", processed=1)
    yield
    # All that is listed now has ended and is known.
    world.pass_minutes(15)
    yield


def a_listing_breaks_off(world: World) -> Iterator[None]:
    """Some deployments are on a page that does not come; a later listing is whole."""
    world.discover_within = timedelta(hours=24)
    for deployment in ("first", "second", "third"):
        world.deployment(deployment, "Running", processed=1)
    fault = world.simulator.fault("server-error", operation="ListBulkDeployments", after=1)
    yield
    world.simulator.clear(fault)
    world.pass_minutes(15)
    yield
    world.pass_minutes(15)
    for deployment in ("first", "second", "third"):
        world.deployment(deployment, "Failed", processed=1)
    yield


def greengrass_goes_away_after_a_discovery(world: World) -> Iterator[None]:
    """The outage is told, as what was found has a watch."""
    world.discover_within = timedelta(hours=24)
    world.deployment("rollout", "Running", processed=1)
    yield
    fault = world.simulator.fault("denied")
    world.pass_minutes(15)
    yield
    world.pass_minutes(15)
    yield
    world.simulator.clear(fault)
    world.pass_minutes(15)
    yield
    world.deployment("rollout", "Failed", processed=1)
    yield


def groups_fail_one_after_the_other(world: World) -> Iterator[None]:
    """The first are told at once; all of them in the end, when COMPLETED is told too."""
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=3, unfinished=3)
    yield
    world.pass_minutes(15)
    world.deployment("rollout", "Completed", processed=3, failing={"No version": 1}, unfinished=1)
    yield
    world.pass_minutes(15)
    world.deployment("rollout", "Completed", processed=3, failing={"No version": 1, "No core": 1})
    yield


def a_deployment_fails_on_some_of_its_groups(world: World) -> Iterator[None]:
    """FAILED names them, and so they count as told; of those that fail later people hear."""
    world.watch("rollout", "second")
    world.deployment("rollout", "Failed", processed=3, failing={"No version": 1}, unfinished=2)
    world.deployment("second", "Failed", processed=3, failing={"No version": 1}, unfinished=2)
    yield
    world.pass_minutes(15)
    world.deployment("rollout", "Failed", processed=3, failing={"No version": 2})
    world.deployment("second", "Failed", processed=3, failing={"No version": 1})
    yield


def a_sweep_has_no_time_for_all_groups(world: World) -> Iterator[None]:
    """A pass takes several sweeps, each of which goes on where the one before broke off."""
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=11, failing={"No version": 4, "No core": 2})
    world.seconds_per_answer = 6  # of which two or three pages can be read in a sweep
    for _ in range(3):
        yield
        world.pass_minutes(15)


def some_groups_never_finish(world: World) -> Iterator[None]:
    """They are followed for an hour."""
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=2, failing={"No version": 1}, unfinished=1)
    yield
    world.pass_minutes(75)
    yield


def the_reports_about_groups_are_refused(world: World) -> Iterator[None]:
    """Until the watch ends; that the deployment has completed is told all the same."""
    world.watch("rollout")
    world.deployment("rollout", "Completed", processed=1)
    world.simulator.fault("unknown", operation=REPORTS)
    yield
    world.pass_minutes(15)
    yield
    world.pass_minutes(15)
    yield


def the_reports_about_groups_fail_for_a_while(world: World) -> Iterator[None]:
    """Those of one deployment; the checks of another go on."""
    world.watch("other", "rollout")
    world.deployment("other", "Running", processed=1)
    world.deployment("rollout", "Failed", processed=1, failing={"No version": 1})
    fault = world.simulator.fault("server-error", deployment_id="rollout", operation=REPORTS)
    yield
    world.pass_minutes(15)
    yield
    world.pass_minutes(15)
    yield
    world.simulator.clear(fault)
    world.pass_minutes(15)
    yield
