"""Listings that fail, in whole or in part."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from deployment_notifier.model import Policy, timestamp
from local.simulator import Fault, Misbehaviour, Operation
from tests.fakes import START
from tests.integration.aws_calls import operations
from tests.integration.world import World, at, logged


@pytest.fixture(autouse=True)
def switched_on(world: World) -> None:
    world.discover_within = timedelta(hours=24)


def fail_listing(world: World, after: int = 0, kind: str = "server-error") -> None:
    world.simulator.fault(Fault(Misbehaviour(kind), operation=Operation.LIST, after=after))


@pytest.mark.parametrize("kind", ["denied", "throttled", "server-error", "unknown", "html", "closed", "missing-fields"])
def test_a_listing_that_fails_stops_no_checks_and_tells_nobody_while_they_are_answered(
    world: World, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    world.play(at(0), at(5, "Failed"))
    world.play_unregistered("goes-on")
    world.sweep()
    fail_listing(world, kind=kind)
    for _ in range(15):
        world.advance(minutes=1)
        report = world.sweep()
        assert report.checked >= 1
        assert (report.errors, report.table_failures) == (0, 0)

    assert world.kinds_received() == ["FAILED"]
    assert world.item("source:greengrass-bulk", "SOURCE") is None
    assert logged(caplog, "listing not complete")[0]["source"] == "greengrass-bulk"


def test_a_listing_that_fails_tells_nobody_while_there_is_no_active_watch(world: World) -> None:
    fail_listing(world, kind="denied")
    for _ in range(30):
        report = world.sweep()
        assert not report.is_useless
        assert world.writes == []
        world.advance(minutes=1)

    assert world.received() == []


def test_a_listing_and_checks_that_fail_are_one_outage_and_one_recovery(world: World) -> None:
    for number in range(3):
        world.play(at(0), deployment_id=f"id-{number}")
    world.sweep()
    world.simulator.fault("denied")
    told = []
    for minute in range(25):
        if minute == 15:
            world.simulator.clear()
        world.sweep()
        told += [(minute, event["data"]["kind"]) for event in world.received()]
        world.advance(minutes=1)

    assert told == [(10, "SOURCE_UNREACHABLE"), (15, "SOURCE_RECOVERED")]


def test_a_listing_that_fails_counts_when_an_active_watch_has_nothing_else_to_ask(world: World) -> None:
    """Its groups are followed, at intervals that grow: between two passes only the listing can tell."""
    world.play(at(0, "Completed", processed=3), unfinished=1)
    for _ in range(32):
        world.sweep()
        world.advance(minutes=1)
    assert world.received() == []
    fail_listing(world)
    told = []
    for minute in range(15):
        world.sweep()
        told += [(minute, event["data"]["kind"]) for event in world.received()]
        world.advance(minutes=1)
    world.simulator.clear()
    world.sweep()

    assert told == [(10, "SOURCE_UNREACHABLE")]
    assert world.kinds_received() == ["SOURCE_RECOVERED"]


def test_a_listing_does_not_make_a_source_work_whose_every_check_fails(world: World) -> None:
    for number in range(3):
        world.play(at(0), deployment_id=f"id-{number}")
    world.sweep()
    world.simulator.fault("denied", operation=Operation.GET_STATUS)
    for _ in range(15):
        world.advance(minutes=1)
        world.sweep()

    assert world.kinds_received() == ["SOURCE_UNREACHABLE"]


def test_a_deployment_counts_as_watched_from_the_sweep_on_that_discovers_it(world: World) -> None:
    world.play_unregistered("new")
    world.simulator.fault("denied", operation=Operation.GET_STATUS)

    world.sweep(policy=Policy(unchecked_after_minutes=0))

    assert world.kinds_received() == ["SOURCE_UNREACHABLE"]


def test_the_listing_of_a_sweep_tells_whether_refused_ids_are_unknown_or_the_source_is_wrong(world: World) -> None:
    """It is not asked for a second time."""
    world.register("unknown")

    world.sweep()

    assert operations(world.calls)["ListBulkDeployments"] == 1
    item = world.item("unknown")
    assert item is not None
    assert "FailingSince" in item


def test_a_later_page_that_fails_loses_nothing_that_was_listed_and_the_next_sweep_finds_the_rest(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(90):
        world.play_unregistered(f"old-{number}", age_hours=25)
    for number in range(10):
        world.play_unregistered(f"new-{number}")
    fail_listing(world, after=1)

    first = world.sweep()

    # Their order is not that of time, so some stand on each of the two pages.
    assert 0 < first.discovered < 10
    assert first.checked == first.discovered
    assert len(logged(caplog, "listing not complete")) == 1
    world.simulator.clear()
    world.advance(minutes=1)
    report = world.sweep()
    assert (report.discovered, report.checked) == (10 - first.discovered, 10)


def list_raw(world: World, *deployments: dict[str, str], token: str | None = None) -> None:
    body = json.dumps({"BulkDeployments": deployments} | ({"NextToken": token} if token else {}))
    world.simulator.fault(Fault(Misbehaviour.RAW, operation=Operation.LIST, body=body))


def test_a_page_token_that_repeats_ends_the_listing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.play_unregistered("an-id")
    list_raw(world, {"BulkDeploymentId": "an-id", "CreatedAt": timestamp(START)}, token="again")  # noqa: S106 - a page's

    report = world.sweep()

    assert operations(world.calls)["ListBulkDeployments"] == 2
    assert (report.discovered, report.checked) == (1, 1)
    assert len(logged(caplog, "listing not complete")) == 1


def test_a_deployment_without_a_time_of_creation_is_left_out_and_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be years old."""
    world.play_unregistered("new")
    list_raw(
        world,
        {"BulkDeploymentId": "odd"},
        {"BulkDeploymentId": "odder", "CreatedAt": "yesterday"},
        {"BulkDeploymentId": "new", "CreatedAt": timestamp(START)},
    )

    report = world.sweep()

    assert report.discovered == 1
    assert world.queued("CHECK") == ["new"]
    (line,) = logged(caplog, "deployments without a time of creation")
    assert line["count"] == 2


def test_a_deployment_that_is_listed_twice_is_one_watch(world: World) -> None:
    world.play_unregistered("new")
    entry = {"BulkDeploymentId": "new", "CreatedAt": timestamp(START)}
    list_raw(world, entry, entry)

    report = world.sweep()

    assert (report.discovered, report.checked) == (1, 1)
    assert world.told("new") == ["None>Running"]


def test_a_deployment_that_is_listed_and_then_refused_is_lost_and_not_discovered_again(world: World) -> None:
    world.play_unregistered("neighbour")
    list_raw(world, {"BulkDeploymentId": "ghost", "CreatedAt": timestamp(START)})
    world.register("neighbour")
    for _ in range(15):
        world.sweep()
        world.advance(minutes=1)

    assert world.told("ghost") == ["LOST"]
