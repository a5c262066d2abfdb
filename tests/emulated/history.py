"""What the table and the subscriber must show once nothing is pending, whatever happened on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from deployment_notifier.report import Report
    from tests.emulated.stack import EmulatedStack

_TIMES = {"Version", "ProgressAt", "FailingSince", "ExpiresAt", "AnsweringSince", "ListedAt", "Since", "StartedAt"}
_TIMES |= {"ListingSince", "ReadAt", "NextScanAt", "Scans", "CreatedAt", "NotifiedFailuresAt"}
"""Attributes that say when, which differs between two runs of the same scenario."""


@dataclass(frozen=True, slots=True)
class History:
    """What the table holds, without its times: two runs in which the same things happened hold the same.

    Attributes:
        transitions: (from, to) by deployment, in order.
        details: (kinds, from, to, results) of each alert by deployment, in order.
        watches: what is known of each deployment and each source.
    """

    transitions: dict[str, list[tuple[str | None, str]]]
    details: dict[str, list[tuple[str, str | None, str | None, Any]]]
    watches: list[dict[str, Any]]

    @property
    def alerts(self) -> dict[str, list[str]]:
        """The kinds of each alert by deployment."""
        return {deployment: [kinds for kinds, *_ in alerts] for deployment, alerts in self.details.items()}


def read_history(stack: EmulatedStack) -> History:
    """Read the table."""
    history = History({}, {}, [])
    for item in stack.items():
        deployment = item["DeploymentId"]
        if is_alert(item):
            kinds = "+".join([item["Kind"], *item["Also"]])
            alert = (kinds, item.get("From"), item.get("To"), item.get("Results"))
            history.details.setdefault(deployment, []).append(alert)
        elif item["Record"].endswith("-TRANSITION"):
            history.transitions.setdefault(deployment, []).append((item.get("From"), item["To"]))
        else:
            history.watches.append(_without_times(item))
    return history


def _without_times(value: Any) -> Any:  # noqa: ANN401 - any plain value
    if isinstance(value, dict):
        return {name: _without_times(each) for name, each in value.items() if name not in _TIMES}
    return value


def faults(report: Report) -> int:
    """How much of a sweep went wrong for which neither AWS nor another sweep is a reason."""
    return report.errors + report.table_failures + report.unreadable


def is_alert(item: dict[str, Any]) -> bool:
    """Whether an item of the table is an alert."""
    return bool(item["Record"].endswith("-ALERT"))


def _id(alert: dict[str, Any]) -> str:
    return f"{alert['DeploymentId']}/{alert['Record'].split('#')[1]}"


def alert_ids(stack: EmulatedStack, *, pending: bool = False) -> list[str]:
    """The ids of the alerts in the table, or only of those that wait to be published."""
    return [_id(item) for item in stack.items() if is_alert(item) and (not pending or item.get("Queue") == "DELIVER")]


def published_unmarked(stack: EmulatedStack) -> set[str]:
    """The alerts that were published and are still pending: those, and only those, may be published once more."""
    return set(stack.published()) & set(alert_ids(stack, pending=True))


def assert_all_published(stack: EmulatedStack, repeated: Collection[str] = ()) -> None:
    """Nothing is pending, and each alert in the table, and no other, reached the subscriber: once, or twice if named.

    Args:
        stack: at the end.
        repeated: the ids of alerts that must have been published twice.
    """
    expected = {}
    for item in stack.items():
        if is_alert(item):
            assert "Queue" not in item, f"still pending: {item}"
            assert item["PublishedAt"], item
            assert item["MessageId"], item
            expected[_id(item)] = 2 if _id(item) in repeated else 1
    assert dict(Counter(stack.published())) == expected, "how often each alert was published"
