"""What a terminal of some width shows, and how numbers and times read."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from rich.console import Console

from deployment_notifier.model import (
    Alert,
    GroupError,
    GroupPass,
    GroupTally,
    Kind,
    Metrics,
    Phase,
    Settling,
    Watch,
    milliseconds,
)
from deployment_notifier_cli.story import UNWATCHED, AlertState, StoredAlert, Story
from deployment_notifier_cli.views import listing, paper, plain, timeline
from tests.fakes import START

_ID = "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901"
_NOW = START + timedelta(minutes=12)
_GROUPS = GroupTally(
    6, 2, 4, (GroupError("GG-303", "The group has no version", 1, ("group-1",)), GroupError(None, None, 1))
)


def _story(ended_because: str | None = None, *, status: str | None = "Running", told_stalled: bool = False) -> Story:
    watch = Watch(
        _ID,
        "greengrass-bulk",
        version=milliseconds(START),
        status=status,
        metrics=Metrics(1200, 3, 0),
        progress_at=START,
        told_stalled=told_stalled,
        ended_because=ended_because,
    )
    return Story(_ID, watch, is_active=ended_because is None)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal of 100 columns without colours."""
    console = Console(file=io.StringIO(), force_terminal=True, width=100, no_color=True, highlight=False)
    for module in (listing, timeline):
        monkeypatch.setattr(module, "paper", lambda: console)
    return console


def _settling(groups: GroupTally | None, *, due_in: float = 3, begun: GroupPass | None = None) -> Story:
    watch = Watch(
        _ID,
        "greengrass-bulk",
        version=milliseconds(START),
        status="Completed",
        metrics=Metrics(12, 0, 0),
        progress_at=START,
        settling=Settling(Phase.COMPLETED, START, 1, _NOW + timedelta(minutes=due_in), begun),
        groups=groups,
    )
    return Story(_ID, watch, is_active=True)


def _shown(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    text = screen.file.getvalue()
    for style in ("\x1b[1m", "\x1b[2m", "\x1b[0m"):
        text = text.replace(style, "")
    return text


@pytest.mark.parametrize("width", [60, 80, 97, 98, 100, 140])
def test_no_width_cuts_an_id_or_a_number(screen: Console, width: int) -> None:
    screen.width = width

    listing.show([_story()], _NOW, with_ended=False)

    text = _shown(screen)
    assert _ID in text
    assert "1,200" in text
    assert "12 min ago" in text
    assert all(len(line.rstrip()) <= width for line in text.splitlines())


@pytest.mark.parametrize(
    ("story", "listed", "told"),
    [
        (_story(), "Running", "Running; watched"),
        (_story(told_stalled=True), "Running, stalled", "Running; watched, stalled"),
        (_story(UNWATCHED), "Running, unwatched", "Running; unwatched by an operator 12 min ago"),
        (_story(Kind.LOST), "Running, lost", "Running; no longer watched, since AWS does not know its id, 12 min ago"),
        (_story("Failed", status="Failed"), "Failed", "Failed; ended 12 min ago"),
        (_story(status=None), "not checked yet", "Watched; no sweep has checked it yet"),
    ],
)
def test_how_a_watch_stands(screen: Console, story: Story, listed: str, told: str) -> None:
    screen.width = 140

    listing.show([story], _NOW, with_ended=True)
    timeline.show(story, _NOW)

    text = _shown(screen)
    assert f"{_ID}  {listed} " in text
    assert f"\n{told}" in text


@pytest.mark.parametrize(
    ("story", "told"),
    [
        (_settling(_GROUPS), ": 6 succeeded, 2 failed, 4 unfinished; next look in 3 min"),
        (_settling(_GROUPS, due_in=0), ": 6 succeeded, 2 failed, 4 unfinished; next look with the next sweep"),
        (_settling(None), "; next look in 3 min"),
        # A first pass that is not complete is the best that is known.
        (
            _settling(None, due_in=-1, begun=GroupPass(GroupTally(5, 0, 0), "page")),
            ": 5 succeeded, 0 failed, 0 unfinished, 7 not known yet; next look with the next sweep",
        ),
    ],
)
def test_a_deployment_whose_groups_are_followed_tells_how_far_they_are(
    screen: Console, story: Story, told: str
) -> None:
    screen.width = 200
    timeline.show(story, _NOW)
    assert f"\nCompleted; following its groups{told}\n" in _shown(screen)


@pytest.mark.parametrize("width", [60, 80, 113, 114, 140])
def test_the_list_tells_of_groups_within_any_width(screen: Console, width: int) -> None:
    screen.width = width

    listing.show([_settling(_GROUPS), _story()], _NOW, with_ended=False)

    text = _shown(screen)
    lines = text.splitlines()
    assert all(len(each.rstrip()) <= width for each in lines)
    if width < 114:
        assert "Completed; following its groups: 6 succeeded, 2 failed, 4 unfinished" in " ".join(text.split())
    else:
        assert "Failed groups" in lines[0]
        assert any("2 of 12" in each for each in lines)
        assert any(each.startswith(f"{_ID}  Running") and " - " in each for each in lines)


def test_why_groups_failed_is_told_of_a_watch_and_of_each_alert(screen: Console) -> None:
    screen.width = 140
    alert = Alert(
        _ID, START, "greengrass-bulk", Kind.GROUPS_FAILED, (), "Completed", "Completed", Metrics(12), groups=_GROUPS
    )
    story = _settling(_GROUPS)
    stored = StoredAlert(alert, AlertState.PUBLISHED, START)

    timeline.show(Story(_ID, story.watch, is_active=True, events=(stored,)), _NOW)

    text = "".join(f"{each.rstrip()}\n" for each in _shown(screen).splitlines())
    assert "Groups             6 succeeded, 2 failed, 4 unfinished\n" in text
    assert "Why groups failed  > 1 group: The group has no version [GG-303]" in text
    assert "ALERT GROUPS_FAILED (warning): 2 groups have failed so far" in text
    assert text.count("> 1 group: The group has no version [GG-303]") == 2
    assert text.count(">   group-1") == 2
    assert text.count("> 1 group: AWS gave no reason") == 2


def test_json_has_the_groups_as_the_alert_event_has_them() -> None:
    begun = GroupPass(GroupTally(1, 0, 0), "page")
    told = plain.summary(_settling(_GROUPS, begun=begun))

    assert told["groups"] == {
        "succeeded": 6,
        "failed": 2,
        "unfinished": 4,
        "errors": [
            {"code": "GG-303", "message": "The group has no version", "count": 1, "groups": ["group-1"]},
            {"code": None, "message": None, "count": 1, "groups": []},
        ],
    }
    assert told["settling"] == {
        "since": "2026-11-23T10:04:00.123Z",
        "passes": 1,
        "nextPassAt": "2026-11-23T10:19:00.123Z",
        "begun": {"succeeded": 1, "failed": 0, "unfinished": 0, "errors": []},
    }
    before = plain.summary(_story())
    assert (before["groups"], before["settling"]) == (None, None)


def test_the_newest_and_the_active_come_first() -> None:
    active, fresh = _story(), Story("fresh", Watch("fresh", "greengrass-bulk"), is_active=True)

    ordered = listing.in_order([_story("Failed"), active, fresh])

    assert [(each.deployment_id, each.is_active) for each in ordered] == [("fresh", True), (_ID, True), (_ID, False)]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s ago"), (59, "59 s ago"), (61, "1 min ago"), (3_700, "1 h ago"), (90_000, "1 d ago"), (-5, "0 s ago")],
)
def test_times_read_in_their_largest_unit(seconds: int, words: str) -> None:
    assert paper.ago(START, START + timedelta(seconds=seconds)) == words


def test_words_that_repeat_are_counted() -> None:
    assert paper.listed(["A", "B", "A"]) == "A x2, B"
    assert paper.listed([]) == ""
