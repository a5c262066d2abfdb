"""No alert is lost, none is repeated without need, and those of one deployment keep their order."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.model import Alert, Kind, from_milliseconds, milliseconds
from deployment_notifier.table import Lease, Outbox
from tests.emulated.emulators import START
from tests.emulated.interceptor import SimulatedCrash, names
from tests.emulated.stack import LEASE, NO_TIME_TO_PUBLISH, SOURCE, TABLE, TIMEOUT_SECONDS, at

if TYPE_CHECKING:
    from deployment_notifier.report import Report
    from tests.emulated.stack import EmulatedStack

PUBLISH = "sns:Publish"


def alert_of(stack: EmulatedStack, deployment_id: str = "rollout") -> dict[str, Any]:
    (item,) = [item for item in stack.events_of(deployment_id) if item["Record"].endswith("#2-ALERT")]
    return item


def test_an_alert_is_published_by_the_sweep_that_created_it_and_not_again(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Failed")

    report = stack.sweep()

    assert (report.alerts, report.published, report.undelivered) == (1, 1, 0)
    assert report.oldest_undelivered_seconds == 0
    assert stack.sweeps(3) == [(0, "FAILED")]


def test_while_sns_is_down_alerts_wait_and_the_oldest_is_tried_by_each_sweep(stack: EmulatedStack) -> None:
    for deployment in ("first", "second"):
        stack.deployment(deployment, "Failed")
        stack.container.interceptor.refuse(PUBLISH, 500, "InternalError")
        stack.sweep()
        stack.advance(minutes=1)
    tries = []
    for minute in range(16):
        report = stack.sweep()
        assert (report.published, report.undelivered) == (0, 2)
        assert report.oldest_undelivered_seconds == 60 * (minute + 2)
        tries.append([call.about for call in stack.calls if call.name == "Publish"])
        stack.advance(minutes=1)

    assert all("first" in tried for tried in tries)
    # The pause of the other one is 1 minute, then 2, 4 and so on.
    assert [minute for minute, tried in enumerate(tries) if "second" in tried] == [0, 2, 6, 14]
    item = alert_of(stack, "second")
    assert item["Attempts"] == 5
    assert "InternalError" in item["LastError"]
    assert "ExpiresAt" not in item

    stack.container.interceptor.accept(PUBLISH)
    assert stack.sweep().published == 2
    first, second = stack.received()
    assert (first["id"], second["subject"]) == ("first/2026-11-23T10:04:00.123Z", "second")
    assert first["time"] == "2026-11-23T10:04:00.123Z"
    item = alert_of(stack, "second")
    assert "Queue" not in item
    assert item["ExpiresAt"] == int((stack.now + timedelta(days=90)).timestamp())


def test_alerts_of_one_deployment_and_of_a_source_keep_their_order_after_sns_was_down(stack: EmulatedStack) -> None:
    stack.configure(stalled_after_minutes=5, unchecked_after_minutes=5)
    stack.play("rollout", at(0, processed=1), at(10, processed=2))
    stack.container.interceptor.refuse(PUBLISH, 500, "InternalError")
    stack.sweeps(3, every=5)
    fault = stack.simulator.fault("denied")
    stack.sweeps(2, every=5)
    stack.simulator.clear(fault)
    stack.sweep()
    assert stack.history("rollout")[1:] == ["STALLED", "RESUMED", "STALLED"]
    assert stack.history(SOURCE) == ["SOURCE_UNREACHABLE", "SOURCE_RECOVERED"]

    stack.container.interceptor.accept(PUBLISH)
    stack.sweep()

    assert stack.kinds() == ["STALLED", "RESUMED", "SOURCE_UNREACHABLE", "STALLED", "SOURCE_RECOVERED"]


def test_no_alert_overtakes_an_older_one_of_its_deployment(stack: EmulatedStack) -> None:
    stack.deployment("first", "Failed")
    stack.play("second", at(0, invalid=1), at(0.5, invalid=2))
    stack.container.interceptor.refuse(PUBLISH, 500, "InternalError")
    stack.sweep()
    # Now SNS takes every alert but the oldest; the older one of the second deployment pauses.
    stack.container.interceptor.refuse(PUBLISH, 500, "InternalError", about="first")
    stack.advance(30)
    stack.sweep()
    assert stack.kinds() == []

    # SNS takes the oldest, which ends all pauses, but not the next one.
    stack.container.interceptor.refuse(PUBLISH, 500, "InternalError", about="second", occurrence=2)
    stack.advance(30)
    stack.sweep()
    assert stack.kinds() == ["FAILED"]

    stack.sweep()
    waited, new = stack.received()
    assert waited["subject"] == new["subject"] == "second"
    assert waited["time"] < new["time"]


def test_a_failed_publish_is_counted_and_logged_with_ids_and_does_not_fail_the_sweep(
    stack: EmulatedStack, caplog: pytest.LogCaptureFixture
) -> None:
    stack.deployment("rollout", "Failed")
    stack.container.interceptor.refuse(PUBLISH, 403, "AuthorizationError")

    report = stack.sweep()

    assert (report.publish_failures, report.published, report.undelivered) == (1, 0, 1)
    assert not report.is_useless
    (line,) = [vars(record) for record in caplog.records if record.levelno >= logging.ERROR]
    assert (line["deployment_id"], line["alert_id"]) == ("rollout", "rollout/2026-11-23T10:04:00.123Z")
    assert "AuthorizationError" in line["error"]


def test_checks_go_on_while_sns_is_down_and_publishing_is_not_tried_for_each(stack: EmulatedStack) -> None:
    stack.container.interceptor.refuse(PUBLISH, 500, "InternalError")
    for number in range(5):
        stack.deployment(f"id-{number}", "Failed")

    report = stack.sweep()

    assert (report.checked, report.transitions, report.undelivered) == (5, 5, 5)
    assert names(stack.calls)["Publish"] == 3


def test_a_new_alert_is_leased_so_that_an_overlapping_sweep_does_not_repeat_it(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Failed")
    inner: list[Report] = []
    # Between the commit and the publish.
    stack.container.interceptor.before("Publish", lambda: inner.append(stack.sweep()))

    stack.sweep()

    (overlapping,) = inner
    assert (overlapping.published, overlapping.undelivered) == (0, 1)
    assert stack.kinds() == ["FAILED"]


def test_the_alert_of_a_sweep_that_crashed_is_published_once_its_lease_has_run_out(stack: EmulatedStack) -> None:
    def crash() -> None:
        raise SimulatedCrash

    stack.deployment("rollout", "Failed")
    stack.container.interceptor.before("Publish", crash)
    with pytest.raises(SimulatedCrash):
        stack.sweep()
    stack.container.interceptor.reset()
    assert from_milliseconds(alert_of(stack)["LeaseUntil"]) == START + LEASE

    stack.advance(LEASE.total_seconds() - 1)
    report = stack.sweep()
    assert (report.published, report.undelivered, report.oldest_undelivered_seconds) == (0, 1, 109)
    stack.advance(1)
    assert stack.sweep().published == 1
    assert stack.published() == ["rollout/2026-11-23T10:04:00.123Z"]


def test_an_alert_for_which_there_is_no_time_is_left_to_the_next_sweep_without_a_lease(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Failed")
    stack.seconds = NO_TIME_TO_PUBLISH

    report = stack.sweep()

    assert (report.alerts, report.published, report.undelivered) == (1, 0, 1)
    assert "LeaseUntil" not in alert_of(stack)
    stack.seconds = TIMEOUT_SECONDS
    assert stack.sweep().published == 1


# The conditions of the outbox's writes

ALERT = Alert("rollout", START, "greengrass-bulk", Kind.FAILED)
OURS = Lease("ours", START + LEASE)
THEIRS = Lease("theirs", START + LEASE)


@pytest.fixture
def outbox(stack: EmulatedStack) -> Outbox:
    """The outbox of a table with one alert, which no sweep has leased."""
    stack.deployment("rollout", "Failed")
    stack.seconds = NO_TIME_TO_PUBLISH
    stack.sweep()
    return Outbox(stack.emulators.dynamodb, TABLE, 90)


def test_a_lease_keeps_other_sweeps_away_until_it_ends(outbox: Outbox) -> None:
    assert outbox.acquire(ALERT, OURS, START)

    (pending,) = outbox.read().alerts
    assert pending.not_before == milliseconds(OURS.until)
    assert not outbox.acquire(ALERT, THEIRS, START)
    assert not outbox.acquire(ALERT, THEIRS, OURS.until - timedelta(milliseconds=1))
    assert outbox.acquire(ALERT, OURS, START)
    assert outbox.acquire(ALERT, THEIRS, OURS.until)


def test_an_alert_is_marked_once_and_then_neither_leased_nor_noted_as_failed(outbox: Outbox) -> None:
    outbox.acquire(ALERT, THEIRS, START)
    (pending,) = outbox.read().alerts

    assert outbox.mark_published(ALERT, "first", START), "whoever has the lease: it is published"
    assert not outbox.mark_published(ALERT, "second", START)
    assert not outbox.acquire(ALERT, OURS, START)
    assert not outbox.mark_failed(pending, THEIRS, "late", START)
    assert outbox.read().alerts == []


def test_a_failure_gives_the_lease_back_and_lets_the_alert_pause(outbox: Outbox) -> None:
    outbox.acquire(ALERT, OURS, START)
    (pending,) = outbox.read().alerts
    pause = START + timedelta(minutes=1)

    assert outbox.mark_failed(pending, OURS, "InternalError", pause)

    (pending,) = outbox.read().alerts
    assert (pending.attempts, pending.not_before) == (1, milliseconds(pause))
    assert outbox.acquire(ALERT, THEIRS, pause)


def test_a_failure_is_not_noted_over_the_lease_of_another_sweep(outbox: Outbox) -> None:
    outbox.acquire(ALERT, OURS, START)
    (pending,) = outbox.read().alerts
    outbox.acquire(ALERT, THEIRS, OURS.until)

    assert not outbox.mark_failed(pending, OURS, "late", START)
    (pending,) = outbox.read().alerts
    assert pending.attempts == 0


def test_an_alert_that_was_deleted_is_not_created_again(outbox: Outbox, stack: EmulatedStack) -> None:
    (pending,) = outbox.read().alerts
    stack.delete("rollout", alert_of(stack)["Record"])

    assert not outbox.acquire(ALERT, OURS, START)
    assert not outbox.mark_published(ALERT, "an-id", START)
    assert not outbox.mark_failed(pending, OURS, "late", START)
    assert stack.queued("DELIVER") == []
