"""The results of a deployment's targets in words: how many succeeded, how many failed, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.messages.escape import cut, one_line
from deployment_notifier.messages.formatting import counted
from deployment_notifier.model import Kind, ResultsSummary, missing_results
from deployment_notifier.sources.registry import profile_of

if TYPE_CHECKING:
    from deployment_notifier.model import Alert, FailureReason

_REASON_CHARACTERS = 300
_LEAST_NAMED = 2

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Reason:
    """Targets that failed for one reason, ready to be shown.

    Attributes:
        who: how many, such as `87 groups`.
        text: the reason on one line; text from outside.
        targets: ids of some of them; text from outside.
        more: how many more there are than these; 0 if no id is known.
    """

    who: str
    text: str
    targets: tuple[str, ...]
    more: int


def known_results(alert: Alert) -> ResultsSummary | None:
    """Return what is known of the results; None for nothing, and for the kinds that are about a whole source."""
    if alert.kind.is_about_source:
        return None
    if alert.results is None and Kind.RESULTS_INCOMPLETE in (alert.kind, *alert.also):
        return ResultsSummary()  # that none could be read is what the alert is about
    return alert.results


def missing(alert: Alert) -> int:
    """Return how many targets should have a result and have none; 0 if nothing is known of any."""
    results = known_results(alert)
    profile = profile_of(alert.source)
    if results is None or not profile.traits.follows_results:
        return 0  # counts that come with the status lack nothing: a canceled device has no result to wait for
    return missing_results(alert.metrics, results)


def are_final(alert: Alert) -> bool:
    """Return whether the result of every target is known and no longer changes."""
    results = known_results(alert)
    return results is not None and not results.unfinished and not missing(alert) and results.total > 0


def summary(alert: Alert) -> str | None:
    """Return the counts, such as `9,700 succeeded, 300 failed, 5 unfinished`; None if nothing is known."""
    results = known_results(alert)
    if results is None:
        return None
    parts = [(results.succeeded, "succeeded"), (results.failed, "failed"), (results.unfinished, "unfinished")]
    shown = [f"{count:,} {word}" for count, word in parts if count or word != "unfinished"]
    return ", ".join([*shown, *([f"{unknown:,} unknown"] if (unknown := missing(alert)) else [])])


def reasons(alert: Alert, most: int = 5, names: int = 6) -> tuple[tuple[Reason, ...], str | None]:
    """Return why targets failed, the most frequent reason first.

    Args:
        alert: truncated.
        most: how many reasons at most.
        names: about how many ids altogether; each reason gets an equal share.

    Returns:
        The reasons, and what is to be said of the other targets that failed, such as `7 groups for other reasons`;
        None for none.
    """
    results, profile = known_results(alert), profile_of(alert.source)
    target = profile.target
    if results is None or not results.reasons:
        return (), None
    shown = results.reasons[:most]
    share = max(_LEAST_NAMED, names // len(shown))
    # Where only some targets are asked for their reason, nothing is known of the others.
    unexamined = 0 if profile.traits.follows_results else results.without_reason
    others = results.failed - sum(reason.count for reason in shown) - unexamined
    rest = [(others, "for other reasons"), (unexamined, "not examined")]
    return tuple(_reason(each, share, target) for each in shown), (
        ", ".join(f"{counted(count, target)} {what}" for count, what in rest if count > 0) or None
    )


def _reason(reason: FailureReason, share: int, target: str) -> Reason:
    named = reason.targets[:share]
    code = f"[{one_line(reason.code)}]" if reason.code else None
    text = cut(one_line(_common_message(reason)), _REASON_CHARACTERS)
    return Reason(
        who=counted(reason.count, target),
        text=" ".join(filter(None, (text, code))) or "AWS gave no reason",
        targets=named,
        more=max(0, reason.count - len(named)) if named else 0,
    )


def _common_message(reason: FailureReason) -> str:
    """Return the message; if several targets share it, without the id of the one that it came from."""
    message = reason.message or ""
    if reason.count == 1:
        return message
    return _UUID.sub(lambda found: "(its id)" if found.group() in reason.targets else found.group(), message)
