"""Outages of the table and of Greengrass: what is reported, and that it stops nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.simulator import Operation
from tests.emulated.interceptor import names
from tests.emulated.scenarios import LIST
from tests.emulated.stack import SOURCE, TABLE, at

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack


def test_a_sweep_without_a_table_says_that_it_was_useless(
    stack: EmulatedStack, caplog: pytest.LogCaptureFixture
) -> None:
    stack.emulators.dynamodb.delete_table(TableName=TABLE)

    report = stack.sweep()

    assert report.is_useless
    assert report.table_failures == 2
    assert report.oldest_undelivered_seconds is None
    assert {"the watches cannot be read", "the waiting alerts cannot be read"} <= {
        record.message for record in caplog.records
    }


def test_an_outage_with_nothing_watched_is_reported(stack: EmulatedStack) -> None:
    stack.simulator.fault("denied")

    assert stack.sweeps(4, every=5) == [(10, "SOURCE_UNREACHABLE")]

    stack.simulator.clear()
    assert stack.sweeps(2) == [(0, "SOURCE_RECOVERED")]


def test_an_outage_says_nothing_while_nothing_is_watched_and_discovery_is_off(stack: EmulatedStack) -> None:
    stack.configure(discover_within_hours=0)
    stack.simulator.fault("denied")

    assert stack.sweeps(4, every=5) == []
    assert names(stack.container.interceptor.calls) == {"Query": 8}


def test_an_outage_of_everything_is_one_alert_whatever_the_answers(stack: EmulatedStack) -> None:
    """A wrong region or a retired API knows no id: no deployment is lost for that."""
    for number in range(3):
        stack.deployment(f"id-{number}")
    stack.sweep()
    stack.simulator.fault("unknown")

    assert stack.sweeps(4, every=5) == [(10, "SOURCE_UNREACHABLE")]
    (alert,) = stack.events_of(SOURCE)
    assert "BadRequestException" in alert["ErrorMessage"]
    assert stack.queued("CHECK") == ["id-0", "id-1", "id-2"]


def test_a_listing_does_not_make_a_source_work_whose_every_check_fails(stack: EmulatedStack) -> None:
    for number in range(3):
        stack.deployment(f"id-{number}")
    stack.simulator.fault("denied", operation=Operation.GET_STATUS)

    assert stack.sweeps(4, every=5) == [(10, "SOURCE_UNREACHABLE")]


@pytest.mark.parametrize("kind", ["denied", "html", "closed"])
def test_a_listing_that_fails_stops_no_checks_and_has_an_alert_of_its_own(stack: EmulatedStack, kind: str) -> None:
    stack.play("rollout", at(0), at(5, "Failed"))
    stack.deployment("goes-on")
    stack.sweep()
    stack.simulator.fault(kind, operation=LIST)

    assert stack.sweeps(4, every=5) == [(5, "FAILED"), (10, "DISCOVERY_FAILED")]


def test_a_listing_that_fails_is_an_outage_if_nothing_else_is_due(stack: EmulatedStack) -> None:
    """The only watch is followed, at intervals that grow: between two scans only the listing is asked."""
    stack.deployment("rollout", "Completed", processed=3, unfinished=1)
    stack.sweeps(32)
    stack.simulator.fault("denied", operation=LIST)

    assert stack.sweeps(4, every=5) == [(10, "SOURCE_UNREACHABLE")]


def test_a_fault_of_this_program_in_one_decision_stops_no_other(
    stack: EmulatedStack, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("a fault")

    stack.deployment("first")
    stack.deployment("second")
    stack.container.interceptor.before("TransactWriteItems", fail)

    report = stack.sweep()

    assert (report.errors, report.transitions) == (1, 1)
    (line,) = [vars(record) for record in caplog.records if record.exc_info]
    assert line["about"] == "first"


def test_deployments_that_start_in_an_outage_of_discovery_are_found_after_it(stack: EmulatedStack) -> None:
    """However long it lasted: discovery looks back to the time when it last worked."""
    stack.sweep()
    fault = stack.simulator.fault("denied", operation=LIST)
    stack.deployment("rollout", "Failed")
    assert stack.sweeps(26, every=60) == [(60, "SOURCE_UNREACHABLE")]

    stack.simulator.clear(fault)
    assert stack.sweeps(1) == [(0, "FAILED"), (0, "SOURCE_RECOVERED")]
