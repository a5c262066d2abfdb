"""What comes of a deployment's groups after its terminal status."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.simulator import Error, FailingGroups
from tests.emulated.interceptor import names
from tests.emulated.scenarios import REPORTS
from tests.emulated.stack import at

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack

NO_CORE = Error("The group has no core.", (("GG-303", "You need a core."),))
NO_ROLE = Error("No service role.")


def results(stack: EmulatedStack) -> tuple[int, int, int]:
    """How many groups succeeded, failed, and are unfinished, as the watch has it."""
    stored = stack.item("rollout")["Results"]
    return stored["Succeeded"], stored["Failed"], stored["Unfinished"]


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Completed"])
def test_the_alert_at_a_terminal_status_names_the_failed_groups(stack: EmulatedStack, status: str) -> None:
    failing = (FailingGroups(2, NO_ROLE), FailingGroups(3, NO_CORE))
    stack.play("rollout", at(0, status, processed=9, invalid=1), failing=failing)

    stack.sweep()

    (event,) = stack.received()
    assert "GROUPS_FAILED" in event["data"]["also"]
    targets = event["data"]["targets"]
    assert (targets["succeeded"], targets["failed"], targets["unfinished"]) == (3, 5, 0)
    assert [(each["code"], each["message"], each["count"]) for each in targets["reasons"]] == [
        ("GG-303", "You need a core.", 3),
        (None, "No service role.", 2),
    ]
    named = [target for each in targets["reasons"] for target in each["targets"]]
    assert len(named) == len(set(named)) == 5
    assert set(named) <= {stack.simulator.deployment("rollout").group_id(index) for index in range(8)}


def test_results_that_are_not_to_be_followed_end_the_watch_at_once(stack: EmulatedStack) -> None:
    stack.configure(follow_results_minutes=0)
    stack.deployment("rollout", "Completed", processed=9, failing={"No core": 2}, unfinished=1)

    assert stack.sweeps(2) == [(0, "COMPLETED")]
    assert REPORTS not in names(stack.container.interceptor.calls)
    assert stack.queued("CHECK") == []


def test_results_that_come_later_than_the_status_are_waited_for(stack: EmulatedStack) -> None:
    """Nine records were processed, and at first the service knows of no group. Invalid records have none."""
    stack.deployment("rollout", "Completed", processed=9, invalid=2, failing={"No core": 4})
    stack.answer(REPORTS, {"Deployments": []}, times=2)

    assert stack.sweeps(5) == [(0, "INVALID_RECORDS"), (3, "GROUPS_FAILED+COMPLETED")]
    assert results(stack) == (3, 4, 0)


def test_groups_that_were_named_with_another_kind_are_not_reported_again(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Failed", processed=9, failing={"No core": 2}, unfinished=1)

    assert stack.sweeps(7, every=15) == [(0, "FAILED+GROUPS_FAILED"), (60, "RESULTS_INCOMPLETE")]


def test_a_follow_up_that_is_registered_again_starts_over(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Completed", processed=9, failing={"No core": 2}, unfinished=1)
    stack.sweeps(3)

    stack.watch("rollout")

    assert stack.sweeps(2) == [(0, "GROUPS_FAILED")]
    assert stack.history("rollout") == ["None>Completed", "GROUPS_FAILED"] * 2


@pytest.mark.parametrize("kind", ["server-error", "throttled", "truncated", "html", "closed", "missing-fields"])
def test_a_scan_goes_on_from_the_page_that_failed_and_counts_no_group_twice(stack: EmulatedStack, kind: str) -> None:
    stack.deployment("rollout", "Completed", processed=6, failing={"No core": 5})
    tries = 2 if kind == "closed" else 1  # the connection may have been closed while it was idle
    stack.simulator.fault(kind, operation=REPORTS, after=1, times=tries)

    # What was seen before the page failed is reported at once.
    assert stack.sweeps(3) == [(0, "GROUPS_FAILED"), (1, "GROUPS_FAILED+COMPLETED")]
    assert names(stack.container.interceptor.calls)[REPORTS] == 3 + tries
    assert results(stack) == (1, 5, 0)


@pytest.mark.parametrize("kind", ["denied", "unknown", "html"])
def test_results_that_cannot_be_read_do_not_delay_a_failure(stack: EmulatedStack, kind: str) -> None:
    stack.play("rollout", at(0), at(1, "Failed", processed=9, error=NO_ROLE))
    stack.sweep()
    stack.advance(minutes=1)
    stack.simulator.fault(kind, operation=REPORTS)

    report = stack.sweep()

    assert (report.alerts, report.published, report.errors) == (1, 1, 0)
    assert stack.kinds() == ["FAILED"]


def test_a_page_token_that_is_no_longer_taken_starts_the_scan_again(stack: EmulatedStack) -> None:
    stack.deployment("neighbour")
    stack.deployment("rollout", "Completed", processed=6, failing={"No core": 2})
    stack.answer(REPORTS, {"Deployments": [{"DeploymentStatus": "Failure"}], "NextToken": "stale"}, times=1)

    assert stack.sweeps(4) == [(0, "GROUPS_FAILED"), (2, "GROUPS_FAILED+COMPLETED")]
    assert results(stack) == (4, 2, 0)
    assert "FailingSince" not in stack.item("rollout")


def test_a_group_without_an_id_or_a_reason_is_counted_and_not_named(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Completed", processed=3)
    odd = [{"DeploymentStatus": "Failure"}, {"DeploymentStatus": "Failure", "GroupArn": 5}, {}]
    stack.answer(REPORTS, {"Deployments": odd})

    stack.sweep()

    (event,) = stack.received()
    assert event["data"]["targets"] == {
        "succeeded": 0,
        "failed": 2,
        "unfinished": 1,
        "missing": 0,
        "isFollowed": True,
        "reasons": [{"code": None, "message": None, "count": 2, "targets": []}],
    }


@pytest.mark.parametrize("groups", [0, 1])
def test_pages_that_go_round_in_a_circle_end_each_scan_and_at_last_the_watch(stack: EmulatedStack, groups: int) -> None:
    stack.deployment("rollout", "Completed", processed=2)
    arn = "arn:aws:greengrass:eu-west-1:123456789012:/greengrass/groups/a-group/versions/a-version"
    group = {"DeploymentStatus": "Success", "GroupArn": arn}
    stack.answer(REPORTS, {"Deployments": [group] * groups, "NextToken": "again"})

    came = stack.sweeps(6, every=15)

    assert came == ([(0, "COMPLETED")] if groups else [(60, "RESULTS_INCOMPLETE+COMPLETED")])
    assert names(stack.container.interceptor.calls)[REPORTS] <= 2 * 6
    assert stack.queued("CHECK") == []


def test_results_that_can_be_read_again_are_reported_and_the_failing_forgotten(stack: EmulatedStack) -> None:
    stack.deployment("neighbour")
    stack.deployment("rollout", "Completed", processed=9, failing={"No core": 2})
    fault = stack.simulator.fault("throttled", operation=REPORTS)
    assert stack.sweeps(4, every=5) == [(15, "UNCHECKED")]

    stack.simulator.clear(fault)

    assert stack.sweeps(2) == [(0, "GROUPS_FAILED+COMPLETED")]
    assert "FailingSince" not in stack.item("rollout")
