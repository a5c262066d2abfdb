"""`check`: asks the real source, and writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator import Error, Misbehaviour
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
        "stop watching it: Failed is final",
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
