"""What a terminal of some width shows, and how numbers and times read."""

from __future__ import annotations

import io
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from deployment_notifier.model import (
    Alert,
    FailureReason,
    Kind,
    Metrics,
    Phase,
    ResultsFollowUp,
    ResultsScan,
    ResultsSummary,
    StackIdentity,
    Watch,
    milliseconds,
)
from deployment_notifier.table.history import UNWATCHED, AlertState, History, StoredAlert
from deployment_notifier_cli import console, json_output
from deployment_notifier_cli.views import history_view, list_view

_ID = "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901"
_START = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)
_NOW = _START + timedelta(minutes=12)
_RESULTS = ResultsSummary(
    6, 2, 4, (FailureReason("GG-303", "The group has no version", 1, ("group-1",)), FailureReason(None, None, 1))
)
_WATCH = Watch(
    _ID,
    "greengrass-bulk",
    version=milliseconds(_START),
    status="Running",
    metrics=Metrics({"RecordsProcessed": 1200, "InvalidInputRecords": 3, "RetryAttempts": 0}, 1200, 3),
    progress_at=_START,
)
_FOLLOWED = replace(
    _WATCH,
    status="Completed",
    metrics=Metrics({"RecordsProcessed": 12}, 12, 0),
    follow_up=ResultsFollowUp(Phase.COMPLETED, _START, 1, _NOW + timedelta(minutes=3)),
    results=_RESULTS,
)
_OPERATOR: Any = SimpleNamespace(
    now=lambda: _NOW,
    hint=lambda command, argument="": f"deployment-notifier {command} {argument}",
    stack=SimpleNamespace(
        identity=StackIdentity("aws", "eu-west-1", "123456789012", "notifier", "table", "stack"),
        discovery="Discovery is on.",
    ),
)


def _history(watch: Watch) -> History:
    return History(_ID, watch, is_active=watch.is_active)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal without colours."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100, no_color=True, highlight=False)
    for module in (list_view, history_view):
        monkeypatch.setattr(module, "open_console", lambda: console)
    return console


def _shown(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    text = screen.file.getvalue()
    for style in ("\x1b[1m", "\x1b[2m", "\x1b[0m"):
        text = text.replace(style, "")
    return text


@pytest.mark.parametrize("width", [60, 80, 105, 106, 122, 140])
@pytest.mark.parametrize("watches", [[_WATCH], [_FOLLOWED, _WATCH]])
def test_no_width_cuts_an_id_or_a_count(screen: Console, width: int, watches: list[Watch]) -> None:
    screen.width = width

    list_view.print_list(_OPERATOR, [_history(watch) for watch in watches], [], with_ended=False)

    text = _shown(screen)
    assert _ID in text
    assert "1,200" in text
    assert "12 min ago" in text
    # A command to paste is never wrapped.
    assert all(len(line.rstrip()) <= width for line in text.splitlines() if "deployment-notifier" not in line)
    if len(watches) > 1:
        words = " ".join(text.split())
        assert ("2 of 12" if "Failed groups" in text else "groups: 6 succeeded, 2 failed, 4 unfinished") in words


@pytest.mark.parametrize(
    ("watch", "listed", "shown"),
    [
        (_WATCH, "Running", "Running; watched"),
        (replace(_WATCH, notified_stalled=True), "Running, stalled", "Running; watched, stalled"),
        (
            replace(_WATCH, ended_because=UNWATCHED),
            "Running, unwatched",
            "Running; unwatched by an operator 12 min ago",
        ),
        (
            replace(_WATCH, ended_because=Kind.LOST),
            "Running, lost",
            "Running; no longer watched, because AWS did not know its id; ended 12 min ago",
        ),
        (replace(_WATCH, status="Failed", ended_because="Failed"), "Failed", "Failed; ended 12 min ago"),
        (replace(_WATCH, status=None), "not checked yet", "Watched; not checked yet"),
        (
            _FOLLOWED,
            "Completed, following groups",
            "Completed; results of its groups are followed, next scan in 3 min",
        ),
    ],
)
def test_the_state_of_a_watch_in_words(screen: Console, watch: Watch, listed: str, shown: str) -> None:
    screen.width = 160

    list_view.print_list(_OPERATOR, [_history(watch)], [], with_ended=True)
    history_view.print_history(_OPERATOR, _history(watch))

    text = _shown(screen)
    assert f"{_ID}  {listed} " in text
    assert f"\n{shown}" in text


_V2 = Watch(
    _ID,
    "greengrass-v2",
    version=milliseconds(_START),
    status="ACTIVE",
    metrics=Metrics(
        {
            "numberOfQueuedThings": 0,
            "numberOfInProgressThings": 40,
            "numberOfSucceededThings": 1323,
            "numberOfFailedThings": 37,
        },
        1360,
        37,
        1323,
        40,
    ),
    progress_at=_START,
    details={
        "deploymentName": "LINE7-software",
        "targetArn": "arn:aws:iot:eu-west-1:123456789012:thinggroup/LINE7",
        "targetName": "thing group LINE7",
        "revisionId": "3",
        "iotJobId": "a-job",
    },
)


@pytest.mark.parametrize(
    ("watch", "listed", "shown"),
    [
        (_V2, "ACTIVE, under way", "ACTIVE; watched, under way"),
        (replace(_V2, is_resting=True), "ACTIVE, at rest", "ACTIVE; watched, at rest"),
        (replace(_V2, notified_stalled=True), "ACTIVE, stalled", "ACTIVE; watched, stalled"),
        (replace(_V2, status="INACTIVE", ended_because="INACTIVE"), "INACTIVE", "INACTIVE; ended 12 min ago"),
    ],
)
def test_a_v2_deployment_shows_its_name_target_revision_and_devices(
    screen: Console, watch: Watch, listed: str, shown: str
) -> None:
    screen.width = 200

    list_view.print_list(_OPERATOR, [_history(watch)], [], with_ended=True)
    history_view.print_history(_OPERATOR, _history(watch))

    lines = [line.rstrip() for line in _shown(screen).splitlines()]
    header, row = next(
        (first.split("  "), second) for first, second in itertools.pairwise(lines) if second.startswith(_ID)
    )
    assert [word.strip() for word in header if word][2:6] == ["Status", "In progress", "Succeeded", "Failed"]
    assert row.split(listed)[0].strip() == f"{_ID}  LINE7-software, revision 3, to thing group LINE7"
    assert row.split(listed)[1].split()[:3] == ["40", "1,323", "37"]
    for line in (
        f"Deployment {_ID}: LINE7-software, revision 3, to thing group LINE7",
        shown,
        "Target         arn:aws:iot:eu-west-1:123456789012:thinggroup/LINE7",
        "Devices        40 in progress, 1,323 succeeded, 37 failed",
    ):
        assert line in lines


@pytest.mark.parametrize("width", [60, 105, 139, 140, 160])
def test_each_source_has_a_table_of_its_own_and_no_width_cuts_a_count(screen: Console, width: int) -> None:
    screen.width = width

    list_view.print_list(_OPERATOR, [_history(_WATCH), _history(_V2)], [], with_ended=False)

    text = _shown(screen)
    assert text.index("LINE7-software, revision 3, to thing group LINE7") < text.index("1,200")
    assert "1,323" in text
    assert all(len(line.rstrip()) <= width for line in text.splitlines() if "deployment-notifier" not in line)


def test_json_has_what_is_known_of_a_v2_deployment() -> None:
    shown = json_output.summary(_history(_V2))

    assert (shown["name"], shown["revision"], shown["jobId"]) == ("LINE7-software", "3", "a-job")
    assert shown["target"] == "arn:aws:iot:eu-west-1:123456789012:thinggroup/LINE7"
    assert (shown["isResting"], shown["metrics"]["numberOfFailedThings"]) == (False, 37)
    assert json_output.summary(_history(_WATCH))["name"] is None


def test_why_groups_failed_is_shown_for_a_watch_and_for_each_alert(screen: Console) -> None:
    screen.width = 140
    alert = Alert(
        _ID, _START, "greengrass-bulk", Kind.GROUPS_FAILED, (), "Completed", "Completed", Metrics(), results=_RESULTS
    )
    history = _history(_FOLLOWED)
    history.events.append(StoredAlert(alert, AlertState.PUBLISHED, _START))

    history_view.print_history(_OPERATOR, history)

    text = "".join(f"{line.rstrip()}\n" for line in _shown(screen).splitlines())
    assert "Groups             6 succeeded, 2 failed, 4 unfinished\n" in text
    assert "Why groups failed  > 1 group: The group has no version [GG-303]" in text
    assert "ALERT GROUPS_FAILED (warning): 2 groups failed" in text
    assert text.count("> 1 group: The group has no version [GG-303]") == 2
    assert text.count(">   group-1") == 2
    assert text.count("> 1 group: AWS gave no reason") == 2


def test_json_has_the_results_as_the_event_has_them() -> None:
    scan = ResultsScan(_START, _START, ResultsSummary(1), "page", 1)
    follow_up = ResultsFollowUp(Phase.COMPLETED, _START, 1, _NOW + timedelta(minutes=3), scan)
    watch = replace(_FOLLOWED, follow_up=follow_up)
    shown = json_output.summary(_history(watch))

    assert (shown["targets"]["failed"], shown["targets"]["reasons"][0]["targets"]) == (2, ["group-1"])
    assert shown["metrics"] == {"recordsProcessed": 12, "invalidInputRecords": None, "retryAttempts": None}
    assert shown["followUp"] == {
        "since": "2026-11-23T10:04:00.123Z",
        "scans": 1,
        "nextScanAt": "2026-11-23T10:19:00.123Z",
        "isScanPartial": True,
    }
    # A first scan that is not complete is the best that is known.
    assert json_output.summary(_history(replace(watch, results=None)))["targets"]["succeeded"] == 1
    assert json_output.summary(_history(_WATCH))["targets"] is None


def test_the_newest_and_the_active_come_first() -> None:
    fresh = History("fresh", Watch("fresh", "greengrass-bulk"), is_active=True)
    ended = _history(replace(_WATCH, ended_because="Failed"))

    ordered = list_view.in_order([ended, _history(_WATCH), fresh])

    assert [(each.deployment_id, each.is_active) for each in ordered] == [("fresh", True), (_ID, True), (_ID, False)]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s ago"), (59, "59 s ago"), (61, "1 min ago"), (3_700, "1 h ago"), (90_000, "1 d ago"), (-5, "0 s ago")],
)
def test_times_read_in_their_largest_unit(seconds: int, words: str) -> None:
    assert console.ago(_START, _START + timedelta(seconds=seconds)) == words


def test_words_that_repeat_are_counted() -> None:
    assert console.with_counts(["A", "B", "A"]) == "A x2, B"
    assert console.with_counts([]) == ""
