"""Deployments do anything, sweeps overlap, crash or are throttled, clocks jump: nothing is lost or made up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectTimeoutError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.harness.fake_dynamodb import error
from tests.harness.hypothesis_settings import exploring
from tests.harness.notifier_harness import START
from tests.reliability.event_runner import EventRunner
from tests.reliability.events import (
    DeleteWatch,
    Event,
    FaultKind,
    InjectedFault,
    MoveClock,
    PutWatch,
    RunSweep,
    SetFault,
    SetGroups,
    SetResponse,
)
from tests.reliability.oracle import REPORTS, STATUS
from tests.reliability.reference_model import ORDER, Choices

if TYPE_CHECKING:
    from collections.abc import Mapping

DEPLOYMENTS = ("d-1", "d-2", "<!here> 'd'")
OLD = ("old-1", "old-2", "old-3")
"""Too old to be discovered; they make the listing longer than a page."""
STATUSES = ("Initializing", "Running", "Stopping", "Completed", "Stopped", "Failed", "Paused", "failed")
STEPS_OF_AN_ALERT = ("transact_write_items 0", "publish 0", "update_item 0", "update_item 1")

REFUSED = error(STATUS, "BadRequestException", "The id is not known.")
GONE = error(STATUS, "ResourceNotFoundException", "No such thing.", 404)
FAILURES = (
    error(STATUS, "TooManyRequestsException", "Rate exceeded", 429),
    error(STATUS, "AccessDeniedException", "No.", 403),
    error(STATUS, "InternalServerErrorException", "Sorry.", 500),
    ConnectTimeoutError(endpoint_url="https://greengrass"),
)

counts = st.integers(0, 7) | st.sampled_from([60, 2**53])
metrics = st.fixed_dictionaries(
    {}, optional={"RecordsProcessed": counts, "InvalidInputRecords": counts, "RetryAttempts": counts}
)
observations = st.builds(
    lambda status, counts, message: {
        "BulkDeploymentStatus": status,
        "BulkDeploymentMetrics": counts,
        **({"ErrorMessage": message} if message else {}),
    },
    # Mostly one that goes on, or every story would be short.
    st.sampled_from([*STATUSES, "Running", "Running", "Initializing"]),
    metrics,
    st.sampled_from([None, None, "Cannot read the input file.", "<!channel> *b* \u202e"]),
)
answers: st.SearchStrategy[Mapping[str, Any] | Exception] = st.one_of(
    observations,
    observations,
    observations,
    st.sampled_from([REFUSED, REFUSED, GONE, *FAILURES, {}]),
)
deployments = st.sampled_from(DEPLOYMENTS)
# The default spans, and a little less and more.
minutes = st.sampled_from([0, 1, 5, 9, 10, 11, 31, 59, 60, 61])
results = st.integers(0, 5)
groups = st.builds(SetGroups, deployments, results, results, results)
jumps = st.builds(MoveClock, st.sampled_from([-90_001, -7_203, -607, -61, -1, 59, 111, 3_607, 90_007]))
changes = st.one_of(
    jumps,
    st.builds(PutWatch, deployments),
    st.builds(DeleteWatch, deployments),
    st.builds(SetResponse, deployments, answers),
    groups,
)
simple_kinds = st.sampled_from([kind for kind in FaultKind if kind is not FaultKind.PAUSED])
calls = st.sampled_from(
    [f"call {number}" for number in range(14)]
    + [
        f"{name} {number}"
        for name in ("publish", "transact_write_items", "update_item", "put_item", REPORTS)
        for number in range(3)
    ]
)
nested = st.builds(
    RunSweep, st.dictionaries(calls, st.builds(InjectedFault, simple_kinds), max_size=1), st.sampled_from([0.0, 0.0, 7])
)
meanwhile = st.lists(st.one_of(nested, nested, changes), min_size=1, max_size=3).map(tuple)
faults = st.one_of(
    st.builds(InjectedFault, simple_kinds), st.builds(InjectedFault, st.just(FaultKind.PAUSED), meanwhile)
)
sweeps = st.builds(
    RunSweep,
    st.dictionaries(calls, faults, min_size=1, max_size=3),
    st.sampled_from([0.0, 0.0, 0.0, 3.0, 7.0]),
)
choices = st.builds(
    Choices,
    alert_on=st.sampled_from(
        [frozenset(ORDER), frozenset(ORDER), Choices().alert_on, frozenset({"FAILED", "RESUMED"})]
    ),
    threshold=st.sampled_from([1, 2, 5]),
    stalled_after=st.sampled_from([1, 60]),
    unchecked_after=st.sampled_from([0, 10]),
    follow_results=st.sampled_from([60, 60, 5, 0]),
    discover_within_hours=st.sampled_from([24, 24, 0]),
)
REFUSED_AS_IT_IS = error("Publish", "InvalidParameter", "Invalid parameter: Message")
SNS_ERRORS = (
    error("Publish", "Throttled", "Rate exceeded"),
    error("Publish", "InternalError", "Sorry.", 500),
    ConnectTimeoutError(endpoint_url="https://sns"),
)


class Sweeps(RuleBasedStateMachine):
    """A notifier to which anything can happen, compared with the reference model."""

    @initialize(choices=choices, page_size=st.sampled_from([None, None, 1, 2]), first=answers, is_listed=st.booleans())
    def begin(self, choices: Choices, page_size: int | None, first: Mapping[str, Any], *, is_listed: bool) -> None:
        self.runner = EventRunner(choices, page_size)
        greengrass = self.runner.harness.greengrass
        greengrass.deploy(DEPLOYMENTS[1]).is_listed = is_listed
        for deployment_id in OLD:
            greengrass.deploy(deployment_id, "Failed", created=START - timedelta(days=60))
        self.runner.happen(PutWatch(DEPLOYMENTS[0]))
        self.runner.happen(SetResponse(DEPLOYMENTS[0], first))

    @rule(stories=st.lists(st.tuples(deployments, answers, minutes), min_size=1, max_size=4))
    def sweeps_come_in_their_time(self, stories: list[tuple[str, Mapping[str, Any], int]]) -> None:
        for deployment_id, answer, minutes in stories:
            self.runner.happen(SetResponse(deployment_id, answer))
            self.sweep_after(minutes, RunSweep())

    @rule(deployment_id=deployments, answer=answers, spans=st.lists(minutes, min_size=2, max_size=4))
    def nothing_changes_for_a_while(
        self, deployment_id: str, answer: Mapping[str, Any] | Exception, spans: list[int]
    ) -> None:
        self.runner.happen(SetResponse(deployment_id, answer))
        for span in spans:
            self.sweep_after(span, RunSweep())

    @rule(
        deployment_id=deployments,
        name=st.sampled_from(["RecordsProcessed", "InvalidInputRecords", "InvalidInputRecords", "RetryAttempts"]),
        change=st.sampled_from(["double", "double", "one more", "one less", "not reported"]),
        spans=st.lists(minutes, min_size=1, max_size=3),
    )
    def a_count_moves(self, deployment_id: str, name: str, change: str, spans: list[int]) -> None:
        for span in spans:
            known = self.runner.harness.greengrass.deployments.get(deployment_id)
            answer = known.answer if known else None
            if isinstance(answer, dict) and answer:
                metrics = dict(answer.get("BulkDeploymentMetrics", {}))
                count = metrics.pop(name, 0)
                if change != "not reported":
                    counts = {
                        "double": min(max(1, 2 * count), 2**53),
                        "one more": min(count + 1, 2**53),
                        "one less": max(0, count - 1),
                    }
                    metrics[name] = counts[change]
                self.runner.happen(SetResponse(deployment_id, answer | {"BulkDeploymentMetrics": metrics}))
            self.sweep_after(span, RunSweep())

    @rule(deployment_id=deployments, answer=answers, run=sweeps, minutes=minutes)
    def a_sweep_meets_faults(
        self, deployment_id: str, answer: Mapping[str, Any] | Exception, run: RunSweep, minutes: int
    ) -> None:
        self.runner.happen(SetResponse(deployment_id, answer))
        self.sweep_after(minutes, run)

    @rule(deployment_id=deployments, answer=answers, run=sweeps, minutes=minutes, lag=st.integers(1, 6))
    def the_index_is_behind(
        self, deployment_id: str, answer: Mapping[str, Any] | Exception, run: RunSweep, minutes: int, lag: int
    ) -> None:
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
        answer: Mapping[str, Any] | Exception,
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
        status=st.sampled_from(["Completed", "Completed", "Failed", "Stopped"]),
        counts=metrics,
        run=sweeps,
        story=st.lists(st.tuples(results, results, results, minutes, st.booleans()), min_size=1, max_size=5),
    )
    def a_deployment_ends_and_its_groups_go_on(
        self,
        deployment_id: str,
        status: str,
        counts: dict[str, int],
        run: RunSweep,
        story: list[tuple[int, int, int, int, bool]],
    ) -> None:
        answer = {"BulkDeploymentStatus": status, "BulkDeploymentMetrics": counts}
        self.runner.happen(SetResponse(deployment_id, answer))
        for succeeded, failed, unfinished, minutes, is_plain in story:
            self.runner.happen(SetGroups(deployment_id, succeeded, failed, unfinished))
            self.sweep_after(minutes, RunSweep() if is_plain else run)

    @rule(
        operation=st.sampled_from([REPORTS, "list_bulk_deployments"]),
        error=st.sampled_from([REFUSED, GONE, *FAILURES]),
        spans=st.lists(minutes, min_size=1, max_size=4),
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
        metrics=metrics,
    )
    def the_alert_of_a_failure_meets_a_fault(
        self, deployment_id: str, call: str, fault: InjectedFault, minutes: int, metrics: dict[str, int]
    ) -> None:
        self.runner.happen(PutWatch(deployment_id))
        answer = {"BulkDeploymentStatus": "Failed", "BulkDeploymentMetrics": metrics}
        self.runner.happen(SetResponse(deployment_id, answer))
        self.sweep_after(0, RunSweep({call: fault}))
        self.sweep_after(minutes, RunSweep())

    @rule(event=changes)
    def something_changes(self, event: Event) -> None:
        self.runner.happen(event)

    @rule(deployment_id=deployments)
    def a_deployment_is_registered(self, deployment_id: str) -> None:
        self.runner.happen(PutWatch(deployment_id))

    @rule(outage=st.sampled_from([REFUSED, *FAILURES]), spans=st.lists(minutes, min_size=1, max_size=3))
    def greengrass_goes(self, outage: Exception, spans: list[int]) -> None:
        self.runner.harness.greengrass.outage = outage
        for span in spans:
            self.sweep_after(span, RunSweep())

    @rule()
    def greengrass_comes(self) -> None:
        self.runner.harness.greengrass.outage = None

    @invariant()
    def all_is_well(self) -> None:
        self.runner.oracle.look()

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.settle()

    def sweep_after(self, minutes: int, run: RunSweep) -> None:
        self.runner.set_clock(self.runner.harness.clock.now + timedelta(minutes=minutes))
        self.runner.happen(run)


TestSweeps = Sweeps.TestCase
TestSweeps.settings = exploring(examples=150, steps=50)


def failed_alert(*sweeps: RunSweep) -> EventRunner:
    """Return a runner in which sweeps have met a deployment that has failed."""
    runner = EventRunner(Choices(follow_results=0, discover_within_hours=0))
    runner.happen(PutWatch("d-1"))
    runner.happen(SetResponse("d-1", {"BulkDeploymentStatus": "Failed"}))
    for run in sweeps:
        runner.happen(run)
    return runner


@pytest.mark.parametrize("call", ["transact_write_items 0", "update_item 0"])
def test_a_sweep_that_slept_through_its_lease_leaves_the_alert_to_the_next(call: str) -> None:
    # With `update_item`, the alert is left over, so that the next sweep takes its lease first.
    crash = RunSweep({"publish 0": InjectedFault(FaultKind.CRASH_BEFORE)})
    runner = failed_alert(*([crash] if call == "update_item 0" else []))
    runner.happen(MoveClock(111))
    report = runner.happen(RunSweep({call: InjectedFault(FaultKind.PAUSED, (MoveClock(111),))}))
    runner.oracle.look()
    assert report is not None
    assert report.published == 0
    assert runner.oracle.waiting == 1
    runner.settle()
    assert len(runner.oracle.sent) == 1


def test_a_sweep_that_does_not_see_the_lease_of_another_yet_leaves_the_alert_to_it() -> None:
    runner = failed_alert(RunSweep({"publish 0": InjectedFault(FaultKind.CRASH_BEFORE)}))
    runner.happen(MoveClock(111))
    # The index shows the table as it was before the outer sweep took the lease.
    runner.harness.table.lag = 1
    runner.happen(PutWatch("d-2"))
    runner.happen(RunSweep({"publish 0": InjectedFault(FaultKind.PAUSED, (RunSweep(),))}))
    runner.oracle.look()
    assert len(runner.oracle.sent) == 1


def test_the_minimal_message_too_is_left_to_the_next_sweep_once_the_lease_has_run_out() -> None:
    runner = failed_alert()
    runner.refuses = lambda message: None if message.is_minimal else REFUSED_AS_IT_IS
    report = runner.happen(RunSweep({"publish 0": InjectedFault(FaultKind.PAUSED, (MoveClock(111),))}))
    runner.oracle.look()
    assert report is not None
    assert (report.published, runner.oracle.waiting) == (0, 1)
    report = runner.happen(RunSweep())
    assert report is not None
    assert report.published == 1
    assert runner.harness.sns.published[0].is_minimal


def test_outages_of_a_source_within_one_millisecond_are_alerts_of_their_own() -> None:
    runner = EventRunner(Choices(unchecked_after=0, discover_within_hours=0))
    running = {"BulkDeploymentStatus": "Running"}
    runner.happen(PutWatch("d-1"))
    for answer in (FAILURES[0], running, FAILURES[0], running):
        runner.happen(SetResponse("d-1", answer))
        report = runner.happen(RunSweep())
        runner.oracle.look()
        assert report is not None
        assert (report.conflicts, report.published) == (0, 1)
