"""Events of failed devices: what of a batch is checked, what follows, and which messages come again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.errors import ConflictError, ItemError, TableError
from deployment_notifier.model import Alert, CheckFailed, Kind, Phase, UnknownDeployment, Watch
from deployment_notifier.table import PendingAlert
from tests.unit.device_events_world import ID, START, TIMEOUT, V2, World, message, observed, watched

if TYPE_CHECKING:
    from deployment_notifier.model import Outcome


@pytest.fixture
def world() -> World:
    """A deployment at rest without failures, of which a device has just failed."""
    return World(watches={ID: watched()}, answers={ID: observed(Phase.RESTING, Failed=1, Succeeded=1)})


# What is checked


def test_a_failing_device_is_an_alert_at_once(world: World) -> None:
    report, again = world.run(message())

    assert world.published == ["DEVICES_FAILED"]
    assert (report.checked, report.alerts, report.published, again) == (1, 1, 1, [])
    assert world.watches[ID].notified_failures == 1
    assert not world.pending


def test_a_deployment_that_nobody_registered_is_watched_and_checked(world: World) -> None:
    world.watches.clear()

    report, again = world.run(message())

    assert world.published == ["DEVICES_FAILED"]
    assert (report.discovered, report.checked, again) == (1, 1, [])


def test_all_events_of_a_batch_are_one_check_of_each_deployment(world: World) -> None:
    world.watches["other"] = replace(watched(), deployment_id="other")
    world.answers["other"] = observed(Phase.RESTING, Succeeded=5, Failed=2)

    _, again = world.run(message(1), message(2, "other"), message(3), message(4, "other", "REJECTED"), message(1))

    assert sorted(world.asked) == [ID, "other"]
    assert world.published == ["DEVICES_FAILED", "DEVICES_FAILED"]
    assert again == []


def test_a_repeated_event_changes_nothing(world: World) -> None:
    world.run(message())
    before = world.watches[ID]

    for number in range(2, 12):
        world.now += timedelta(seconds=1)
        _, again = world.run(message(number))
        assert again == []

    assert world.published == ["DEVICES_FAILED"]
    assert world.watches[ID] == before


def test_ten_thousand_events_of_one_deployment_are_ten_checks(world: World) -> None:
    world.answers[ID] = observed(Phase.ONGOING, Failed=10_000, InProgress=40)

    for batch in range(10):
        events = [message(1000 * batch + number) for number in range(1000)]
        _, again = world.run(*events)
        assert again == []
        world.now += timedelta(seconds=2)

    assert len(world.asked) == 10
    assert world.published == ["DEVICES_FAILED"]


def test_the_older_name_of_the_id_is_read_too(world: World) -> None:
    world.run(message(name="deployment-id"))

    assert world.published == ["DEVICES_FAILED"]


RUBBISH = [
    pytest.param({"messageId": "m-0"}, id="no body"),
    pytest.param({"messageId": "m-0", "body": None}, id="no text"),
    pytest.param({"messageId": "m-0", "body": ""}, id="empty"),
    pytest.param({"messageId": "m-0", "body": "<xml/>"}, id="no JSON"),
    pytest.param({"messageId": "m-0", "body": "[" * 100_000}, id="JSON that is too deep"),
    pytest.param({"messageId": "m-0", "body": "[1]"}, id="no object"),
    pytest.param({"messageId": "m-0", "body": '{"time": "2026-11-23T10:04:00Z", "detail": "FAILED"}'}, id="no detail"),
    pytest.param(message(0, deployment_id=None), id="no id"),
    pytest.param(message(0, deployment_id=["d"]), id="an id of another type"),
    pytest.param(message(0, deployment_id="../components"), id="an id that is a path"),
    pytest.param(message(0, deployment_id="d" * 129), id="an id that is too long"),
    pytest.param(message(0, at="yesterday"), id="no time"),
    pytest.param("a text", id="no message"),
]


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_rubbish_is_logged_and_dropped(world: World, rubbish: object, caplog: pytest.LogCaptureFixture) -> None:
    report, again = world.run(rubbish, message())

    assert (report.dropped_events, again) == (1, [])
    assert [record.levelname for record in caplog.records if "dropped" in record.message] == ["WARNING"]
    assert world.published == ["DEVICES_FAILED"], "the other event of the batch is not lost"


# Counts that lag


def test_an_event_that_the_counts_do_not_show_yet_comes_again(world: World) -> None:
    world.answers[ID] = observed(Phase.RESTING, Failed=0, Succeeded=1)
    _, again = world.run(message())
    assert (again, world.published) == (["m-1"], [])

    world.now += timedelta(minutes=5)
    world.answers[ID] = observed(Phase.RESTING, Failed=1, Succeeded=1)
    _, again = world.run(message())
    assert (again, world.published) == ([], ["DEVICES_FAILED"])


def test_a_second_failure_that_the_counts_do_not_show_yet_comes_again(world: World) -> None:
    world.watches[ID] = watched(failures=1)

    assert world.run(message(2))[1] == ["m-2"]


def test_the_latest_failure_counts_of_several(world: World) -> None:
    stored_at = START + timedelta(seconds=3)
    world.watches[ID] = watched(failures=1, stored_at=stored_at)

    assert world.run(message(1))[1] == [], "stored after the event"
    late = message(2, at=stored_at + timedelta(seconds=2))
    assert world.run(late, message(1))[1] == ["m-2", "m-1"]


def test_the_counts_of_a_single_thing_are_unknown_until_its_status_says_it(world: World) -> None:
    world.watches[ID] = replace(watched(), metrics=observed().metrics)
    world.answers[ID] = observed(Phase.RESTING)
    assert world.run(message())[1] == ["m-1"]

    world.answers[ID] = observed(Phase.FAILED, status="FAILED")
    assert world.run(message())[1] == []
    assert world.published == ["FAILED"]


def test_no_count_is_expected_to_show_a_rejected_deployment(world: World) -> None:
    world.answers[ID] = observed(Phase.RESTING, Failed=0, Succeeded=1)

    assert world.run(message(status="REJECTED"))[1] == []


def test_a_superseded_revision_ends_without_an_alert(world: World) -> None:
    world.answers[ID] = observed(Phase.SUPERSEDED, status="INACTIVE", Failed=1)

    assert world.run(message())[1] == []
    assert world.published == []
    assert not world.watches[ID].is_active


# What is not checked


@pytest.mark.parametrize(
    "watch",
    [
        pytest.param(replace(watched(), ended_because="UNWATCHED"), id="ended"),
        pytest.param(replace(watched(), source="greengrass-bulk"), id="another source's"),
    ],
)
def test_a_watch_that_a_sweep_would_not_check_is_not_checked(world: World, watch: Watch) -> None:
    world.watches[ID] = watch

    assert world.run(message())[1] == []
    assert (world.asked, world.watches) == ([], {ID: watch})


def test_without_discovery_an_unregistered_deployment_is_not_asked_for(world: World) -> None:
    world.watches.clear()
    world.within = timedelta()

    assert world.run(message())[1] == []
    assert (world.asked, world.watches) == ([], {})


def test_a_deployment_that_is_too_old_for_discovery_is_not_watched(world: World) -> None:
    world.watches.clear()
    world.answers[ID] = observed(Phase.RESTING, created_at=world.now - timedelta(hours=24, seconds=1), Failed=1)

    assert world.run(message())[1] == []
    assert (world.asked, world.watches) == ([ID], {})


def test_a_deployment_of_unknown_age_is_watched_as_discovery_does(world: World) -> None:
    world.watches.clear()
    world.answers[ID] = observed(Phase.RESTING, created_at=None, Failed=1)

    assert world.run(message())[1] == []
    assert world.published == ["DEVICES_FAILED"]


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_deployment_that_does_not_exist_is_left_to_the_sweep(world: World, *, is_watched: bool) -> None:
    before = {ID: watched()} if is_watched else {}
    world.watches = dict(before)
    world.answers[ID] = UnknownDeployment("404")

    report, again = world.run(message())

    assert (report.unknown, again, world.watches) == (1, [], before)


# Trouble


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_check_without_an_answer_comes_again_and_decides_nothing(world: World, *, is_watched: bool) -> None:
    before = {ID: watched()} if is_watched else {}
    world.watches = dict(before)
    world.answers[ID] = CheckFailed("throttled")

    report, again = world.run(message())

    assert (report.failed, again, world.watches) == (1, ["m-1"], before)


def test_a_watch_that_cannot_be_read_is_reported_and_its_events_are_dropped(world: World) -> None:
    world.broken["get"] = ItemError("Status holds 7; it should hold text")

    report, again = world.run(message())

    assert (report.unreadable, again, world.asked) == (1, [], [])


@pytest.mark.parametrize("call", ["get", "start", "commit"])
def test_events_come_again_when_dynamodb_fails(world: World, call: str) -> None:
    if call == "start":
        world.watches.clear()
    world.broken[call] = TableError("DynamoDB is down")

    report, again = world.run(message())

    assert (report.table_failures, again, world.published) == (1, ["m-1"], [])


def test_events_come_again_when_another_run_was_first(world: World) -> None:
    world.broken["commit"] = ConflictError("changed in the meantime")

    report, again = world.run(message())

    assert (report.conflicts, again, world.published) == (1, ["m-1"], [])


def test_events_come_again_when_another_run_has_just_started_the_watch(world: World) -> None:
    watch = world.watches.pop(ID)

    def answer() -> Outcome:
        world.watches[ID] = watch
        return observed(Phase.RESTING, Failed=1)

    world.answers[ID] = answer
    report, again = world.run(message())
    assert (report.errors, report.discovered, again) == (0, 0, ["m-1"])
    assert world.watches[ID] == watch

    assert world.run(message())[1] == []
    assert world.published == ["DEVICES_FAILED"]


def test_a_fault_in_one_check_does_not_stop_the_others(world: World) -> None:
    world.watches["faulty"] = replace(watched(), deployment_id="faulty")

    world.answers[ID] = observed(Phase.SUPERSEDED, status="INACTIVE")

    report, again = world.run(message(1, "faulty"), message(2))

    assert (report.errors, again) == (1, ["m-1"])
    assert world.asked == ["faulty", ID]


# The order of alerts


def older_alert() -> PendingAlert:
    return PendingAlert(Alert(ID, START - timedelta(seconds=1), V2, Kind.STALLED))


def test_a_new_alert_does_not_overtake_an_older_one_of_the_deployment(world: World) -> None:
    world.pending = [older_alert()]

    report, again = world.run(message())

    assert (report.undelivered, again) == (2, [])
    assert (world.published, world.leases) == ([], [None]), "a sweep publishes both"
    assert [each.alert.kind for each in world.pending] == [Kind.STALLED, Kind.DEVICES_FAILED], (
        "the sweep publishes both"
    )


def test_an_older_alert_that_a_sweep_stores_meanwhile_is_not_overtaken(world: World) -> None:
    def answer() -> Outcome:
        world.pending.append(older_alert())
        return observed(Phase.RESTING, Failed=1, Succeeded=1)

    world.answers[ID] = answer
    world.run(message())

    assert world.published == []


def test_the_waiting_alerts_are_read_only_for_an_alert(world: World) -> None:
    world.run(message(status="REJECTED"))
    assert world.calls.count("read") == 1

    world.run(message(2))
    assert world.calls.count("read") == 1


def test_an_alert_is_left_to_the_sweep_when_the_waiting_ones_cannot_be_read(world: World) -> None:
    world.broken["read"] = TableError("DynamoDB is down")

    _, again = world.run(message())

    assert again == []
    assert (world.published, world.leases) == ([], [None])


# Time


def test_without_time_the_events_come_again(world: World) -> None:
    report, again = world.run(message(), seconds=20)

    assert (report.deferred, again, world.calls) == (1, ["m-1"], [])


def test_without_time_to_start_a_watch_the_events_come_again(world: World) -> None:
    world.watches.clear()
    world.longest = 1.0

    report, again = world.run(message())

    assert (report.deferred, again, world.calls) == (1, ["m-1"], ["get", "status"])


def test_what_there_is_no_time_for_comes_again(world: World) -> None:
    for number in range(100):
        name = f"d-{number}"
        world.watches[name] = replace(watched(), deployment_id=name)
        world.answers[name] = observed(Phase.RESTING, Failed=0, Succeeded=1)
    world.longest = 0.02  # a status takes 0.36 s

    report, again = world.run(*(message(number, f"d-{number}", "REJECTED") for number in range(100)))

    assert 20 < report.checked < 60
    assert report.deferred == len(again) == 100 - report.checked


@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("longest", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("seconds", range(10, TIMEOUT + 1, 4))
def test_it_ends_in_time_however_long_each_step_takes(
    world: World, *, is_watched: bool, longest: float, seconds: int
) -> None:
    if not is_watched:
        world.watches.clear()
    world.longest = longest
    ends = world.now + timedelta(seconds=seconds)

    world.run(message(), seconds=seconds)

    assert world.now <= ends


def test_at_their_longest_a_check_of_a_watched_deployment_and_its_decision_still_fit(world: World) -> None:
    world.longest = 1.0

    assert world.run(message())[1] == []
    assert world.watches[ID].notified_failures == 1
