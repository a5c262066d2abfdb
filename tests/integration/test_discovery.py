"""Deployments that an operator has registered, and those that the listing brings: these once, and recent ones only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.model import timestamp
from tests.emulated.emulators import START
from tests.emulated.interceptor import names
from tests.emulated.scenarios import LIST
from tests.emulated.stack import at

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack


def test_the_bare_item_is_enough_to_watch_a_deployment(stack: EmulatedStack) -> None:
    stack.configure(discover_within_hours=0)
    stack.play("rollout", at(0, "Initializing"), tags={"team": "ops"})
    stack.watch("rollout")

    report = stack.sweep()

    assert (report.watches, report.checked, report.transitions, report.alerts) == (1, 1, 1, 0)
    assert stack.item("rollout") == {
        "DeploymentId": "rollout",
        "Record": "WATCH",
        "Queue": "CHECK",
        "Version": 1795428240123,
        "Source": "greengrass-bulk",
        "Status": "Initializing",
        "Metrics": {"RecordsProcessed": 0, "InvalidInputRecords": 0, "RetryAttempts": 0},
        "Progress": 0,
        "Failures": 0,
        "CreatedAt": timestamp(START),
        "ProgressAt": timestamp(START),
        "Tags": {"team": "ops"},
    }


def test_a_deployment_that_was_discovered_looks_as_one_that_was_registered(stack: EmulatedStack) -> None:
    for deployment in ("discovered", "registered"):
        stack.deployment(deployment, processed=1)
    stack.watch("registered")
    stack.sweep()

    discovered, registered = stack.item("discovered"), stack.item("registered")
    assert discovered | {"DeploymentId": ""} == registered | {"DeploymentId": ""}


def test_of_an_account_with_a_long_history_only_recent_deployments_are_watched(stack: EmulatedStack) -> None:
    for number in range(20):
        stack.deployment(f"old-{number}", "Failed", invalid=3, hours_old=24.1 + 20 * number)
    stack.deployment("goes-on", processed=1)
    stack.deployment("completed", "Completed", hours_old=23.9)

    report = stack.sweep()

    assert (report.discovered, report.watches, report.checked) == (2, 2, 2)
    assert names(stack.calls)[LIST] == 11, "the first listing is complete"
    assert stack.kinds() == ["COMPLETED"]

    stack.advance(minutes=1)
    report = stack.sweep()
    assert (report.discovered, report.checked) == (0, 1)
    # The one that has ended is recent, so it is looked up; the second page has old ones only.
    assert names(stack.calls) == {"Query": 2, LIST: 2, "BatchGetItem": 1, "GetBulkDeploymentStatus": 1}
    assert stack.queued("CHECK") == ["goes-on"]


def test_a_deployment_whose_watch_has_expired_is_not_discovered_again(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Failed")
    stack.sweep()
    stack.delete("rollout")
    stack.advance(seconds=1, minutes=60 * 24 * 90)

    assert stack.sweep().discovered == 0
    assert stack.kinds() == ["FAILED"]


def test_a_deployment_that_is_listed_but_unknown_is_lost_and_not_discovered_again(stack: EmulatedStack) -> None:
    stack.deployment("neighbour")
    entries = [{"BulkDeploymentId": each, "CreatedAt": timestamp(START)} for each in ("ghost", "neighbour")]
    stack.answer(LIST, {"BulkDeployments": entries})

    assert stack.sweeps(4, every=5) == [(10, "LOST")]
    assert stack.history("ghost") == ["LOST"]


def test_an_unreadable_watch_of_a_listed_deployment_is_not_overwritten(stack: EmulatedStack) -> None:
    stack.deployment("rollout")
    stack.watch("rollout", Status={"N": "7"})
    before = stack.item("rollout")

    report = stack.sweep()

    assert (report.unreadable, report.discovered) == (1, 0)
    assert stack.item("rollout") == before
