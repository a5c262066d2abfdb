"""The results of a deployment's groups as people see them, in the words of the alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from deployment_notifier.messages.bounds import bounded
from deployment_notifier.messages.groups import counted, counts, reasons
from deployment_notifier.messages.text import duration
from deployment_notifier.model import Alert, GroupTally, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from deployment_notifier.model import Watch

_WHOLE = (10, 12)
_IN_SHORT = (5, 4)
"""Reasons, and about how many groups are named for all of them together."""


def told_of(watch: Watch, now: datetime) -> Alert:
    """A watch in the form that the alerts' wording takes, with what is known best about its groups.

    Args:
        watch: settling or not.
        now: the present.
    """
    begun = watch.settling.begun if watch.settling else None
    return bounded(
        Alert(
            deployment_id=watch.deployment_id,
            at=now,
            source=watch.source,
            kind=Kind.GROUPS_FAILED,
            to_status=watch.status,
            metrics=watch.metrics,
            groups=watch.groups or (begun.tally if begun else None),
        )
    )


def settling(watch: Watch, now: datetime) -> Text:
    """How far a deployment's groups have been followed, such as `following its groups: 6 succeeded, ...`."""
    text = Text("following its groups")
    known = counts(told_of(watch, now))
    if known is not None:
        text.append(f": {known}")
    if watch.settling is not None:
        text.append(f"; next look {due(watch.settling.next_pass_at, now)}")
    return text


def due(at: datetime, now: datetime) -> str:
    """When a sweep looks at groups that are due at a time, as the end of a sentence."""
    return f"in {duration(at - now)}" if at > now else "with the next sweep"


def failed_of_all(tally: GroupTally | None) -> str:
    """`2 of 12`: how many of the groups failed; `-` where it isn't known."""
    if tally is None:
        return "-"
    return f"{tally.failed:,} of {tally.succeeded + tally.failed + tally.unfinished:,}"


def reason_lines(alert: Alert, *, in_short: bool = False) -> Iterator[Text]:
    """Why groups failed, the most frequent reason first, each with some of its groups; marked as quotations.

    Args:
        alert: cleaned.
        in_short: fewer of both, for one event among others.
    """
    found, others = reasons(alert, *(_IN_SHORT if in_short else _WHOLE))
    for each in found:
        yield Text(f"> {each.who}: {each.text}")
        yield from (Text(f">   {name}") for name in each.groups)
        if each.more:
            yield Text(f">   and {each.more:,} more")
    if others:
        yield Text(f"> and {counted(others, alert)} for other reasons")
