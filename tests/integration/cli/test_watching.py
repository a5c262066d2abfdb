"""`watch` and `unwatch` against the table, with sweeps between."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import milliseconds
from tests.integration.world import TABLE, World, at

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal


def test_watch_puts_the_bare_item_and_says_when_it_is_checked(terminal: Terminal, world: World) -> None:
    result = terminal.type("watch", "one", "two")

    assert result.exit_code == 0
    assert world.item("two") == {"DeploymentId": {"S": "two"}, "Record": {"S": "WATCH"}, "Queue": {"S": "CHECK"}}
    assert world.queued("CHECK") == ["one", "two"]
    assert "one is watched; the first check comes within 5 minutes." in result.stdout


def test_an_active_watch_keeps_its_memory(terminal: Terminal, world: World) -> None:
    world.play(at(0, processed=3))
    world.sweep()
    before = world.item("an-id")

    result = terminal.type("watch", "an-id")

    assert result.exit_code == 0
    assert "an-id was watched already." in result.stdout
    assert world.item("an-id") == before


def test_watching_a_finished_deployment_starts_over_and_keeps_the_history(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Failed"))
    world.sweep()

    terminal.type("watch", "an-id")
    world.advance(minutes=1)
    world.sweep()

    assert world.told("an-id") == ["None>Failed", "FAILED", "None>Failed", "FAILED"]


def test_unwatch_leaves_a_tombstone_that_no_sweep_checks(terminal: Terminal, world: World) -> None:
    world.play(at(0, processed=3))
    world.sweep()
    before = world.item("an-id")
    world.advance(minutes=1)

    result = terminal.type("unwatch", "an-id")

    item = world.item("an-id")
    assert before is not None
    assert item is not None
    assert result.exit_code == 0
    assert "Queue" not in item
    assert item["EndedBecause"] == {"S": "UNWATCHED"}
    assert item["Status"] == {"S": "Running"}
    assert int(item["Version"]["N"]) == milliseconds(world.clock()) > int(before["Version"]["N"])
    # The 30 days of the stack's HistoryDays.
    assert int(item["ExpiresAt"]["N"]) == int(item["Version"]["N"]) // 1000 + 30 * 86_400
    assert world.sweep().watches == 0


def test_a_watch_that_no_sweep_has_seen_can_be_unwatched(terminal: Terminal, world: World) -> None:
    world.register("an-id")

    assert terminal.type("unwatch", "an-id").exit_code == 0
    assert world.queued("CHECK") == []


def test_unwatching_twice_says_so_and_leaves_it(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Completed"))
    world.sweep()
    before = world.item("an-id")

    result = terminal.type("unwatch", "an-id")

    assert result.exit_code == 0
    assert "was not active any more" in result.stdout
    assert world.item("an-id") == before


def test_unwatching_what_was_never_watched_is_a_finding(terminal: Terminal) -> None:
    result = terminal.type("unwatch", "nobody")

    assert result.exit_code == 1
    assert "nobody was never watched" in result.stdout


def test_one_that_was_unwatched_is_not_discovered_again(terminal: Terminal, world: World) -> None:
    world.discover_within = timedelta(hours=24)
    deployment_id = world.start("fails")
    assert world.sweep().discovered == 1

    assert terminal.type("unwatch", deployment_id).exit_code == 0
    world.advance(minutes=1)
    report = world.sweep()

    assert (report.discovered, report.watches) == (0, 0)
    assert world.received() == []


def test_one_whose_groups_are_followed_can_be_unwatched(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Completed", processed=2), unfinished=1)
    world.sweep()

    assert terminal.type("unwatch", "an-id").exit_code == 0

    item = world.item("an-id")
    assert item is not None
    assert item["EndedBecause"] == {"S": "UNWATCHED"}
    assert "Settling" not in item
    assert terminal.read("list", "--all")["deployments"][0]["settling"] is None


def test_a_sweep_between_read_and_write_does_not_hinder_unwatch(terminal: Terminal, world: World) -> None:
    world.play(at(0), at(1, processed=5))
    world.sweep()
    world.advance(minutes=1)
    terminal.before("dynamodb.UpdateItem", world.sweep)

    assert terminal.type("unwatch", "an-id").exit_code == 0

    item = world.item("an-id")
    assert item is not None
    assert (item["EndedBecause"], item["RecordsProcessed"]) == ({"S": "UNWATCHED"}, {"N": "5"})


def test_a_sweep_that_read_the_watch_before_does_not_revive_it(terminal: Terminal, world: World) -> None:
    world.play(at(0), at(1, "Failed"))
    world.sweep()
    world.advance(minutes=1)
    world.before("TransactWriteItems", happens=lambda _: terminal.type("unwatch", "an-id"))

    assert world.sweep().conflicts == 1

    item = world.item("an-id")
    assert item is not None
    assert (item["EndedBecause"], item["Status"]) == ({"S": "UNWATCHED"}, {"S": "Running"})


@pytest.mark.parametrize(
    "attribute",
    [
        {"Version": {"S": "nonsense"}},
        {"Status": {"N": "7"}},
    ],
)
def test_a_watch_that_cannot_be_read_can_be_taken_out_and_begun_anew(
    terminal: Terminal, world: World, attribute: dict[str, dict[str, str]]
) -> None:
    world.play(at(0))
    world.register("an-id", **attribute)
    assert world.sweep().unreadable == 1

    assert terminal.type("unwatch", "an-id").exit_code == 0
    assert terminal.type("watch", "an-id").exit_code == 0

    assert world.sweep().checked == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("arn:aws:greengrass:eu-west-1:123456789012:/greengrass/bulk/deployments/abc", "Give the id alone: abc"),
        ("source:greengrass-bulk", "names a whole source"),
        ("", "is no deployment's id"),
        ("two words", "is no deployment's id"),
        ("x" * 2049, "it is too long"),
    ],
)
def test_what_is_no_id_is_refused_before_anything_is_written(
    terminal: Terminal, world: World, typed: str, said: str
) -> None:
    result = terminal.type("watch", "good", typed)

    assert result.exit_code == 2
    assert said in result.stderr
    assert world.person.scan(TableName=TABLE)["Items"] == []


def test_programs_get_json(terminal: Terminal, world: World) -> None:
    world.register("old")

    assert terminal.read("watch", "old", "new") == [
        {"deploymentId": "old", "result": "already"},
        {"deploymentId": "new", "result": "watched"},
    ]
    assert terminal.read("unwatch", "old", "nobody") == [
        {"deploymentId": "old", "result": "unwatched"},
        {"deploymentId": "nobody", "result": "unknown"},
    ]
