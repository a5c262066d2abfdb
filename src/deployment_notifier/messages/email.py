"""The plain text that a person reads: the email, and what any other protocol gets by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.messages.bounds import FULL, Limits, bounded
from deployment_notifier.messages.facts import error_lines, facts
from deployment_notifier.messages.groups import counted, reasons
from deployment_notifier.messages.headlines import headline
from deployment_notifier.messages.meaning import also, meaning
from deployment_notifier.messages.references import console_link, reference
from deployment_notifier.messages.steps import history_command, steps
from deployment_notifier.model import Alert, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

_LABEL_WIDTH = 19
_REASONS = 10
_NAMED_GROUPS = 12
# Their error is what the checks met, not what befell the deployment.
_ABOUT_CHECKS = {Kind.LOST, Kind.UNCHECKED, Kind.SOURCE_UNREACHABLE, Kind.SOURCE_RECOVERED}


def text(alert: Alert, place: Place, limits: Limits = FULL) -> str:
    """What happened, what it means, the numbers, AWS's error, what to do, and where this comes from.

    Args:
        alert: as stored; it is cleaned here.
        place: for the ARNs, commands and links.
        limits: how much of the outside text is kept.
    """
    alert = bounded(alert, limits)
    sections = (
        (headline(alert, place),),
        (meaning(alert),),
        _error(alert),
        (f"Also {sentence}" for sentence in also(alert)),
        _why_groups_failed(alert),
        (f"{label + ':':<{_LABEL_WIDTH}} {value}" for label, value in facts(alert)),
        _what_to_do(alert, place),
        _footer(alert, place),
    )
    return "\n\n".join(filter(None, ("\n".join(section) for section in sections))) + "\n"


def _error(alert: Alert) -> Iterator[str]:
    """Quoted line by line, so that outside text cannot pass for a part of this message."""
    if alert.kind is Kind.FAILED and alert.error is None:
        yield "AWS gave no error text."
    lines = [line for entry in error_lines(alert) for line in entry.split("\n")]
    if lines:
        yield "Last error:" if alert.kind in _ABOUT_CHECKS else "AWS's error:"
        yield from (f"  > {line}" for line in lines)


def _why_groups_failed(alert: Alert) -> Iterator[str]:
    """Quoted likewise; one id a line, to be copied from."""
    found, others = reasons(alert, _REASONS, _NAMED_GROUPS)
    if found:
        yield f"Why {reference(alert.source).target} failed, most frequent first:"
    for each in found:
        yield f"  > {each.who}: {each.text}"
        yield from (f"  >   {name}" for name in each.groups)
        if each.more:
            yield f"  >   and {each.more:,} more"
    if others:
        yield f"  > and {counted(others, alert)} for other reasons"


def _what_to_do(alert: Alert, place: Place) -> Iterator[str]:
    yield "What to do:"
    for number, step in enumerate(steps(alert, place), start=1):
        yield f"  {number}. {step.text}"
        if step.command is not None:
            yield f"     {step.command}"


def _footer(alert: Alert, place: Place) -> Iterator[str]:
    link, way = console_link(alert.source, place), reference(alert.source).console_way
    if link is not None:
        yield f"{'Console:':<{_LABEL_WIDTH}} {link}" + (f" ({way})" if way else "")
    yield f"{'History:':<{_LABEL_WIDTH}} {history_command(alert, place)}"
    yield f"{'AWS account:':<{_LABEL_WIDTH}} {place.account}, region {place.region}"
    yield f"{'Sent by:':<{_LABEL_WIDTH}} function {place.function_name}, table {place.table_name}"
    yield f"{'Alert:':<{_LABEL_WIDTH}} {alert.id} ({alert.kind})"
