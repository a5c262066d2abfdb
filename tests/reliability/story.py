"""What the table and the subscriber must show once nothing is pending, whatever happened on the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

    from deployment_notifier.report import Report
    from tests.reliability.world import World

_WHEN = {"Version", "ProgressAt", "FailingSince", "ExpiresAt"}
"""Attributes of a watch that say when, which differs between two runs of the same story."""


@dataclass(frozen=True, slots=True)
class Story:
    """What the table tells, without its times: two runs in which the same things happened tell the same.

    Attributes:
        transitions: (from, to) by deployment, in order.
        alerts: (kinds, from, to, the results of the groups) by deployment, in order.
        watches: what is known of each deployment, and of each source in trouble.
    """

    transitions: dict[str, list[tuple[str | None, str]]]
    alerts: dict[str, list[tuple[str, str | None, str | None, Any]]]
    watches: list[dict[str, Any]]

    @property
    def told(self) -> dict[str, list[str]]:
        """The alerts' kinds alone."""
        return {deployment: [kinds for kinds, *_ in alerts] for deployment, alerts in self.alerts.items()}


def story(world: World) -> Story:
    """Read the table."""
    told = Story({}, {}, [])
    for item in world.items():
        deployment = item["DeploymentId"]
        if is_alert(item):
            kinds = " ".join([item["Kind"], *(next(iter(kind.values())) for kind in item["Also"])])
            told.alerts.setdefault(deployment, []).append((kinds, item.get("From"), item.get("To"), item.get("Groups")))
        elif item["Record"].endswith("-TRANSITION"):
            told.transitions.setdefault(deployment, []).append((item.get("From"), item["To"]))
        else:
            told.watches.append({name: value for name, value in item.items() if name not in _WHEN})
    return told


def faults(report: Report) -> int:
    """How much of a sweep went wrong: what AWS does well, and another sweep beside it, is no reason for any."""
    return report.errors + report.table_failures + report.unreadable


def is_alert(item: dict[str, Any]) -> bool:
    """Whether an item of the table is an alert."""
    return bool(item["Record"].endswith("-ALERT"))


def _id(alert: dict[str, Any]) -> str:
    return f"{alert['DeploymentId']}/{alert['Record'].split('#')[1]}"


def alert_ids(world: World, *, pending: bool = False) -> list[str]:
    """The ids of the alerts in the table; of those that wait to be published alone, if asked for."""
    return [_id(item) for item in world.items() if is_alert(item) and (not pending or item.get("Queue") == "DELIVER")]


def published_unmarked(world: World) -> set[str]:
    """The alerts that were published and are still pending: those, and only those, may be published once more."""
    return set(world.published()) & set(alert_ids(world, pending=True))


def assert_settled(world: World, repeated: Collection[str] = ()) -> None:
    """Nothing is pending, and each alert in the table, and no other, reached the subscriber: once, or twice if named.

    Args:
        world: at the end.
        repeated: the ids of alerts that must have been published twice.
    """
    expected = {}
    for item in world.items():
        if is_alert(item):
            assert "Queue" not in item, f"still pending: {item}"
            assert item["PublishedAt"], item
            assert item["MessageId"], item
            expected[_id(item)] = 2 if _id(item) in repeated else 1
    assert dict(Counter(world.published())) == expected, "how often each alert was published"
