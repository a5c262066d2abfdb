"""`list`: one row a deployment, the active ones first."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from deployment_notifier.messages.formatting import capitalized, duration
from deployment_notifier.messages.target_results import summary
from deployment_notifier.model import Kind
from deployment_notifier.sources.registry import PROFILES, profile_of
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
from deployment_notifier_cli.views.results_lines import (
    alert_of,
    counts_in_short,
    failed_of_all,
    movement,
    name_in_short,
    targets_of,
)
from deployment_notifier_cli.views.source_lines import outages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import Console

    from deployment_notifier.model import SourceState, Watch
    from deployment_notifier.sources.profile import SourceProfile
    from deployment_notifier.table.history import History
    from deployment_notifier_cli.operator_session import Operator

_NEVER = datetime.max.replace(tzinfo=UTC)
"""Sorts what no sweep has seen yet as the newest."""

_STATUS_WIDTH, _ALERTS_WIDTH = 12, 15
"""Columns of what may wrap. A terminal that is too narrow for the rest gets two lines a deployment."""

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
    """Print a table for each source: what is counted differs."""
    watches = [(each, each.watch) for each in histories if each.watch]
    names = [name for name in PROFILES if any(watch.source == name for _, watch in watches)]
    names += sorted({watch.source for _, watch in watches} - PROFILES.keys())
    for number_of_table, name in enumerate(names):
        if number_of_table:
            console.print()
        _print_source(console, [each for each in watches if each[1].source == name], now)


def _print_source(console: Console, watches: Sequence[tuple[History, Watch]], now: datetime) -> None:
    table = _table(watches, now, is_terminal=console.is_terminal)
    if console.width >= _width(table):
        print_table(console, table)
        return
    for history, watch in watches:
        console.print(safe_line(history.deployment_id, "bold" if history.is_active else "dim"), soft_wrap=True)
        results = summary(alert_of(watch))
        parts = (
            safe_line(name_in_short(watch)),
            _status(history, watch, now),
            Text(f"{targets_of(watch.source)}: {results}" if results else ""),
            Text(counts_in_short(watch.source, watch.metrics)),
            Text(f"progress {ago(watch.progress_at, now)}" if watch.progress_at else ""),
            _alerts(history),
        )
        console.print(Text("  ").append_text(Text("; ").join(filter(None, parts))))


def _width(table: Table) -> int:
    """The columns that a table needs, so that no id, name or count is cut; statuses and alerts may wrap."""
    needed = 0
    for column in table.columns:
        texts = [column.header, *column.cells]
        needed += 2 + (column.min_width or max(cell_len(str(text)) for text in texts))
    return needed


def _table(watches: Sequence[tuple[History, Watch]], now: datetime, *, is_terminal: bool) -> Table:
    """A table of one source's deployments."""
    profile = profile_of(watches[0][1].source)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Deployment", no_wrap=True)
    with_names = any(name_in_short(watch) for _, watch in watches)
    if with_names:
        table.add_column("Name", no_wrap=True)
    table.add_column("Status", min_width=_STATUS_WIDTH, overflow="fold")
    counts = list(_count_columns(profile, [watch for _, watch in watches]))
    for header, _, _ in counts:
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("Progress" if is_terminal else "Last progress", no_wrap=True)
    table.add_column("Alerts", min_width=_ALERTS_WIDTH, overflow="fold")
    for row, (history, watch) in enumerate(watches):
        table.add_row(
            safe_line(history.deployment_id),
            *([safe_line(name_in_short(watch))] if with_names else []),
            _status(history, watch, now),
            *(Text(cells[row], "yellow" if is_bad(watch) else "") for _, cells, is_bad in counts),
            ago(watch.progress_at, now) if watch.progress_at else "-",
            _alerts(history),
            style="" if history.is_active else "dim",
        )
    return table


def _count_columns(
    profile: SourceProfile, watches: Sequence[Watch]
) -> Iterator[tuple[str, list[str], Callable[[Watch], bool]]]:
    """The columns of counts: the header, the cells, and whether a cell is bad news."""
    if profile.traits.is_continuous:
        for metric in profile.metrics:
            counts = [watch.metrics.counts.get(metric.key) for watch in watches]
            if any(counts):
                key, is_failure = metric.key, metric.is_failure
                yield metric.label, [*map(number, counts)], partial(_has_failed, key if is_failure else None)
        return
    yield "Processed", [number(watch.metrics.progress) for watch in watches], partial(_has_failed, None)
    failures = [number(watch.metrics.failures) for watch in watches]
    yield capitalized(profile.failures), failures, lambda watch: bool(watch.metrics.failures)
    if any(watch.results for watch in watches):
        cells = [failed_of_all(watch.results) for watch in watches]
        yield f"Failed {profile.target}", cells, lambda watch: bool(watch.results and watch.results.failed)


def _has_failed(key: str | None, watch: Watch) -> bool:
    return key is not None and bool(watch.metrics.counts.get(key))


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
    elif state := movement(watch):
        parts.append(Text(state))
    return Text(", ").join(parts)


def _alerts(history: History) -> Text:
    text = Text(with_counts(each.alert.kind for each in history.current_alerts))
    waiting = sum(each.is_pending for each in history.alerts)
    if waiting:
        text.append(f"{', ' if text else ''}{waiting} not published", "red")
    return text
