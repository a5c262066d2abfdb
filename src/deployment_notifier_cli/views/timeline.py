"""`show`: a deployment's present state, then its whole story as a timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deployment_notifier.messages.groups import counts
from deployment_notifier.messages.references import reference
from deployment_notifier.messages.text import duration, moment, shell_argument
from deployment_notifier.model import Kind
from deployment_notifier_cli.story import UNWATCHED
from deployment_notifier_cli.views import groups
from deployment_notifier_cli.views.events import clock, described
from deployment_notifier_cli.views.paper import ago, block, line, number, paper, print_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from rich.console import Console, RenderableType

    from deployment_notifier.model import Watch
    from deployment_notifier_cli.story import Story


def show(story: Story, now: datetime) -> None:
    """Print a story."""
    console = paper()
    if story.health is not None or story.deployment_id.startswith("source:"):
        console.print(line(f"Source {story.deployment_id.removeprefix('source:')}", "bold"))
    else:
        noun = reference(story.watch.source).noun if story.watch else "deployment"
        console.print(line(f"{noun.capitalize()} {story.deployment_id}", "bold"), soft_wrap=True)
    console.print(Text("\n").join(_state(story, now)), soft_wrap=True)
    if story.watch is not None:
        console.print()
        _print_grid(console, list(_facts(story.watch, now)))
    if story.events:
        console.print(Text("\nThe story (times in UTC)", "bold"))
        _print_grid(console, [(clock(each.at), _with_more(described(each, now))) for each in story.events])
    for item in story.unreadable:
        console.print(line(f"Can't be read: {item.record}: {item.reason}", "red"), soft_wrap=True)
    _print_next_steps(console, story)


def _print_grid(console: Console, rows: Sequence[tuple[str, RenderableType]]) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in rows:
        grid.add_row(Text(label), value)
    print_table(console, grid)


def _state(story: Story, now: datetime) -> Iterator[Text]:
    watch, health = story.watch, story.health
    if health is not None:
        span = duration(now - health.failing_since)
        yield line(f"It has answered nothing for {span}: {health.last_error or 'no reason known'}", "red")
    elif watch is None:
        yield Text("No watch is stored under this id.")
    elif story.is_active:
        yield _active(watch, now)
    else:
        when = f" {ago(story.ended_at, now)}" if story.ended_at else ""
        endings = {
            UNWATCHED: "unwatched by an operator",
            Kind.LOST: "no longer watched, since AWS does not know its id,",
            None: "taken out of the queue by hand",
        }
        yield line(f"{watch.status or 'Status not known'}; {endings.get(watch.ended_because, 'ended')}{when}")


def _active(watch: Watch, now: datetime) -> Text:
    if watch.failing_since is not None:
        failing = duration(now - watch.failing_since)
        what = "checks" if watch.settling is None else "looks at its groups"
        return line(f"{watch.status or 'Status not known'}; {what} have failed for {failing}", "yellow")
    if watch.status is None:
        return Text("Watched; no sweep has checked it yet", "cyan")
    if watch.settling is not None:
        return line(f"{watch.status};").append(" ").append_text(groups.settling(watch, now))
    return line(f"{watch.status}; watched{', stalled' if watch.told_stalled else ''}")


def _facts(watch: Watch, now: datetime) -> Iterator[tuple[str, RenderableType]]:
    yield "Records processed", Text(number(watch.metrics.records_processed))
    yield "Invalid records", Text(number(watch.metrics.invalid_input_records))
    yield "Retries", Text(number(watch.metrics.retry_attempts))
    told = groups.told_of(watch, now)
    if (known := counts(told)) is not None:
        target = reference(watch.source).target
        yield target.capitalize(), Text(known)
        if reasons := list(groups.reason_lines(told)):
            yield f"Why {target} failed", Group(*reasons)
    if watch.created_at:
        yield "Created", line(watch.created_at)
    if watch.progress_at:
        yield "Last progress", Text(f"{moment(watch.progress_at)} ({ago(watch.progress_at, now)})")
    if watch.error_message:
        yield "AWS's error", block(watch.error_message)
    if watch.tags:
        yield "Tags", line(", ".join(f"{key}={value}" for key, value in watch.tags.items()))


def _with_more(lines: list[Text]) -> Group:
    """An event's first line, and the others under it, further in wherever they wrap."""
    return Group(lines[0], *(Padding.indent(each, 2) for each in lines[1:]))


def _print_next_steps(console: Console, story: Story) -> None:
    if not story.alerts:
        return
    commands = ["resend"] + ["discard"] * any(each.is_pending for each in story.alerts)
    console.print(Text("\nWith the id under an alert:", "dim"))
    for command in commands:
        console.print(
            Text(f"  deployment-notifier {command} {shell_argument(story.alerts[-1].alert.id)}", "dim"), soft_wrap=True
        )
