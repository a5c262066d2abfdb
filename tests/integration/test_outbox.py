"""That no alert is lost, and none repeated without need."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from deployment_notifier.model import Alert, Kind, Observation, Phase, from_milliseconds, milliseconds
from deployment_notifier.table import Lease, Outbox
from tests.fakes import START, FakeSource
from tests.integration.world import TABLE, World, at, slow

if TYPE_CHECKING:
    from deployment_notifier.report import Report

FAILED = Observation("Failed", Phase.FAILED)


def alert_of(world: World) -> dict[str, Any]:
    (item,) = [item for item in world.story("an-id") if item["Record"]["S"].endswith("#2-ALERT")]
    return item


def test_an_alert_is_published_by_the_sweep_that_created_it_and_not_again(world: World) -> None:
    world.play(at(0, "Failed"))

    report = world.sweep()

    assert (report.alerts, report.published, report.undelivered) == (1, 1, 0)
    assert report.oldest_undelivered_seconds == 0
    for _ in range(3):
        world.advance(minutes=5)
        assert world.sweep().published == 0
    assert world.kinds_received() == ["FAILED"]


def test_while_sns_is_down_an_alert_stays_backs_off_and_is_delivered_later_with_the_same_id(world: World) -> None:
    world.play(at(0, "Failed"))
    world.break_sns()
    tries, ages = [], []
    for minute in range(100):
        if minute == 95:
            world.mend_sns()
        report = world.sweep()
        if any(call.operation == "Publish" for call in world.calls):
            tries.append(minute)
        if minute < 95:
            assert (report.published, report.undelivered) == (0, 1)
            ages.append(report.oldest_undelivered_seconds)
        world.advance(minutes=1)

    # 1 minute, doubling to 30.
    assert tries == [0, 1, 3, 7, 15, 31, 61, 91]
    assert ages == [60 * minute for minute in range(95)]
    item = alert_of(world)
    assert item["Attempts"] == {"N": "8"}
    assert "InternalError" in item["LastError"]["S"]
    assert "ExpiresAt" not in item
    for _ in range(30):
        world.sweep()
        world.advance(minutes=1)

    (event,) = world.received()
    assert event["id"] == "an-id/2026-11-23T10:04:00.123Z"
    assert event["time"] == "2026-11-23T10:04:00.123Z"
    item = alert_of(world)
    assert "Queue" not in item
    assert item["ExpiresAt"] == {
        "N": str(int((world.clock.now - timedelta(minutes=9) + timedelta(days=90)).timestamp()))
    }


def test_a_failed_publish_is_counted_logged_with_ids_and_does_not_fail_the_sweep(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.play(at(0, "Failed"))
    world.break_sns(403, "AuthorizationError")

    report = world.sweep()

    assert (report.publish_failures, report.published, report.undelivered) == (1, 0, 1)
    assert not report.is_useless
    (line,) = [vars(record) for record in caplog.records if record.levelno >= logging.ERROR]
    assert line["deployment_id"] == "an-id"
    assert line["alert_id"] == "an-id/2026-11-23T10:04:00.123Z"
    assert "AuthorizationError" in line["error"]


def test_checks_go_on_while_sns_is_down(world: World) -> None:
    world.break_sns()
    for number in range(5):
        world.play(at(0, "Failed"), deployment_id=f"id-{number}")

    report = world.sweep()

    assert (report.checked, report.transitions, report.undelivered) == (5, 5, 5)


def test_alerts_left_by_an_earlier_sweep_are_delivered_oldest_first(world: World) -> None:
    world.break_sns()
    for number in range(4):
        world.play(at(0, "Failed"), deployment_id=f"id-{3 - number}")
        world.sweep(shuffle=lambda watches: watches.reverse())
        world.advance(minutes=1)
    world.mend_sns()
    world.advance(minutes=40)

    report = world.sweep()

    assert (report.published, report.undelivered, report.oldest_undelivered_seconds) == (4, 0, 0)
    assert [event["subject"] for event in world.received()] == ["id-3", "id-2", "id-1", "id-0"]


def test_an_alert_is_born_leased_so_that_a_sweep_beside_does_not_repeat_it(world: World) -> None:
    world.play(at(0, "Failed"))
    inner: list[Report] = []

    # Between the commit and the publish.
    world.before("Publish", happens=lambda _: inner.append(world.sweep()))

    world.sweep()

    (beside,) = inner
    assert (beside.published, beside.undelivered) == (0, 1)
    assert world.kinds_received() == ["FAILED"]


def test_the_alert_of_a_sweep_that_died_is_published_once_its_lease_has_run_out(world: World) -> None:
    world.play(at(0, "Failed"))

    def die(_: object) -> None:
        raise SystemExit

    world.before("Publish", happens=die)
    with pytest.raises(SystemExit):
        world.sweep()
    world.before("Publish", happens=lambda _: None)
    item = alert_of(world)
    # The function's timeout and 60 seconds.
    assert from_milliseconds(int(item["LeaseUntil"]["N"])) == START + timedelta(seconds=110)

    world.advance(109)
    report = world.sweep()
    assert (report.published, report.undelivered, report.oldest_undelivered_seconds) == (0, 1, 109)
    world.advance(1)
    assert world.sweep().published == 1

    assert [event["id"] for event in world.received()] == ["an-id/2026-11-23T10:04:00.123Z"]


def sweep_without_time_to_publish(world: World) -> Report:
    """A sweep that finds a deployment failed, and has enough time to store that but not to publish it too."""
    world.register("an-id")
    return world.sweep(source=FakeSource(outcomes={"an-id": slow(world, 5, FAILED)}), seconds=30)


def test_an_alert_for_which_there_is_no_time_is_left_to_the_next_sweep_at_once(world: World) -> None:
    report = sweep_without_time_to_publish(world)

    assert (report.alerts, report.published, report.undelivered) == (1, 0, 1)
    assert "LeaseUntil" not in alert_of(world)
    assert world.sweep().published == 1


@pytest.mark.parametrize("seconds", [1, 5])
def test_delivering_what_is_left_takes_at_most_half_of_the_time_and_leaves_some_for_checks(
    world: World, seconds: float
) -> None:
    world.break_sns()
    count = int(50 / seconds)
    for number in range(count):
        world.play(at(0, "Failed"), deployment_id=f"id-{number:03}")
    world.sweep()
    world.mend_sns()
    world.play(at(0), deployment_id="to-be-checked")
    world.advance(minutes=5)
    world.before("Publish", happens=lambda _: world.advance(seconds))

    report = world.sweep()

    assert report.published >= 15 / seconds
    assert report.undelivered > 0
    assert report.checked == 1


def test_an_alert_that_was_discarded_by_hand_is_not_published(world: World) -> None:
    world.play(at(0, "Failed"))
    world.break_sns()
    world.sweep()
    world.mend_sns()
    item = alert_of(world)
    world.person.delete_item(TableName=TABLE, Key={name: item[name] for name in ("DeploymentId", "Record")})
    world.advance(minutes=5)

    report = world.sweep()

    assert (report.published, report.undelivered) == (0, 0)
    assert world.received() == []


def test_an_alert_that_sns_will_not_take_as_it_is_arrives_in_its_plainest_form(world: World) -> None:
    world.play(at(0, "Failed"))
    bodies: list[str] = []

    def refuse_structure(arguments: dict[str, Any]) -> None:
        bodies.append(arguments["Message"])
        if "MessageStructure" in arguments:
            world.break_sns(400, "InvalidParameter")
        else:
            world.mend_sns()

    world.before("Publish", happens=refuse_structure)

    report = world.sweep()

    assert (report.published, report.publish_failures) == (1, 0)
    assert len(bodies) == 2
    assert "Queue" not in alert_of(world)


# The conditions of the outbox's writes

ALERT = Alert("an-id", START + timedelta(seconds=5), "greengrass-bulk", Kind.FAILED)
_OURS = Lease("ours", START + timedelta(seconds=110))
_THEIRS = Lease("theirs", START + timedelta(seconds=110))


@pytest.fixture
def outbox(world: World) -> Outbox:
    """The outbox on a table that holds one alert, which nobody has leased."""
    sweep_without_time_to_publish(world)
    return Outbox(boto3.client("dynamodb"), TABLE, 90)


def test_a_lease_keeps_others_away_until_it_ends(outbox: Outbox) -> None:
    assert outbox.acquire(ALERT, _OURS, START)

    assert not outbox.acquire(ALERT, _THEIRS, START)
    assert not outbox.acquire(ALERT, _THEIRS, _OURS.until - timedelta(milliseconds=1))
    assert outbox.acquire(ALERT, _OURS, START)
    assert outbox.acquire(ALERT, _THEIRS, _OURS.until)


def test_a_leased_alert_shows_when_it_may_be_tried(outbox: Outbox) -> None:
    outbox.acquire(ALERT, _OURS, START)

    (pending,) = outbox.queue().alerts

    assert pending.not_before == milliseconds(_OURS.until)


def test_marking_asks_only_that_it_is_not_marked_yet(outbox: Outbox) -> None:
    outbox.acquire(ALERT, _THEIRS, START)

    assert outbox.mark_published(ALERT, "first", START)
    assert not outbox.mark_published(ALERT, "second", START)
    assert outbox.queue().alerts == []


def test_what_is_published_is_neither_leased_nor_noted_as_failed(outbox: Outbox) -> None:
    outbox.acquire(ALERT, _OURS, START)
    (pending,) = outbox.queue().alerts
    outbox.mark_published(ALERT, "an-id", START)

    assert not outbox.acquire(ALERT, _OURS, START)
    assert not outbox.mark_failed(pending, _OURS, "late", START)


def test_a_failure_gives_the_lease_back_and_lets_the_alert_rest(outbox: Outbox) -> None:
    outbox.acquire(ALERT, _OURS, START)
    (pending,) = outbox.queue().alerts
    rest = START + timedelta(minutes=1)

    assert outbox.mark_failed(pending, _OURS, "InternalError", rest)

    (pending,) = outbox.queue().alerts
    assert (pending.attempts, pending.not_before) == (1, milliseconds(rest))
    assert outbox.acquire(ALERT, _THEIRS, rest)


def test_a_failure_is_not_noted_over_somebody_elses_lease(outbox: Outbox) -> None:
    outbox.acquire(ALERT, _OURS, START)
    (pending,) = outbox.queue().alerts
    outbox.acquire(ALERT, _THEIRS, _OURS.until)

    assert not outbox.mark_failed(pending, _OURS, "late", START)
    (pending,) = outbox.queue().alerts
    assert pending.attempts == 0


def test_an_alert_that_is_gone_is_not_made_again(outbox: Outbox, world: World) -> None:
    (pending,) = outbox.queue().alerts
    item = alert_of(world)
    world.person.delete_item(TableName=TABLE, Key={name: item[name] for name in ("DeploymentId", "Record")})

    assert not outbox.acquire(ALERT, _OURS, START)
    assert not outbox.mark_published(ALERT, "an-id", START)
    assert not outbox.mark_failed(pending, _OURS, "late", START)
    assert world.queued("DELIVER") == []
