"""`show`: the current state of a deployment or a source, then its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deployment_notifier.messages.alert_words import shown_metrics
from deployment_notifier.messages.formatting import capitalized, duration, moment
from deployment_notifier.messages.target_results import summary
from deployment_notifier.model import Kind
from deployment_notifier.sources.registry import profile_of
from deployment_notifier.table.history import UNWATCHED, AlertState
from deployment_notifier_cli.console import (
    ago,
    number,
    open_console,
    print_advice,
    print_table,
    safe_line,
    safe_text,
)
from deployment_notifier_cli.views.event_lines import clock, event_lines
from deployment_notifier_cli.views.results_lines import (
    alert_of,
    counts_in_short,
    due,
    movement,
    name_in_short,
    reason_lines,
    targets_of,
)
from deployment_notifier_cli.views.source_lines import outages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.console import Console, RenderableType

    from deployment_notifier.model import SourceState, Watch
    from deployment_notifier.table.history import History
    from deployment_notifier_cli.operator_session import Operator

_ENDINGS = {
    UNWATCHED: "unwatched by an operator",
    Kind.LOST: "no longer watched, because AWS did not know its id; ended",
    None: "no longer in the queue; last changed",
}


def print_history(operator: Operator, history: History) -> None:
    """Print a history."""
    console, now = open_console(), operator.now()
    source = history.watch.source if history.watch else ""
    console.print(_heading(history), soft_wrap=True)
    console.print(_state(history, operator), soft_wrap=True)
    if history.watch:
        console.print()
        _print_grid(console, list(_details(history.watch, now)))
    if history.state:
        console.print()
        _print_grid(console, list(_source_details(operator, history.state)))
    if history.events:
        console.print(Text("\nHistory (times in UTC)", "bold"))
        events = [(clock(each.at), event_lines(each, source, operator)) for each in history.events]
        _print_grid(console, [(at, _indented(lines)) for at, lines in events])
    for item in history.unreadable:
        console.print(safe_line(f"Cannot be read: {item.record}: {item.reason}", "red"), soft_wrap=True)
    _print_hints(console, operator, history)


def _print_grid(console: Console, rows: Sequence[tuple[str, RenderableType]]) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in rows:
        grid.add_row(Text(label), value)
    print_table(console, grid)


def _heading(history: History) -> Text:
    if history.state:
        return safe_line(f"Source {history.state.source} ({profile_of(history.state.source).service})", "bold")
    noun = profile_of(history.watch.source).noun if history.watch else "deployment"
    name = name_in_short(history.watch) if history.watch else ""
    return safe_line(f"{capitalized(noun)} {history.deployment_id}{f': {name}' if name else ''}", "bold")


def _state(history: History, operator: Operator) -> Text:
    now = operator.now()
    if history.state:
        return _source_state(history.state, operator)
    if history.watch is None:
        return Text("Its watch cannot be read" if history.has_unreadable_watch else "It has no watch")
    if history.is_active:
        return _active(history.watch, now)
    when = f" {ago(history.changed_at, now)}" if history.changed_at else ""
    ending = _ENDINGS.get(history.watch.ended_because, "ended")
    return safe_line(f"{history.watch.status or 'Status not known'}; {ending}{when}")


def _source_state(state: SourceState, operator: Operator) -> Text:
    if texts := [text for _, text in outages(state, operator.stack, operator.now())]:
        return safe_line("; ".join(texts), "red")
    since = state.answering_since
    return Text(f"It has answered since {moment(since)}" if since else "It has not answered yet")


def _active(watch: Watch, now: datetime) -> Text:
    status = watch.status or "Status not known"
    if watch.failing_since is not None:
        what = "checks" if watch.follow_up is None else f"scans of its {targets_of(watch.source)}"
        return safe_line(f"{status}; {what} have failed for {duration(now - watch.failing_since)}", "yellow")
    if watch.status is None:
        return Text("Watched; not checked yet", "cyan")
    if watch.follow_up is not None:
        scan = due(watch.follow_up.next_scan_at, now)
        return safe_line(f"{status}; results of its {targets_of(watch.source)} are followed, next scan {scan}")
    parts = ("watched", "stalled" if watch.notified_stalled else movement(watch))
    return safe_line(f"{status}; {', '.join(filter(None, parts))}")


def _details(watch: Watch, now: datetime) -> Iterator[tuple[str, RenderableType]]:
    yield from _of_source(watch)
    alert = alert_of(watch)
    if (results := summary(alert)) is not None:
        targets = targets_of(watch.source)
        yield capitalized(targets), Text(results)
        if reasons := list(reason_lines(alert)):
            yield f"Why {targets} failed", Group(*reasons)
    if watch.created_at:
        yield "Created", safe_line(watch.created_at)
    if watch.progress_at:
        yield "Last progress", Text(f"{moment(watch.progress_at)} ({ago(watch.progress_at, now)})")
    if watch.error_message:
        yield "AWS's error", safe_text(watch.error_message)
    if watch.tags:
        yield "Tags", safe_line(", ".join(f"{key}={value}" for key, value in watch.tags.items()))


def _of_source(watch: Watch) -> Iterator[tuple[str, RenderableType]]:
    """What the source calls the deployment, and its counts."""
    profile = profile_of(watch.source)
    for key, label in profile.details:
        if text := watch.details.get(key):
            yield label, safe_line(text)
    if profile.traits.is_continuous:
        if counts := counts_in_short(watch.source, watch.metrics):
            yield capitalized(profile.target), Text(counts)
    else:
        for name, count in shown_metrics(watch.source, watch.metrics):
            yield name.label, Text(number(count))


def _source_details(operator: Operator, state: SourceState) -> Iterator[tuple[str, RenderableType]]:
    yield "Discovery", Text(operator.stack.discovery)
    if operator.stack.discover_within_hours:
        yield "All listed", Text(moment(state.listed_at) if state.listed_at else "not yet")
    if state.partial_listing:
        yield "Being listed", Text(f"since {moment(state.partial_listing.started_at)}")


def _indented(lines: list[Text]) -> Group:
    """An event's first line, and the others under it, indented wherever they wrap."""
    return Group(lines[0], *(Padding.indent(each, 2) for each in lines[1:]))


def _print_hints(console: Console, operator: Operator, history: History) -> None:
    waiting = [each.alert.id for each in history.alerts if each.state in (AlertState.WAITING, AlertState.FAILED)]
    sent = [each.alert.id for each in history.alerts if not each.is_pending]
    if waiting:
        console.print(Text("\nThe alert that waits, now or not at all:", "dim"))
        print_advice(console, operator.hint("resend", waiting[0]), style="dim")
        print_advice(console, operator.hint("discard", waiting[0]), style="dim")
    elif sent:
        console.print(Text("\nTo get the last alert again:", "dim"))
        print_advice(console, operator.hint("resend", sent[-1]), style="dim")
