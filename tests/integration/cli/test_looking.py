"""`list` and `show` after real sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator import Error, FailingGroups, Misbehaviour, Operation
from tests.integration.world import World, at

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal

_ID = "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901"
_OTHER = "9f8e7d6c-5b4a-3928-1706-f5e4d3c2b1a0"
_HOSTILE = Error("[bold]no[/bold] \x1b[31mred\u202e :smile:\nsecond line")


def _rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.startswith((_ID, _OTHER))]


def test_an_empty_table_says_how_to_begin(terminal: Terminal) -> None:
    result = terminal.type("list")

    assert result.exit_code == 0
    assert "deployment-notifier watch ID" in result.stdout


def test_list_shows_the_active_ones_with_numbers_progress_and_alerts(terminal: Terminal, world: World) -> None:
    world.play(at(0, processed=1200, invalid=3), deployment_id=_ID)
    world.play(at(0, "Completed", processed=7), deployment_id=_OTHER)
    world.sweep()
    world.advance(minutes=12)

    result = terminal.type("list")

    assert _rows(result.stdout) == [[_ID, "Running", "1,200", "3", "12", "min", "ago", "INVALID_RECORDS"]]
    assert "1 active" in result.stdout


def test_list_all_shows_the_active_ones_first(terminal: Terminal, world: World) -> None:
    world.play(at(0), deployment_id=_OTHER)
    world.sweep()
    world.advance(minutes=1)
    world.play(at(0, "Failed"), deployment_id=_ID)
    world.sweep()

    rows = _rows(terminal.type("list", "--all").stdout)

    assert [row[:2] for row in rows] == [[_OTHER, "Running"], [_ID, "Failed"]]


def test_a_watch_that_was_started_over_lists_only_its_own_alerts(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Failed"), at(1, processed=1), deployment_id=_ID)
    world.sweep()
    terminal.type("watch", _ID)
    assert terminal.read("list")["deployments"][0]["alerts"] == []
    world.advance(minutes=1)
    world.sweep()

    assert terminal.read("list")["deployments"][0]["alerts"] == []
    assert len(terminal.read("show", _ID)["events"]) == 3


def test_no_terminal_means_no_cut_and_no_colour(terminal: Terminal, world: World) -> None:
    long = "a-deployment-with-a-very-long-id-" + "x" * 200
    world.play(at(0, "Failed"), deployment_id=long)
    world.sweep()

    listed = terminal.type("list", "--all").stdout

    assert f"{long}  Failed" in listed
    assert "\x1b" not in listed
    assert all(line == line.rstrip() for line in listed.splitlines())


def test_trouble_of_a_source_stands_under_the_list(terminal: Terminal, world: World) -> None:
    world.play(at(0, misbehaviour=Misbehaviour.DENIED), deployment_id=_ID)
    world.sweep()
    world.advance(minutes=7)

    assert "greengrass-bulk has answered nothing for 7 min" in terminal.type("list").stdout
    assert terminal.read("list")["sourcesInTrouble"][0]["source"] == "greengrass-bulk"
    assert "Source greengrass-bulk" in terminal.type("show", "source:greengrass-bulk").stdout


def test_show_tells_transitions_and_alerts_in_order(terminal: Terminal, world: World) -> None:
    world.play(at(0, processed=1), at(1, "Failed", processed=9, error=Error("no core")), deployment_id=_ID)
    world.sweep()
    world.advance(minutes=1)
    world.sweep()

    lines = [line.strip() for line in terminal.type("show", _ID).stdout.splitlines()]

    story = lines[lines.index("The story (times in UTC)") + 1 :]
    assert story[:7] == [
        "2026-11-23 10:04:00  first seen: Running (1 processed, 0 invalid, 0 retries)",
        "2026-11-23 10:05:00  Running -> Failed (9 processed, 0 invalid, 0 retries)",
        "> no core",
        "2026-11-23 10:05:00  ALERT FAILED (critical): failed",
        "9 groups succeeded, 0 failed, 0 unfinished",
        "published 2026-11-23 10:05:00",
        f"id {_ID}/2026-11-23T10:05:00.123Z",
    ]
    assert lines[0] == f"Bulk deployment {_ID}"
    assert lines[1] == "Failed; ended 0 s ago"


def test_a_deployment_whose_groups_are_followed_is_active_and_tells_of_them(terminal: Terminal, world: World) -> None:
    world.play(
        at(0),
        at(1, "Completed", processed=12),
        deployment_id=_ID,
        failing=(FailingGroups(2, Error("no core", (("GG-303", "You need a core"),))),),
        unfinished=4,
    )
    world.sweep()
    world.advance(minutes=1)
    world.sweep()

    told = terminal.type("show", _ID).stdout
    told_as_json = terminal.read("show", _ID)

    assert "\nCompleted; following its groups: 6 succeeded, 2 failed, 4 unfinished; next look in 1 min\n" in told
    assert told.count("> 2 groups: You need a core [GG-303]") == 2
    assert "ALERT GROUPS_FAILED (warning): 2 groups have failed so far" in told
    groups = told_as_json["groups"]
    assert (groups["failed"], len(groups["errors"][0]["groups"])) == (2, 2)
    assert told_as_json["events"][-1]["groups"] == groups
    assert told_as_json["settling"]["nextPassAt"] == "2026-11-23T10:06:00.123Z"
    (row,) = _rows(terminal.type("list").stdout)
    assert " ".join(row[1:]) == "Completed, following groups 12 0 2 of 12 0 s ago GROUPS_FAILED"
    assert terminal.read("list")["deployments"][0]["settling"] == told_as_json["settling"]


def test_a_look_at_groups_that_fails_is_told_as_such(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Completed", processed=2), deployment_id=_ID, unfinished=1)
    world.play(at(0), deployment_id=_OTHER)
    world.sweep()
    world.advance(minutes=1)
    world.simulator.fault(Misbehaviour.THROTTLED, operation=Operation.LIST_REPORTS)
    world.sweep()
    world.advance(minutes=4)

    assert "\nCompleted; looks at its groups have failed for 4 min\n" in terminal.type("show", _ID).stdout
    assert "Completed, unchecked 4 min" in terminal.type("list").stdout


def test_show_tells_why_an_alert_waits_and_how_to_give_it_up(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Failed"), deployment_id=_ID)
    world.break_sns(403, "AuthorizationError")
    world.sweep()

    text = terminal.type("show", _ID).stdout

    assert "NOT SENT: 1 failed, next try in 1 min" in text
    assert "said SNS" in text
    assert f"deployment-notifier discard {_ID}/2026-11-23T10:04:00.123Z" in text
    alert = terminal.read("show", _ID)["events"][1]
    assert (alert["state"], alert["attempts"], alert["nextTryAt"]) == ("failed", 1, "2026-11-23T10:05:00.123Z")


def test_text_from_outside_is_shown_as_text(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Failed", error=_HOSTILE), deployment_id=_ID, tags={"[red]a": "\x1b]0;title\x07"})
    world.sweep()

    text = terminal.type("show", _ID).stdout

    assert "[bold]no[/bold] [31mred :smile:" in text
    assert "[red]a=]0;title" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    # As JSON nothing is taken away, and nothing reaches the terminal as it is.
    raw = terminal.type("show", _ID, "--json").stdout
    assert "\x1b" not in raw
    assert terminal.read("show", _ID)["errorMessage"] == _HOSTILE.message


def test_an_item_that_cannot_be_read_hides_nothing_else(terminal: Terminal, world: World) -> None:
    world.play(at(0, "Failed"), deployment_id=_ID)
    world.sweep()
    world.register(_ID, Version={"S": "x"})

    result = terminal.type("show", _ID)

    assert result.exit_code == 0
    assert "ALERT FAILED" in result.stdout
    assert "Can't be read: WATCH: Version holds a value of the type S" in result.stdout


def test_no_such_deployment_says_what_to_do(terminal: Terminal) -> None:
    result = terminal.type("show", "nobody")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "The table knows no deployment nobody." in result.stderr
    assert "deployment-notifier watch nobody" in result.stderr
