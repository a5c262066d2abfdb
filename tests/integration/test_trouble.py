"""Trouble with the source, with a deployment, or in this program, and that it stops nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.model import Failure, Outcome, Refusal
from deployment_notifier.sources.port import ListPage
from local.simulator import Misbehaviour
from tests.fakes import RUNNING, FakeSource
from tests.integration.aws_calls import operations
from tests.integration.world import TABLE, World, at, logged

if TYPE_CHECKING:
    import pytest


def test_a_sweep_that_can_neither_check_nor_deliver_says_so(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.person.delete_table(TableName=TABLE)

    report = world.sweep()

    assert report.is_useless
    assert report.table_failures == 2
    assert report.oldest_undelivered_seconds is None
    assert logged(caplog, "the watches can't be read")
    assert logged(caplog, "the alerts that wait can't be read")


def test_a_sweep_in_which_the_source_answers_nothing_is_not_useless(world: World) -> None:
    world.play(at(0))
    world.simulator.fault("denied")

    assert not world.sweep().is_useless


def test_a_refused_id_is_not_lost_while_the_source_answers_nothing_else(world: World) -> None:
    """A wrong region or a retired API refuses everything: that is the source's trouble, told once."""
    source = FakeSource(listing=Failure("down"))
    for number in range(5):
        world.register(f"id-{number}")
        source.outcomes[f"id-{number}"] = Refusal("BadRequestException: unknown")
    told = []
    for minute in range(30):
        if minute == 20:
            source.listing = ListPage(())
            source.outcomes = dict.fromkeys(source.outcomes, RUNNING)
        world.sweep(source=source)
        told += [(minute, event["data"]["kind"], event["subject"]) for event in world.received()]
        world.advance(minutes=1)

    assert told == [(10, "SOURCE_UNREACHABLE", "greengrass-bulk"), (20, "SOURCE_RECOVERED", "greengrass-bulk")]
    assert len(world.queued("CHECK")) == 5


def test_every_id_and_the_listing_refused_is_one_alert_and_one_more_when_it_is_over(world: World) -> None:
    """The same through the wire: the real client, and a simulator that refuses everything."""
    for number in range(3):
        world.play(at(0), deployment_id=f"id-{number}")
    world.sweep()
    world.simulator.fault("unknown")
    told = []
    for minute in range(25):
        if minute == 15:
            world.simulator.clear()
        world.sweep()
        told += [(minute, event["data"]["kind"]) for event in world.received()]
        world.advance(minutes=1)

    assert told == [(10, "SOURCE_UNREACHABLE"), (15, "SOURCE_RECOVERED")]
    assert sorted(world.queued("CHECK")) == ["id-0", "id-1", "id-2"]


def test_an_alert_about_a_source_says_what_it_answered_and_names_no_deployment(world: World) -> None:
    world.play(at(0))
    world.simulator.fault("denied")
    world.sweep()
    world.advance(minutes=10)

    world.sweep()

    (event,) = world.received()
    assert event["subject"] == "greengrass-bulk"
    assert event["data"]["deployment"] is None
    assert event["data"]["status"] is None
    assert event["data"]["metrics"] is None
    assert "AccessDeniedException" in event["data"]["error"]["message"]


def test_refused_failed_refused_found_is_one_row_that_ends_without_an_alert(world: World) -> None:
    world.play(at(0), deployment_id="neighbour")
    world.play(
        at(0),
        at(1, misbehaviour=Misbehaviour.UNKNOWN),
        at(4, misbehaviour=Misbehaviour.THROTTLED),
        at(7, misbehaviour=Misbehaviour.UNKNOWN),
        at(10),
    )
    for _ in range(12):
        world.sweep()
        world.advance(minutes=1)

    assert world.told("an-id") == ["None>Running"]
    item = world.item("an-id")
    assert item is not None
    assert "FailingSince" not in item


def test_a_span_counts_from_its_first_failure_and_not_the_number_of_sweeps(world: World) -> None:
    world.play(at(0), deployment_id="neighbour")
    world.play(at(0, misbehaviour=Misbehaviour.THROTTLED))
    for _ in range(50):
        world.sweep()
        world.advance(seconds=1)
    assert world.kinds_received() == []

    world.advance(minutes=10)
    world.sweep()

    assert world.kinds_received() == ["UNCHECKED"]


def test_a_source_without_a_watch_never_alerts(world: World) -> None:
    world.simulator.fault("denied")
    for _ in range(15):
        world.sweep()
        world.advance(minutes=1)

    assert world.kinds_received() == []
    assert operations(world.all_calls) == {"Query": 30}


def test_a_fault_of_this_program_in_one_check_stops_no_other(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def fault() -> Outcome:
        raise RuntimeError("a fault")

    source = FakeSource(outcomes={"id-0": fault, "id-1": RUNNING})
    world.register("id-0")
    world.register("id-1")

    report = world.sweep(source=source)

    assert (report.errors, report.checked) == (1, 1)
    (line,) = logged(caplog, "fault in this program")
    assert "id-0" in line["about"]
    assert line["exc_info"]


def test_a_fault_of_this_program_in_the_conclusion_does_not_lose_the_report(world: World) -> None:
    class Faulty(FakeSource):
        def list_page(self, page: str | None) -> ListPage | Refusal | Failure:
            raise RuntimeError(f"a fault at page {page}")

    source = Faulty(outcomes={"id-0": Refusal("unknown")})
    world.register("id-0")

    report = world.sweep(source=source)

    assert report.errors == 1
    assert report.oldest_undelivered_seconds == 0
