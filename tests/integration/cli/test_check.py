"""`check`: asks the real source, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator import Error, FailingGroups, Misbehaviour
from tests.integration.world import TABLE, World, at

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal

_WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "sns:Publish"}


def test_a_failed_deployment_would_alert_and_nothing_is_written(terminal: Terminal, world: World) -> None:
    world.play(at(0, processed=1), at(1, "Failed", processed=2, invalid=1, error=Error("no core")))
    world.sweep()
    world.advance(minutes=1)
    before = world.person.scan(TableName=TABLE)["Items"]

    result = terminal.type("check", "an-id")

    assert result.exit_code == 1
    for said in (
        "Failed (stored: Running)",
        "> no core",
        "record the transition from Running to Failed",
        "alert FAILED (critical), also INVALID_RECORDS",
        "Groups: 1 succeeded, 0 failed, 0 unfinished",
        "stop watching it: Failed is final, and so is how each of its groups ended",
    ):
        assert said in result.stdout
    assert world.person.scan(TableName=TABLE)["Items"] == before
    assert not _WRITES & set(terminal.operations)


def test_what_check_says_is_what_the_next_sweep_does(terminal: Terminal, world: World) -> None:
    world.play(at(0), at(1, invalid=5))
    world.sweep()
    world.advance(minutes=1)

    said = terminal.read("check", "an-id")["wouldAlert"]

    world.sweep()
    assert said == {"kind": "INVALID_RECORDS", "also": [], "severity": "warning"}
    assert world.told("an-id")[-1] == said["kind"]


def test_a_healthy_deployment_is_no_finding(terminal: Terminal, world: World) -> None:
    world.play(at(0))
    world.sweep()

    result = terminal.type("check", "an-id")

    assert result.exit_code == 0
    assert "do nothing: all is as stored" in result.stdout


def test_the_policy_is_the_functions(terminal: Terminal, world: World) -> None:
    terminal.set_environment(ALERT_ON="FAILED", INVALID_RECORDS_THRESHOLD="10")
    world.play(at(0, invalid=9), at(1, invalid=10))

    assert terminal.read("check", "an-id")["leftOutByAlertOn"] == []
    world.advance(minutes=1)
    result = terminal.type("check", "an-id")

    assert result.exit_code == 0
    assert "keep silent about INVALID_RECORDS: the stack's AlertOn leaves it out" in result.stdout


def test_a_deployment_that_is_not_watched_is_judged_as_a_new_one(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Failed"))
    world.sweep()

    result = terminal.type("check", "an-id")

    assert result.exit_code == 1
    assert "It is not watched. If it were, from now on:" in result.stdout
    assert "record the transition from nothing to Failed" in result.stdout


def test_an_unknown_id_would_be_lost_after_a_while(terminal: Terminal) -> None:
    result = terminal.type("check", "nobody")

    assert result.exit_code == 1
    assert "The source does not take this id: BadRequestException" in result.stdout
    assert "LOST follows if this lasts 10 min more" in result.stdout


def test_a_source_that_answers_nothing_is_held_against_the_source(terminal: Terminal, world: World) -> None:
    world.play(at(0, misbehaviour=Misbehaviour.THROTTLED))

    result = terminal.type("check", "an-id")

    assert result.exit_code == 1
    assert "The source gave no usable answer" in result.stdout
    assert "SOURCE_UNREACHABLE" in result.stdout
    assert terminal.read("check", "an-id")["answer"] == "failure"


def _failing(world: World) -> None:
    """Completed after a minute; of twelve groups one fails at once, and two never end."""
    world.play(
        at(0),
        at(1, "Completed", processed=12),
        failing=(FailingGroups(1, Error("no core", (("GG-303", "You need a core"),))),),
        unfinished=2,
    )
    world.sweep()
    world.advance(minutes=1)


def test_groups_that_failed_are_told_with_their_reasons_as_the_next_sweep_tells_them(
    terminal: Terminal, world: World
) -> None:
    _failing(world)

    result = terminal.type("check", "an-id")
    said = terminal.read("check", "an-id")

    assert result.exit_code == 1
    for line in (
        "Completed (stored: Running)",
        "Groups: 9 succeeded, 1 failed, 2 unfinished",
        "  > 1 group: You need a core [GG-303]",
        "  - alert GROUPS_FAILED (warning)",
        "  - follow its groups; next look in 1 min",
    ):
        assert f"{line}\n" in result.stdout
    assert not _WRITES & set(terminal.operations)
    world.sweep()
    (event,) = world.received()
    assert said["groups"] == event["data"]["groups"]
    assert said["wouldAlert"]["kind"] == event["data"]["kind"] == "GROUPS_FAILED"
    assert (said["allGroupsRead"], said["wouldEnd"], said["settling"]) == (True, False, None)


def test_one_whose_groups_are_followed_is_asked_for_these(terminal: Terminal, world: World) -> None:
    _failing(world)
    world.sweep()

    result = terminal.type("check", "an-id")
    said = terminal.read("check", "an-id")

    assert result.exit_code == 1
    assert "Completed, which is final; so its groups were asked for\n" in result.stdout
    assert "The next look at its groups, in 1 min, would with this answer:\n" in result.stdout
    assert (said["answer"], said["status"], said["storedStatus"]) == ("groups", None, "Completed")
    assert said["settling"]["passes"] == 1
    assert "greengrass:GetBulkDeploymentStatus" not in terminal.operations
    world.advance(minutes=60)
    ended = terminal.type("check", "an-id").stdout
    assert "The next sweep would, with this answer:\n" in ended
    assert "stop watching it: Completed is final, and its groups were followed for 60 min" in ended


def test_groups_that_are_not_followed_are_said_to_be(terminal: Terminal, world: World) -> None:
    terminal.set_environment(SETTLE_MINUTES="0")
    _failing(world)

    told = terminal.type("check", "an-id").stdout

    assert "stop watching it: Completed is final, and groups are not followed (SettleMinutes is 0)" in told


def test_a_fleet_that_takes_too_long_is_read_in_part(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Completed", processed=5_000))

    result = terminal.type("check", "an-id")

    assert "Not all were read, for lack of time" in result.stdout
    assert "  - read the results of the remaining groups\n" in result.stdout
    assert terminal.read("check", "an-id")["allGroupsRead"] is False


def test_groups_that_may_not_be_read_are_named(terminal: Terminal, world: World) -> None:
    _failing(world)
    terminal.fail("greengrass.ListBulkDeploymentDetailedReports", "AccessDeniedException", "no right")

    result = terminal.type("check", "an-id")

    assert "The source gave no results of groups: AccessDeniedException (no status): no right" in result.stdout
    assert "  - follow its groups; next look with the next sweep\n" in result.stdout
    assert result.exit_code == 0


def test_a_watch_of_an_unknown_source_is_named(terminal: Terminal, world: World) -> None:
    world.register("an-id", Source={"S": "greengrass-v9"})

    result = terminal.type("check", "an-id")

    assert result.exit_code == 1
    assert "unknown Source greengrass-v9" in result.stderr


def test_settings_that_the_function_cannot_start_with_are_named(terminal: Terminal) -> None:
    terminal.set_environment(STALLED_AFTER_MINUTES="soon")

    result = terminal.type("check", "an-id")

    assert result.exit_code == 3
    assert "STALLED_AFTER_MINUTES holds 'soon'" in result.stderr
