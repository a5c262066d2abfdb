"""What comes of a deployment's groups after its terminal status."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from deployment_notifier.model import DEFAULT_KINDS, Kind, Policy
from deployment_notifier.sweep import WORKERS
from local.simulator import FailingGroups
from tests.integration.aws_calls import operations
from tests.integration.groups import EVERYTHING, NO_CORE, NO_ROLE, REPORTS, spoil_reports, sweeps
from tests.integration.world import World, at

BARE = Policy(DEFAULT_KINDS | {Kind.COMPLETED})


# Ten thousand groups


def test_10_000_groups_of_which_300_fail_arrive_as_readable_alerts_and_cost_a_handful_of_passes(world: World) -> None:
    """Started by StartBulkDeployment and found by discovery; at the source's own pace, as in AWS."""
    world.discover_within = timedelta(hours=24)
    sent: list[dict[str, Any]] = []
    world.before("Publish", happens=lambda arguments: sent.append(dict(arguments)))
    world.start("large-fleet")
    minute, reads = 0, []
    while minute == 0 or world.queued("CHECK"):
        began = world.clock.seconds
        world.sweep(free_pace=False, policy=EVERYTHING, workers=WORKERS)
        reads.append(operations(world.calls)[REPORTS])
        assert world.clock.seconds - began <= 50
        world.advance(60 - (world.clock.seconds - began))
        minute += 1
        assert minute < 90, "it has not ended"

    # The last group ends in the second minute; one sweep has time for about 75 of the 200 pages.
    assert minute <= 15, "the final tally comes late"
    assert sum(reads) <= 5 * 200, "a handful of passes"
    first, last = (event["data"] for event in world.received())
    assert (first["kind"], last["kind"], last["also"]) == ("GROUPS_FAILED", "GROUPS_FAILED", ["COMPLETED"])
    assert 0 < first["groups"]["failed"] <= 300
    groups = last["groups"]
    assert (groups["succeeded"], groups["failed"], groups["unfinished"]) == (9700, 300, 0)
    assert [error["count"] for error in groups["errors"]] == [141, 87, 44, 28]
    assert [len(error["groups"]) for error in groups["errors"]] == [10, 10, 10, 10]

    message = sent[-1]
    assert len(message["Message"].encode()) + len(message["Subject"]) < 256 * 1024
    bodies = json.loads(message["Message"])
    assert "300" in message["Subject"]
    for protocol in ("default", "email"):
        text = bodies[protocol]
        for count, reason in (
            (141, "You need a Greengrass Core in this Group"),
            (87, "TES service role is not associated"),
            (44, "process start failed"),
            (28, "don't have rw permission on the file: /dev/ttyACM0"),
        ):
            line = text.index(f"{count} groups")
            assert reason in text[line : line + 400], f"{protocol} does not say why {count} failed"
        assert max(len(line) for line in text.splitlines()) < 400
        assert len(text) < 6000
    assert "9,700 groups succeeded" in bodies["default"] or "9,700 succeeded" in bodies["default"]


def test_a_pass_that_needs_several_sweeps_goes_on_where_it_broke_off_and_counts_no_group_twice(world: World) -> None:
    failing = (FailingGroups(10, NO_CORE), FailingGroups(5, NO_ROLE))
    world.play(at(0, "Completed", processed=5_000), failing=failing)
    tokens: list[str | None] = []
    told = []
    for _ in range(5):
        world.sweep(free_pace=False, workers=WORKERS)
        tokens += [call.parameters.get("NextToken") for call in world.calls if call.operation == REPORTS]
        told += world.received()
        world.advance(minutes=1)

    assert len(tokens) == len(set(tokens)) == 100
    assert world.queued("CHECK") == []
    assert told[-1]["data"]["groups"]["failed"] == 15
    item = world.item("an-id")
    assert item is not None
    assert item["Groups"]["M"]["Succeeded"] == {"N": "4985"}
    assert item["Groups"]["M"]["Failed"] == {"N": "15"}
    assert "Settling" not in item


def test_a_failed_deployment_of_10_000_groups_is_told_by_the_sweep_that_sees_it(world: World) -> None:
    """As many groups are named as could be read in time, and the alert waits for no more."""
    world.play(at(0, "Failed", processed=10_000), failing=(FailingGroups(1_000, NO_CORE),))

    report = world.sweep(free_pace=False)

    assert (report.alerts, report.published, report.passes) == (1, 1, 1)
    (event,) = world.received()
    assert event["data"]["kind"] == "FAILED"
    assert event["data"]["also"] == ["GROUPS_FAILED"]
    assert 100 < event["data"]["groups"]["failed"] < 1_000
    assert event["data"]["groups"]["errors"][0]["code"] == "GG-303"


# When it is told


def test_completed_waits_for_the_groups_and_carries_the_tally(world: World) -> None:
    world.play(at(0), at(1, "Completed", processed=9), settle_seconds=240)
    came = []
    for minute in range(30):
        world.sweep(policy=BARE)
        came += [(minute, event["data"]["kind"], event["data"]["groups"]) for event in world.received()]
        world.advance(minutes=1)

    assert came == [(8, "COMPLETED", {"succeeded": 9, "failed": 0, "unfinished": 0, "errors": []})]
    assert world.told("an-id") == ["None>Running", "Running>Completed", "COMPLETED"]


def test_groups_that_never_end_are_given_up_when_the_settle_time_is_up(world: World) -> None:
    world.play(at(0, "Completed", processed=9), failing=(FailingGroups(2, NO_CORE),), unfinished=1)
    policy = replace(EVERYTHING, settle_minutes=20)

    assert sweeps(world, 40, policy) == [(0, "GROUPS_FAILED"), (20, "COMPLETED")]

    item = world.item("an-id")
    assert item is not None
    assert item["EndedBecause"] == {"S": "Completed"}
    assert item["Groups"]["M"]["Unfinished"] == {"N": "1"}
    assert "ExpiresAt" in item


def test_zero_settle_minutes_read_the_groups_once_and_end_the_watch(world: World) -> None:
    world.play(at(0, "Completed", processed=9), failing=(FailingGroups(2, NO_CORE),), settle_seconds=60, unfinished=1)
    world.advance(minutes=1)

    assert sweeps(world, 5, replace(EVERYTHING, settle_minutes=0)) == [(0, "GROUPS_FAILED+COMPLETED")]
    assert world.queued("CHECK") == []


def test_reports_that_come_behind_the_status_are_waited_for(world: World) -> None:
    """Nine records were processed, and at first the service knows of no group."""
    world.play(at(0, "Completed", processed=9), failing=(FailingGroups(4, NO_CORE),))
    body = json.dumps({"Deployments": []})
    spoil_reports(world, "raw", body=body, times=2)

    assert sweeps(world, 10, EVERYTHING) == [(3, "GROUPS_FAILED+COMPLETED")]


def test_invalid_records_have_no_group_and_are_not_waited_for(world: World) -> None:
    world.play(at(0, "Completed", processed=9, invalid=4))

    assert sweeps(world, 3, EVERYTHING) == [(0, "INVALID_RECORDS+COMPLETED")]
    assert world.queued("CHECK") == []


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Completed"])
def test_an_alert_at_a_terminal_status_names_the_failing_groups(world: World, status: str) -> None:
    failing = (FailingGroups(2, NO_ROLE), FailingGroups(3, NO_CORE))
    world.play(at(0, status, processed=9, invalid=1), failing=failing)

    world.sweep(policy=EVERYTHING)

    (event,) = world.received()
    assert Kind.GROUPS_FAILED in event["data"]["also"]
    groups = event["data"]["groups"]
    assert (groups["succeeded"], groups["failed"], groups["unfinished"]) == (3, 5, 0)
    assert [(each["code"], each["message"], each["count"]) for each in groups["errors"]] == [
        ("GG-303", "You need a core.", 3),
        (None, "No service role.", 2),
    ]
    known = {world.simulator.deployment("an-id").group_id(index) for index in range(8)}
    named = [group for each in groups["errors"] for group in each["groups"]]
    assert len(named) == len(set(named)) == 5
    assert set(named) <= known


def test_groups_that_were_named_with_another_kind_count_as_told(world: World) -> None:
    world.play(at(0, "Failed", processed=9), failing=(FailingGroups(2, NO_CORE),), unfinished=1)

    assert sweeps(world, 70) == [(0, "FAILED+GROUPS_FAILED")]


def test_the_terminal_status_is_final_and_asked_for_no_more(world: World) -> None:
    world.play(at(0, "Completed", processed=9), at(1, "Running", processed=9), unfinished=1)
    sweeps(world, 30)

    assert operations(world.all_calls)["GetBulkDeploymentStatus"] == 1
    assert world.told("an-id") == ["None>Completed"]


def test_a_settling_watch_that_is_registered_again_starts_over(world: World) -> None:
    world.play(at(0, "Completed", processed=9), failing=(FailingGroups(2, NO_CORE),), unfinished=1)
    sweeps(world, 3)

    world.register("an-id")

    assert sweeps(world, 3) == [(0, "GROUPS_FAILED")]
    assert world.told("an-id") == ["None>Completed", "GROUPS_FAILED"] * 2


# What it costs


def test_a_settling_watch_that_is_not_due_costs_no_call(world: World) -> None:
    world.play(at(0, "Completed", processed=120), unfinished=1)
    costs = []
    for _ in range(76):
        world.sweep()
        costs.append(dict(operations(world.calls)))
        world.advance(minutes=1)

    passes = [minute for minute, cost in enumerate(costs) if cost.get(REPORTS)]
    assert passes == [0, 1, 3, 7, 15, 31, 60]
    # 120 groups on three pages. The first write brings the transition, too.
    first = {"Query": 2, "GetBulkDeploymentStatus": 1, REPORTS: 3, "TransactWriteItems": 1}
    assert costs[0] == first
    for minute, cost in enumerate(costs[1:], start=1):
        assert cost == ({"Query": 2, REPORTS: 3, "UpdateItem": 1} if minute in passes else {"Query": 2})
