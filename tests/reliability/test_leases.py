"""A lease that runs out or is not seen yet, and outages at the same moment, as the state machine's events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reliability.event_runner import EventRunner
from tests.reliability.event_strategies import REFUSED_AS_IT_IS
from tests.reliability.events import FaultKind, InjectedFault, MoveClock, PutWatch, RunSweep, SetResponse
from tests.reliability.fleet_under_test import FleetUnderTest
from tests.reliability.reference_model import Choices
from tests.reliability.test_state_machine import MACHINES

if TYPE_CHECKING:
    from tests.reliability.source_under_test import SourceUnderTest

sources = pytest.mark.parametrize("source", [each.source for each in MACHINES], ids=lambda source: source.name)


def failed_alert(source: type[SourceUnderTest], *sweeps: RunSweep) -> EventRunner:
    """Return a runner in which sweeps have met a deployment that has failed."""
    runner = EventRunner(source, Choices(follow_results=0, discover_within_hours=0))
    runner.happen(PutWatch("d-1"))
    runner.happen(SetResponse("d-1", source.failed))
    for run in sweeps:
        runner.happen(run)
    return runner


@sources
@pytest.mark.parametrize("call", ["transact_write_items 0", "update_item 0"])
def test_a_sweep_that_slept_through_its_lease_leaves_the_alert_to_the_next(
    source: type[SourceUnderTest], call: str
) -> None:
    # With `update_item`, the alert is left over, so that the next sweep takes its lease first.
    crash = RunSweep({"publish 0": InjectedFault(FaultKind.CRASH_BEFORE)})
    runner = failed_alert(source, *([crash] if call == "update_item 0" else []))
    runner.happen(MoveClock(111))
    report = runner.happen(RunSweep({call: InjectedFault(FaultKind.PAUSED, (MoveClock(111),))}))
    runner.oracle.look()
    assert report is not None
    assert report.published == 0
    assert runner.oracle.waiting == 1
    runner.settle()
    assert len(runner.oracle.sent) == 1


@sources
def test_a_sweep_that_does_not_see_the_lease_of_another_yet_leaves_the_alert_to_it(
    source: type[SourceUnderTest],
) -> None:
    runner = failed_alert(source, RunSweep({"publish 0": InjectedFault(FaultKind.CRASH_BEFORE)}))
    runner.happen(MoveClock(111))
    # The index shows the table as it was before the outer sweep took the lease.
    runner.harness.table.lag = 1
    runner.happen(PutWatch("d-2"))
    runner.happen(RunSweep({"publish 0": InjectedFault(FaultKind.PAUSED, (RunSweep(),))}))
    runner.oracle.look()
    assert len(runner.oracle.sent) == 1


@sources
def test_the_minimal_message_too_is_left_to_the_next_sweep_once_the_lease_has_run_out(
    source: type[SourceUnderTest],
) -> None:
    runner = failed_alert(source)
    runner.refuses = lambda message: None if message.is_minimal else REFUSED_AS_IT_IS
    report = runner.happen(RunSweep({"publish 0": InjectedFault(FaultKind.PAUSED, (MoveClock(111),))}))
    runner.oracle.look()
    assert report is not None
    assert (report.published, runner.oracle.waiting) == (0, 1)
    report = runner.happen(RunSweep())
    assert report is not None
    assert report.published == 1
    assert runner.harness.sns.published[0].is_minimal


@pytest.mark.parametrize("kind", [FaultKind.THROTTLED, FaultKind.CRASH_BEFORE])
@pytest.mark.parametrize("query", [0, 1], ids=["before it reads the watches", "before it reads the alerts that wait"])
def test_a_sweep_does_not_overtake_an_alert_that_an_event_stored_meanwhile(query: int, kind: FaultKind) -> None:
    source = FleetUnderTest
    runner = EventRunner(source, Choices(follow_results=0, discover_within_hours=0))
    runner.happen(PutWatch("d-1"))
    runner.happen(SetResponse("d-1", source.running))
    runner.happen(RunSweep())
    runner.happen(MoveClock(60))
    one, two = (SetResponse("d-1", {**source.running, "devices": {"in_progress": 1, "failed": n}}) for n in (1, 2))
    event = RunSweep({"publish 0": InjectedFault(kind)}, reported=("d-1",))
    runner.happen(RunSweep({f"query {query}": InjectedFault(FaultKind.PAUSED, (one, event, MoveClock(1), two))}))
    runner.oracle.look()
    runner.settle()
    assert [each.alert_id for each in runner.oracle.sent] == sorted(runner.oracle.alerts)


@sources
def test_outages_of_a_source_within_one_millisecond_are_alerts_of_their_own(source: type[SourceUnderTest]) -> None:
    runner = EventRunner(source, Choices(unchecked_after=0, discover_within_hours=0))
    runner.happen(PutWatch("d-1"))
    for answer in (source.outages[1], source.running, source.outages[1], source.running):
        runner.happen(SetResponse("d-1", answer))
        report = runner.happen(RunSweep())
        runner.oracle.look()
        assert report is not None
        assert (report.conflicts, report.published) == (0, 1)
