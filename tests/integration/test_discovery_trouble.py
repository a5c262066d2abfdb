"""What else can go wrong while deployments are discovered: the table, other sweeps, a death, the time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from deployment_notifier.model import Failure, Policy
from deployment_notifier.sources.port import Listed, ListPage
from tests.fakes import RUNNING, START, FakeSource
from tests.integration.world import TABLE, World, at

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def switched_on(world: World) -> None:
    world.discover_within = timedelta(hours=24)


# A table that fails, sweeps that overlap or die


def broken(_: object) -> None:
    raise EndpointConnectionError(endpoint_url="https://dynamodb")


@pytest.mark.parametrize("operation", ["BatchGetItem", "PutItem"])
def test_a_table_that_fails_while_discovering_stops_no_checks_and_the_next_sweep_discovers(
    world: World, operation: str
) -> None:
    world.play(at(0), at(1, "Failed"))
    world.play_unregistered("new")
    world.before(operation, happens=broken)

    report = world.sweep()

    assert (report.checked, report.discovered, report.table_failures) == (1, 0, 1)
    assert not report.is_useless
    world.before(operation, happens=lambda _: None)
    world.advance(minutes=1)
    assert world.sweep().discovered == 1
    assert world.kinds_received() == ["FAILED"]


def test_what_was_stored_before_the_table_failed_is_checked_at_once(world: World) -> None:
    for number in range(5):
        world.play_unregistered(f"id-{number}")
    put: list[object] = []

    def fail_at_third(arguments: object) -> None:
        put.append(arguments)
        if len(put) == 3:
            broken(arguments)

    world.before("PutItem", happens=fail_at_third)

    report = world.sweep()

    assert (report.discovered, report.checked, report.table_failures) == (2, 2, 1)
    world.advance(minutes=1)
    assert world.sweep().discovered == 3
    assert len(world.queued("CHECK")) == 5


def test_two_sweeps_that_overlap_put_one_watch(world: World) -> None:
    world.play_unregistered("new", at(0, "Failed"))
    inner = []

    def other_sweep(_: object) -> None:
        world.before("PutItem", happens=lambda _: None)
        inner.append(world.sweep())
        world.advance(0.5)

    world.before("PutItem", happens=other_sweep)

    outer = world.sweep()

    assert (inner[0].discovered, outer.discovered) == (1, 0)
    assert (inner[0].alerts, outer.alerts, outer.table_failures, outer.errors) == (1, 0, 0, 0)
    assert world.told("new") == ["None>Failed", "FAILED"]
    assert world.kinds_received() == ["FAILED"]


def test_an_operator_who_unwatches_in_the_middle_of_a_sweep_is_not_overruled(world: World) -> None:
    world.play_unregistered("new")
    tombstone: dict[str, Any] = {"DeploymentId": {"S": "new"}, "Record": {"S": "WATCH"}}
    world.before("PutItem", happens=lambda _: world.person.put_item(TableName=TABLE, Item=tombstone))

    report = world.sweep()

    assert (report.discovered, report.checked) == (0, 0)
    assert world.item("new") == tombstone


@pytest.mark.parametrize("dies_at", ["BatchGetItem", "PutItem", "TransactWriteItems", "Publish", "UpdateItem"])
def test_a_sweep_that_dies_while_discovering_leaves_nothing_undone(world: World, dies_at: str) -> None:
    for number in range(3):
        world.play_unregistered(f"id-{number}", at(0, "Failed"))
    calls: list[object] = []

    def die(arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2 or dies_at == "BatchGetItem":
            raise SystemExit

    world.before(dies_at, happens=die)
    with pytest.raises(SystemExit):
        world.sweep()
    world.before(dies_at, happens=lambda _: None)
    for _ in range(4):
        world.advance(minutes=1)
        world.sweep()

    events = world.received()
    # A death between publish and mark repeats that one alert, with the same id.
    assert len(events) == (4 if dies_at == "UpdateItem" else 3)
    assert {event["subject"] for event in events} == {"id-0", "id-1", "id-2"}
    assert len({event["id"] for event in events}) == 3
    for number in range(3):
        assert world.told(f"id-{number}") == ["None>Failed", "FAILED"]
    assert world.queued("CHECK") == []
    assert world.queued("DELIVER") == []


# Time


def endless_listing(world: World, seconds: float, pages: int = 10**6) -> Callable[[str | None], ListPage | Failure]:
    """A listing of so many pages of old deployments, each of which takes some time."""

    def answer(page: str | None) -> ListPage:
        world.clock.advance(seconds)
        number = int(page or 0)
        old = Listed(f"old-{number}", START - timedelta(days=300))
        return ListPage((old,), str(number + 1) if number + 1 < pages else None)

    return answer


@pytest.mark.parametrize("seconds", [0.01, 1, 6.9])
def test_a_listing_that_does_not_end_costs_no_check_and_no_time_that_is_not_there(world: World, seconds: float) -> None:
    source = FakeSource(listing=endless_listing(world, seconds))
    for number in range(20):
        source.outcomes[f"id-{number}"] = RUNNING
        world.register_known(f"id-{number}")
    began = world.clock.seconds

    report = world.sweep(source=source, free_pace=False)

    assert (report.checked, report.deferred) == (20, 0)
    assert world.clock.seconds - began <= 50


@pytest.mark.parametrize("seconds", [31.5, 40, 50])
@pytest.mark.parametrize("count", [1, 99, 250])
def test_a_sweep_that_discovers_ends_in_time_however_slow_the_table_is(
    world: World, seconds: float, count: int
) -> None:
    """Here the listing takes as long as it may, and so does each call to the table behind it."""
    found = ListPage(tuple(Listed(f"id-{number}", START) for number in range(count)), "1")
    others = endless_listing(world, 6.9)
    source = FakeSource(
        listing=lambda page: found if page is None else others(page),
        outcomes={listed.deployment_id: RUNNING for listed in found.deployments},
    )
    slowly = ("BatchGetItem", "PutItem", "UpdateItem", "TransactWriteItems")
    world.before(*slowly, happens=lambda _: world.clock.advance(6.4))
    for _ in range(2):
        began = world.clock.seconds

        world.sweep(source=source, seconds=seconds, free_pace=False)

        assert world.clock.seconds - began <= seconds
        world.advance(minutes=1)


@pytest.mark.parametrize("seconds", [0.05, 1, 7])
def test_a_long_listing_does_not_keep_a_sweep_from_concluding(world: World, seconds: float) -> None:
    """A loss, and the trouble of a source, are told when all have been asked: the listing must leave time for it."""
    world.policy = Policy(unchecked_after_minutes=0)
    recent = ListPage((Listed("new", START),), "1")
    others = endless_listing(world, seconds)
    source = FakeSource(
        listing=lambda page: recent if page is None else others(page),
        outcomes={"id-0": RUNNING, "id-1": Failure("ReadTimeoutError"), "new": RUNNING},
    )
    for deployment_id in ("id-0", "id-1"):
        world.register_known(deployment_id)
    world.before("BatchGetItem", "PutItem", happens=lambda _: world.clock.advance(1))

    world.sweep(source=source, free_pace=False)

    assert world.told("id-1") == ["UNCHECKED"]
