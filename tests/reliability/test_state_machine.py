"""Deployments do anything, sweeps overlap, crash or are throttled, clocks jump: nothing is lost or made up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.harness.hypothesis_settings import exploring
from tests.harness.notifier_harness import START
from tests.reliability.bulk_under_test import BulkUnderTest
from tests.reliability.event_runner import EventRunner
from tests.reliability.event_strategies import (
    DEPLOYMENTS,
    REFUSED_AS_IT_IS,
    SNS_ERRORS,
    STEPS_OF_AN_ALERT,
    answers,
    changes,
    choices,
    deployments,
    faults,
    of_source,
    one_of_source,
    reported,
    results,
    sweeps,
    waits,
)
from tests.reliability.events import PutWatch, RunSweep, SetFault, SetResponse, SetTargets
from tests.reliability.fleet_under_test import FleetUnderTest

if TYPE_CHECKING:
    from tests.reliability.events import Event, InjectedFault
    from tests.reliability.reference_model import Choices
    from tests.reliability.source_under_test import Answer, SourceUnderTest

OLD = ("old-1", "old-2", "old-3")
"""Too old to be discovered; they make the listing longer than a page."""


class Sweeps(RuleBasedStateMachine):
    """A notifier to which anything can happen, compared with the reference model."""

    source: ClassVar[type[SourceUnderTest]]

    @initialize(choices=choices, page_size=st.sampled_from([None, None, 1, 2]), first=answers)
    def begin(self, choices: Choices, page_size: int | None, first: Answer) -> None:
        self.runner = EventRunner(self.source, choices, page_size)
        source = self.runner.source
        source.set_answer(DEPLOYMENTS[1], source.running)
        for deployment_id in OLD:
            source.service.deploy(deployment_id, created=START - timedelta(days=60))
        self.runner.happen(PutWatch(DEPLOYMENTS[0]))
        self.runner.happen(SetResponse(DEPLOYMENTS[0], first))

    @rule(stories=st.lists(st.tuples(deployments, answers, waits, reported), min_size=1, max_size=4))
    def sweeps_and_events_come_in_their_time(self, stories: list[tuple[str, Answer, int, tuple[str, ...]]]) -> None:
        for deployment_id, answer, minutes, failed in stories:
            self.runner.happen(SetResponse(deployment_id, answer))
            self.sweep_after(minutes, RunSweep(reported=failed))

    @rule(deployment_id=deployments, answer=answers, spans=st.lists(waits, min_size=2, max_size=4))
    def nothing_changes_for_a_while(self, deployment_id: str, answer: Answer, spans: list[int]) -> None:
        self.runner.happen(SetResponse(deployment_id, answer))
        for span in spans:
            self.sweep_after(span, RunSweep())

    @rule(
        deployment_id=deployments,
        name=of_source("count_names"),
        change=st.sampled_from(["double", "double", "one more", "one less", "not reported"]),
        spans=st.lists(waits, min_size=1, max_size=3),
    )
    def a_count_moves(self, deployment_id: str, name: str, change: str, spans: list[int]) -> None:
        for span in spans:
            answer = self.runner.source.set_answers.get(deployment_id)
            if isinstance(answer, dict) and answer:
                moved = dict(answer.get(self.source.counts_key, {}))
                count = moved.pop(name, 0)
                if change != "not reported":
                    counts = {"double": max(1, 2 * count), "one more": count + 1, "one less": max(0, count - 1)}
                    moved[name] = min(counts[change], 2**53)
                self.runner.happen(SetResponse(deployment_id, answer | {self.source.counts_key: moved}))
            self.sweep_after(span, RunSweep())

    @rule(deployment_id=deployments, answer=answers, run=sweeps, minutes=waits)
    def a_sweep_meets_faults(self, deployment_id: str, answer: Answer, run: RunSweep, minutes: int) -> None:
        self.runner.happen(SetResponse(deployment_id, answer))
        self.sweep_after(minutes, run)

    @rule(deployment_id=deployments, answer=answers, run=sweeps, minutes=waits, lag=st.integers(1, 6))
    def the_index_is_behind(self, deployment_id: str, answer: Answer, run: RunSweep, minutes: int, lag: int) -> None:
        self.runner.happen(SetResponse(deployment_id, answer))
        self.runner.harness.table.lag = lag
        self.sweep_after(minutes, run)
        self.runner.harness.table.lag = 0

    @rule(
        deployment_id=deployments,
        answer=answers,
        error=st.sampled_from([REFUSED_AS_IT_IS, *SNS_ERRORS]),
        is_minimal_taken=st.booleans(),
        run=sweeps,
    )
    def sns_refuses(
        self,
        deployment_id: str,
        answer: Answer,
        error: Exception,
        *,
        is_minimal_taken: bool,
        run: RunSweep,
    ) -> None:
        self.runner.happen(SetResponse(deployment_id, answer))
        self.runner.refuses = lambda message: None if message.is_minimal and is_minimal_taken else error
        self.sweep_after(1, RunSweep())
        self.sweep_after(1, run)
        self.runner.refuses = lambda _: None

    @rule(
        deployment_id=deployments,
        answer=of_source("targets_answers"),
        run=sweeps,
        story=st.lists(st.tuples(results, results, results, waits, st.booleans()), min_size=1, max_size=5),
    )
    def the_results_of_the_targets_go_on(
        self, deployment_id: str, answer: Answer, run: RunSweep, story: list[tuple[int, int, int, int, bool]]
    ) -> None:
        self.runner.happen(SetResponse(deployment_id, answer))
        for succeeded, failed, unfinished, minutes, is_plain in story:
            self.runner.happen(SetTargets(deployment_id, succeeded, failed, unfinished))
            self.sweep_after(minutes, RunSweep() if is_plain else run)

    @rule(
        operation=one_of_source("operations"),
        error=one_of_source("errors"),
        spans=st.lists(waits, min_size=1, max_size=4),
        is_over=st.booleans(),
    )
    def an_operation_fails(self, operation: str, error: Exception, spans: list[int], *, is_over: bool) -> None:
        self.runner.happen(SetFault(operation, error))
        for span in spans:
            self.sweep_after(span, RunSweep())
        if is_over:
            self.runner.happen(SetFault(operation))

    @rule(
        deployment_id=deployments,
        call=st.sampled_from(STEPS_OF_AN_ALERT),
        fault=faults,
        minutes=st.sampled_from([0, 1, 3]),
        reported=reported,
    )
    def the_alert_of_a_failure_meets_a_fault(
        self, deployment_id: str, call: str, fault: InjectedFault, minutes: int, reported: tuple[str, ...]
    ) -> None:
        self.runner.happen(PutWatch(deployment_id))
        self.runner.happen(SetResponse(deployment_id, self.source.failed))
        self.sweep_after(0, RunSweep({call: fault}, reported=reported))
        self.sweep_after(minutes, RunSweep())

    @rule(event=changes)
    def something_changes(self, event: Event) -> None:
        self.runner.happen(event)

    @rule(deployment_id=deployments)
    def a_deployment_is_registered(self, deployment_id: str) -> None:
        self.runner.happen(PutWatch(deployment_id))

    @rule(outage=one_of_source("outages"), spans=st.lists(waits, min_size=1, max_size=3))
    def the_source_goes(self, outage: Exception, spans: list[int]) -> None:
        self.runner.source.service.outage = outage
        for span in spans:
            self.sweep_after(span, RunSweep())

    @rule()
    def the_source_comes(self) -> None:
        self.runner.source.service.outage = None

    @invariant()
    def all_is_well(self) -> None:
        self.runner.oracle.look()

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.settle()

    def sweep_after(self, minutes: int, run: RunSweep) -> None:
        self.runner.set_clock(self.runner.harness.clock.now + timedelta(minutes=minutes))
        self.runner.happen(run)


class BulkSweeps(Sweeps):
    source = BulkUnderTest


class FleetSweeps(Sweeps):
    source = FleetUnderTest


exploring_events = exploring(examples=150, steps=50)
MACHINES = (BulkSweeps, FleetSweeps)
"""A new source is one more."""


@pytest.mark.hypothesis
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.source.name)
def test_nothing_is_lost_or_made_up(machine: type[Sweeps]) -> None:
    run_state_machine_as_test(machine, settings=exploring_events)
