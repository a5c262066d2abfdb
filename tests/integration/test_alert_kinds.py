"""Each kind of alert of Greengrass V1 once, by whole sweeps, one a minute: when it comes, and what subscribers get.

When an alert is due in every case is tested with the rules. Failed devices are Greengrass V2's: test_two_sources.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.model import Kind
from local.simulator import Error, FailingGroups, Misbehaviour, Step
from tests.emulated.scenarios import LIST
from tests.emulated.stack import at

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack

_ERROR = Error("The group has no Greengrass core.", (("GG-303", "You need a core."),))
_RUNNING = tuple(at(minute, processed=minute + 1) for minute in range(20))


@dataclass(frozen=True)
class Row:
    """How one kind of alert comes about.

    Attributes:
        steps: what the deployment does.
        alerts: what comes in which minute, the kinds of `also` included.
        play: more of how the deployment plays: arguments of `EmulatedStack.play`.
        fault: from minute 1 to 14 Greengrass refuses this operation, or with "" every one.
    """

    kind: Kind
    steps: tuple[Step, ...]
    alerts: dict[int, str]
    play: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None

    @property
    def subject(self) -> str:
        """What the alert is about."""
        return "greengrass-bulk" if self.kind.is_about_source else "rollout"


ROWS = [
    Row(
        Kind.FAILED,
        (at(0, "Initializing"), at(1, processed=1), at(3, "Failed", processed=1, error=_ERROR)),
        {3: "FAILED"},
    ),
    Row(
        # The threshold is 2: 2 is reported, 3 is less than its double, 4 is reported, 5 only at the end.
        Kind.INVALID_RECORDS,
        (
            *(at(minute, processed=10 + minute, invalid=count) for minute, count in enumerate([1, 2, 3, 4])),
            at(5, "Stopped", processed=17, invalid=5),
        ),
        {1: "INVALID_RECORDS", 3: "INVALID_RECORDS", 5: "INVALID_RECORDS+STOPPED"},
    ),
    Row(
        # The groups end in minutes 4, 5 and 6, and are scanned in minutes 2, 3, 5 and 9.
        Kind.GROUPS_FAILED,
        (at(0), at(2, "Completed", processed=9)),
        {5: "GROUPS_FAILED", 9: "GROUPS_FAILED+COMPLETED"},
        play={"failing": (FailingGroups(9, _ERROR),), "group_seconds": 240},
    ),
    Row(
        Kind.RESULTS_INCOMPLETE,
        (at(0), at(2, "Completed", processed=9)),
        {12: "RESULTS_INCOMPLETE+COMPLETED"},
        play={"unfinished": 2},
    ),
    Row(
        # Retries, or another count that is no progress, do not end a stall.
        Kind.STALLED,
        (at(0, processed=1), at(2, processed=2), at(8, processed=2, invalid=1), at(9, "Stopped", processed=2)),
        {7: "STALLED", 9: "STOPPED"},
    ),
    Row(Kind.RESUMED, (at(0, processed=1), at(6, processed=2), at(11, processed=3)), {5: "STALLED", 6: "RESUMED"}),
    Row(
        Kind.STOPPED,
        (at(0, processed=1), at(3, "Stopping", processed=1), at(4, "Stopped", processed=1)),
        {4: "STOPPED"},
    ),
    Row(
        # It waits for the groups, which end by minute 6, and are scanned in minutes 2, 3, 5 and 9.
        Kind.COMPLETED,
        (at(0, processed=1), at(2, "Completed", processed=9)),
        {9: "COMPLETED"},
        play={"group_seconds": 240},
    ),
    Row(Kind.LOST, (at(0, processed=1), at(2, misbehaviour=Misbehaviour.UNKNOWN)), {12: "LOST"}),
    Row(Kind.UNCHECKED, (at(0, processed=1), at(1, misbehaviour=Misbehaviour.SERVER_ERROR)), {11: "UNCHECKED"}),
    Row(Kind.SOURCE_UNREACHABLE, _RUNNING, {11: "SOURCE_UNREACHABLE", 14: "SOURCE_RECOVERED"}, fault=""),
    Row(Kind.SOURCE_RECOVERED, _RUNNING, {11: "SOURCE_UNREACHABLE", 14: "SOURCE_RECOVERED"}, fault=""),
    Row(Kind.DISCOVERY_FAILED, _RUNNING, {11: "DISCOVERY_FAILED", 14: "DISCOVERY_RECOVERED"}, fault=LIST),
    Row(Kind.DISCOVERY_RECOVERED, _RUNNING, {11: "DISCOVERY_FAILED", 14: "DISCOVERY_RECOVERED"}, fault=LIST),
]


def test_there_is_a_row_for_each_kind() -> None:
    assert sorted(row.kind for row in ROWS) == sorted(set(Kind) - {Kind.DEVICES_FAILED})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.kind)
def test_an_alert_comes_exactly_when_its_row_says(stack: EmulatedStack, row: Row) -> None:
    stack.configure(
        thresholds={Kind.INVALID_RECORDS: 2},
        stalled_after_minutes=5,
        unchecked_after_minutes=10,
        follow_results_minutes=10,
    )
    stack.play("rollout", *row.steps, **row.play)
    stack.play("neighbour", *_RUNNING)
    came: dict[int, str] = {}
    for minute in range(15):
        if row.fault is not None and minute == 1:
            stack.simulator.fault("denied", operation=row.fault or None)
        if minute == 14:
            stack.simulator.clear()
        stack.sweep()
        for event in stack.received():
            data = event["data"]
            came[minute] = "+".join([data["kind"], *data["also"]])
            assert event["type"] == f"greengrass-deployment.{data['kind']}"
            assert event["subject"] == row.subject
            assert data["severity"] == Kind(data["kind"]).severity
            assert (data["deployment"] is None) == row.kind.is_about_source
        stack.advance(minutes=1)
    assert came == row.alerts


def test_a_kind_that_the_operator_left_out_is_neither_sent_nor_stored(stack: EmulatedStack) -> None:
    stack.configure(alert_on=frozenset({Kind.INVALID_RECORDS}))
    stack.deployment("rollout", "Failed", processed=9, invalid=3)

    stack.sweep()

    assert stack.kinds() == ["INVALID_RECORDS"]
    assert stack.history("rollout") == ["None>Failed", "INVALID_RECORDS"]
