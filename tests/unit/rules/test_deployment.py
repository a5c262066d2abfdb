"""When an alert about a deployment is sent: one row a case, with its reason. Its results have a table of their own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import (
    DEFAULT_KINDS,
    Check,
    CheckFailed,
    Error,
    Kind,
    Metrics,
    Observation,
    Policy,
    UnknownDeployment,
    Watch,
)
from deployment_notifier.rules import decide, decide_unanswered
from tests.cases import cases
from tests.unit.rules.samples import EVERYTHING, NEW, NO_ANSWER, START, TRAITS, UNKNOWN, at, kinds_of, saw

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from deployment_notifier.model import Alert, Decision, Outcome, Transition

    Checks = list[tuple[int, Outcome]]

WITHOUT_RESULTS = replace(EVERYTHING, follow_results_minutes=0)


@dataclass
class Played:
    """What a series of checks led to."""

    watch: Watch = NEW
    alerts: list[tuple[int, Alert]] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    writes: int = 0

    @property
    def kinds(self) -> str:
        return kinds_of(alert for _, alert in self.alerts)


def decide_on(
    watch: Watch, outcome: Outcome, policy: Policy, now: datetime, answering_since: datetime | None = None
) -> Decision:
    if isinstance(outcome, UnknownDeployment | CheckFailed):
        return decide_unanswered(watch, outcome, policy, TRAITS, answering_since, now)
    return decide(Check(watch, outcome), policy, TRAITS, now)


def play(
    checks: Iterable[tuple[int, Outcome]],
    policy: Policy = WITHOUT_RESULTS,
    *,
    watch: Watch = NEW,
    answering_since: datetime | None = None,
) -> Played:
    """Play checks, each at a minute."""
    played = Played(watch)
    for minute, outcome in checks:
        assert played.watch.is_active, f"checked at {minute} after its end"
        decision = decide_on(played.watch, outcome, policy, at(minute), answering_since)
        if decision.alert:
            played.alerts.append((minute, decision.alert))
        if decision.transition:
            played.transitions.append(decision.transition)
        played.writes += decision.watch != played.watch
        played.watch = decision.watch
    return played


def invalid(*failures: int, last: str = "Running") -> Checks:
    """A check a minute, each with one more record processed, and these invalid records."""
    end = len(failures) - 1
    return [(m, saw(last if m == end else "Running", m, count)) for m, count in enumerate(failures)]


@cases(
    "checks, expected",
    ("failed when first seen", [(0, saw("Failed"))], "FAILED"),
    ("fails", [(0, saw("Running")), (1, saw("Failed"))], "FAILED"),
    ("is stopped", [(0, saw("Running")), (1, saw("Stopping")), (2, saw("Stopped"))], "STOPPED"),
    ("completes", [(0, saw("Initializing")), (1, saw("Completed"))], "COMPLETED"),
    ("progresses without a failure", invalid(0, 0), ""),
    ("two kinds at once are one", [(0, saw("Completed", 9, 3))], "INVALID_RECORDS+COMPLETED"),
    ("the more severe kind comes first", [(0, saw("Failed", 9, 3))], "FAILED+INVALID_RECORDS"),
    ("grew, but did not double", invalid(4, 7), "INVALID_RECORDS"),
    ("doubled", invalid(4, 8), "INVALID_RECORDS, INVALID_RECORDS"),
    ("a count that falls does not start anew", invalid(0, 5, 3, 6), "INVALID_RECORDS"),
    (
        "grew since the alert: once more at the end",
        invalid(4, 5, 5, last="Completed"),
        "INVALID_RECORDS, INVALID_RECORDS+COMPLETED",
    ),
    ("did not grow: not again", invalid(4, 4, last="Completed"), "INVALID_RECORDS, COMPLETED"),
    ("fell at the end", invalid(4, 3, last="Completed"), "INVALID_RECORDS, COMPLETED"),
    ("59 minutes without progress", [(0, saw("Running", 1)), (59, saw("Running", 1))], ""),
    ("once for each stall", [(m, saw("Running", 1)) for m in (0, 60, 61, 500)], "STALLED"),
    ("retries are no progress", [(0, saw("Running", 1)), (60, saw("Running", 1, retries=50))], "STALLED"),
    (
        "a count that falls and comes back is no progress",
        [(0, saw("Running", 9)), (30, saw("Running", 5)), (59, saw("Running", 9)), (60, saw("Running", 9))],
        "STALLED",
    ),
    ("a new status is progress", [(0, saw("Initializing")), (59, saw("Running")), (61, saw("Running"))], ""),
    (
        "resumed once, and a new stall is reported",
        [(m, saw("Running", n)) for m, n in ((0, 1), (60, 1), (70, 2), (80, 3), (140, 3))],
        "STALLED, RESUMED, STALLED",
    ),
    (
        "a failure after a stall is no resumption",
        [(0, saw("Running")), (60, saw("Running")), (61, saw("Failed"))],
        "STALLED, FAILED",
    ),
    (
        "failures that grow are no resumption",
        [(0, saw("Running", 1, 0)), (60, saw("Running", 1, 0)), (61, saw("Running", 1, 1))],
        "STALLED, INVALID_RECORDS",
    ),
    (
        "a stall and its end, each with invalid records",
        [(0, saw("Running", 1)), (60, saw("Running", 1, 3)), (61, saw("Running", 2, 6))],
        "INVALID_RECORDS+STALLED, INVALID_RECORDS+RESUMED",
    ),
    ("an unknown status is not terminal", [(0, saw("Odd")), (60, saw("Odd"))], "STALLED"),
    (
        "counts are missing once",
        [(0, saw("Running", 5, 4)), (1, saw("Running")), (2, saw("Running", 5, 4))],
        "INVALID_RECORDS",
    ),
    ("found in time", [(0, UNKNOWN), (5, NO_ANSWER), (9, UNKNOWN), (10, saw("Running"))], ""),
    ("unknown for 9 minutes", [(1, UNKNOWN), (10, UNKNOWN)], ""),
    ("unknown for 10 minutes", [(1, UNKNOWN), (11, UNKNOWN)], "LOST"),
    ("an answer starts the count anew", [(0, UNKNOWN), (5, saw("Running")), (10, UNKNOWN)], ""),
    ("once, though it goes on", [(m, NO_ANSWER) for m in (0, 9, 10, 11, 99)], "UNCHECKED"),
    (
        "again after a check that was answered",
        [(0, NO_ANSWER), (10, NO_ANSWER), (11, saw("Running")), (12, NO_ANSWER), (22, NO_ANSWER)],
        "UNCHECKED, UNCHECKED",
    ),
    ("failing for long, then unknown", [(0, NO_ANSWER), (10, NO_ANSWER), (11, UNKNOWN)], "UNCHECKED, LOST"),
)
def test_an_alert_is_sent(checks: Checks, expected: str) -> None:
    assert play(checks).kinds == expected


@cases(
    "threshold, checks, expected",
    ("below", 2, invalid(1, 1), ""),
    ("reached", 2, invalid(0, 2), "INVALID_RECORDS"),
    ("below at the end: a failure does not lower it", 5, invalid(4, 4, last="Failed"), "FAILED"),
    ("doubling is counted from the alert", 3, invalid(3, 5, 6), "INVALID_RECORDS, INVALID_RECORDS"),
)
def test_a_threshold_delays_the_first_alert_about_failures(threshold: int, checks: Checks, expected: str) -> None:
    policy = replace(WITHOUT_RESULTS, thresholds={Kind.INVALID_RECORDS: threshold, Kind.GROUPS_FAILED: 99})
    assert play(checks, policy).kinds == expected


_ONE_OF_A_KIND: dict[Kind, Checks] = {
    Kind.FAILED: [(0, saw("Failed"))],
    Kind.INVALID_RECORDS: invalid(3, 4),
    Kind.STALLED: [(0, saw("Running")), (60, saw("Running")), (61, saw("Running"))],
    Kind.STOPPED: [(0, saw("Stopped"))],
    Kind.COMPLETED: [(0, saw("Completed"))],
    Kind.RESUMED: [(0, saw("Running", 0)), (60, saw("Running", 0)), (61, saw("Running", 1))],
    Kind.LOST: [(0, UNKNOWN), (10, UNKNOWN)],
    Kind.UNCHECKED: [(0, NO_ANSWER), (10, NO_ANSWER), (11, NO_ANSWER)],
}


@pytest.mark.parametrize(("kind", "checks"), _ONE_OF_A_KIND.items())
def test_a_kind_that_is_switched_off_is_not_sent_and_not_made_up_for_later(kind: Kind, checks: Checks) -> None:
    on = play(checks)
    off = play(checks, replace(WITHOUT_RESULTS, alert_on=frozenset(Kind) - {kind}))
    assert on.kinds.split(", ").count(kind) == 1
    assert kind not in off.kinds
    assert off.watch == on.watch, "the watch advances all the same"
    if off.watch.is_active:
        minute, last = checks[-1]
        assert decide_on(off.watch, last, WITHOUT_RESULTS, at(minute + 1)).alert is None


def test_of_two_kinds_the_first_that_is_switched_on_becomes_the_alert() -> None:
    only_invalid = replace(WITHOUT_RESULTS, alert_on=frozenset({Kind.INVALID_RECORDS}))
    assert play([(0, saw("Failed", 1, 1))], only_invalid).kinds == "INVALID_RECORDS"


def test_stopped_and_completed_are_off_by_default() -> None:
    assert frozenset(Kind) - {Kind.STOPPED, Kind.COMPLETED} == DEFAULT_KINDS == Policy().alert_on


@pytest.mark.parametrize(("outcome", "kind"), [(UNKNOWN, "LOST"), (NO_ANSWER, "UNCHECKED")])
def test_zero_minutes_means_at_the_first_failure(outcome: Outcome, kind: str) -> None:
    assert play([(0, outcome)], replace(WITHOUT_RESULTS, unchecked_after_minutes=0)).kinds == kind


@pytest.mark.parametrize(("outcome", "kind"), [(UNKNOWN, "LOST"), (NO_ANSWER, "UNCHECKED")])
def test_failures_from_before_the_source_recovered_say_nothing(outcome: Outcome, kind: str) -> None:
    """Else each deployment would get an alert in the minute in which the source answers again."""
    played = play([(0, outcome), (69, outcome), (70, outcome)], answering_since=at(60))
    assert [(minute, alert.kind, alert.since) for minute, alert in played.alerts] == [(70, kind, at(60))]
    assert play([(0, outcome), (10, outcome)], answering_since=START - timedelta(days=1)).kinds == kind


def test_a_terminal_status_or_a_loss_ends_the_watch_and_nothing_else_does() -> None:
    assert play([(0, saw("Failed"))]).watch.ended_because == "Failed"
    lost = play([(0, UNKNOWN), (10, UNKNOWN)]).watch
    assert (lost.ended_because, lost.error_message, lost.failing_since) == ("LOST", UNKNOWN.reason, None)
    assert play([(0, saw("Stopping")), (1, NO_ANSWER), (11, NO_ANSWER)]).watch.is_active


def test_a_deployment_that_had_ended_and_is_registered_again_ends_without_an_alert() -> None:
    ended = play([(0, saw("Failed", 5))]).watch
    again = play([(9, saw("Failed", 5))], EVERYTHING, watch=replace(ended, ended_because=None))
    assert (again.kinds, again.watch.ended_because) == ("", "Failed")


def test_each_change_of_status_is_a_transition_and_the_first_is_from_nothing() -> None:
    played = play([(0, saw("Running")), (1, saw("Running", 1)), (2, saw("Failed"))])
    assert [(t.from_status, t.to_status) for t in played.transitions] == [(None, "Running"), ("Running", "Failed")]


def test_what_did_not_change_is_not_written() -> None:
    assert play([(0, saw("Running", 1, 0)), (1, saw("Running", 1, 0)), (2, saw("Running"))]).writes == 1
    failing = play([(0, saw("Running")), (1, NO_ANSWER), (2, CheckFailed("worded differently")), (3, NO_ANSWER)])
    assert (failing.writes, failing.watch.failing_since) == (2, at(1)), "counted from the first failure"


def test_counts_are_kept_as_they_came_also_when_they_fall() -> None:
    watch = play([(0, saw("Running", 9, 5, 2)), (1, saw("Running", 4, None, 3))]).watch
    assert watch.metrics == Metrics({"RetryAttempts": 3}, 4, 5), "a missing count keeps its last value"
    assert watch.highest_progress == 9


def test_an_answer_keeps_what_it_does_not_repeat_and_replaces_what_it_does() -> None:
    first = replace(saw("Running"), error=Error("boom"), created_at="then", tags={"team": "a"}, details={"job": "1"})
    watch = play([(0, first), (1, saw("Running", 1))]).watch
    assert (watch.created_at, watch.tags, watch.error_message) == ("then", {"team": "a"}, None)
    assert watch.details == {"job": "1"}
    later = replace(first, created_at="now", tags={"team": "b"}, details={"revision": "2"})
    watch = play([(0, first), (1, later)]).watch
    assert (watch.created_at, watch.tags, watch.error_message) == ("now", {"team": "b"}, "boom")
    assert watch.details == {"job": "1", "revision": "2"}


def test_an_alert_carries_the_details_of_its_moment() -> None:
    seen = replace(saw("Failed", 7, 2, 1), error=Error("boom"), created_at="2026-11-23T09:00:00Z", tags={"team": "a"})
    played = play([(0, saw("Running")), (5, seen)])
    ((_, alert),) = played.alerts
    assert (alert.id, alert.at, alert.source) == ("d1/2026-11-23T10:05:00.000Z", at(5), "greengrass-bulk")
    assert (alert.from_status, alert.to_status, alert.metrics) == ("Running", "Failed", seen.metrics)
    assert (alert.error, alert.created_at, alert.tags) == (Error("boom"), "2026-11-23T09:00:00Z", {"team": "a"})
    assert played.transitions[-1].error == Error("boom")


@cases(
    "checks, since",
    ("STALLED: the last progress", [(0, saw("Running")), (60, saw("Running"))], 0),
    ("RESUMED: the same", [(m, saw("Running", n)) for m, n in ((0, 0), (60, 0), (90, 1))], 0),
    ("LOST: the first answer that it is unknown", [(3, UNKNOWN), (20, UNKNOWN)], 3),
    ("UNCHECKED: the first failure", [(4, NO_ANSWER), (20, NO_ANSWER)], 4),
    ("FAILED reports no duration", [(0, saw("Running")), (4, saw("Failed"))], None),
)
def test_an_alert_about_a_duration_says_since_when(checks: Checks, since: int | None) -> None:
    alert = play(checks).alerts[-1][1]
    assert alert.since == (None if since is None else at(since))


@pytest.mark.parametrize("checks", [_ONE_OF_A_KIND[Kind.STALLED], [(0, saw("Running")), *_ONE_OF_A_KIND[Kind.LOST]]])
def test_without_a_transition_both_statuses_are_the_current_one(checks: Checks) -> None:
    alert = play(checks).alerts[0][1]
    assert (alert.from_status, alert.to_status) == ("Running", "Running")


def test_a_check_without_an_answer_is_not_decided_on_as_one_with_an_answer() -> None:
    with pytest.raises(TypeError, match="decide_unanswered"):
        decide(Check(NEW, NO_ANSWER), EVERYTHING, TRAITS, START)


@pytest.mark.parametrize("outcome", [saw("Running"), NO_ANSWER])
def test_a_version_rises_though_the_clock_goes_back(outcome: Observation | CheckFailed) -> None:
    late = replace(NEW, version=10**13)
    decision = decide_on(late, outcome, WITHOUT_RESULTS, START)
    assert decision.watch.version == 10**13 + 1
    assert decision.transition is None or decision.transition.at > START + timedelta(days=1)
