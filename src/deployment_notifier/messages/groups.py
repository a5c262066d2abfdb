"""The results of a deployment's groups in words: how many succeeded, how many failed, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.messages.references import reference
from deployment_notifier.messages.text import cut, one_line

if TYPE_CHECKING:
    from deployment_notifier.model import Alert, GroupError, GroupTally

_REASON_CHARACTERS = 300
_LEAST_NAMED = 2

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Reason:
    """Groups that failed for one reason, ready to be shown.

    Attributes:
        who: how many, such as `87 groups`.
        text: the reason on one line; text from outside.
        groups: ids of some of them; text from outside.
        more: how many more there are than these; 0 where no id is known.
    """

    who: str
    text: str
    groups: tuple[str, ...]
    more: int


def known_groups(alert: Alert) -> GroupTally | None:
    """What is known about the groups; None too for the kinds that are about no single deployment."""
    return None if alert.kind.is_about_source else alert.groups


def counted(count: int, alert: Alert) -> str:
    """`1 group` or `9,700 groups`, in the word of the alert's source, whose plural is a regular one."""
    target = reference(alert.source).target
    return f"{count:,} {target.removesuffix('s') if count == 1 else target}"


def unknown(alert: Alert) -> int:
    """How many of the records that are not invalid have no known result.

    Reports come behind the status, and a pass may have had no time to read them all.
    """
    tally = known_groups(alert)
    if tally is None:
        return 0
    valid = (alert.metrics.records_processed or 0) - (alert.metrics.invalid_input_records or 0)
    return max(0, valid - tally.succeeded - tally.failed - tally.unfinished)


def are_settled(alert: Alert) -> bool:
    """Whether it is known how each group ended, so that the counts change no more."""
    tally = known_groups(alert)
    if tally is None or tally.unfinished or unknown(alert):
        return False
    return tally.succeeded + tally.failed > 0


def failed_groups(alert: Alert) -> str:
    """`1 group`, `300 groups`, or `groups` where the count is not known."""
    tally = known_groups(alert)
    return counted(tally.failed, alert) if tally and tally.failed else reference(alert.source).target


def have_failed(alert: Alert) -> str:
    """The verb that goes with `failed_groups`: it tells whether more may fail."""
    tally = known_groups(alert)
    if tally is None or are_settled(alert):
        return "failed"
    return f"{'has' if tally.failed == 1 else 'have'} failed so far"


def counts(alert: Alert) -> str | None:
    """`9,700 succeeded, 300 failed, 0 unfinished`; None where nothing is known."""
    tally = known_groups(alert)
    return None if tally is None else f"{tally.succeeded:,} succeeded, {_not_succeeded(tally, alert)}"


def sentence(alert: Alert) -> str:
    """`9,700 groups succeeded, 300 failed, 0 unfinished`; empty where nothing is known."""
    tally = known_groups(alert)
    return "" if tally is None else f"{counted(tally.succeeded, alert)} succeeded, {_not_succeeded(tally, alert)}"


def _not_succeeded(tally: GroupTally, alert: Alert) -> str:
    missing = unknown(alert)
    return f"{tally.failed:,} failed, {tally.unfinished:,} unfinished" + (
        f", {missing:,} not known yet" if missing else ""
    )


def reasons(alert: Alert, most: int, names: int) -> tuple[tuple[Reason, ...], int]:
    """Why groups failed, the most frequent reason first.

    Args:
        alert: cleaned.
        most: how many reasons at most.
        names: about how many ids altogether; each reason gets its equal share.

    Returns:
        The reasons, and how many groups failed for others.
    """
    tally = known_groups(alert)
    if tally is None or not tally.errors:
        return (), 0
    shown = tally.errors[:most]
    share = max(_LEAST_NAMED, names // len(shown))
    others = max(0, tally.failed - sum(error.count for error in shown))
    return tuple(_reason(error, share, alert) for error in shown), others


def _reason(error: GroupError, share: int, alert: Alert) -> Reason:
    named = error.groups[:share]
    code = f"[{one_line(error.code)}]" if error.code else None
    said = cut(one_line(_for_all(error)), _REASON_CHARACTERS)
    return Reason(
        who=counted(error.count, alert),
        text=" ".join(filter(None, (said, code))) or "AWS gave no reason",
        groups=named,
        more=max(0, error.count - len(named)) if named else 0,
    )


def _for_all(error: GroupError) -> str:
    """The message; where it stands for several groups, without the id of the one that it came from."""
    message = error.message or ""
    if error.count == 1:
        return message
    return _UUID.sub(lambda found: "(its id)" if found.group() in error.groups else found.group(), message)
