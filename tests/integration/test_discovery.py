"""Deployments that nobody has registered: found by the source's listing, once, and without their history."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.aws_calls import operations
from tests.integration.world import TABLE, World, at


@pytest.fixture(autouse=True)
def switched_on(world: World) -> None:
    world.discover_within = timedelta(hours=24)


def test_a_deployment_that_somebody_starts_is_watched_and_its_failing_groups_arrive_by_alert(world: World) -> None:
    """The issue's own words: start it by StartBulkDeployment, and touch nothing else."""
    deployment_id = world.start("groups-fail")
    came = []
    for minute in range(70):
        world.sweep()
        came += [(minute, event) for event in world.received()]
        world.advance(minutes=1)

    assert [(minute, event["data"]["kind"]) for minute, event in came] == [(1, "GROUPS_FAILED"), (61, "GROUPS_FAILED")]
    _, last = came[-1]
    assert last["subject"] == deployment_id
    groups = last["data"]["groups"]
    assert (groups["succeeded"], groups["failed"], groups["unfinished"]) == (45, 13, 2)
    assert [error["count"] for error in groups["errors"]] == [8, 3, 2]
    assert all(len(error["groups"]) == error["count"] for error in groups["errors"])
    assert world.queued("CHECK") == []


def test_500_old_deployments_and_three_new_ones_are_three_watches(world: World) -> None:
    """A first deployment into an account with years of history: nothing of it is told."""
    for number in range(500):
        world.play_unregistered(f"old-{number}", at(0, "Failed", invalid=3), age_hours=24.1 + 20 * number)
    world.play_unregistered("goes-on")
    world.play_unregistered("fails", at(0), at(60, "Failed"), age_hours=0.5)
    world.play_unregistered("completed", at(0), at(60, "Completed"), age_hours=23.9)

    report = world.sweep()

    assert (report.discovered, report.watches, report.checked) == (3, 3, 3)
    assert world.person.scan(TableName=TABLE, Select="COUNT")["Count"] == 3 + 3  # the watches and their transitions
    assert operations(world.calls) == {
        "Query": 2,
        "ListBulkDeployments": 11,
        "BatchGetItem": 1,
        "PutItem": 3,
        "GetBulkDeploymentStatus": 3,
        "ListBulkDeploymentDetailedReports": 1,
        "TransactWriteItems": 3,
    }
    assert world.received() == []

    world.advance(minutes=1)
    report = world.sweep()
    assert (report.discovered, report.checked) == (0, 2)
    # The one that has ended is within the window, and known.
    assert operations(world.calls) == {
        "Query": 2,
        "ListBulkDeployments": 11,
        "BatchGetItem": 1,
        "GetBulkDeploymentStatus": 2,
    }

    for _ in range(35):
        world.advance(minutes=1)
        world.sweep()
    assert world.kinds_received() == ["FAILED"]
    for _ in range(5):
        world.advance(minutes=1)
        report = world.sweep()
        assert (report.discovered, world.writes) == (0, [])
        assert operations(world.calls)["BatchGetItem"] == 1
    assert world.queued("CHECK") == ["goes-on"]


def test_an_idle_sweep_with_discovery_is_two_queries_and_the_listing(world: World) -> None:
    for number in range(120):
        world.play_unregistered(f"old-{number}", at(0, "Failed"), age_hours=24.1)

    report = world.sweep()

    assert operations(world.calls) == {"Query": 2, "ListBulkDeployments": 3}
    assert report.as_dict() == {}


def test_while_all_that_is_recent_is_being_watched_nothing_is_looked_up(world: World) -> None:
    world.play_unregistered("goes-on")
    world.sweep()
    world.advance(minutes=1)

    world.sweep()

    assert operations(world.calls) == {"Query": 2, "ListBulkDeployments": 1, "GetBulkDeploymentStatus": 1}


def test_switched_off_nothing_is_listed(world: World) -> None:
    world.discover_within = timedelta()
    world.play_unregistered("new")

    for _ in range(3):
        world.sweep()

    assert operations(world.all_calls) == {"Query": 6}


@pytest.mark.parametrize(("seconds_more", "found"), [(0, 1), (0.001, 0), (1, 0)])
def test_a_deployment_is_recent_up_to_the_very_age_that_was_set(world: World, seconds_more: float, found: int) -> None:
    world.play_unregistered("an-id", age_hours=24 + seconds_more / 3600)

    assert world.sweep().discovered == found


def test_a_deployment_that_was_discovered_looks_as_one_that_was_registered(world: World) -> None:
    world.play_unregistered("found")
    world.sweep()
    found = world.item("found")
    world.discover_within = timedelta()
    world.play_unregistered("registered")
    world.register("registered")
    world.sweep()
    registered = world.item("registered")

    assert found is not None
    assert registered is not None
    assert found | {"DeploymentId": {}} == registered | {"DeploymentId": {}}


def test_a_deployment_that_has_ended_is_not_discovered_again(world: World) -> None:
    world.play_unregistered("an-id", at(0, "Failed"))
    for _ in range(5):
        world.sweep()
        world.advance(minutes=1)

    assert world.told("an-id") == ["None>Failed", "FAILED"]
    assert world.kinds_received() == ["FAILED"]


@pytest.mark.parametrize("known", [False, True])
def test_a_deployment_that_an_operator_unwatched_is_not_discovered_again(world: World, known: bool) -> None:
    """What is left of its watch is an item that is in no queue; perhaps it never was a watch."""
    world.play_unregistered("an-id", at(0), at(3, "Failed"))
    key: dict[str, Any] = {"DeploymentId": {"S": "an-id"}, "Record": {"S": "WATCH"}}
    if known:
        world.sweep()
        world.person.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="SET EndedBecause = :Why REMOVE #Queue",
            ExpressionAttributeNames={"#Queue": "Queue"},
            ExpressionAttributeValues={":Why": {"S": "UNWATCHED"}},
        )
    else:
        world.person.put_item(TableName=TABLE, Item=key)
    tombstone = world.item("an-id")
    for _ in range(5):
        world.advance(minutes=1)
        report = world.sweep()
        assert (report.discovered, report.checked, world.writes) == (0, 0, [])

    assert world.item("an-id") == tombstone
    assert world.received() == []


def test_a_deployment_that_ended_longer_ago_than_the_watch_is_kept_is_too_old_to_be_found(world: World) -> None:
    """TTL takes the watch away; the window is shorter than the history, so nothing is told twice."""
    world.play_unregistered("an-id", at(0, "Failed"))
    world.sweep()
    world.person.delete_item(TableName=TABLE, Key={"DeploymentId": {"S": "an-id"}, "Record": {"S": "WATCH"}})
    world.advance(minutes=60 * 24 * 90)

    assert world.sweep().discovered == 0
    assert world.kinds_received() == ["FAILED"]


def test_a_watch_that_cannot_be_read_is_not_put_over(world: World) -> None:
    world.play_unregistered("an-id")
    world.register("an-id", Status={"N": "7"})
    before = world.item("an-id")

    report = world.sweep()

    assert (report.unreadable, report.discovered) == (1, 0)
    assert world.item("an-id") == before
