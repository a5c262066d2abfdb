"""What happens to a fleet between sweeps, with the alerts that must come of it, for any test to run.

A scenario is a generator: it changes the stack and yields wherever a sweep is to run. A test may run several there, for
some minutes, so nothing in a scenario may depend on a few minutes. One that is added to `SCENARIOS` is run with a crash
in each of its calls, by many sweeps at once, and under the function's own role.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.simulator.fleet import NO_SPACE, Devices, FleetScenario, FleetStep
from tests.emulated.stack import BULK, FLEET, NO_TIME_TO_PUBLISH, SOURCE, TIMEOUT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.emulated.stack import EmulatedStack

LIST = "ListBulkDeployments"
LISTS = {BULK: LIST, FLEET: "ListDeployments"}
REPORTS = "ListBulkDeploymentDetailedReports"

_FLEET = FleetScenario(
    "three-fail",
    (FleetStep(0, Devices(queued=40)), FleetStep(600, Devices(succeeded=37, failed=3))),
    (NO_SPACE,),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, and the alerts that it must lead to.

    Attributes:
        story: what happens.
        alerts: the kinds of each alert, those of `also` included, by deployment and in order.
        source: the source whose deployments it is about.
    """

    story: Callable[[EmulatedStack], Iterator[None]]
    alerts: dict[str, list[str]]
    source: str = BULK

    @property
    def name(self) -> str:
        """Its name in a test's name."""
        return f"{self.story.__name__}-{self.source}".replace("_", "-")

    def run(self, stack: EmulatedStack) -> Iterator[None]:
        """Let it happen."""
        stack.ask(self.source)
        yield from self.story(stack)

    def for_fleet(self) -> Scenario:
        """The same with Greengrass V2."""
        fleet_words = {BULK: FLEET, "INVALID_RECORDS": "DEVICES_FAILED"}
        text = json.dumps(self.alerts)
        for word, other in fleet_words.items():
            text = text.replace(word, other)
        return Scenario(self.story, json.loads(text), FLEET)


def deployments_end(stack: EmulatedStack) -> Iterator[None]:
    """One fails, one is Failed when first seen, one completes."""
    stack.watch("rollout", "second", "third")
    stack.deployment("rollout", processed=1)
    stack.deployment("second", "Failed", error="No service role")
    stack.deployment("third", processed=1)
    yield
    stack.advance(minutes=15)
    stack.deployment("rollout", "Failed", processed=3, invalid=2, error="Input file missing")
    stack.deployment("third", "Completed", processed=2)
    yield


def failures_accumulate(stack: EmulatedStack) -> Iterator[None]:
    """They reach the threshold, then twice as many, and then a few more at the end."""
    stack.watch("rollout")
    for status, processed, invalid in (("Running", 2, 2), ("Running", 4, 4), ("Completed", 6, 5)):
        stack.deployment("rollout", status, processed, invalid)
        yield
        stack.advance(minutes=15)


def a_deployment_stalls_resumes_and_is_stopped(stack: EmulatedStack) -> Iterator[None]:
    """Each in a sweep of its own."""
    stack.watch("rollout")
    stack.deployment("rollout", processed=1)
    yield
    stack.advance(minutes=75)
    yield
    stack.advance(minutes=15)
    stack.deployment("rollout", processed=2)
    yield
    stack.advance(minutes=15)
    stack.deployment("rollout", "Stopped", processed=2)
    yield


def an_id_is_unknown(stack: EmulatedStack) -> Iterator[None]:
    """Nothing else is watched, so only the listing shows that Greengrass answers."""
    stack.watch("lost")
    yield
    stack.advance(minutes=15)
    yield


def checks_of_one_deployment_fail(stack: EmulatedStack) -> Iterator[None]:
    """Those of another succeed, whose counts alone change; later both can be checked again."""
    # Of sweeps that discover both at once, one might check the failing one alone, and take it for an outage.
    stack.watch("other", "rollout")
    stack.deployment("other", processed=1)
    stack.deployment("rollout", processed=1)
    fault = stack.simulator.fault("server-error", deployment_id="rollout")
    yield
    stack.advance(minutes=15)
    stack.deployment("other", processed=2)
    yield
    stack.simulator.clear(fault)
    stack.advance(minutes=15)
    yield


def greengrass_is_unreachable_for_a_moment(stack: EmulatedStack) -> Iterator[None]:
    """For so short that there is no alert."""
    stack.watch("rollout")
    stack.deployment("rollout", processed=1)
    fault = stack.simulator.fault("denied")
    yield
    stack.simulator.clear(fault)
    yield


def greengrass_is_unreachable_and_recovers(stack: EmulatedStack) -> Iterator[None]:
    """A deployment that was discovered before fails meanwhile."""
    stack.deployment("other", processed=1)
    stack.deployment("rollout", processed=1)
    yield
    fault = stack.simulator.fault("denied")
    yield
    stack.advance(minutes=15)
    stack.deployment("rollout", "Failed", processed=1)
    yield
    stack.simulator.clear(fault)
    stack.advance(minutes=15)
    yield


def the_listing_fails_and_recovers(stack: EmulatedStack) -> Iterator[None]:
    """Checks go on; what starts meanwhile is discovered afterwards."""
    stack.deployment("rollout", processed=1)
    yield
    fault = stack.simulator.fault("denied", operation=LISTS[stack.source])
    stack.deployment("second", "Failed", processed=1)
    yield
    stack.advance(minutes=15)
    yield
    stack.simulator.clear(fault)
    stack.advance(minutes=15)
    yield


def sns_throttles(stack: EmulatedStack) -> Iterator[None]:
    """An alert pauses after a failure, and is then published from the queue: leased, published, marked."""
    stack.watch("rollout")
    stack.deployment("rollout", "Failed")
    stack.container.interceptor.refuse("sns:Publish", 429, "Throttling")
    yield
    stack.container.interceptor.accept("sns:Publish")
    stack.advance(minutes=15)
    yield


def sns_refuses_the_full_message(stack: EmulatedStack) -> Iterator[None]:
    """The minimal message is sent."""
    stack.watch("rollout")
    stack.deployment("rollout", "Failed")
    stack.container.interceptor.refuse("sns:Publish", 400, "InvalidParameter", occurrence=1)
    yield
    stack.container.interceptor.accept("sns:Publish")


def a_sweep_has_no_time_to_publish(stack: EmulatedStack) -> Iterator[None]:
    """It leaves its alerts, without a lease, to the next one."""
    stack.deployment("rollout", "Failed")
    stack.deployment("second", "Stopped", invalid=3)
    stack.seconds = NO_TIME_TO_PUBLISH
    yield
    stack.seconds = TIMEOUT_SECONDS
    stack.advance(minutes=15)
    yield


def an_ended_watch_is_registered_again(stack: EmulatedStack) -> Iterator[None]:
    """Its history starts again, after the old one."""
    stack.watch("rollout")
    stack.deployment("rollout", "Failed")
    yield
    stack.advance(minutes=15)
    stack.watch("rollout")
    yield


def a_deployment_is_discovered(stack: EmulatedStack) -> Iterator[None]:
    """Another one is older than a day, and an operator does not want alerts about a third."""
    stack.deployment("old", "Failed", hours_old=25)
    stack.deployment("unwanted", "Failed")
    stack.watch("unwanted")
    stack.unwatch("unwanted")
    stack.deployment("rollout", processed=1)
    yield
    stack.advance(minutes=15)
    stack.deployment("rollout", "Failed", processed=1)
    yield
    # All that is listed now has ended and is known.
    stack.advance(minutes=15)
    yield


def a_listing_breaks_off(stack: EmulatedStack) -> Iterator[None]:
    """Some deployments are on a page that fails; a later listing brings all."""
    for deployment in ("first", "second", "third"):
        stack.deployment(deployment, processed=1)
    fault = stack.simulator.fault("server-error", operation=LISTS[stack.source], after=1)
    yield
    stack.simulator.clear(fault)
    stack.advance(minutes=15)
    yield
    stack.advance(minutes=15)
    for deployment in ("first", "second", "third"):
        stack.deployment(deployment, "Failed", processed=1)
    yield


def groups_fail_one_after_the_other(stack: EmulatedStack) -> Iterator[None]:
    """There is an alert about the first, and about all of them at the end, with COMPLETED."""
    stack.watch("rollout")
    stack.deployment("rollout", "Completed", processed=3, unfinished=3)
    yield
    stack.advance(minutes=15)
    stack.deployment("rollout", "Completed", processed=3, failing={"No version": 1}, unfinished=1)
    yield
    stack.advance(minutes=15)
    stack.deployment("rollout", "Completed", processed=3, failing={"No version": 1, "No core": 1})
    yield


def a_deployment_fails_with_some_of_its_groups(stack: EmulatedStack) -> Iterator[None]:
    """FAILED names them; only those that fail later are worth another alert."""
    stack.deployment("rollout", "Failed", processed=3, failing={"No version": 1}, unfinished=2)
    stack.deployment("second", "Failed", processed=3, failing={"No version": 1}, unfinished=2)
    yield
    stack.advance(minutes=15)
    stack.deployment("rollout", "Failed", processed=3, failing={"No version": 2})
    stack.deployment("second", "Failed", processed=3, failing={"No version": 1})
    yield


def a_sweep_has_no_time_for_all_results(stack: EmulatedStack) -> Iterator[None]:
    """A scan takes several sweeps, each of which goes on where the one before stopped."""
    stack.watch("rollout")
    stack.deployment("rollout", "Completed", processed=11, failing={"No version": 4, "No core": 2})
    stack.seconds_per_answer = 6  # so that a sweep reads two or three pages
    for _ in range(3):
        yield
        stack.advance(minutes=5)


def some_groups_never_finish(stack: EmulatedStack) -> Iterator[None]:
    """They are followed for an hour."""
    stack.watch("rollout")
    stack.deployment("rollout", "Completed", processed=2, failing={"No version": 1}, unfinished=1)
    yield
    stack.advance(minutes=75)
    yield


def the_results_are_refused(stack: EmulatedStack) -> Iterator[None]:
    """Until the watch ends; there is an alert that the deployment has completed all the same."""
    stack.watch("rollout")
    stack.deployment("rollout", "Completed", processed=1)
    stack.simulator.fault("unknown", operation=REPORTS)
    yield
    stack.advance(minutes=15)
    yield
    stack.advance(minutes=15)
    yield


def the_results_cannot_be_read_for_a_while(stack: EmulatedStack) -> Iterator[None]:
    """Those of one deployment; the checks of another go on."""
    stack.deployment("other", processed=1)
    stack.deployment("rollout", "Failed", processed=1, failing={"No version": 1})
    fault = stack.simulator.fault("server-error", deployment_id="rollout", operation=REPORTS)
    yield
    stack.advance(minutes=15)
    yield
    stack.advance(minutes=15)
    yield
    stack.simulator.clear(fault)
    stack.advance(minutes=15)
    yield


def devices_fail(stack: EmulatedStack) -> Iterator[None]:
    """Three devices of a fleet fail, and a bulk deployment fails, too: each source has its alert."""
    stack.ask("greengrass-v2", "greengrass-bulk")
    stack.simulator.play_fleet(_FLEET, deployment_id="fleet")
    stack.deployment("rollout", processed=1)
    yield
    stack.advance(minutes=15)
    stack.deployment("rollout", "Failed", processed=1)
    yield
    stack.advance(minutes=15)
    yield


_OF_BOTH = [
    Scenario(deployments_end, {"rollout": ["FAILED+INVALID_RECORDS"], "second": ["FAILED"], "third": ["COMPLETED"]}),
    Scenario(failures_accumulate, {"rollout": ["INVALID_RECORDS", "INVALID_RECORDS", "INVALID_RECORDS+COMPLETED"]}),
    Scenario(an_id_is_unknown, {"lost": ["LOST"]}),
    Scenario(checks_of_one_deployment_fail, {"rollout": ["UNCHECKED"]}),
    Scenario(greengrass_is_unreachable_for_a_moment, {}),
    Scenario(
        greengrass_is_unreachable_and_recovers,
        {SOURCE: ["SOURCE_UNREACHABLE", "SOURCE_RECOVERED"], "rollout": ["FAILED"]},
    ),
    Scenario(
        the_listing_fails_and_recovers, {SOURCE: ["DISCOVERY_FAILED", "DISCOVERY_RECOVERED"], "second": ["FAILED"]}
    ),
    Scenario(sns_throttles, {"rollout": ["FAILED"]}),
    Scenario(sns_refuses_the_full_message, {"rollout": ["FAILED"]}),
    Scenario(an_ended_watch_is_registered_again, {"rollout": ["FAILED", "FAILED"]}),
    Scenario(a_deployment_is_discovered, {"rollout": ["FAILED"]}),
    Scenario(a_listing_breaks_off, {"first": ["FAILED"], "second": ["FAILED"], "third": ["FAILED"]}),
]

SCENARIOS = [
    *_OF_BOTH,
    *(scenario.for_fleet() for scenario in _OF_BOTH),
    Scenario(a_deployment_stalls_resumes_and_is_stopped, {"rollout": ["STALLED", "RESUMED", "STOPPED"]}),
    # What single devices do ends no stall of a fleet.
    Scenario(a_deployment_stalls_resumes_and_is_stopped, {"rollout": ["STALLED", "STOPPED+RESUMED"]}, FLEET),
    Scenario(devices_fail, {"fleet": ["DEVICES_FAILED+COMPLETED"], "rollout": ["FAILED"]}),
    # A check of Greengrass V2 needs more time than to publish.
    Scenario(a_sweep_has_no_time_to_publish, {"rollout": ["FAILED"], "second": ["INVALID_RECORDS+STOPPED"]}),
    Scenario(groups_fail_one_after_the_other, {"rollout": ["GROUPS_FAILED", "GROUPS_FAILED+COMPLETED"]}),
    Scenario(
        a_deployment_fails_with_some_of_its_groups,
        {"rollout": ["FAILED+GROUPS_FAILED", "GROUPS_FAILED"], "second": ["FAILED+GROUPS_FAILED"]},
    ),
    Scenario(a_sweep_has_no_time_for_all_results, {"rollout": ["GROUPS_FAILED", "GROUPS_FAILED+COMPLETED"]}),
    Scenario(some_groups_never_finish, {"rollout": ["GROUPS_FAILED", "RESULTS_INCOMPLETE+COMPLETED"]}),
    Scenario(the_results_are_refused, {"rollout": ["LOST+COMPLETED"]}),
    Scenario(the_results_cannot_be_read_for_a_while, {"rollout": ["FAILED", "UNCHECKED", "GROUPS_FAILED"]}),
]
