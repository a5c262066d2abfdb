"""Reports that fail or are garbled, and sweeps that overlap or die, while groups are followed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from local.simulator import FailingGroups
from tests.integration.aws_calls import operations
from tests.integration.groups import EVERYTHING, NO_CORE, NO_ROLE, REPORTS, spoil_reports, sweeps
from tests.integration.world import World, at, logged

if TYPE_CHECKING:
    from deployment_notifier.report import Report


@pytest.mark.parametrize("kind", ["server-error", "throttled", "truncated", "html", "closed", "missing-fields"])
def test_a_report_page_that_fails_half_way_is_gone_on_with_and_counts_no_group_twice(world: World, kind: str) -> None:
    world.play(at(0, "Completed", processed=120), failing=(FailingGroups(30, NO_CORE),))
    spoil_reports(world, kind, after=1, times=1)

    came = sweeps(world, 5, EVERYTHING)

    assert came == [(0, "GROUPS_FAILED"), (1, "GROUPS_FAILED+COMPLETED")]
    assert operations(world.all_calls)[REPORTS] == 4  # the three pages, and the one that failed
    item = world.item("an-id")
    assert item is not None
    assert (item["Groups"]["M"]["Succeeded"], item["Groups"]["M"]["Failed"]) == ({"N": "90"}, {"N": "30"})


@pytest.mark.parametrize("kind", ["denied", "server-error", "unknown", "html", "silent"])
def test_reports_that_fail_do_not_delay_a_failure(world: World, kind: str) -> None:
    world.play(at(0), at(1, "Failed", processed=9, error=NO_ROLE))
    world.sweep()
    world.advance(minutes=1)
    spoil_reports(world, kind)

    report = world.sweep()

    assert (report.alerts, report.published, report.errors) == (1, 1, 0)
    (event,) = world.received()
    assert (event["data"]["kind"], event["data"]["groups"]) == ("FAILED", None)


def test_a_token_that_the_service_takes_no_more_begins_the_pass_anew(world: World) -> None:
    world.play(at(0), deployment_id="neighbour")
    world.play(at(0, "Completed", processed=120), failing=(FailingGroups(30, NO_CORE),))
    body = json.dumps({"Deployments": [{"DeploymentStatus": "Failure"}], "NextToken": "stale"})
    spoil_reports(world, "raw", body=body, times=1)

    came = sweeps(world, 5, EVERYTHING)

    assert came == [(0, "GROUPS_FAILED"), (2, "GROUPS_FAILED+COMPLETED")]
    item = world.item("an-id")
    assert item is not None
    assert (item["Groups"]["M"]["Succeeded"], item["Groups"]["M"]["Failed"]) == ({"N": "90"}, {"N": "30"})
    assert "FailingSince" not in item


def report_raw(world: World, *groups: dict[str, Any], token: str | None = None) -> None:
    body = json.dumps({"Deployments": groups} | ({"NextToken": token} if token else {}))
    spoil_reports(world, "raw", body=body)


def test_a_group_without_an_id_or_a_reason_is_counted_and_not_named(world: World) -> None:
    world.play(at(0, "Completed", processed=3))
    report_raw(world, {"DeploymentStatus": "Failure"}, {"DeploymentStatus": "Failure", "GroupArn": 5}, {})

    world.sweep()

    (event,) = world.received()
    assert event["data"]["groups"] == {
        "succeeded": 0,
        "failed": 2,
        "unfinished": 1,
        "errors": [{"code": None, "message": None, "count": 2, "groups": []}],
    }


def test_a_page_token_that_repeats_ends_each_pass_and_at_last_the_watch(world: World) -> None:
    world.play(at(0, "Completed", processed=1))
    arn = "arn:aws:greengrass:eu-west-1:123456789012:/greengrass/groups/a-group/versions/a-version"
    group = {"DeploymentStatus": "Failure", "GroupArn": arn, "ErrorMessage": "No core."}
    report_raw(world, group, token="again")  # noqa: S106 - a page's

    came = sweeps(world, 90, EVERYTHING)

    assert came == [(0, "GROUPS_FAILED"), (75, "COMPLETED")]
    assert operations(world.all_calls)[REPORTS] <= 2 * 76
    (alert, _) = [item for item in world.story("an-id") if item["Record"]["S"].endswith("ALERT")]
    (error,) = alert["Groups"]["M"]["Errors"]["L"]
    assert error["M"]["Groups"] == {"L": [{"S": "a-group"}]}
    assert world.queued("CHECK") == []


def test_a_page_token_that_repeats_ends_the_watch_at_last_though_no_group_was_seen(world: World) -> None:
    world.play(at(0, "Completed", processed=1))
    report_raw(world, token="again")  # noqa: S106 - a page's

    assert sweeps(world, 90, EVERYTHING) == [(75, "COMPLETED")]
    assert world.queued("CHECK") == []


def test_a_deployment_whose_reports_alone_fail_ends_when_its_time_is_up(world: World) -> None:
    """Nothing else is being watched, but the listing shows in each sweep that the source is there."""
    world.discover_within = timedelta(hours=24)
    world.play(at(0, "Completed", processed=9))
    spoil_reports(world, "server-error")

    came = sweeps(world, 90, EVERYTHING)

    assert came[-1] == (75, "COMPLETED")
    # What was told of the source stays open until something is watched again and answered.
    assert world.queued("CHECK") == ["source:greengrass-bulk"]


def test_reports_that_fail_for_long_are_told_once_and_at_last_the_watch_ends(world: World) -> None:
    world.play(at(0), *(at(minute, processed=minute) for minute in range(1, 90)), deployment_id="neighbour")
    world.play(at(0, "Completed", processed=9))
    spoil_reports(world, "server-error")

    assert sweeps(world, 90, EVERYTHING) == [(11, "UNCHECKED"), (75, "COMPLETED")]

    item = world.item("an-id")
    assert item is not None
    assert item["EndedBecause"] == {"S": "Completed"}
    assert world.queued("CHECK") == ["neighbour"]


def test_reports_that_are_refused_for_long_end_the_watch_as_lost(world: World) -> None:
    world.play(at(0), *(at(minute, processed=minute) for minute in range(1, 90)), deployment_id="neighbour")
    world.play(at(0, "Completed", processed=9))
    spoil_reports(world, "unknown")

    assert sweeps(world, 90, EVERYTHING) == [(11, "COMPLETED+LOST")]

    assert world.queued("CHECK") == ["neighbour"]


def test_reports_that_can_be_read_again_clear_the_trouble(world: World) -> None:
    world.play(at(0), *(at(minute, processed=minute) for minute in range(1, 90)), deployment_id="neighbour")
    world.play(at(0, "Completed", processed=9), failing=(FailingGroups(2, NO_CORE),))
    fault = spoil_reports(world, "throttled")
    assert sweeps(world, 15, EVERYTHING) == [(11, "UNCHECKED")]

    world.simulator.clear(fault)

    assert sweeps(world, 5, EVERYTHING) == [(0, "GROUPS_FAILED+COMPLETED")]


@pytest.mark.parametrize("kind", ["denied", "server-error"])
def test_a_source_that_answers_nothing_at_all_is_one_alert_and_groups_are_read_when_it_is_back(
    world: World, kind: str
) -> None:
    """However long that takes: no group is given up while nobody could have known of it."""
    world.play(at(0, "Completed", processed=9), failing=(FailingGroups(2, NO_CORE),), settle_seconds=60)
    world.play(at(0, processed=1), deployment_id="neighbour")
    policy = replace(EVERYTHING, stalled_after_minutes=1000)
    world.sweep(policy=policy)
    world.simulator.fault(kind)
    world.advance(minutes=1)

    assert sweeps(world, 100, policy) == [(10, "SOURCE_UNREACHABLE")]

    world.simulator.clear()
    assert sorted(kind for _, kind in sweeps(world, 2, policy)) == ["GROUPS_FAILED+COMPLETED", "SOURCE_RECOVERED"]


def test_a_fault_of_this_program_in_a_pass_stops_no_other(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Here the page is such that no code of ours could have foreseen it: the hook raises what it likes."""
    world.play(at(0), at(1, "Failed"), deployment_id="healthy")
    world.play(at(0, "Completed", processed=9), unfinished=1)
    world.sweep()
    world.advance(minutes=1)

    def fault(_: object) -> None:
        raise RuntimeError("a fault")

    world.before("UpdateItem", happens=fault)
    report = world.sweep()

    assert report.errors >= 1
    assert report.transitions == 1
    assert logged(caplog, "fault in this program")


# Sweeps that overlap or die


def test_two_sweeps_that_make_the_same_pass_tell_it_once(world: World) -> None:
    world.play(at(0, "Completed", processed=9), failing=(FailingGroups(2, NO_CORE),), settle_seconds=30)
    world.sweep()
    world.advance(minutes=1)
    inner: list[Report] = []

    def other_sweep(_: object) -> None:
        world.before("TransactWriteItems", happens=lambda _: None)
        inner.append(world.sweep())
        world.advance(0.5)

    world.before("TransactWriteItems", happens=other_sweep)

    outer = world.sweep()

    assert (inner[0].alerts, outer.alerts, outer.conflicts) == (1, 0, 1)
    assert world.told("an-id") == ["None>Completed", "GROUPS_FAILED"]
    assert world.kinds_received() == ["GROUPS_FAILED"]


def test_two_sweeps_that_go_on_with_the_same_pass_count_no_group_twice(world: World) -> None:
    world.play(at(0, "Completed", processed=120), failing=(FailingGroups(30, NO_CORE),))
    spoil_reports(world, "server-error", after=1, times=1)
    world.sweep()
    world.advance(minutes=1)

    def other_sweep(_: object) -> None:
        world.before("TransactWriteItems", happens=lambda _: None)
        world.sweep()
        world.advance(0.5)

    world.before("TransactWriteItems", happens=other_sweep)
    world.sweep()
    sweeps(world, 3)

    item = world.item("an-id")
    assert item is not None
    assert (item["Groups"]["M"]["Succeeded"], item["Groups"]["M"]["Failed"]) == ({"N": "90"}, {"N": "30"})
    assert world.told("an-id") == ["None>Completed", "GROUPS_FAILED", "GROUPS_FAILED"]


@pytest.mark.parametrize(
    ("dies_at", "nth"),
    [(operation, nth) for operation in ("TransactWriteItems", "Publish", "UpdateItem") for nth in (1, 2)],
)
def test_a_sweep_that_dies_while_groups_are_followed_loses_nothing(world: World, dies_at: str, nth: int) -> None:
    world.play(at(0), at(1, "Completed", processed=9), failing=(FailingGroups(3, NO_CORE),), settle_seconds=120)
    calls: list[object] = []

    def die(arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == nth:
            raise SystemExit

    world.before(dies_at, happens=die)
    deaths = 0
    for _ in range(20):
        try:
            world.sweep(policy=EVERYTHING)
        except SystemExit:
            deaths += 1
        world.advance(minutes=1)

    assert deaths == 1
    events = {event["id"]: event["data"] for event in world.received()}
    assert [(data["kind"], data["also"]) for data in events.values()][-1] == ("GROUPS_FAILED", ["COMPLETED"])
    assert world.told("an-id")[-1] == "GROUPS_FAILED"
    assert list(events.values())[-1]["groups"]["failed"] == 3
    assert world.queued("CHECK") == []
    assert world.queued("DELIVER") == []
