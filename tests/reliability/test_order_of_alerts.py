"""Alerts after an outage of SNS, and connections that died between two sweeps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.fake_greengrass import UNKNOWN
from tests.harness.fault_injection import CONNECTION_DEAD, DENIED, THROTTLED, Fault
from tests.harness.notifier_harness import START, NotifierHarness

SOURCE = "source:greengrass-bulk"
V2 = "greengrass-v2"


def minute(harness: NotifierHarness) -> float:
    return (harness.clock.now - START).total_seconds() / 60


def without_sns(harness: NotifierHarness, first: int, last: int, fault: Fault = DENIED) -> None:
    """Let SNS take nothing from one minute to another."""
    harness.faults.fault = lambda call: fault if call.service == "sns" and first <= minute(harness) < last else None


@pytest.mark.parametrize("fault", [DENIED, THROTTLED], ids=lambda fault: fault.name)
@pytest.mark.parametrize("hours", [1, 5])
def test_after_an_outage_of_sns_one_sweep_publishes_everything_and_the_oldest_first(hours: int, fault: Fault) -> None:
    harness = NotifierHarness(stalled_after_minutes=10)
    harness.greengrass.deploy("stalls", processed=1)
    last = 60 * hours + 5
    without_sns(harness, 5, last, fault)

    def meanwhile(minute: int) -> None:
        harness.greengrass.outage = UNKNOWN if 20 <= minute < 35 else None
        if minute == 40:
            harness.greengrass.deploy("stalls", processed=2)
        if minute == 45:
            harness.greengrass.deploy("fails", "Failed")

    harness.sweep_each_minute(last + 1, meanwhile)
    assert harness.timeline() == [
        (last, "stalls", "STALLED"),
        (last, SOURCE, "SOURCE_UNREACHABLE"),
        (last, SOURCE, "SOURCE_RECOVERED"),
        (last, "stalls", "RESUMED"),
        (last, "fails", "FAILED"),
        # It has stalled again meanwhile.
        (last, "stalls", "STALLED"),
    ]
    assert harness.waiting() == 0


def test_checks_that_events_ask_for_keep_the_order_after_an_outage_of_sns() -> None:
    harness = NotifierHarness(sources=(V2,), stalled_after_minutes=10, discover_within_hours=0)
    harness.fleet.deploy("d", in_progress=1, queued=9)
    harness.fleet.deploy("other", in_progress=1)
    harness.watch("d", "other", source=V2)
    without_sns(harness, 5, 65)

    def meanwhile(minute: int) -> None:
        harness.fleet.outage = UNKNOWN if 20 <= minute < 35 else None
        if minute in {40, 64, 65}:
            harness.fleet.deploy("d", in_progress=1, queued=5, failed={40: 1, 64: 2, 65: 4}[minute])
            _, again = harness.fail_on_devices("d")
            assert not again, "its connections are new, too"
        if minute == 65:
            harness.fleet.deploy("other", "CANCELED")
            harness.fail_on_devices("other")

    harness.sweep_each_minute(66, meanwhile)
    assert harness.timeline() == [
        (65, "d", "STALLED"),
        (65, "other", "STALLED"),
        (65, f"source:{V2}", "SOURCE_UNREACHABLE"),
        (65, f"source:{V2}", "SOURCE_RECOVERED"),
        (65, "d", "DEVICES_FAILED"),
        (65, "d", "DEVICES_FAILED"),
        (65, "d", "DEVICES_FAILED"),
        (65, "other", "STOPPED+RESUMED"),
    ]
    assert harness.waiting() == 0


def test_while_sns_is_down_a_sweep_spends_little_time_on_it() -> None:
    harness = NotifierHarness(follow_results_minutes=0)
    for number in range(30):
        harness.greengrass.deploy(f"d-{number}", "Failed")
    without_sns(harness, 0, 150)
    reports = harness.sweep_each_minute(150)
    assert max(report.publish_failures for report in reports) <= 3
    assert reports[-1].undelivered == 30
    harness.sweep()
    assert len(harness.published()) == 30


@pytest.mark.parametrize("on_wire", [False, True], ids=["fake clients", "boto3"])
@pytest.mark.parametrize(("source", "failed"), [("greengrass-bulk", "Failed"), (V2, "FAILED")])
def test_connections_that_died_since_the_last_sweep_cost_neither_a_check_nor_an_alert(
    source: str, failed: str, *, on_wire: bool
) -> None:
    harness = NotifierHarness(on_wire=on_wire, sources=(source,), follow_results_minutes=0)
    aws: Any = harness.fake_of(source)
    for number in range(5):
        aws.deploy(f"d-{number}")
    harness.sweep()
    for number in range(5):
        aws.deploy(f"d-{number}", failed)
    harness.clock.advance(minutes=1)
    report = harness.sweep()
    assert not harness.dead_connections
    assert (report.checked, report.failed, report.failed_listings) == (5, 0, 0)
    assert (report.published, report.publish_failures) == (5, 0)
    # The check was repeated; no publish was.
    assert len({each.id for each in harness.sns.published}) == len(harness.sns.published) == 5


def test_a_publish_whose_connection_dies_is_not_repeated_in_the_same_sweep() -> None:
    harness = NotifierHarness(on_wire=True)
    harness.greengrass.deploy("d-1", "Failed")
    harness.faults.fault = lambda call: CONNECTION_DEAD if call.service == "sns" else None
    report = harness.sweep()
    assert (harness.faults.operations["publish"], report.publish_failures, report.undelivered) == (1, 1, 1)


def test_a_check_whose_connection_dies_twice_or_late_is_not_repeated_without_end() -> None:
    harness = NotifierHarness(discover_within_hours=0)
    harness.greengrass.deploy("d-1")
    harness.watch("d-1")
    late = Fault("closed late", CONNECTION_DEAD.raised, seconds=2.0)
    for fault, calls in ((CONNECTION_DEAD, 2), (late, 1)):
        harness.faults.fault = lambda call, fault=fault: fault if call.service == "greengrass" else None  # type: ignore[misc]
        report = harness.sweep()
        assert (report.failed, harness.faults.operations["get_bulk_deployment_status"]) == (1, calls)
