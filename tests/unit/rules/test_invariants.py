"""What holds for any answers in any order, and whatever the clock does."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.model import (
    Alert,
    Check,
    CheckFailed,
    Decision,
    Kind,
    Listing,
    Observation,
    Policy,
    ResultsScan,
    Severity,
    SourceState,
    SourceStats,
    UnknownDeployment,
    Watch,
    milliseconds,
)
from deployment_notifier.rules import decide, decide_source, decide_unanswered, needs_results
from tests.unit.rules.samples import EVERYTHING, NEW, NO_ANSWER, PHASES, START, TRAITS, UNKNOWN, results, saw

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Answer = Observation | UnknownDeployment | CheckFailed
    Scan = tuple[int, tuple[int, int, int], bool]
    Step = tuple[int, Answer, Scan]
    Played = list[tuple[Watch, Step, Decision]]

policies = st.builds(
    Policy,
    alert_on=st.just(frozenset(Kind)),
    thresholds=st.integers(1, 5).map(lambda count: {Kind.INVALID_RECORDS: count}),
    stalled_after_minutes=st.integers(1, 60),
    unchecked_after_minutes=st.integers(0, 10),
    follow_results_minutes=st.sampled_from([0, 5, 60]),
)
counts = st.none() | st.integers(0, 40)
statuses = st.sampled_from(["Initializing", "Running", "Stopping", "Odd"] * 2 + list(PHASES))
answers: st.SearchStrategy[Answer] = st.one_of(
    st.just(UNKNOWN),
    st.just(NO_ANSWER),
    st.builds(saw, statuses, counts, counts),
    st.builds(saw, statuses, counts, counts),
)
scans: st.SearchStrategy[Scan] = st.tuples(
    st.integers(0, 30), st.tuples(st.integers(0, 20), st.integers(0, 9), st.integers(0, 9)), st.booleans()
)
steps: st.SearchStrategy[Step] = st.tuples(st.integers(-30, 90), answers, scans)


def make_scan(scan: Scan, now: datetime) -> ResultsScan:
    """A scan that was started some minutes ago, with its counts, complete or not."""
    age, found, is_complete = scan
    return ResultsScan(now - timedelta(minutes=age), now, results(*found), None if is_complete else "next", pages=1)


def decide_on(watch: Watch, step: Step, policy: Policy, now: datetime) -> Decision:
    """Decide as a sweep does: on the status, or on a scan of the results once it has ended."""
    _, answer, scan = step
    if isinstance(answer, UnknownDeployment | CheckFailed):
        return decide_unanswered(watch, answer, policy, TRAITS, START, now)
    if watch.follow_up is not None:
        return decide(Check(watch, make_scan(scan, now)), policy, TRAITS, now)
    first_scan = make_scan(scan, now) if needs_results(watch, answer, policy, TRAITS, now) and scan[0] else None
    return decide(Check(watch, answer, first_scan), policy, TRAITS, now)


def play(sequence: Iterable[Step], policy: Policy, now: datetime = START) -> Played:
    """Each decision with the watch before it, up to the end of the watch."""
    watch, played = NEW, []
    for step in sequence:
        now += timedelta(minutes=step[0])
        decision = decide_on(watch, step, policy, now)
        played.append((watch, step, decision))
        watch = decision.watch
        if not watch.is_active:
            break
    return played


def kinds_in(alert: Alert | None) -> tuple[Kind, ...]:
    return (alert.kind, *alert.also) if alert else ()


def kinds_of_all(decisions: Iterable[Decision]) -> list[Kind]:
    return [kind for decision in decisions for kind in kinds_in(decision.alert)]


def assert_alternate(kinds: Sequence[Kind], first: Kind, second: Kind) -> None:
    found = [kind for kind in kinds if kind in (first, second)]
    assert found == list(islice(cycle([first, second]), len(found)))


@given(st.lists(steps, max_size=40), policies)
def test_any_answers_in_any_order_and_with_any_clock(sequence: list[Step], policy: Policy) -> None:
    played = play(sequence, policy)
    assert_reported_is_stored(played)
    assert_no_kind_too_often(played, policy)
    assert_nothing_notified_is_forgotten(played)
    assert_known_failures_are_reported_at_the_end(played)
    assert_no_alert_when_repeated(played, policy)


def assert_reported_is_stored(played: Played) -> None:
    """What is reported is stored, and what is not stored is not reported."""
    for before, _, decision in played:
        after, events = decision.watch, [event for event in (decision.transition, decision.alert) if event]
        assert (decision.transition is not None) == (after.status != before.status)
        if after == before:
            assert not events
        else:
            assert after.version > before.version
            assert all(milliseconds(event.at) == after.version for event in events)
        if decision.alert:
            assert decision.alert.to_status == after.status
            assert decision.alert.from_status == before.status
            assert decision.alert.is_followed == (after.follow_up is not None)
            assert decision.alert.metrics == after.metrics
            severities = [*Severity]
            ranks = [severities.index(kind.severity) for kind in kinds_in(decision.alert)]
            assert ranks == sorted(ranks), "no good news hides a warning"


def assert_no_kind_too_often(played: Played, policy: Policy) -> None:
    """Each kind is sent as often as its rule says."""
    kinds = kinds_of_all(decision for _, _, decision in played)
    for kind in (Kind.FAILED, Kind.STOPPED, Kind.COMPLETED, Kind.LOST, Kind.RESULTS_INCOMPLETE):
        assert kinds.count(kind) <= 1
    assert kinds.count(Kind.FAILED) + kinds.count(Kind.STOPPED) + kinds.count(Kind.COMPLETED) <= 1
    assert kinds.count(Kind.GROUPS_FAILED) <= 2
    assert_alternate(kinds, Kind.STALLED, Kind.RESUMED)
    failures, targets, may_be_unchecked = 0, 0, True
    for _, (_, answer, _), decision in played:
        after, found = decision.watch, kinds_in(decision.alert)
        if Kind.INVALID_RECORDS in found:
            count = after.metrics.failures or 0
            assert count >= policy.thresholds[Kind.INVALID_RECORDS]
            assert count >= 2 * failures or (count > failures and after.status in PHASES)
            failures = count
        if Kind.GROUPS_FAILED in found:
            assert decision.alert is not None
            assert decision.alert.results is not None
            assert decision.alert.results.failed > targets
            assert targets == 0 or not after.is_active, "a second one comes only at the end"
            targets = decision.alert.results.failed
        if {Kind.LOST, Kind.RESULTS_INCOMPLETE, Kind.COMPLETED} & {*found}:
            assert not after.is_active
        if Kind.UNCHECKED in found:
            assert may_be_unchecked, "a second one comes only after an answer"
        may_be_unchecked = (may_be_unchecked and Kind.UNCHECKED not in found) or isinstance(answer, Observation)


def assert_nothing_notified_is_forgotten(played: Played) -> None:
    """What was notified is forgotten only with a cause, or it would be sent again."""
    for before, (_, answer, _), decision in played:
        after, is_answered = decision.watch, isinstance(answer, Observation)
        assert after.highest_progress >= before.highest_progress
        assert after.notified_failures >= before.notified_failures
        assert after.notified_failed_targets >= before.notified_failed_targets
        progressed = after.status != before.status or after.highest_progress > before.highest_progress
        assert after.notified_stalled or not before.notified_stalled or progressed
        assert after.notified_unchecked or not before.notified_unchecked or is_answered
        assert after.failing_since is None or not is_answered
        if not after.is_active:
            assert after.follow_up is None
            assert after.ended_because in (Kind.LOST, after.status)


def assert_known_failures_are_reported_at_the_end(played: Played) -> None:
    """However a follow-up ends, no target is left that is known to have failed and was not reported."""
    for before, (_, answer, _), decision in played:
        if before.follow_up is None or decision.watch.is_active:
            continue
        known = [decision.watch.results]
        partial = before.follow_up.partial_scan
        # More results than records are pages that came twice: their number says nothing.
        is_known = partial and partial.summary.total <= (2**53 if (n := before.metrics.progress) is None else n)
        if not isinstance(answer, Observation) and partial and is_known:
            known.append(partial.summary)
        assert all(decision.watch.notified_failed_targets >= each.failed for each in known if each)


def assert_no_alert_when_repeated(played: Played, policy: Policy) -> None:
    """The same answer in the same moment is no second alert."""
    now = START
    for before, step, decision in played:
        now += timedelta(minutes=step[0])
        if decision.watch.is_active and (before.follow_up is None) == (decision.watch.follow_up is None):
            assert decide_on(decision.watch, step, policy, now).alert is None


@given(st.lists(st.tuples(answers, scans), min_size=1, max_size=4), policies, st.sampled_from(list(PHASES)))
def test_a_follow_up_ends_whatever_is_answered_for_ever(
    forever: list[tuple[Answer, Scan]], policy: Policy, status: str
) -> None:
    watch = decide(Check(NEW, saw(status, 10, 0)), policy, TRAITS, START).watch
    longest = timedelta(days=2, minutes=policy.follow_results_minutes + 60 + 10 * len(forever))
    now = START
    for answer, scan in cycle(forever):
        if not watch.is_active:
            break
        assert now - START <= longest
        now += timedelta(minutes=10)
        watch = decide_on(watch, (0, answer, scan), policy, now).watch


listings = st.none() | st.builds(Listing, st.none() | st.sampled_from(["a", "b"]), st.booleans())
sweeps = st.lists(
    st.tuples(
        st.integers(-5, 15),
        st.builds(
            SourceStats, st.integers(0, 1), *[st.integers(0, 1)] * 4, st.sampled_from(["a", "b"]), listing=listings
        ),
    ),
    max_size=40,
)


@given(sweeps)
def test_each_end_of_an_outage_follows_its_start(sequence: list[tuple[int, SourceStats]]) -> None:
    state, now, kinds = SourceState("s"), START, list[Kind]()
    for minutes, stats in sequence:
        now += timedelta(minutes=minutes)
        decision = decide_source(state, stats, EVERYTHING, now)
        found = kinds_in(decision.alert)
        kinds += found
        if decision.state == state:
            assert not found
        else:
            assert decision.state.version > state.version
        assert {*found} & {Kind.SOURCE_RECOVERED, Kind.DISCOVERY_FAILED} != {
            Kind.SOURCE_RECOVERED,
            Kind.DISCOVERY_FAILED,
        }
        state = decision.state
        for outage, kind in (
            (state.outage, Kind.SOURCE_UNREACHABLE),
            (state.listing_outage, Kind.DISCOVERY_FAILED),
        ):
            recovery = Kind.SOURCE_RECOVERED if kind is Kind.SOURCE_UNREACHABLE else Kind.DISCOVERY_RECOVERED
            is_open = kinds.count(kind) > kinds.count(recovery)
            assert is_open == (outage is not None and outage.is_notified)
    assert_alternate(kinds, Kind.SOURCE_UNREACHABLE, Kind.SOURCE_RECOVERED)
    assert_alternate(kinds, Kind.DISCOVERY_FAILED, Kind.DISCOVERY_RECOVERED)


@given(sweeps)
def test_a_listing_that_keeps_failing_is_reported_whatever_came_before(sequence: list[tuple[int, SourceStats]]) -> None:
    blind = SourceStats(1, answered=1, listing=Listing("no"))
    state, now = SourceState("s"), START
    for minutes, stats in [*sequence, *[(1, blind)] * 12]:
        now += timedelta(minutes=abs(minutes))
        state = decide_source(state, stats, EVERYTHING, now).state
    assert state.listing_outage is not None
    assert state.listing_outage.is_notified
    assert state.outage is None
