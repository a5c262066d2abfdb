"""`list`: one row a deployment, the active ones first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from deployment_notifier.messages.formatting import capitalized, duration
from deployment_notifier.messages.target_results import summary
from deployment_notifier.model import Kind
from deployment_notifier.sources.registry import profile_of
from deployment_notifier.table.history import UNWATCHED
from deployment_notifier_cli.console import (
    ago,
    number,
    open_console,
    print_advice,
    print_table,
    safe_line,
    with_counts,
)
from deployment_notifier_cli.views.results_lines import alert_of, counts_in_short, failed_of_all, targets_of
from deployment_notifier_cli.views.source_lines import outages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from deployment_notifier.model import SourceState, Watch
    from deployment_notifier.table.history import History
    from deployment_notifier_cli.operator_session import Operator

_NEVER = datetime.max.replace(tzinfo=UTC)
"""Sorts what no sweep has seen yet as the newest."""

_BESIDE_ID = 70
"""Columns of a row beside the id; a narrower terminal gets two lines a deployment, so that no id is cut."""

_RESULTS = 16
"""Further columns if results of any deployment are known."""

_ENDED = {UNWATCHED: "unwatched", Kind.LOST: "lost"}


def in_order(histories: Iterable[History]) -> list[History]:
    """Return the active ones first, and of each sort the one that changed last."""
    return sorted(histories, key=lambda each: (each.is_active, each.changed_at or _NEVER), reverse=True)


def print_list(
    operator: Operator, deployments: Sequence[History], states: Sequence[SourceState], *, with_ended: bool
) -> None:
    """Print deployments, and the sources that do not work."""
    console, now = open_console(), operator.now()
    active = [each for each in deployments if each.is_active and each.watch]
    ended = [each for each in deployments if not each.is_active and each.watch]
    if active:
        _print_rows(console, active, now)
    else:
        console.print("No deployment is watched at present.")
        console.print(f"  {operator.stack.discovery}", soft_wrap=True)
        print_advice(console, f"Watch one by its id: {operator.hint('watch')} ID")
    if with_ended and ended:
        console.print(Text(f"\n{len(ended)} ended:"))
        _print_rows(console, ended, now)
    elif not with_ended:
        about = f"\n{len(active)} active. " if active else "  "
        print_advice(console, f"Those that have ended: {operator.hint('list --all')}", about, "dim")
    for state in states:
        for _, text in outages(state, operator.stack, now):
            console.print(safe_line(text, "red"), soft_wrap=True)
    unreadable = sum(len(each.unreadable) for each in deployments)
    if unreadable:
        print_advice(console, f"{unreadable} items cannot be read: {operator.hint('doctor')}", "", "red")


def _print_rows(console: Console, histories: Sequence[History], now: datetime) -> None:
    watches = [(each, each.watch) for each in histories if each.watch]
    with_results = any(watch.results for _, watch in watches)
    width = max(len(each.deployment_id) for each in histories) + _BESIDE_ID + _RESULTS * with_results
    if console.width >= width:
        print_table(console, _table(watches, now, with_results=with_results, is_terminal=console.is_terminal))
        return
    for history, watch in watches:
        console.print(safe_line(history.deployment_id, "bold" if history.is_active else "dim"), soft_wrap=True)
        results, counts = summary(alert_of(watch)), counts_in_short(watch.source, watch.metrics)
        parts = (
            _status(history, watch, now),
            Text(f"{targets_of(watch.source)}: {results}" if results else ""),
            Text(counts),
            Text(f"progress {ago(watch.progress_at, now)}" if watch.progress_at else ""),
            _alerts(history),
        )
        console.print(Text("  ").append_text(Text("; ").join(filter(None, parts))))


def _table(watches: Sequence[tuple[History, Watch]], now: datetime, *, with_results: bool, is_terminal: bool) -> Table:
    profiles = {profile.name: profile for profile in (profile_of(watch.source) for _, watch in watches)}
    only = next(iter(profiles.values())) if len(profiles) == 1 else None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Deployment", no_wrap=True)
    table.add_column("Status", min_width=12, overflow="fold")
    table.add_column("Processed", justify="right", no_wrap=True)
    table.add_column(capitalized(only.failures) if only else "Failures", justify="right", no_wrap=True)
    if with_results:
        table.add_column(f"Failed {only.target if only else 'targets'}", justify="right", no_wrap=True)
    table.add_column("Progress" if is_terminal else "Last progress", no_wrap=True)
    table.add_column("Alerts", min_width=15, overflow="fold")
    for history, watch in watches:
        failed = Text(failed_of_all(watch.results), "yellow" if watch.results and watch.results.failed else "")
        table.add_row(
            safe_line(history.deployment_id),
            _status(history, watch, now),
            number(watch.metrics.progress),
            Text(number(watch.metrics.failures), "yellow" if watch.metrics.failures else ""),
            *([failed] if with_results else []),
            ago(watch.progress_at, now) if watch.progress_at else "-",
            _alerts(history),
            style="" if history.is_active else "dim",
        )
    return table


def _status(history: History, watch: Watch, now: datetime) -> Text:
    if history.is_active and watch.status is None and watch.failing_since is None:
        return Text("not checked yet", "cyan")
    parts = []
    if watch.status is not None:
        parts.append(safe_line(watch.status))
    if not history.is_active:
        if watch.ended_because != watch.status:
            parts.append(Text(_ENDED.get(watch.ended_because or "", "not watched")))
    elif watch.failing_since is not None:
        parts.append(Text(f"unchecked {duration(now - watch.failing_since)}", "yellow"))
    elif watch.follow_up is not None:
        parts.append(Text(f"following {targets_of(watch.source)}", "cyan"))
    elif watch.notified_stalled:
        parts.append(Text("stalled", "yellow"))
    return Text(", ").join(parts)


def _alerts(history: History) -> Text:
    text = Text(with_counts(each.alert.kind for each in history.current_alerts))
    waiting = sum(each.is_pending for each in history.alerts)
    if waiting:
        text.append(f"{', ' if text else ''}{waiting} not published", "red")
    return text
