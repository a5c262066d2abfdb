"""What a terminal of some width shows, and how numbers and times read."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from rich.console import Console

from deployment_notifier.model import Kind, Metrics, Watch, milliseconds
from deployment_notifier_cli.story import UNWATCHED, Story
from deployment_notifier_cli.views import listing, paper, timeline
from tests.fakes import START

_ID = "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901"
_NOW = START + timedelta(minutes=12)


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
