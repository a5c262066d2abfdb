"""`list` and `show` after real sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.simulator import Error, Misbehaviour, Operation
from tests.emulated.stack import at
from tests.integration.cli.operated_stack import OperatedStack, fleet

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal

_ID = "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901"
_OTHER = "9f8e7d6c-5b4a-3928-1706-f5e4d3c2b1a0"
_HOSTILE = Error("[bold]no[/bold] \x1b[31mred\u202e :smile:\nsecond line")


def _rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.startswith((_ID, _OTHER))]


@pytest.mark.parametrize(
    ("hours", "said"),
    [("24", "Discovery is on: deployments up to 24 h old"), ("0", "Discovery is off")],
)
def test_an_empty_list_says_whether_discovery_fills_it(terminal: Terminal, hours: str, said: str) -> None:
    terminal.parameters["DiscoverWithinHours"] = hours

    result = terminal.type("list")

    assert result.exit_code == 0
    assert said in result.stdout
    assert "deployment-notifier watch ID" in result.stdout


def test_list_shows_the_active_ones_with_counts_progress_and_alerts(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, processed=1200, invalid=3), deployment_id=_ID)
    stack.play(at(0, "Completed", processed=7), deployment_id=_OTHER)
    stack.sweep()
    stack.advance(minutes=12)

    result = terminal.type("list")

    assert _rows(result.stdout) == [[_ID, "Running", "1,200", "3", "12", "min", "ago", "INVALID_RECORDS"]]
    assert "Processed  Invalid records  Last progress  Alerts\n" in result.stdout
    assert "1 active. Those that have ended: deployment-notifier list --all" in result.stdout


def test_both_versions_are_listed_v2_first(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, processed=1200), deployment_id=_ID)
    stack.play_fleet(fleet(0, queued=3, in_progress=2, succeeded=4, failed=1), deployment_id=_OTHER)
    stack.discover_within_hours = 24
    stack.sweep()

    result = terminal.type("list")

    assert "Name " in result.stdout
    assert "Status             Queued  In progress  Succeeded  Failed  Last progress" in result.stdout
    assert [row[0] for row in _rows(result.stdout)] == [_OTHER, _ID]
    assert "ACTIVE, under way       3            2          4       1  0 s ago" in result.stdout
    shown = terminal.type("show", _OTHER).stdout
    assert "first seen: ACTIVE (3 queued, 2 in progress, 4 succeeded, 1 failed)" in shown
    assert "ALERT DEVICES_FAILED (warning)" in shown
    assert "It has answered since" in terminal.type("show", "source:greengrass-v2").stdout


def test_a_watch_that_was_started_over_lists_only_its_own_alerts(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, "Failed"), at(1, processed=1), deployment_id=_ID)
    stack.sweep()
    terminal.type("watch", _ID)
    assert terminal.read("list")["deployments"][0]["alerts"] == []
    stack.advance(minutes=1)
    stack.sweep()

    assert terminal.read("list")["deployments"][0]["alerts"] == []
    assert len(terminal.read("show", _ID)["events"]) == 3


def test_without_a_terminal_nothing_is_cut_or_coloured(terminal: Terminal, stack: OperatedStack) -> None:
    long = "a-deployment-with-a-very-long-id-" + "x" * 200
    stack.play(at(0, "Failed"), deployment_id=long)
    stack.sweep()

    listed = terminal.type("list", "--all").stdout

    assert f"{long}  Failed" in listed
    assert "\x1b" not in listed
    assert all(line == line.rstrip() for line in listed.splitlines())


def test_a_source_that_works_does_not_look_like_a_problem(terminal: Terminal, stack: OperatedStack) -> None:
    terminal.parameters["DiscoverWithinHours"] = "24"
    stack.discover_within_hours = 24
    stack.play(at(0), deployment_id=_ID)
    stack.sweep()

    listed, shown = terminal.type("list").stdout, terminal.type("show", "source:greengrass-bulk").stdout

    assert "greengrass-bulk" not in listed
    assert shown.splitlines() == [
        "Source greengrass-bulk (Greengrass V1)",
        "It has answered since 2026-11-23 10:04:00 UTC",
        "",
        "Discovery   Discovery is on: deployments up to 24 h old are watched.",
        "All listed  2026-11-23 10:04:00 UTC",
    ]
    assert terminal.read("list")["sources"][0]["outage"] is None


def test_a_source_that_does_not_answer_is_reported_below_the_list(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, misbehaviour=Misbehaviour.DENIED), deployment_id=_ID)
    stack.sweep()
    stack.advance(minutes=10)
    stack.sweep()

    said = "Greengrass V1 (greengrass-bulk) has not answered since 2026-11-23 10:04:00 UTC (10 min): AccessDenied"
    assert said in terminal.type("list").stdout
    shown = terminal.type("show", "source:greengrass-bulk").stdout
    assert said in shown
    assert "ALERT SOURCE_UNREACHABLE (critical)" in shown
    assert terminal.read("list")["sources"][0]["outage"]["isNotified"] is True
    assert terminal.read("show", "source:greengrass-bulk")["state"]["outage"]["since"] == "2026-11-23T10:04:00.123Z"


def test_a_listing_that_fails_is_reported_below_the_list(terminal: Terminal, stack: OperatedStack) -> None:
    terminal.parameters["DiscoverWithinHours"] = "24"
    stack.discover_within_hours = 24
    stack.play(at(0), deployment_id=_ID)
    stack.simulator.fault(Misbehaviour.THROTTLED, operation=Operation.LIST)
    stack.sweep()
    stack.advance(minutes=7)
    said = "bulk deployments cannot be listed, so none is discovered, since 2026-11-23 10:04:00 UTC (7 min)"

    assert said in terminal.type("list").stdout
    # Once discovery is off, it is never listed again, and the outage is over.
    terminal.parameters["DiscoverWithinHours"] = "0"
    assert said not in terminal.type("list").stdout


def test_show_lists_status_changes_and_alerts_in_order(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, processed=1), at(1, "Failed", processed=9, error=Error("no core")), deployment_id=_ID)
    stack.sweep()
    stack.advance(minutes=1)
    stack.sweep()

    lines = [line.strip() for line in terminal.type("show", _ID).stdout.splitlines()]

    history = lines[lines.index("History (times in UTC)") + 1 :]
    assert history[:7] == [
        "2026-11-23 10:04:00  first seen: Running (1 processed, 0 invalid, 0 retries)",
        "2026-11-23 10:05:00  Running -> Failed (9 processed, 0 invalid, 0 retries)",
        "> no core",
        "2026-11-23 10:05:00  ALERT FAILED (critical): failed",
        "Groups: 9 succeeded, 0 failed",
        "published 2026-11-23 10:05:00",
        f"id {_ID}/2026-11-23T10:05:00.123Z",
    ]
    assert lines[:2] == [f"Bulk deployment {_ID}", "Failed; ended 0 s ago"]
    assert lines[-1] == f"deployment-notifier resend {_ID}/2026-11-23T10:05:00.123Z"
    assert "discard" not in " ".join(lines)


def test_scans_that_fail_are_shown_as_such(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, "Completed", processed=2), deployment_id=_ID, unfinished=1)
    stack.play(at(0), deployment_id=_OTHER)
    stack.sweep()
    stack.advance(minutes=1)
    stack.simulator.fault(Misbehaviour.THROTTLED, operation=Operation.LIST_REPORTS)
    stack.sweep()
    stack.advance(minutes=4)

    assert "\nCompleted; scans of its groups have failed for 4 min\n" in terminal.type("show", _ID).stdout
    assert "Completed, unchecked 4 min" in terminal.type("list").stdout


def test_show_says_why_an_alert_waits_and_offers_to_discard_that_one(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, invalid=1), at(1, "Failed", invalid=1), deployment_id=_ID)
    stack.sweep()
    stack.advance(minutes=1)
    stack.sns_error = (403, "AuthorizationError")
    stack.sweep()

    text = terminal.type("show", _ID).stdout

    assert "NOT PUBLISHED: 1 failed attempts, next in 1 min" in text
    assert "SNS: An error occurred (AuthorizationError)" in text
    assert f"deployment-notifier discard {_ID}/2026-11-23T10:05:00.123Z" in text
    assert text.count("deployment-notifier") == 2
    assert "1 not published" in terminal.type("list", "--all").stdout
    alert = terminal.read("show", _ID)["events"][-1]
    assert (alert["state"], alert["attempts"], alert["nextAttemptAt"]) == ("failed", 1, "2026-11-23T10:06:00.123Z")


def test_text_from_outside_is_shown_as_text(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, "Failed", error=_HOSTILE), deployment_id=_ID, tags={"[red]a": "\x1b]0;title\x07"})
    stack.sweep()

    text = terminal.type("show", _ID).stdout

    assert "[bold]no[/bold] [31mred :smile:" in text
    assert "[red]a=]0;title" in text
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    # As JSON nothing is taken away, and nothing reaches the terminal as it is.
    assert "\x1b" not in terminal.type("show", "--json", _ID).stdout
    assert terminal.read("show", _ID)["errorMessage"] == _HOSTILE.message


def test_an_item_that_cannot_be_read_hides_nothing_else(terminal: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, "Failed"), deployment_id=_ID)
    stack.sweep()
    stack.put_watch(_ID, Version={"S": "x"})

    result = terminal.type("show", _ID)

    assert result.exit_code == 0
    assert "ALERT FAILED" in result.stdout
    assert "Cannot be read: WATCH: Version holds a value of the type S" in result.stdout
    assert "1 items cannot be read: deployment-notifier doctor" in terminal.type("list").stdout


def test_what_the_table_does_not_hold_says_what_to_do(terminal: Terminal) -> None:
    result = terminal.type("show", "unknown")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "The table holds nothing about unknown." in result.stderr
    assert "deployment-notifier watch unknown" in result.stderr
    assert terminal.type("show", "source:x").exit_code == 1
    assert terminal.type("show", "").exit_code == 2


def test_hints_are_for_the_same_stack_and_quoted_for_a_shell(terminal: Terminal) -> None:
    result = terminal.type("show", "--region", "eu-west-1", "--profile", "a b", "--", "-$(x) 'y")

    hint = """deployment-notifier watch --region eu-west-1 --profile 'a b' -- '-$(x) '"'"'y'"""
    assert hint in result.stderr
