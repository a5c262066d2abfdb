"""What is reported of a deployment's results after its terminal status: one row a case, with what each scan found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import (
    Alert,
    Check,
    CheckFailed,
    Error,
    Kind,
    Policy,
    ResultsFollowUp,
    ResultsScan,
    UnknownDeployment,
    Watch,
)
from deployment_notifier.rules import (
    best_results,
    decide,
    decide_unanswered,
    is_due,
    needs_results,
    resumable_scan,
)
from tests.cases import cases
from tests.unit.rules.samples import (
    EVERYTHING,
    NEW,
    NO_ANSWER,
    START,
    TRAITS,
    UNKNOWN,
    at,
    kinds_of,
    results,
    saw,
    scan,
)

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.model import Observation

    Answer = ResultsScan | UnknownDeployment | CheckFailed
    Step = ResultsScan | tuple[int, UnknownDeployment | CheckFailed]

TWO_DAYS = 2 * 24 * 60
ENDED = saw("Completed", 10, 0)


def play(
    first: ResultsScan | None,
    answers: list[Step],
    policy: Policy = EVERYTHING,
    *,
    seen: Observation = ENDED,
    answering_since: datetime | None = None,
) -> tuple[Watch, list[Alert]]:
    """A terminal status of ten records at minute 0, with a first scan; then answers about the results by minute."""
    decision = decide(Check(NEW, seen, first_scan=first), policy, TRAITS, START)
    alerts = [decision.alert]
    for answer in answers:
        watch = decision.watch
        assert watch.is_active, "followed after its end"
        if isinstance(answer, ResultsScan):
            decision = decide(Check(watch, answer), policy, TRAITS, answer.read_at)
        else:
            minute, failure = answer
            decision = decide_unanswered(watch, failure, policy, TRAITS, answering_since, at(minute))
        alerts.append(decision.alert)
    return decision.watch, [alert for alert in alerts if alert]


def failing(*minutes: int) -> list[Step]:
    return [(minute, NO_ANSWER) for minute in minutes]


PART = scan(0, 3, next_page="2")


@cases(
    "first, answers, expected, ends",
    ("all have succeeded at once", scan(0, 10), [], "COMPLETED", True),
    ("some have failed at once", scan(0, 6, 4), [], "GROUPS_FAILED+COMPLETED", True),
    ("COMPLETED waits for the results", scan(0, 6, 0, 4), [], "", False),
    ("there was no time for a first scan", None, [], "", False),
    ("the results come later than the status", scan(0), [], "", False),
    ("one record has no result yet", scan(0, 9), [], "", False),
    ("a part is not the last word", PART, [], "", False),
    ("not even one that has a result for each record", scan(0, 10, next_page="2"), [], "", False),
    ("they succeed later", scan(0, 6, 0, 4), [scan(1, 10)], "COMPLETED", True),
    (
        "at the first failure, and once more at the end because it grew",
        scan(0, 6, 1, 3),
        [scan(1, 6, 2, 2), scan(3, 6, 4)],
        "GROUPS_FAILED, GROUPS_FAILED+COMPLETED",
        True,
    ),
    ("it did not grow", scan(0, 6, 1, 3), [scan(1, 6, 1, 3), scan(3, 9, 1)], "GROUPS_FAILED, COMPLETED", True),
    ("unfinished, and time is left", scan(0, 6, 0, 4), [scan(59, 6, 0, 4)], "", False),
    ("unfinished when the time is up", scan(0, 6, 0, 4), [scan(60, 6, 0, 4)], "RESULTS_INCOMPLETE+COMPLETED", True),
    ("too few results when the time is up", scan(0, 6), [scan(60, 6)], "RESULTS_INCOMPLETE+COMPLETED", True),
    (
        "a complete scan that started before the time was up does not end it",
        scan(0, 6, 0, 4),
        [scan(61, 6, 0, 4, started=59)],
        "",
        False,
    ),
    (
        "the next one does, and finds more",
        scan(0, 6, 0, 4),
        [scan(61, 6, 0, 4, started=59), scan(62, 6, 1, 3)],
        "GROUPS_FAILED+RESULTS_INCOMPLETE+COMPLETED",
        True,
    ),
    ("but each target has ended", scan(0, 6, 0, 4), [scan(61, 10, started=59)], "COMPLETED", True),
    (
        "the last scan takes as long as it needs",
        scan(0, 6, 0, 4),
        [scan(60, 6, 0, 4, next_page="2"), scan(TWO_DAYS, 5, next_page="2")],
        "",
        False,
    ),
    (
        "but no longer than two days",
        scan(0, 6, 0, 4),
        [scan(60 + TWO_DAYS, 6, 4, next_page="2")],
        "GROUPS_FAILED+COMPLETED",
        True,
    ),
    (
        "a part that saw less than the scan before reports nothing",
        scan(0, 3, 4, 3),
        [scan(1, 1, 1, next_page="2"), scan(70, 6, 4)],
        "GROUPS_FAILED, COMPLETED",
        True,
    ),
    (
        "a part reports the first failure",
        PART,
        [scan(1, 3, 2, next_page="3"), scan(2, 6, 4)],
        "GROUPS_FAILED, GROUPS_FAILED+COMPLETED",
        True,
    ),
)
def test_the_results_of_a_completed_deployment(
    first: ResultsScan | None, answers: list[Step], expected: str, ends: bool
) -> None:
    watch, alerts = play(first, answers)
    assert kinds_of(alerts) == expected
    assert (watch.is_active, watch.ended_because) == ((False, "Completed") if ends else (True, None))
    assert (watch.follow_up is None) == ends
    assert [alert.is_followed for alert in alerts] == [True] * (len(alerts) - ends) + [False] * ends


@cases(
    "status, first, answers, expected",
    ("named in FAILED", "Failed", scan(0, 6, 4), [], "FAILED+GROUPS_FAILED"),
    ("FAILED waits for nothing", "Failed", None, [], "FAILED"),
    ("named in FAILED is reported", "Failed", scan(0, 6, 2, 2), [scan(1, 8, 2)], "FAILED+GROUPS_FAILED"),
    ("grew after FAILED", "Failed", scan(0, 6, 2, 2), [scan(1, 7, 3)], "FAILED+GROUPS_FAILED, GROUPS_FAILED"),
    ("stopped: not COMPLETED", "Stopped", scan(0, 3, 0, 7), [scan(1, 10)], "STOPPED"),
    ("stopped, some missing", "Stopped", scan(0, 3), [scan(60, 3)], "STOPPED, RESULTS_INCOMPLETE"),
)
def test_the_results_of_another_terminal_status(
    status: str, first: ResultsScan | None, answers: list[Step], expected: str
) -> None:
    _, alerts = play(first, answers, seen=saw(status, 10, 0))
    assert kinds_of(alerts) == expected


@cases(
    "answers, answering_since, expected, ends",
    ("60, and the time is up", failing(1, 11, 61), None, "UNCHECKED, RESULTS_INCOMPLETE+COMPLETED", True),
    ("both in the same minute", failing(0, 60), None, "RESULTS_INCOMPLETE+COMPLETED", True),
    ("the time is up, but only 59", failing(1, 11, 60), None, "UNCHECKED", False),
    ("counted from the first failure", [scan(30, 1), *failing(31, 90)], None, "UNCHECKED", False),
    ("from the source's recovery: 59 minutes after it", failing(1, 76, 85, 135), 76, "UNCHECKED", False),
    ("60 minutes after the recovery", failing(1, 76, 136), 76, "RESULTS_INCOMPLETE+COMPLETED", True),
    (
        "one failed call at the recovery costs nothing",
        [*failing(1, 76), scan(90, 7, 3)],
        76,
        "GROUPS_FAILED+COMPLETED",
        True,
    ),
)
def test_it_is_given_up_when_no_page_can_be_read_for_an_hour(
    answers: list[Step], answering_since: int | None, expected: str, ends: bool
) -> None:
    watch, alerts = play(None, answers, answering_since=None if answering_since is None else at(answering_since))
    assert kinds_of(alerts) == expected
    assert watch.is_active != ends


def test_it_is_not_given_up_before_its_time_is_up() -> None:
    watch, _ = play(None, failing(1, 119), replace(EVERYTHING, follow_results_minutes=120))
    assert watch.is_active


def test_what_a_broken_off_scan_saw_is_reported_when_it_is_given_up() -> None:
    answers = [scan(59, 1, 4, next_page="2"), *failing(60, 70, 120)]
    watch, alerts = play(scan(0, 1, 2), answers)
    assert kinds_of(alerts) == "GROUPS_FAILED, UNCHECKED, GROUPS_FAILED+RESULTS_INCOMPLETE+COMPLETED"
    assert (alerts[-1].results, watch.results) == (results(1, 4), results(1, 2))


@cases(
    "first, answers, expected",
    ("COMPLETED no longer waits", PART, [(1, UNKNOWN), (11, UNKNOWN)], "LOST+COMPLETED"),
    ("with its results", scan(0, 1, 2), [(1, UNKNOWN), (11, UNKNOWN)], "GROUPS_FAILED, LOST+COMPLETED"),
    (
        "a scan that was broken off does not replace a complete one",
        scan(0, 9, 0, 1),
        [scan(1, 5, 0, next_page="2"), (2, UNKNOWN), (12, UNKNOWN)],
        "LOST+COMPLETED",
    ),
)
def test_a_deployment_whose_results_are_unknown_is_lost(first: ResultsScan, answers: list[Step], expected: str) -> None:
    watch, alerts = play(first, answers)
    assert kinds_of(alerts) == expected
    assert alerts[-1].results == watch.results
    assert (watch.ended_because, watch.follow_up) == ("LOST", None)


def test_more_failures_of_a_scan_that_was_under_way_are_reported_with_a_loss() -> None:
    policy = replace(EVERYTHING, unchecked_after_minutes=0)
    _, alerts = play(scan(0, 1, 2), [scan(1, 0, 4, next_page="2"), (2, UNKNOWN)], policy)
    assert kinds_of(alerts) == "GROUPS_FAILED, GROUPS_FAILED+LOST+COMPLETED"


def test_without_lost_and_completed_it_is_still_said_that_results_are_not_known() -> None:
    policy = replace(EVERYTHING, alert_on=frozenset(Kind) - {Kind.LOST, Kind.COMPLETED})
    assert kinds_of(play(PART, [(1, UNKNOWN), (11, UNKNOWN)], policy)[1]) == "RESULTS_INCOMPLETE"


def test_without_a_count_of_records_only_a_complete_scan_has_all_results() -> None:
    part = [scan(30, 5, next_page="2"), *failing(31, 60, 91)]
    _, alerts = play(scan(0, 4, 0, 1), part, seen=saw("Completed", None))
    assert kinds_of(alerts) == "UNCHECKED, RESULTS_INCOMPLETE+COMPLETED"


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_loss_after_another_terminal_status_is_no_completion(status: str) -> None:
    _, alerts = play(PART, [(1, UNKNOWN), (11, UNKNOWN)], seen=saw(status, 10))
    assert kinds_of(alerts) == f"{status.upper()}, LOST"


@pytest.mark.parametrize(("answer", "kept"), [((1, NO_ANSWER), PART), ((1, UNKNOWN), None)])
def test_a_failing_page_keeps_the_scan_and_an_unknown_one_drops_it(answer: Step, kept: ResultsScan | None) -> None:
    """The source may no longer take the page's token, and would answer so for ever."""
    watch, _ = play(PART, [answer])
    assert watch.follow_up is not None
    assert watch.follow_up.partial_scan == kept


def test_a_complete_scan_replaces_a_part_and_is_counted() -> None:
    watch, _ = play(PART, [scan(1, 6, 0, 4)])
    assert watch.follow_up is not None
    assert (watch.follow_up.scans, watch.follow_up.partial_scan, watch.results) == (1, None, results(6, 0, 4))


def test_a_page_that_is_read_ends_the_series_of_failures() -> None:
    watch, _ = play(PART, [*failing(1, 11), scan(12, 5, next_page="3")])
    assert (watch.failing_since, watch.notified_unchecked) == (None, False)


def test_zero_minutes_end_it_at_the_terminal_status_without_a_word_about_results() -> None:
    watch, alerts = play(None, [], replace(EVERYTHING, follow_results_minutes=0))
    assert kinds_of(alerts) == "COMPLETED"
    assert watch.ended_because == "Completed"


def test_zero_minutes_end_a_follow_up_that_was_started_before() -> None:
    watch, _ = play(PART, [])
    decision = decide(
        Check(watch, scan(1, 3, next_page="2")), replace(EVERYTHING, follow_results_minutes=0), TRAITS, at(1)
    )
    assert decision.alert is not None
    assert (decision.alert.kind, decision.watch.is_active) == ("COMPLETED", False)


@pytest.mark.parametrize("kind", [Kind.GROUPS_FAILED, Kind.RESULTS_INCOMPLETE, Kind.COMPLETED])
def test_a_kind_that_is_switched_off_is_not_sent_but_counts_as_sent(kind: Kind) -> None:
    def sent(alert_on: frozenset[Kind]) -> tuple[Watch, set[Kind]]:
        watch, alerts = play(scan(0, 6, 1), [scan(60, 6, 2)], replace(EVERYTHING, alert_on=alert_on))
        return watch, {each for alert in alerts for each in (alert.kind, *alert.also)}

    watch, kinds = sent(frozenset(Kind))
    assert kinds == {Kind.GROUPS_FAILED, Kind.RESULTS_INCOMPLETE, Kind.COMPLETED}
    assert watch.notified_failed_targets == 2
    assert sent(frozenset(Kind) - {kind}) == (watch, kinds - {kind})


def test_alerts_carry_the_results_and_the_error() -> None:
    failed = replace(saw("Failed", 10), error=Error("boom"))
    _, (first, later) = play(scan(0, 6, 2, 2), [scan(1, 6, 4)], seen=failed)
    assert (first.results, first.error) == (results(6, 2, 2), Error("boom"))
    assert (later.results, later.error, later.since) == (results(6, 4), Error("boom"), None)
    assert (later.from_status, later.to_status) == ("Failed", "Failed")
    assert [alert.error for alert in play(scan(0, 6, 2, 2), [scan(1, 6, 4)])[1]] == [None, None]


def test_scans_come_at_growing_intervals_and_the_last_when_the_time_is_up() -> None:
    watch, _ = play(scan(0, 6, 0, 4), [])
    due = []
    while watch.follow_up is not None:
        minute = (watch.follow_up.next_scan_at - START).total_seconds() / 60
        due.append(minute)
        assert not is_due(watch, None, is_missing=False, now=at(minute - 0.01))
        assert is_due(watch, None, is_missing=False, now=at(minute))
        watch = decide(Check(watch, scan(minute, 6, 0, 4)), EVERYTHING, TRAITS, at(minute)).watch
    assert due == [1, 3, 7, 15, 31, 60]


def test_a_scan_that_is_not_complete_stays_due_and_so_does_the_last_one() -> None:
    watch, _ = play(PART, [])
    assert is_due(watch, None, is_missing=False, now=START)
    watch, _ = play(scan(0, 6), [scan(61, 6, started=59)])
    assert is_due(watch, None, is_missing=False, now=at(61))
    assert is_due(NEW, None, is_missing=False, now=START), "a status is always due"


def test_while_results_are_followed_nothing_stalls() -> None:
    watch, alerts = play(scan(0, 6, 0, 4), [scan(30, 6, 0, 4)], replace(EVERYTHING, stalled_after_minutes=1))
    assert watch.is_active
    assert alerts == []


@cases(
    "progress, failures, found, is_incomplete",
    ("a part that has all of them", 10, 0, scan(60 + TWO_DAYS, 10, 0, 0, next_page="2"), False),
    ("failures have no target", 10, 4, scan(60, 6), False),
    ("one is missing", 10, 4, scan(60, 5), True),
    ("more than there are records", 10, 0, scan(60, 11), False),
    ("one is unfinished", 10, 0, scan(60, 9, 0, 1), True),
    ("no record, no result", 0, 0, scan(60), False),
    ("no record, and no answer", 0, 0, NO_ANSWER, False),
    ("no answer", 10, 0, NO_ANSWER, True),
    ("nothing is known at all", None, None, NO_ANSWER, True),
    ("no count of records, but results", None, None, scan(60, 3), False),
    ("no count of records, and a scan that found none", None, None, scan(60), False),
)
def test_results_that_are_not_known_at_the_end_are_reported(
    progress: int | None, failures: int | None, found: Answer, is_incomplete: bool
) -> None:
    seen = saw("Completed", progress, failures)
    ending: list[Step] = [found] if isinstance(found, ResultsScan) else failing(1, 60 + TWO_DAYS)
    watch, alerts = play(None, ending, replace(EVERYTHING, thresholds={Kind.INVALID_RECORDS: 99}), seen=seen)
    assert not watch.is_active
    assert kinds_of(alerts) == ("RESULTS_INCOMPLETE+COMPLETED" if is_incomplete else "COMPLETED")


def test_a_scan_that_found_nothing_is_the_last_word_only_if_no_record_was_counted() -> None:
    assert not play(scan(0), [], seen=saw("Completed", 0))[0].is_active
    assert play(scan(0), [], seen=saw("Completed", None))[0].is_active
    assert not play(scan(0, 1), [], seen=saw("Completed", None))[0].is_active


@cases(
    "minute, check_every, is_resumed",
    ("recent", 14.9, 1, True),
    ("its first pages are no longer true", 15, 1, False),
    ("three periods", 29.9, 10, True),
    ("longer than three periods", 30, 10, False),
    ("three short periods", 15, 5, False),
)
def test_a_scan_that_was_interrupted_for_long_is_not_continued(
    minute: float, check_every: int, is_resumed: bool
) -> None:
    part = scan(0, 3, next_page="2", started=-99)
    watch = replace(NEW, follow_up=ResultsFollowUp(saw("Completed").phase, at(-99), 1, START, part))
    policy = replace(EVERYTHING, check_every_minutes=check_every)
    assert resumable_scan(watch, policy, at(minute)) == (part if is_resumed else None)


def test_without_a_part_no_scan_is_continued() -> None:
    assert resumable_scan(NEW, EVERYTHING, START) is None
    assert resumable_scan(play(scan(0, 1), [])[0], EVERYTHING, START) is None


@cases(
    "found, before, best",
    ("nothing", None, None, None),
    ("no scan", None, results(1, 2), results(1, 2)),
    ("the first scan", scan(0, 1), None, results(1)),
    ("a complete one replaces the last", scan(0, 9), results(1, 2), results(9)),
    ("a part with fewer failures", scan(0, 9, 1, next_page="2"), results(1, 2), results(1, 2)),
    ("a part with as many", scan(0, 0, 2, next_page="2"), results(1, 2), results(0, 2)),
    ("a part with more", scan(0, 0, 3, next_page="2"), results(1, 2), results(0, 3)),
)
def test_the_best_of_two_results(found: ResultsScan | None, before: object, best: object) -> None:
    assert best_results(found, replace(NEW, results=before)) == best  # type: ignore[arg-type]


@cases(
    "first, answers, expected",
    ("not before it is complete", scan(0, 2, 9, next_page="2"), [scan(1, 2, 11)], "GROUPS_FAILED"),
    ("nor when it is given up", scan(0, 2, 9, next_page="2"), failing(1, 61), "RESULTS_INCOMPLETE"),
    ("as many as there are records", scan(0, 2, 8, next_page="2"), [scan(1, 2, 11)], "GROUPS_FAILED, GROUPS_FAILED"),
)
def test_of_a_part_with_more_results_than_records_nothing_is_reported(
    first: ResultsScan, answers: list[Step], expected: str
) -> None:
    """Pages that go round in a circle look like this."""
    policy = replace(EVERYTHING, alert_on=frozenset(Kind) - {Kind.COMPLETED})
    _, alerts = play(first, answers, policy)
    assert kinds_of(alerts) == expected
    assert [alert.results for alert in alerts if alert.kind == "RESULTS_INCOMPLETE"] in ([], [None])


def test_the_records_that_a_first_scan_can_have_are_those_of_the_new_status() -> None:
    running = decide(Check(NEW, saw("Running", 1, 0)), EVERYTHING, TRAITS, START).watch
    alert = decide(Check(running, ENDED, first_scan=scan(1, 3, 2, next_page="2")), EVERYTHING, TRAITS, at(1)).alert
    assert alert is not None
    assert (alert.kind, alert.results) == ("GROUPS_FAILED", results(3, 2))


@pytest.mark.parametrize(
    ("status", "before", "minutes", "starts"),
    [
        ("Completed", "Running", 60, True),
        ("Failed", None, 60, True),
        ("Completed", "Completed", 60, False),  # registered again after its end
        ("Running", "Initializing", 60, False),
        ("Completed", "Running", 0, False),
    ],
)
def test_a_new_terminal_status_starts_the_follow_up(
    status: str, before: str | None, minutes: int, starts: bool
) -> None:
    policy = replace(EVERYTHING, follow_results_minutes=minutes)
    assert needs_results(replace(NEW, status=before), saw(status), policy, TRAITS, START) == starts


def test_results_of_a_deployment_that_has_not_ended_are_a_fault() -> None:
    with pytest.raises(ValueError, match="follow-up"):
        decide(Check(NEW, scan(0, 1)), EVERYTHING, TRAITS, START)
