"""What `check` asks of a source, for how long, and what it concludes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import (
    ErrorDetail,
    Failure,
    GroupPass,
    GroupPhase,
    GroupResult,
    GroupTally,
    Kind,
    Metrics,
    Observation,
    Phase,
    Policy,
    Refusal,
    Settling,
    Watch,
)
from deployment_notifier.sources.port import ReportPage
from deployment_notifier_cli.judgement import Judgement, judge, patience
from tests.fakes import RUNNING, START, Clock, FakeSource

if TYPE_CHECKING:
    from deployment_notifier.model import Outcome

_WATCH = Watch("an-id", "greengrass-bulk", 1, "Running", Metrics(2, 0, 0), progress_at=START)
_COMPLETED = Observation("Completed", Phase.COMPLETED, Metrics(2, 0, 0))
_SETTLING = replace(_WATCH, status="Completed", settling=Settling(Phase.COMPLETED, START, 1, START))
_SUCCEEDED = GroupResult(GroupPhase.SUCCEEDED, "group-1")
_FAILED = GroupResult(GroupPhase.FAILED, "group-2", ErrorDetail("E1", "why"))


@dataclass
class _Pages(FakeSource):
    """A source whose reports have no end of pages.

    Attributes:
        pages: those that were asked for, in order.
    """

    pages: list[str | None] = field(default_factory=list)

    def report_page(self, deployment_id: str, page: str | None) -> ReportPage:  # noqa: ARG002 - the port's arguments
        """One more group."""
        self.pages.append(page)
        return ReportPage((_SUCCEEDED,), str(len(self.pages)))


def _judge(watch: Watch, outcome: Outcome | None, reports: ReportPage | Refusal | Failure | None = None) -> Judgement:
    source = FakeSource()
    if outcome is not None:
        source.outcomes["an-id"] = outcome
    if reports is not None:
        source.reports["an-id"] = reports
    return judge(watch, source, Policy(), START, lambda: True)


def test_a_running_deployments_groups_are_not_asked_for() -> None:
    found = _judge(_WATCH, RUNNING, Failure("must not be asked"))

    assert (found.groups, found.found, found.tally, found.is_bad) == (None, None, None, False)


def test_one_that_has_ended_is_judged_with_its_groups() -> None:
    found = _judge(_WATCH, _COMPLETED, ReportPage((_SUCCEEDED, _FAILED)))

    assert found.decision.alert is not None
    assert found.decision.alert.kind is Kind.GROUPS_FAILED
    assert found.unsent == (Kind.COMPLETED,)
    assert found.tally == found.decision.alert.groups
    assert found.is_bad


@pytest.mark.parametrize("trouble", [Failure("throttled"), Refusal("gone")])
def test_one_whose_groups_cannot_be_read_is_judged_without(trouble: Failure | Refusal) -> None:
    found = _judge(_WATCH, _COMPLETED, trouble)

    assert (found.groups, found.tally) == (trouble, None)
    assert found.decision.watch.settling is not None
    assert not found.is_bad


def test_one_that_settles_is_asked_for_its_groups_and_not_for_its_status() -> None:
    found = _judge(_SETTLING, None, ReportPage((_SUCCEEDED, _SUCCEEDED)))

    assert found.outcome == GroupPass(GroupTally(2), is_complete=True)
    assert found.source_answers
    assert found.decision.watch.ended_because == "Completed"
    assert not found.is_bad


def test_failed_groups_are_bad_though_they_were_told() -> None:
    known = replace(_SETTLING, told_failed_groups=1, metrics=Metrics(9, 0, 0))

    found = _judge(known, None, ReportPage((_FAILED,)))

    assert found.decision.alert is None
    assert found.is_bad


def test_one_that_failed_stays_bad_while_it_settles() -> None:
    assert _judge(
        replace(_SETTLING, settling=Settling(Phase.FAILED, START, 1, START)), None, ReportPage((_SUCCEEDED,))
    ).is_bad


def test_a_refusal_of_the_groups_is_held_against_the_deployment_where_the_source_lists_others() -> None:
    found = _judge(_SETTLING, None, Refusal("gone"))

    assert found.source_answers
    assert found.decision.watch.failing_since == START
    assert found.is_bad


def test_a_pass_that_a_sweep_began_is_gone_on_with() -> None:
    source = _Pages()
    begun = GroupPass(GroupTally(5), "its-page")
    watch = replace(_SETTLING, settling=Settling(Phase.COMPLETED, START, 0, START, begun))

    found = judge(watch, source, Policy(), START, iter([True, True, False]).__next__)

    assert source.pages == ["its-page", "1"]
    assert found.tally == GroupTally(7)


def test_a_person_waits_for_twenty_pages_at_the_sources_pace() -> None:
    clock, source = Clock(), _Pages()

    found = judge(
        _SETTLING,
        source,
        Policy(),
        START,
        patience(source, lambda: clock.seconds, clock.advance),
    )

    assert len(source.pages) == 20
    assert found.found is not None
    assert not found.found.is_complete
    # Five calls a second: the first goes at once.
    assert clock.seconds == pytest.approx(19 / 5, abs=0.01)


def test_a_person_does_not_wait_longer_than_ten_seconds() -> None:
    clock, source = Clock(), _Pages(calls_per_second=0.5)
    may_call = patience(source, lambda: clock.seconds, clock.advance)

    assert [may_call() for _ in range(8)] == [True] * 6 + [False] * 2
