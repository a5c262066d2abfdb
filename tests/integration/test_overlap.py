"""Others who work on the same items at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import Metrics, Observation, Outcome, Phase
from tests.fakes import RUNNING, FakeSource
from tests.integration.world import TABLE, World

if TYPE_CHECKING:
    from collections.abc import Callable


_FAILED = Observation("Failed", Phase.FAILED)


def observing(outcome: Outcome, meanwhile: Callable[[], object]) -> FakeSource:
    """A source during whose answer something else happens."""

    def answer() -> Outcome:
        meanwhile()
        return outcome

    return FakeSource(outcomes={"an-id": answer})


def test_of_two_overlapping_sweeps_one_records_the_transition_and_creates_the_alert(world: World) -> None:
    world.register("an-id")
    inner = []

    def other_sweep() -> None:
        inner.append(world.sweep(source=FakeSource(outcomes={"an-id": _FAILED})))
        world.advance(0.5)

    outer = world.sweep(source=observing(_FAILED, other_sweep))

    assert (inner[0].transitions, inner[0].alerts, inner[0].conflicts) == (1, 1, 0)
    assert (outer.transitions, outer.alerts, outer.conflicts) == (0, 0, 1)
    assert outer.table_failures == 0
    assert world.told("an-id") == ["None>Failed", "FAILED"]
    assert world.kinds_received() == ["FAILED"]


def test_a_decision_made_from_a_stale_watch_is_not_stored(world: World) -> None:
    world.register("an-id")
    world.sweep(source=FakeSource(outcomes={"an-id": RUNNING}))
    world.advance(minutes=1)
    newer = Observation("Running", Phase.ONGOING, Metrics(7, 0, 0))

    def other_sweep() -> None:
        world.sweep(source=FakeSource(outcomes={"an-id": newer}))

    older = Observation("Running", Phase.ONGOING, Metrics(5, 0, 0))
    report = world.sweep(source=observing(older, other_sweep))

    assert report.conflicts == 1
    item = world.item("an-id")
    assert item is not None
    assert item["RecordsProcessed"] == {"N": "7"}


@pytest.mark.parametrize("known", [False, True])
def test_a_watch_deleted_in_the_middle_of_a_sweep_is_not_raised_from_the_dead(world: World, known: bool) -> None:
    world.register("an-id")
    if known:
        world.sweep(source=FakeSource(outcomes={"an-id": RUNNING}))
        world.advance(minutes=1)
    before = world.told("an-id")
    key = {"DeploymentId": {"S": "an-id"}, "Record": {"S": "WATCH"}}

    report = world.sweep(source=observing(_FAILED, lambda: world.person.delete_item(TableName=TABLE, Key=key)))

    assert report.conflicts == 1
    assert world.item("an-id") is None
    assert world.told("an-id") == before
    assert world.kinds_received() == []


def test_a_watch_put_again_in_the_middle_of_a_sweep_starts_over(world: World) -> None:
    world.register("an-id")
    world.sweep(source=FakeSource(outcomes={"an-id": RUNNING}))
    world.advance(minutes=1)

    report = world.sweep(source=observing(_FAILED, lambda: world.register("an-id")))

    assert report.conflicts == 1
    world.advance(minutes=1)
    world.sweep(source=FakeSource(outcomes={"an-id": _FAILED}))
    assert world.told("an-id") == ["None>Running", "None>Failed", "FAILED"]
