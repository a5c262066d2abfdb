"""Deployments do arbitrary things, sweeps overlap, die or are throttled, clocks jump: nothing is lost or made up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectTimeoutError
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.reliability.exploring import exploring
from tests.reliability.fake_dynamodb import error
from tests.reliability.happenings import Answering, Deleting, Event, Fate, Jumping, Mishap, Putting, Sweeping
from tests.reliability.model_of_section_4 import ORDER, Choices
from tests.reliability.playground import Playground

if TYPE_CHECKING:
    from collections.abc import Mapping

DEPLOYMENTS = ("d-1", "d-2", "<!here> 'd'")
STATUSES = ("Initializing", "Running", "Stopping", "Completed", "Stopped", "Failed", "Paused", "failed")
STEPS_OF_AN_ALERT = ("transact_write_items 0", "publish 0", "update_item 0", "update_item 1")

REFUSED = error("GetBulkDeploymentStatus", "BadRequestException", "The id is not known.")
GONE = error("GetBulkDeploymentStatus", "ResourceNotFoundException", "No such thing.", 404)
FAILURES = (
    error("GetBulkDeploymentStatus", "TooManyRequestsException", "Rate exceeded", 429),
    error("GetBulkDeploymentStatus", "AccessDeniedException", "No.", 403),
    error("GetBulkDeploymentStatus", "InternalServerErrorException", "Sorry.", 500),
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
jumps = st.builds(Jumping, st.sampled_from([-90_001, -7_203, -607, -61, -1, 59, 111, 3_607, 90_007]))
changes = st.one_of(
    jumps,
    st.builds(Putting, deployments),
    st.builds(Deleting, deployments),
    st.builds(Answering, deployments, answers),
)
simple_fates = st.sampled_from([fate for fate in Fate if fate is not Fate.PAUSES])
calls = st.sampled_from(
    [f"call {number}" for number in range(12)]
    + [f"{name} {number}" for name in ("publish", "transact_write_items", "update_item") for number in range(3)]
)
nested = st.builds(
    Sweeping, st.dictionaries(calls, st.builds(Mishap, simple_fates), max_size=1), st.sampled_from([0.0, 0.0, 7])
)
meanwhile = st.lists(st.one_of(nested, nested, changes), min_size=1, max_size=3).map(tuple)
mishaps = st.one_of(st.builds(Mishap, simple_fates), st.builds(Mishap, st.just(Fate.PAUSES), meanwhile))
sweepings = st.builds(
    Sweeping,
    st.dictionaries(calls, mishaps, min_size=1, max_size=3),
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
)


def refuse_as_it_is(arguments: Mapping[str, Any]) -> None:
    if "MessageStructure" in arguments:
        raise error("Publish", "InvalidParameter", "Invalid parameter: Message")


SNS = (
    refuse_as_it_is,
    error("Publish", "InvalidParameter", "Invalid parameter: TopicArn"),
    error("Publish", "Throttled", "Rate exceeded"),
    error("Publish", "InternalError", "Sorry.", 500),
    ConnectTimeoutError(endpoint_url="https://sns"),
)


class Sweeps(RuleBasedStateMachine):
    """A notifier in a world where anything can happen, held against the model of section 4."""

    @initialize(choices=choices, page_size=st.sampled_from([None, None, 1, 2]), first=answers)
    def begin(self, choices: Choices, page_size: int | None, first: Mapping[str, Any]) -> None:
        self.playground = Playground(choices, page_size)
        self.playground.happen(Putting(DEPLOYMENTS[0]))
        self.playground.happen(Answering(DEPLOYMENTS[0], first))

    @rule(stories=st.lists(st.tuples(deployments, answers, minutes), min_size=1, max_size=4))
    def sweeps_come_in_their_time(self, stories: list[tuple[str, Mapping[str, Any], int]]) -> None:
        for deployment_id, answer, minutes in stories:
            self.playground.happen(Answering(deployment_id, answer))
            self.sweep_after(minutes, Sweeping())

    @rule(deployment_id=deployments, answer=answers, spans=st.lists(minutes, min_size=2, max_size=4))
    def nothing_new_is_said_for_a_while(
        self, deployment_id: str, answer: Mapping[str, Any] | Exception, spans: list[int]
    ) -> None:
        self.playground.happen(Answering(deployment_id, answer))
        for span in spans:
            self.sweep_after(span, Sweeping())

    @rule(
        deployment_id=deployments,
        name=st.sampled_from(["RecordsProcessed", "InvalidInputRecords", "InvalidInputRecords", "RetryAttempts"]),
        change=st.sampled_from(["double", "double", "one more", "one less", "not reported"]),
        spans=st.lists(minutes, min_size=1, max_size=3),
    )
    def a_count_moves(self, deployment_id: str, name: str, change: str, spans: list[int]) -> None:
        for span in spans:
            answer = self.playground.answers.get(deployment_id)
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
                self.playground.happen(Answering(deployment_id, answer | {"BulkDeploymentMetrics": metrics}))
            self.sweep_after(span, Sweeping())

    @rule(deployment_id=deployments, answer=answers, sweeping=sweepings, minutes=minutes)
    def a_sweep_meets_mishaps(
        self, deployment_id: str, answer: Mapping[str, Any] | Exception, sweeping: Sweeping, minutes: int
    ) -> None:
        self.playground.happen(Answering(deployment_id, answer))
        self.sweep_after(minutes, sweeping)

    @rule(deployment_id=deployments, answer=answers, sweeping=sweepings, minutes=minutes, lag=st.integers(1, 6))
    def the_index_is_behind(
        self, deployment_id: str, answer: Mapping[str, Any] | Exception, sweeping: Sweeping, minutes: int, lag: int
    ) -> None:
        self.playground.happen(Answering(deployment_id, answer))
        self.playground.table.lag = lag
        self.sweep_after(minutes, sweeping)
        self.playground.table.lag = 0

    @rule(deployment_id=deployments, answer=answers, sns=st.sampled_from(SNS), sweeping=sweepings)
    def sns_refuses(
        self,
        deployment_id: str,
        answer: Mapping[str, Any] | Exception,
        sns: Any,  # noqa: ANN401 - an error or a function
        sweeping: Sweeping,
    ) -> None:
        self.playground.happen(Answering(deployment_id, answer))
        self.playground.sns = sns
        self.sweep_after(1, Sweeping())
        self.sweep_after(1, sweeping)
        self.playground.sns = None

    @rule(
        deployment_id=deployments,
        call=st.sampled_from(STEPS_OF_AN_ALERT),
        mishap=mishaps,
        minutes=st.sampled_from([0, 1, 3]),
        metrics=metrics,
    )
    def the_alert_of_a_failure_meets_a_mishap(
        self, deployment_id: str, call: str, mishap: Mishap, minutes: int, metrics: dict[str, int]
    ) -> None:
        self.playground.happen(Putting(deployment_id))
        answer = {"BulkDeploymentStatus": "Failed", "BulkDeploymentMetrics": metrics}
        self.playground.happen(Answering(deployment_id, answer))
        self.sweep_after(0, Sweeping({call: mishap}))
        self.sweep_after(minutes, Sweeping())

    @rule(event=changes)
    def something_changes(self, event: Event) -> None:
        self.playground.happen(event)

    @rule(deployment_id=deployments)
    def somebody_watches_a_deployment(self, deployment_id: str) -> None:
        self.playground.happen(Putting(deployment_id))

    @rule(outage=st.sampled_from([REFUSED, *FAILURES]), spans=st.lists(minutes, min_size=1, max_size=3))
    def greengrass_goes(self, outage: Exception, spans: list[int]) -> None:
        self.playground.outage = outage
        for span in spans:
            self.sweep_after(span, Sweeping())

    @rule()
    def greengrass_comes(self) -> None:
        self.playground.outage = None

    @invariant()
    def all_is_well(self) -> None:
        self.playground.witness.look()

    def teardown(self) -> None:
        if hasattr(self, "playground"):
            self.playground.settle()

    def sweep_after(self, minutes: int, sweeping: Sweeping) -> None:
        self.playground.set_clock(self.playground.now + timedelta(minutes=minutes))
        self.playground.happen(sweeping)


TestSweeps = Sweeps.TestCase
TestSweeps.settings = exploring(examples=150, steps=50)


@pytest.mark.parametrize("call", ["transact_write_items 0", "update_item 0"])
def test_a_sweep_that_slept_through_its_lease_leaves_the_alert_to_the_next(call: str) -> None:
    playground = Playground(Choices())
    playground.happen(Putting("d-1"))
    playground.happen(Answering("d-1", {"BulkDeploymentStatus": "Failed"}))
    if call == "update_item 0":
        # The alert is left over, so that the next sweep has to take its lease first.
        playground.happen(Sweeping({"publish 0": Mishap(Fate.DIES_BEFORE)}))
        playground.happen(Jumping(111))
    report = playground.happen(Sweeping({call: Mishap(Fate.PAUSES, (Jumping(111),))}))
    playground.witness.look()
    assert report is not None
    assert report.published == 0
    assert playground.witness.waiting == 1
    playground.settle()
    assert len(playground.witness.published) == 1
