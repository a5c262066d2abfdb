"""Section 4 of the design, row by row, through whole sweeps: one each minute, and what the subscriber gets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import DEFAULT_KINDS, Kind, Policy
from local.simulator import Error, FailingGroups, Misbehaviour, Step
from tests.integration.world import at

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.world import World

_ERROR = Error("The group has no Greengrass core.", (("GG-303", "You need a core."),))
_POLICY = Policy(frozenset(Kind), invalid_records_threshold=2, stalled_after_minutes=5, unchecked_after_minutes=10)


def _outage(kind: str) -> Callable[[World], object]:
    return lambda world: world.simulator.fault(kind)


def _repair(world: World) -> None:
    world.simulator.clear()


@dataclass(frozen=True)
class Row:
    """A row of section 4 at work.

    Attributes:
        steps: what the deployment does.
        alerts: what comes, at which minute.
        events: what happens to Greengrass as a whole, at which minute.
        minutes: how long it is watched.
        failing: the groups that fail; all others succeed.
        settle_minutes: how long a group takes at most, from when its record was processed; some take half of it.
        neighbour: whether another deployment is being watched, for which Greengrass answers.
    """

    kind: Kind
    name: str
    steps: tuple[Step, ...]
    alerts: dict[int, Kind]
    events: dict[int, Callable[[World], object]] = field(default_factory=dict)
    minutes: int = 12
    failing: tuple[FailingGroups, ...] = ()
    settle_minutes: float = 0
    neighbour: bool = False
    policy: Policy = _POLICY


ROWS = [
    Row(
        Kind.FAILED,
        "becomes Failed",
        (at(0, "Initializing"), at(1, processed=1), at(3, "Failed", processed=1, error=_ERROR)),
        {3: Kind.FAILED},
    ),
    Row(Kind.FAILED, "is Failed when first seen", (at(0, "Failed", error=_ERROR),), {0: Kind.FAILED}),
    Row(
        Kind.INVALID_RECORDS,
        "reaches the threshold, doubles, and grows until the end",
        # The threshold is 2: 2 is told, 3 is less than its double, 4 is told, 7 not, 8 is, and 9 just at the end.
        (
            *(at(minute, processed=10 + minute, invalid=count) for minute, count in enumerate([0, 1, 2, 3, 4, 7, 8])),
            at(7, processed=17, invalid=9),
            at(9, "Stopping", processed=17, invalid=9),
            at(10, "Stopped", processed=17, invalid=9),
        ),
        {2: Kind.INVALID_RECORDS, 4: Kind.INVALID_RECORDS, 6: Kind.INVALID_RECORDS, 10: Kind.INVALID_RECORDS},
        policy=replace(_POLICY, alert_on=DEFAULT_KINDS),
    ),
    Row(
        Kind.INVALID_RECORDS,
        "does not repeat itself at the end when nothing was added",
        (at(0, processed=5), at(1, processed=9, invalid=4), at(3, "Completed", processed=9, invalid=4)),
        {1: Kind.INVALID_RECORDS},
        policy=replace(_POLICY, alert_on=DEFAULT_KINDS),
    ),
    Row(
        Kind.STALLED,
        "makes no progress, resumes, and stalls again",
        (at(0, processed=1), at(2, processed=2), at(10, processed=3), at(18, "Stopping", processed=3)),
        {7: Kind.STALLED, 10: Kind.RESUMED, 15: Kind.STALLED, 18: Kind.RESUMED},
        minutes=20,
    ),
    Row(
        Kind.STALLED,
        "never gets beyond its first status",
        (at(0, "Initializing"),),
        {5: Kind.STALLED},
        minutes=30,
    ),
    Row(
        Kind.STALLED,
        "stalls and ends without a resumption",
        (at(0, processed=1), at(8, "Completed", processed=2)),
        {5: Kind.STALLED},
        policy=replace(_POLICY, alert_on=DEFAULT_KINDS),
    ),
    Row(
        Kind.RESUMED,
        "makes progress after a stall",
        (at(0, processed=1), at(6, processed=2), at(7, processed=3), at(9, "Completed", processed=4)),
        {5: Kind.STALLED, 6: Kind.RESUMED},
        policy=replace(_POLICY, alert_on=DEFAULT_KINDS),
    ),
    Row(
        Kind.STOPPED,
        "is stopped",
        (at(0, processed=1), at(3, "Stopping", processed=1), at(4, "Stopped", processed=1)),
        {4: Kind.STOPPED},
    ),
    Row(Kind.COMPLETED, "completes", (at(0, processed=1), at(3, "Completed", processed=9)), {3: Kind.COMPLETED}),
    Row(
        Kind.COMPLETED,
        "completes, and its groups succeed later",
        # They are looked at in minutes 3, 4, 6 and 10.
        (at(0), at(3, "Completed", processed=9)),
        {10: Kind.COMPLETED},
        settle_minutes=4,
    ),
    Row(
        Kind.GROUPS_FAILED,
        "has groups that fail before it is Completed",
        (at(0, processed=9), at(3, "Completed", processed=9)),
        {3: Kind.GROUPS_FAILED},
        failing=(FailingGroups(1, _ERROR),),
        policy=replace(_POLICY, alert_on=DEFAULT_KINDS),
    ),
    Row(
        Kind.GROUPS_FAILED,
        "has groups of which some fail at first, and more at last",
        # They end in minutes 7, 9 and 11, and are looked at in minutes 3, 4, 6, 10 and 18.
        (at(0), at(3, "Completed", processed=9)),
        {10: Kind.GROUPS_FAILED, 18: Kind.GROUPS_FAILED},
        minutes=40,
        failing=(FailingGroups(9, _ERROR),),
        settle_minutes=8,
        policy=replace(_POLICY, alert_on=DEFAULT_KINDS),
    ),
    Row(
        Kind.GROUPS_FAILED,
        "is Failed, and one more of its groups fails than was told with it",
        (at(0, processed=1), at(3, "Failed", processed=2, error=_ERROR)),
        {3: Kind.FAILED, 4: Kind.GROUPS_FAILED},
        minutes=40,
        failing=(FailingGroups(2, _ERROR),),
        settle_minutes=1,
        policy=replace(_POLICY, alert_on=DEFAULT_KINDS),
    ),
    Row(
        Kind.LOST,
        "is refused while another deployment is found",
        (at(0, processed=1), at(3, misbehaviour=Misbehaviour.UNKNOWN)),
        {13: Kind.LOST},
        minutes=30,
        neighbour=True,
    ),
    Row(
        Kind.LOST,
        "is refused, and is the only one",
        (at(0, processed=1), at(3, misbehaviour=Misbehaviour.NOT_FOUND)),
        {13: Kind.LOST},
        minutes=30,
    ),
    Row(
        Kind.UNCHECKED,
        "can't be checked twice, while another deployment can",
        (
            at(0, processed=1),
            at(1, misbehaviour=Misbehaviour.SERVER_ERROR),
            at(14, processed=2),
            at(16, misbehaviour=Misbehaviour.HTML),
        ),
        {11: Kind.UNCHECKED, 26: Kind.UNCHECKED},
        minutes=32,
        neighbour=True,
        policy=replace(_POLICY, stalled_after_minutes=60),
    ),
    *(
        Row(
            kind,
            "Greengrass answers nothing for a while, twice",
            (at(0, processed=1), at(14, processed=2)),
            {
                11: Kind.SOURCE_UNREACHABLE,
                14: Kind.SOURCE_RECOVERED,
                26: Kind.SOURCE_UNREACHABLE,
                30: Kind.SOURCE_RECOVERED,
            },
            events={1: _outage("denied"), 14: _repair, 16: _outage("throttled"), 30: _repair},
            minutes=33,
            neighbour=True,
            policy=replace(_POLICY, stalled_after_minutes=60),
        )
        for kind in (Kind.SOURCE_UNREACHABLE, Kind.SOURCE_RECOVERED)
    ),
]


def alerts_by_minute(world: World, row: Row, policy: Policy) -> list[tuple[int, Kind]]:
    """Play a row with a sweep each minute."""
    about = {world.play(*row.steps, failing=row.failing, settle_seconds=60 * row.settle_minutes), "greengrass-bulk"}
    if row.neighbour:
        world.play(at(0, processed=1), *(at(m, processed=m) for m in range(1, row.minutes)), deployment_id="neighbour")
    came = []
    for minute in range(row.minutes):
        if happens := row.events.get(minute):
            happens(world)
        world.sweep(policy=policy)
        for event in world.received():
            assert event["subject"] in about, "an alert about the wrong deployment"
            came.append((minute, Kind(event["data"]["kind"])))
        world.advance(minutes=1)
    return came


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind}: {row.name}")
def test_an_alert_comes_exactly_when_and_as_often_as_its_row_says(world: World, row: Row) -> None:
    assert alerts_by_minute(world, row, row.policy) == list(row.alerts.items())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.kind}: {row.name}")
def test_alert_on_leaves_an_alert_out(world: World, row: Row) -> None:
    """It is neither sent nor stored, and the others come as before."""
    policy = replace(row.policy, alert_on=row.policy.alert_on - {row.kind})

    others = [(minute, kind) for minute, kind in row.alerts.items() if kind is not row.kind]

    assert alerts_by_minute(world, row, policy) == others
    assert row.kind not in world.told("an-id") + world.told("source:greengrass-bulk")


_STAYS_TRUE = {Kind.INVALID_RECORDS, Kind.STALLED, Kind.UNCHECKED, Kind.SOURCE_UNREACHABLE}
"""What the operator could be told late, because it may still be so."""


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.kind in _STAYS_TRUE], ids=lambda row: f"{row.kind}: {row.name}"
)
def test_switching_a_kind_on_later_does_not_replay_the_past(world: World, row: Row) -> None:
    alerts_by_minute(world, row, replace(row.policy, alert_on=frozenset()))
    world.simulator.clear()

    world.sweep(policy=row.policy)

    # What comes now is about now: a source that answers again is the one thing that may just have happened.
    assert set(world.kinds_received()) <= {Kind.RESUMED, Kind.SOURCE_RECOVERED}


def test_of_two_kinds_at_once_the_first_becomes_the_alert_and_names_the_other(world: World) -> None:
    world.play(at(0, "Failed", processed=9, invalid=3, error=_ERROR))

    world.sweep()

    (event,) = world.received()
    assert event["data"]["kind"] == "FAILED"
    assert event["data"]["also"] == ["INVALID_RECORDS"]
    assert event["data"]["metrics"] == {"recordsProcessed": 9, "invalidInputRecords": 3, "retryAttempts": 0}
    assert event["data"]["error"] == {
        "message": "The group has no Greengrass core.",
        "details": [{"code": "GG-303", "message": "You need a core."}],
    }


def test_of_two_kinds_at_once_one_that_is_left_out_is_not_named(world: World) -> None:
    world.play(at(0, "Failed", processed=9, invalid=3))

    world.sweep(policy=Policy(alert_on=DEFAULT_KINDS - {Kind.FAILED}))

    (event,) = world.received()
    assert event["data"]["kind"] == "INVALID_RECORDS"
    assert event["data"]["also"] == []


def test_zero_minutes_mean_at_the_first(world: World) -> None:
    policy = Policy(unchecked_after_minutes=0)
    world.register("unknown")
    world.play(at(0, misbehaviour=Misbehaviour.THROTTLED), deployment_id="unchecked")
    world.play(at(0), deployment_id="neighbour")

    world.sweep(policy=policy)

    assert sorted(world.kinds_received()) == ["LOST", "UNCHECKED"]
    world.simulator.fault("denied")
    world.sweep(policy=policy)
    assert world.kinds_received() == ["SOURCE_UNREACHABLE"]
