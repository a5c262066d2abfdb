"""Section 4 of the design as tables: one row a case, and its reason beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.model import (
    DEFAULT_KINDS,
    Alert,
    Error,
    Failure,
    Kind,
    Metrics,
    Observation,
    Phase,
    Policy,
    Refusal,
    Transition,
    Watch,
    milliseconds,
)
from deployment_notifier.rules import decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deployment_notifier.model import Outcome

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
EVERYTHING = frozenset(Kind)
PHASES = {"Completed": Phase.COMPLETED, "Stopped": Phase.STOPPED, "Failed": Phase.FAILED}
REFUSED = Refusal("BadRequestException: unknown id")
FAILED_CHECK = Failure("ReadTimeoutError")


def saw(
    status: str, processed: int | None = None, invalid: int | None = None, retries: int | None = None
) -> Observation:
    return Observation(status, PHASES.get(status, Phase.ONGOING), Metrics(processed, invalid, retries))


@dataclass(frozen=True)
class Played:
    """What a series of checks led to."""

    watch: Watch
    alerts: Sequence[tuple[int, Alert]]
    transitions: Sequence[Transition]
    writes: int

    @property
    def kinds(self) -> list[str]:
        return ["+".join([alert.kind, *alert.also]) for _, alert in self.alerts]


def play(checks: Iterable[tuple[int, Outcome]], policy: Policy | None = None, *, source_answers: bool = True) -> Played:
    """Play checks, each at a minute, against a fresh watch; a watch that has ended is checked no more."""
    policy = replace(policy or Policy(alert_on=EVERYTHING), settle_minutes=0)  # groups have a table of their own
    watch = Watch("d1", "greengrass-bulk")
    alerts, transitions, writes = [], [], 0
    for minute, outcome in checks:
        assert watch.is_active, f"checked at {minute} after its end"
        now = START + timedelta(minutes=minute)
        decision = decide(watch, outcome, policy, now, source_answers=source_answers)
        if decision.alert:
            alerts.append((minute, decision.alert))
        if decision.transition:
            transitions.append(decision.transition)
        writes += decision.watch != watch
        watch = decision.watch
    return Played(watch, alerts, transitions, writes)


@pytest.mark.parametrize(
    ("threshold", "checks", "expected"),
    [
        pytest.param(1, [(0, saw("Failed"))], ["FAILED"], id="failed when first seen"),
        pytest.param(1, [(0, saw("Running")), (1, saw("Failed"))], ["FAILED"], id="fails"),
        pytest.param(1, [(0, saw("Running")), (1, saw("Stopping")), (2, saw("Stopped"))], ["STOPPED"], id="is stopped"),
        pytest.param(1, [(0, saw("Initializing")), (1, saw("Completed"))], ["COMPLETED"], id="completes"),
        pytest.param(1, [(0, saw("Running", 1, 0)), (1, saw("Running", 2, 0))], [], id="all is well"),
        pytest.param(
            1, [(0, saw("Completed", 9, 3))], ["INVALID_RECORDS+COMPLETED"], id="completed with invalid at first"
        ),
        pytest.param(1, [(0, saw("Failed", 9, 3))], ["FAILED+INVALID_RECORDS"], id="two kinds at once are one alert"),
        pytest.param(2, [(0, saw("Running", 1, 1)), (1, saw("Failed", 1, 1))], ["FAILED"], id="below the threshold"),
        pytest.param(
            2,
            [(m, saw("Running", m, n)) for m, n in enumerate((0, 5, 3, 6))],
            ["INVALID_RECORDS"],
            id="0 5 3 6: down re-arms nothing",
        ),
        pytest.param(
            2,
            [(m, saw("Running", m, n)) for m, n in enumerate((0, 5, 3, 10))],
            ["INVALID_RECORDS"] * 2,
            id="at least doubled",
        ),
        pytest.param(
            1,
            [(0, saw("Running", 1, 4)), (1, saw("Running", 2, 5)), (2, saw("Completed", 3, 5))],
            ["INVALID_RECORDS", "INVALID_RECORDS+COMPLETED"],
            id="grew since it was told: once more at the end",
        ),
        pytest.param(
            1,
            [(0, saw("Running", 1, 4)), (1, saw("Completed", 3, 4))],
            ["INVALID_RECORDS", "COMPLETED"],
            id="did not grow: not again",
        ),
        pytest.param(
            1,
            [(0, saw("Running", 1, 4)), (1, saw("Completed", 3, 3))],
            ["INVALID_RECORDS", "COMPLETED"],
            id="fell at the end: not again",
        ),
        pytest.param(1, [(0, saw("Running", 1)), (59, saw("Running", 1))], [], id="59 minutes are no stall"),
        pytest.param(1, [(m, saw("Running", 1)) for m in (0, 60, 61, 500)], ["STALLED"], id="once per stall"),
        pytest.param(
            1,
            [(0, saw("Running", 1, 0, 0)), (60, saw("Running", 1, 0, 50))],
            ["STALLED"],
            id="retries alone are no progress",
        ),
        pytest.param(
            1,
            [(0, saw("Running", 9)), (30, saw("Running", 5)), (59, saw("Running", 9)), (60, saw("Running", 9))],
            ["STALLED"],
            id="a count that falls and comes back is no progress",
        ),
        pytest.param(
            1, [(0, saw("Initializing")), (59, saw("Running")), (61, saw("Running"))], [], id="a new status is progress"
        ),
        pytest.param(
            1,
            [
                (0, saw("Running", 1)),
                (60, saw("Running", 1)),
                (70, saw("Running", 2)),
                (80, saw("Running", 3)),
                (140, saw("Running", 3)),
            ],
            ["STALLED", "RESUMED", "STALLED"],
            id="resumed once, and a new stall tells again",
        ),
        pytest.param(
            1,
            [(0, saw("Running")), (60, saw("Running")), (61, saw("Failed"))],
            ["STALLED", "FAILED"],
            id="stalled, then failed: not resumed",
        ),
        pytest.param(
            1,
            [(0, saw("Running")), (60, saw("Running")), (61, saw("Stopped"))],
            ["STALLED", "STOPPED"],
            id="stalled, then stopped",
        ),
        pytest.param(
            1,
            [(0, saw("Running", 1, 0)), (60, saw("Running", 1, 0)), (61, saw("Running", 1, 1))],
            ["STALLED", "INVALID_RECORDS"],
            id="stalled, then invalid grows: that is no resumption",
        ),
        pytest.param(
            1,
            [(0, saw("Running", 1, 0)), (60, saw("Running", 1, 3))],
            ["INVALID_RECORDS+STALLED"],
            id="stalled with invalid records",
        ),
        pytest.param(
            1,
            [(0, saw("Running", 1)), (60, saw("Running", 1)), (61, saw("Running", 2, 1))],
            ["STALLED", "INVALID_RECORDS+RESUMED"],
            id="resumed with invalid records",
        ),
        pytest.param(
            1, [(0, saw("Rolling")), (60, saw("Rolling"))], ["STALLED"], id="an unknown status is not terminal"
        ),
        pytest.param(
            1,
            [(0, saw("Running", 5, 4)), (1, saw("Running")), (2, saw("Running", 5, 4))],
            ["INVALID_RECORDS"],
            id="metrics missing once",
        ),
        pytest.param(
            1,
            [(0, REFUSED), (5, FAILED_CHECK), (9, REFUSED), (10, saw("Running"))],
            [],
            id="refused, failed, refused, found",
        ),
        pytest.param(1, [(0, saw("Running")), (1, REFUSED), (10, REFUSED)], [], id="refused for 9 minutes"),
        pytest.param(1, [(0, saw("Running")), (1, REFUSED), (11, REFUSED)], ["LOST"], id="refused for 10 minutes"),
        pytest.param(1, [(0, REFUSED), (5, saw("Running")), (10, REFUSED)], [], id="an answer begins a new row"),
        pytest.param(
            1, [(m, FAILED_CHECK) for m in (0, 9, 10, 11, 99)], ["UNCHECKED"], id="unchecked once, though it goes on"
        ),
        pytest.param(
            1,
            [(0, FAILED_CHECK), (10, FAILED_CHECK), (11, saw("Running")), (12, FAILED_CHECK), (22, FAILED_CHECK)],
            ["UNCHECKED", "UNCHECKED"],
            id="unchecked again after a check succeeded",
        ),
        pytest.param(
            1,
            [(0, FAILED_CHECK), (10, FAILED_CHECK), (11, REFUSED)],
            ["UNCHECKED", "LOST"],
            id="failed for long, then refused",
        ),
    ],
)
def test_alerts_come_exactly_when_section_4_says(
    threshold: int, checks: list[tuple[int, Outcome]], expected: list[str]
) -> None:
    assert play(checks, Policy(EVERYTHING, threshold)).kinds == expected


@pytest.mark.parametrize("kind", [kind for kind in Kind if not kind.is_about_source and kind is not Kind.GROUPS_FAILED])
def test_a_kind_that_alert_on_leaves_out_is_not_told_and_not_made_up_for_later(kind: Kind) -> None:
    stories: dict[Kind, list[tuple[int, Outcome]]] = {
        Kind.FAILED: [(0, saw("Failed"))],
        Kind.INVALID_RECORDS: [(0, saw("Running", 1, 3)), (1, saw("Running", 2, 4))],
        Kind.STALLED: [(0, saw("Running")), (60, saw("Running")), (61, saw("Running"))],
        Kind.STOPPED: [(0, saw("Stopped"))],
        Kind.COMPLETED: [(0, saw("Completed"))],
        Kind.RESUMED: [(0, saw("Running", 0)), (60, saw("Running", 0)), (61, saw("Running", 1))],
        Kind.LOST: [(0, REFUSED), (10, REFUSED)],
        Kind.UNCHECKED: [(0, FAILED_CHECK), (10, FAILED_CHECK), (11, FAILED_CHECK)],
    }
    told = play(stories[kind], Policy(EVERYTHING))
    untold = play(stories[kind], Policy(EVERYTHING - {kind}))
    assert told.kinds.count(kind) == 1
    assert kind not in untold.kinds
    assert untold.watch == told.watch, "the watch advances all the same"

    if told.watch.is_active:
        minute, last = stories[kind][-1]
        later = START + timedelta(minutes=minute + 1)
        again = decide(untold.watch, last, Policy(EVERYTHING), later, source_answers=True)
        assert again.alert is None, "switching it on later does not replay the past"


def test_of_two_kinds_the_first_that_is_switched_on_becomes_the_alert() -> None:
    only_invalid = play([(0, saw("Failed", 1, 1))], Policy(frozenset({Kind.INVALID_RECORDS})))
    assert only_invalid.kinds == ["INVALID_RECORDS"]


def test_stopped_and_completed_are_off_by_default() -> None:
    assert frozenset(Kind) - {Kind.STOPPED, Kind.COMPLETED} == DEFAULT_KINDS
    assert play([(0, saw("Completed"))], Policy()).kinds == []


def test_the_first_observation_is_a_transition_from_nothing() -> None:
    played = play([(0, saw("Running")), (1, saw("Running")), (2, saw("Failed"))])
    assert [(t.from_status, t.to_status) for t in played.transitions] == [(None, "Running"), ("Running", "Failed")]


def test_nothing_changed_is_nothing_written() -> None:
    assert play([(0, saw("Running", 1, 0, 0)), (1, saw("Running", 1, 0, 0)), (2, saw("Running"))]).writes == 1


def test_a_failing_check_is_written_once_and_its_span_counts_from_the_first() -> None:
    played = play([(0, saw("Running")), (1, FAILED_CHECK), (2, FAILED_CHECK), (3, FAILED_CHECK)])
    assert played.writes == 2
    assert played.watch.failing_since == START + timedelta(minutes=1)


@pytest.mark.parametrize("outcome", [REFUSED, FAILED_CHECK])
def test_while_the_source_answers_nothing_a_check_says_nothing_of_the_deployment(outcome: Outcome) -> None:
    played = play([(minute, outcome) for minute in range(100)], source_answers=False)
    assert (played.kinds, played.writes) == ([], 0)


@pytest.mark.parametrize(("outcome", "kind"), [(REFUSED, "LOST"), (FAILED_CHECK, "UNCHECKED")])
def test_zero_minutes_means_at_the_first(outcome: Outcome, kind: str) -> None:
    assert play([(0, outcome)], Policy(unchecked_after_minutes=0)).kinds == [kind]


def test_a_terminal_status_or_a_loss_ends_the_watch_and_nothing_else_does() -> None:
    assert play([(0, saw("Failed"))]).watch.ended_because == "Failed"
    assert play([(0, REFUSED), (10, REFUSED)]).watch.ended_because == "LOST"
    assert play([(0, saw("Stopping")), (1, FAILED_CHECK), (11, FAILED_CHECK)]).watch.is_active


def test_counts_are_recorded_as_they_came_also_when_they_fall() -> None:
    watch = play([(0, saw("Running", 9, 5, 2)), (1, saw("Running", 4, 3))]).watch
    assert watch.metrics == Metrics(4, 3, 2), "a missing count keeps its last value"
    assert watch.highest_records_processed == 9


def test_an_alert_carries_the_facts_of_its_moment() -> None:
    seen = replace(saw("Failed", 7, 2, 1), error=Error("boom"), created_at="2026-11-23T09:00:00Z", tags={"team": "a"})
    ((_, alert),) = play([(0, saw("Running")), (5, seen)]).alerts
    assert alert.at == START + timedelta(minutes=5)
    assert alert.id == "d1/2026-11-23T10:05:00.000Z"
    assert (alert.from_status, alert.to_status, alert.metrics) == ("Running", "Failed", Metrics(7, 2, 1))
    assert (alert.error, alert.created_at, alert.tags) == (Error("boom"), "2026-11-23T09:00:00Z", {"team": "a"})


@pytest.mark.parametrize(
    ("checks", "since_minute"),
    [
        pytest.param([(0, saw("Running")), (60, saw("Running"))], 0, id="STALLED: the last progress"),
        pytest.param(
            [(0, saw("Running", 0)), (60, saw("Running", 0)), (90, saw("Running", 1))], 0, id="RESUMED: the same"
        ),
        pytest.param([(3, REFUSED), (20, REFUSED)], 3, id="LOST: the first refusal"),
        pytest.param([(4, FAILED_CHECK), (20, FAILED_CHECK)], 4, id="UNCHECKED: the first failure"),
    ],
)
def test_an_alert_about_a_duration_tells_since_when(checks: list[tuple[int, Outcome]], since_minute: int) -> None:
    assert play(checks).alerts[-1][1].since == START + timedelta(minutes=since_minute)


def test_without_a_transition_both_statuses_are_the_current_one() -> None:
    alert = play([(0, saw("Running")), (60, saw("Running"))]).alerts[0][1]
    assert (alert.from_status, alert.to_status) == ("Running", "Running")


outcomes = st.one_of(
    st.just(REFUSED),
    st.just(FAILED_CHECK),
    st.builds(
        saw,
        st.sampled_from(["Initializing", "Running", "Stopping", "Completed", "Failed", "Stopped", "Odd"]),
        st.none() | st.integers(0, 40),
        st.none() | st.integers(0, 40),
    ),
)


@given(st.lists(st.tuples(st.integers(-30, 90), outcomes), max_size=40), st.integers(1, 5))
def test_whatever_happens_and_whatever_clocks_do(steps: list[tuple[int, Outcome]], threshold: int) -> None:
    """No order of outcomes, and no clock, breaks what section 4 and 5 promise."""
    policy = Policy(EVERYTHING, threshold, settle_minutes=0)
    watch, now = Watch("d1", "greengrass-bulk"), START
    alerts: list[Alert] = []
    last_event = START - timedelta(days=1)
    for minutes, outcome in steps:
        now += timedelta(minutes=minutes)
        decision = decide(watch, outcome, policy, now, source_answers=True)
        if decision.watch == watch:
            assert decision.transition is None
            assert decision.alert is None, "what is told is remembered"
            continue
        assert decision.watch.version > watch.version, "versions rise"
        events: list[Transition | Alert] = [event for event in (decision.transition, decision.alert) if event]
        for event in events:
            assert event.at > last_event, "events stand in the order in which they were decided"
            assert milliseconds(event.at) == decision.watch.version
        if events:
            last_event = events[0].at
        if decision.alert:
            alerts.append(decision.alert)
        watch = decision.watch
        if not watch.is_active:
            break
    kinds = [kind for alert in alerts for kind in (alert.kind, *alert.also)]
    assert (
        kinds.count(Kind.FAILED) + kinds.count(Kind.STOPPED) + kinds.count(Kind.COMPLETED) + kinds.count(Kind.LOST) <= 1
    )
    assert kinds.count(Kind.INVALID_RECORDS) <= 2 + 6, "2 + log2(40) and a bit"
    assert 0 <= kinds.count(Kind.STALLED) - kinds.count(Kind.RESUMED) <= 1 + sum(k is Kind.STALLED for k in kinds)
