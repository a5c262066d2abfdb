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


@pytest.mark.parametrize("kind", ["server-error", "throttled", "truncated", "html", "closed", "missing-fields"])
def test_a_scan_goes_on_from_the_page_that_failed_and_counts_no_group_twice(stack: EmulatedStack, kind: str) -> None:
    stack.deployment("rollout", "Completed", processed=6, failing={"No core": 5})
    tries = 2 if kind == "closed" else 1  # the connection may have been closed while it was idle
    stack.simulator.fault(kind, operation=REPORTS, after=1, times=tries)

    # What was seen before the page failed is reported at once.
    assert stack.sweeps(3) == [(0, "GROUPS_FAILED"), (1, "GROUPS_FAILED+COMPLETED")]
    assert names(stack.container.interceptor.calls)[REPORTS] == 3 + tries
    assert results(stack) == (1, 5, 0)


def test_a_page_token_that_is_no_longer_taken_starts_the_scan_again(stack: EmulatedStack) -> None:
    stack.deployment("neighbour")
    stack.deployment("rollout", "Completed", processed=6, failing={"No core": 2})
    stack.answer(REPORTS, {"Deployments": [{"DeploymentStatus": "Failure"}], "NextToken": "stale"}, times=1)

    assert stack.sweeps(4) == [(0, "GROUPS_FAILED"), (2, "GROUPS_FAILED+COMPLETED")]
    assert results(stack) == (4, 2, 0)
    assert "FailingSince" not in stack.item("rollout")
