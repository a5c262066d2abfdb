"""Discovery over hours: outages, long listings, and entries that are not as documented."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.harness.fault_injection import DENIED, THROTTLED, Fault
from tests.harness.notifier_harness import START, NotifierHarness

if TYPE_CHECKING:
    from tests.harness.fault_injection import Call

SOURCE = "source:greengrass-bulk"
OLD = START - timedelta(days=30)


def during(first: int, last: int, harness: NotifierHarness, fault: Fault, operation: str | None = None) -> None:
    """Let calls to the source fail from one minute to another."""

    def meets(call: Call) -> Fault | None:
        minute = (harness.clock.now - START).total_seconds() / 60
        is_meant = call.service == "greengrass" and operation in (None, call.operation)
        return fault if is_meant and first <= minute < last else None

    harness.faults.fault = meets


def deploy_old(harness: NotifierHarness, count: int) -> None:
    for number in range(count):
        harness.greengrass.deploy(f"old-{number}", "Completed", created=OLD - timedelta(minutes=number))


@pytest.mark.parametrize("fault", [DENIED, THROTTLED], ids=lambda fault: fault.name)
def test_a_listing_outage_with_nothing_watched_is_the_outage_of_the_source(fault: Fault) -> None:
    harness = NotifierHarness()
    during(0, 180, harness, fault)
    harness.sweep_each_minute(200)
    assert harness.timeline() == [(10, SOURCE, "SOURCE_UNREACHABLE"), (180, SOURCE, "SOURCE_RECOVERED")]


def test_a_listing_that_fails_while_checks_succeed_has_an_alert_of_its_own_and_a_recovery() -> None:
    harness = NotifierHarness()
    harness.greengrass.deploy("d-1")
    harness.watch("d-1")
    during(5, 45, harness, DENIED, "list_bulk_deployments")
    reports = harness.sweep_each_minute(55)
    assert harness.timeline() == [(15, SOURCE, "DISCOVERY_FAILED"), (45, SOURCE, "DISCOVERY_RECOVERED")]
    assert [report.failed_listings for report in reports] == [0] * 5 + [1] * 40 + [0] * 10


@pytest.mark.parametrize(
    ("operation", "kinds"),
    [
        ("list_bulk_deployments", ["DISCOVERY_FAILED", "DISCOVERY_RECOVERED"]),
        (None, ["DISCOVERY_FAILED", "SOURCE_UNREACHABLE", "SOURCE_RECOVERED+DISCOVERY_RECOVERED"]),
    ],
)
def test_a_listing_that_fails_while_no_check_is_due_says_nothing_of_the_checks(
    operation: str | None, kinds: list[str]
) -> None:
    harness = NotifierHarness(follow_results_minutes=600)
    harness.greengrass.deploy("d-1", "Completed", processed=2)
    harness.greengrass.set_groups("d-1", succeeded=1, unfinished=1)
    harness.watch("d-1")
    # Results are read in minutes 36, 69 and 134.
    during(40, 150, harness, DENIED, operation)
    harness.sweep_each_minute(160)
    assert harness.published() == kinds


def test_a_total_outage_and_its_end_are_one_alert_each() -> None:
    harness = NotifierHarness()
    harness.greengrass.deploy("d-1")
    during(5, 45, harness, DENIED)
    harness.sweep_each_minute(55)
    kinds = [(minute, kinds) for minute, _, kinds in harness.timeline()]
    assert kinds == [(15, "SOURCE_UNREACHABLE"), (45, "SOURCE_RECOVERED")]


def test_a_listing_that_still_fails_after_an_outage_has_its_alert_after_the_recovery() -> None:
    harness = NotifierHarness(stalled_after_minutes=1000)
    harness.greengrass.deploy("d-1")
    during(5, 45, harness, DENIED)
    outage = harness.faults.fault
    harness.faults.fault = lambda call: (
        outage(call) or (DENIED if harness.clock.now > START and call.operation == "list_bulk_deployments" else None)
    )
    harness.sweep_each_minute(60)
    kinds = [(minute, kinds) for minute, _, kinds in harness.timeline()]
    assert kinds == [(15, "SOURCE_UNREACHABLE"), (45, "SOURCE_RECOVERED"), (46, "DISCOVERY_FAILED")]


@pytest.mark.parametrize(
    ("hours", "first"), [(30, 15), (30, 0), (0, 15)], ids=["listing fails", "from the start", "function is away"]
)
def test_what_failed_in_an_outage_of_discovery_longer_than_the_window_is_found_after_it(hours: int, first: int) -> None:
    harness = NotifierHarness(discover_within_hours=2, check_every_minutes=15)
    during(first, 60 * hours, harness, DENIED, "list_bulk_deployments")
    harness.sweep_each_minute(1)
    harness.greengrass.deploy("in-the-outage", "Failed", created=START + timedelta(hours=1))
    harness.greengrass.deploy("before", "Failed", created=START - timedelta(hours=3))
    if hours:
        harness.sweep_each_minute(4 * hours - 1)
        assert "FAILED" not in harness.published()
    else:
        harness.clock.advance(minutes=60 * 30 - 15)
    harness.sweep_each_minute(1)
    assert [each for each in harness.timeline() if each[2] == "FAILED"] == [(1800, "in-the-outage", "FAILED")]


def test_a_first_listing_after_an_outage_reaches_back_even_if_it_takes_more_than_a_sweep() -> None:
    harness = NotifierHarness(sources=("greengrass-v2",), discover_within_hours=2, check_every_minutes=15)
    harness.faults.seconds = {"greengrassv2": 0.3}
    for number in range(5000):
        harness.fleet.deploy(f"old-{number:04}", "COMPLETED", created=OLD)
    harness.fleet.deploy("the-last", failed=1, created=START + timedelta(hours=1))
    harness.faults.fault = lambda call: DENIED if call.operation == "list_deployments" else None
    harness.sweep_each_minute(4 * 30)
    harness.faults.fault = lambda _: None
    harness.sweep_each_minute(6)
    assert "DEVICES_FAILED" in harness.published("the-last")[0]


def test_the_window_never_reaches_back_to_watches_that_have_expired() -> None:
    harness = NotifierHarness(discover_within_hours=1, history_days=2)
    harness.sweep()
    harness.greengrass.deploy("expired", "Failed", created=START)
    harness.greengrass.deploy("kept", "Failed", created=START + timedelta(days=3))
    harness.clock.advance(minutes=60 * 24 * 4)
    harness.sweep()
    assert [each[1] for each in harness.timeline()] == ["kept"]


@pytest.mark.parametrize("seconds", [0.0, 0.3], ids=["fast", "300 ms a call"])
def test_a_new_deployment_is_found_at_once_whatever_the_number_of_old_ones(seconds: float) -> None:
    harness = NotifierHarness()
    harness.faults.seconds = {"greengrass": seconds}
    deploy_old(harness, 5000)
    harness.sweep_each_minute(5)
    harness.greengrass.deploy("new", "Failed")
    harness.sweep()
    assert harness.published() == ["FAILED"]


@pytest.mark.parametrize("seconds", [0.0, 0.3, 5.0], ids=["fast", "300 ms a call", "5 s a call"])
def test_a_deployment_at_the_end_of_a_listing_in_the_wrong_order_is_found_by_the_hourly_complete_one(
    seconds: float,
) -> None:
    harness = NotifierHarness()
    harness.faults.seconds = {"greengrass": seconds}
    deploy_old(harness, 5000)
    harness.sweep_each_minute(45)
    # In order of its creation it would be first.
    harness.greengrass.deploy("new", "Failed").created = OLD - timedelta(days=30)
    harness.sweep_each_minute(120)
    ((minute, _, kinds),) = harness.timeline()
    assert kinds == "FAILED"
    assert minute <= 45 + 60 + 45
    assert max(harness.durations) <= 50


@pytest.mark.parametrize("minutes", [1, 30, 60])
def test_a_listing_in_no_order_gets_to_its_end_however_rarely_sweeps_run(minutes: int) -> None:
    harness = NotifierHarness(sources=("greengrass-v2",), check_every_minutes=minutes)
    harness.faults.seconds = {"greengrassv2": 0.3}
    for number in range(5000):
        harness.fleet.deploy(f"old-{number:04}", "COMPLETED", created=OLD)
    harness.sweep_each_minute(3)
    harness.fleet.deploy("the-last", failed=1)
    harness.sweep_each_minute(6)
    assert "DEVICES_FAILED" in harness.published("the-last")[0]


def test_a_listing_has_its_turn_beside_as_many_watches_as_a_sweep_can_check() -> None:
    harness = NotifierHarness()
    for number in range(200):
        harness.greengrass.deploy(f"d-{number}", created=OLD)
        harness.watch(f"d-{number}")
    harness.faults.seconds = {"greengrass": 0.3, "dynamodb": 0.1}
    harness.sweep_each_minute(3)
    harness.greengrass.deploy("new", "Failed")
    harness.sweep_each_minute(3)
    assert harness.transitions("new") == ["Failed"]


@pytest.mark.parametrize("created_at", [None, START.timestamp(), int(START.timestamp() * 1000), "yesterday"])
def test_a_deployment_without_a_readable_time_of_creation_is_watched(created_at: object) -> None:
    harness = NotifierHarness()
    harness.greengrass.deploy("odd", "Failed").created_at = created_at
    assert harness.sweep().discovered == 1
    assert harness.published() == ["FAILED"]


def test_an_old_deployment_with_a_numeric_time_of_creation_is_history() -> None:
    harness = NotifierHarness()
    harness.greengrass.deploy("old", "Failed").created_at = OLD.timestamp()
    assert harness.sweep().discovered == 0


@pytest.mark.parametrize("length", [1024, 1025, 2048])
@pytest.mark.parametrize("source", ["greengrass-bulk", "greengrass-v2"])
def test_an_id_that_is_too_long_to_be_stored_stops_no_other(source: str, length: int) -> None:
    harness = NotifierHarness(sources=(source,))
    for name in ("a" * length, "b"):
        harness.greengrass.deploy(name, "Failed")
        harness.fleet.deploy(name, "CANCELED", is_group=False)
    for _ in range(2):
        report = harness.sweep()
        assert (report.table_failures, report.errors) == (0, 0)
    found = {deployment_id[0] for _, deployment_id, _ in harness.timeline()}
    assert found == ({"a", "b"} if length <= 1024 else {"b"})
    assert not harness.broken_rules()
