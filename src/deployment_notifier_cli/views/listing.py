"""`list`: one row a deployment, the active ones first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from deployment_notifier.messages.text import duration
from deployment_notifier.model import Kind
from deployment_notifier_cli.story import UNWATCHED
from deployment_notifier_cli.views import groups
from deployment_notifier_cli.views.paper import ago, line, listed, number, paper, print_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from deployment_notifier_cli.story import Story

_NEVER = datetime.max.replace(tzinfo=UTC)
"""Sorts what no sweep has seen yet as the newest."""

_BESIDE_ID = 62
"""Columns that a row takes beside the id; a narrower terminal gets two lines a deployment, so that no id is cut."""

_GROUPS = 16
"""Columns more where the groups of any deployment are known."""

_ENDED = {UNWATCHED: "unwatched", Kind.LOST: "lost"}


def in_order(stories: Iterable[Story]) -> list[Story]:
    """The active ones first, in each part the one that changed last."""
    return sorted(stories, key=lambda each: (each.is_active, each.changed_at or _NEVER), reverse=True)


def show(stories: Sequence[Story], now: datetime, *, with_ended: bool) -> None:
    """Print the list.

    Args:
        stories: in order; those of sources in trouble among them.
        now: the present.
        with_ended: whether those that ended were asked for.
    """
    console = paper()
    deployments = [story for story in stories if story.watch is not None]
    active = [story for story in deployments if story.is_active]
    ended = [story for story in deployments if not story.is_active]
    if active:
        _print(console, active, now)
    else:
        console.print("No deployment is watched now.")
        console.print("  Begin: deployment-notifier watch ID")
        if not with_ended:
            console.print("  See those that ended: deployment-notifier list --all")
    if with_ended and ended:
        console.print(Text(f"\n{len(ended)} ended:"))
        _print(console, ended, now)
    if active and not with_ended:
        console.print(Text(f"\n{len(active)} active. Those that ended: deployment-notifier list --all", "dim"))
    for story in stories:
        if story.health is not None:
            since = duration(now - story.health.failing_since)
            text = f"The source {story.health.source} has answered nothing for {since}: {story.health.last_error}"
            console.print(line(text, "red"), soft_wrap=True)
    unreadable = sum(len(story.unreadable) for story in stories)
    if unreadable:
        console.print(line(f"Items that can't be read: {unreadable}. See: deployment-notifier doctor", "red"))


def _print(console: Console, stories: Sequence[Story], now: datetime) -> None:
    width = max(len(story.deployment_id) for story in stories) + _BESIDE_ID
    if console.width >= width + (_GROUPS if _has_groups(stories) else 0):
        print_table(console, _table(stories, now))
        return
    for story in stories:
        console.print(line(story.deployment_id, "bold" if story.is_active else "dim"), soft_wrap=True)
        text = Text("  ").append(_status(story, now))
        if (watch := story.watch) is not None and watch.settling is not None and watch.failing_since is None:
            text = Text("  ").append(line(f"{watch.status};")).append(" ").append_text(groups.settling(watch, now))
        elif watch is not None and watch.groups is not None:
            text.append(f"; groups: {groups.failed_of_all(watch.groups)} failed")
        if (watch := story.watch) is not None and watch.status is not None:
            counts = watch.metrics
            text.append(f"; {number(counts.records_processed)} processed, ")
            text.append(f"{number(counts.invalid_input_records)} invalid")
            text.append(f", progress {ago(watch.progress_at, now)}" if watch.progress_at else "")
        told = _alerts(story)
        console.print(text.append("; ").append(told) if told else text)


def _table(stories: Sequence[Story], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Deployment", no_wrap=True)
    table.add_column("Status", min_width=12, overflow="fold")
    table.add_column("Processed", justify="right", no_wrap=True)
    table.add_column("Invalid", justify="right", no_wrap=True)
    with_groups = _has_groups(stories)
    if with_groups:
        table.add_column("Failed groups", justify="right", no_wrap=True)
    table.add_column("Last progress" if not paper().is_terminal else "Progress", no_wrap=True)
    table.add_column("Alerts", min_width=15, overflow="fold")
    for story in stories:
        if (watch := story.watch) is None:
            continue
        counts = watch.metrics
        invalid = Text(number(counts.invalid_input_records), "yellow" if counts.invalid_input_records else "")
        moved = ago(watch.progress_at, now) if watch.progress_at else "-"
        style = "" if story.is_active else "dim"
        failed = Text(groups.failed_of_all(watch.groups), "yellow" if watch.groups and watch.groups.failed else "")
        table.add_row(
            line(story.deployment_id),
            _status(story, now),
            number(counts.records_processed),
            invalid,
            *([failed] if with_groups else []),
            moved,
            _alerts(story),
            style=style,
        )
    return table


def _has_groups(stories: Sequence[Story]) -> bool:
    return any(story.watch is not None and story.watch.groups is not None for story in stories)


def _status(story: Story, now: datetime) -> Text:
    watch = story.watch
    if watch is None or (story.is_active and watch.status is None and watch.failing_since is None):
        return Text("not checked yet", "cyan")
    parts = []
    if watch.status is not None:
        parts.append(line(watch.status, "red" if watch.ended_because == watch.status == "Failed" else ""))
    if not story.is_active and watch.ended_because != watch.status:
        parts.append(Text(_ENDED.get(watch.ended_because or "", "not watched")))
    if story.is_active and watch.failing_since is not None:
        parts.append(Text(f"unchecked {duration(now - watch.failing_since)}", "yellow"))
    elif story.is_active and watch.settling is not None:
        parts.append(Text("following groups", "cyan"))
    elif story.is_active and watch.told_stalled:
        parts.append(Text("stalled", "yellow"))
    return Text(", ").join(parts)


def _alerts(story: Story) -> Text:
    text = Text(listed(each.alert.kind for each in story.current_alerts))
    waiting = sum(each.is_pending for each in story.alerts)
    if waiting:
        text.append(f"{', ' if text else ''}{waiting} not sent", "red")
    return text
