"""When an alert about a source is sent: one row a case, with what each sweep's calls to it brought."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import (
    Alert,
    Check,
    CheckFailed,
    Kind,
    Listing,
    Observation,
    Outage,
    PartialListing,
    Phase,
    Policy,
    ResultsFollowUp,
    SourceState,
    SourceStats,
    UnknownDeployment,
    Watch,
)
from deployment_notifier.rules import decide_source, discovery_window
from tests.cases import cases
from tests.unit.rules.samples import EVERYTHING, NEW, NO_ANSWER, START, UNKNOWN, at, kinds_of, saw, scan

if TYPE_CHECKING:
    from datetime import datetime

    Sweeps = list[tuple[int, SourceStats]]

DENIED = "AccessDeniedException (403): no"
LISTED = Listing(is_answered=True)
NOT_LISTED = Listing(error=DENIED)
HALF_LISTED = Listing(error=DENIED, is_answered=True)

NOTHING_KNOWN = SourceState("greengrass-bulk")
ANSWERS = SourceStats(watched=3, answered=1, failed=2, last_error="ReadTimeoutError")
SILENT = SourceStats(watched=3, failed=3, last_error=DENIED)
NOT_ASKED = SourceStats(watched=3)
NOT_WATCHED = SourceStats()
BLIND = replace(ANSWERS, listing=NOT_LISTED)
WELL = replace(ANSWERS, listing=LISTED)
AWAY = replace(SILENT, listing=NOT_LISTED)
NONE_DUE = replace(NOT_ASKED, listing=NOT_LISTED)
ONLY_LISTED = SourceStats(listing=LISTED)
ONLY_NOT_LISTED = SourceStats(listing=NOT_LISTED)


@dataclass
class Played:
    """What a series of sweeps led to."""

    state: SourceState = NOTHING_KNOWN
    alerts: list[tuple[int, Alert]] = field(default_factory=list)
    writes: int = 0

    @property
    def kinds(self) -> str:
        return kinds_of(alert for _, alert in self.alerts)


def play(sweeps: Sweeps, policy: Policy = EVERYTHING) -> Played:
    played = Played()
    for minute, stats in sweeps:
        decision = decide_source(played.state, stats, policy, at(minute))
        if decision.alert:
            played.alerts.append((minute, decision.alert))
        played.writes += decision.state != played.state
        played.state = decision.state
    return played


def every_minute(stats: SourceStats, *minutes: int) -> Sweeps:
    return [(minute, stats) for minute in range(*minutes)]


@cases(
    "sweeps, expected",
    ("answers", [(0, ANSWERS), (1, ANSWERS)], ""),
    ("silent for 9 minutes", [(0, SILENT), (9, SILENT)], ""),
    ("silent for 10 minutes", [(0, SILENT), (10, SILENT)], "SOURCE_UNREACHABLE"),
    ("once for each outage", every_minute(SILENT, 60), "SOURCE_UNREACHABLE"),
    ("one answer of three ends it", [(0, SILENT), (5, ANSWERS), (10, SILENT)], ""),
    (
        "recovered once, and a new outage is reported",
        [(0, SILENT), (10, SILENT), (20, ANSWERS), (21, ANSWERS), (22, SILENT), (32, SILENT)],
        "SOURCE_UNREACHABLE, SOURCE_RECOVERED, SOURCE_UNREACHABLE",
    ),
    ("not asked: the outage goes on", [(0, SILENT), (5, NOT_ASKED), (10, SILENT)], "SOURCE_UNREACHABLE"),
    ("not asked: no alert", [(0, SILENT), (10, NOT_ASKED)], ""),
    ("a time without a watch does not count", [(0, SILENT), (5, NOT_WATCHED), (99, SILENT)], ""),
    (
        "what was reported stays open until there is an answer",
        [(0, SILENT), (10, SILENT), (20, NOT_WATCHED), (30, SILENT), (31, ANSWERS)],
        "SOURCE_UNREACHABLE, SOURCE_RECOVERED",
    ),
    ("nothing watched, listed", every_minute(ONLY_LISTED, 20), ""),
    ("nothing watched, not listed", every_minute(ONLY_NOT_LISTED, 20), "SOURCE_UNREACHABLE"),
    (
        "nothing watched, listed again",
        [*every_minute(ONLY_NOT_LISTED, 20), (20, ONLY_LISTED)],
        "SOURCE_UNREACHABLE, SOURCE_RECOVERED",
    ),
    ("not listed for 9 minutes", [(0, BLIND), (9, BLIND)], ""),
    ("not listed, but checks are answered", every_minute(BLIND, 60), "DISCOVERY_FAILED"),
    ("a later page fails", every_minute(replace(ANSWERS, listing=HALF_LISTED), 11), "DISCOVERY_FAILED"),
    ("one listing ends it", [(0, BLIND), (5, WELL), (10, BLIND)], ""),
    ("no time to list: goes on", [(0, BLIND), (5, ANSWERS), (10, BLIND)], "DISCOVERY_FAILED"),
    (
        "listed again once, and a new time without a listing is reported",
        [*every_minute(BLIND, 11), (20, WELL), (21, WELL), (30, BLIND), (40, BLIND)],
        "DISCOVERY_FAILED, DISCOVERY_RECOVERED, DISCOVERY_FAILED",
    ),
    ("neither answers: the source says enough", every_minute(AWAY, 60), "SOURCE_UNREACHABLE"),
    (
        "not listed, and a check is due now and then: it succeeds",
        [*every_minute(BLIND, 2), *every_minute(NONE_DUE, 2, 30), (30, BLIND), *every_minute(NONE_DUE, 31, 60)],
        "DISCOVERY_FAILED",
    ),
    (
        "not listed, and a check is due at last: it fails",
        [*every_minute(NONE_DUE, 30), *every_minute(AWAY, 30, 41), *every_minute(NONE_DUE, 41, 60), (60, WELL)],
        "DISCOVERY_FAILED, SOURCE_UNREACHABLE, SOURCE_RECOVERED+DISCOVERY_RECOVERED",
    ),
    ("no check is due in an outage: it goes on", [(0, AWAY), (10, NONE_DUE), (11, AWAY)], "SOURCE_UNREACHABLE"),
    (
        "both are back: the listing was not reported",
        [*every_minute(AWAY, 11), (20, WELL)],
        "SOURCE_UNREACHABLE, SOURCE_RECOVERED",
    ),
    (
        "first the listing, then everything, then all is back",
        [*every_minute(BLIND, 11), *every_minute(AWAY, 11, 31), (31, WELL)],
        "DISCOVERY_FAILED, SOURCE_UNREACHABLE, SOURCE_RECOVERED+DISCOVERY_RECOVERED",
    ),
    (
        "a recovery does not hide that the listing still fails",
        [*every_minute(AWAY, 11), (20, BLIND), (21, BLIND), (22, BLIND)],
        "SOURCE_UNREACHABLE, SOURCE_RECOVERED, DISCOVERY_FAILED",
    ),
    (
        "the listing is back, but no check is answered",
        [*every_minute(BLIND, 11), *every_minute(SILENT, 11, 21), (21, replace(SILENT, listing=LISTED))],
        "DISCOVERY_FAILED, SOURCE_UNREACHABLE+DISCOVERY_RECOVERED",
    ),
)
def test_an_alert_about_a_source_is_sent(sweeps: Sweeps, expected: str) -> None:
    assert play(sweeps).kinds == expected


def test_the_alerts_say_since_when_and_with_which_error() -> None:
    sweeps = [*every_minute(AWAY, 11), (20, BLIND), (21, BLIND), (30, WELL)]
    alerts = dict(play(sweeps).alerts)
    assert {m: (alert.kind, alert.since, alert.error and alert.error.message) for m, alert in alerts.items()} == {
        10: (Kind.SOURCE_UNREACHABLE, START, DENIED),
        20: (Kind.SOURCE_RECOVERED, START, DENIED),
        21: (Kind.DISCOVERY_FAILED, START, DENIED),
        30: (Kind.DISCOVERY_RECOVERED, START, DENIED),
    }
    assert (alerts[10].deployment_id, alerts[10].at, alerts[10].source) == (
        "source:greengrass-bulk",
        at(10),
        "greengrass-bulk",
    )


def test_an_outage_without_a_check_has_the_listings_error() -> None:
    assert play([(0, ONLY_NOT_LISTED)]).state.outage == Outage(START, last_error=DENIED)


@pytest.mark.parametrize("ends_with", [[], [(60, ANSWERS), (61, ANSWERS)]])
def test_an_outage_is_two_writes_and_its_end_one_however_the_errors_are_worded(ends_with: Sweeps) -> None:
    sweeps = [(m, replace(SILENT, last_error=f"error {m}")) for m in range(60)]
    played = play([*sweeps, *ends_with])
    assert played.writes == 2 + bool(ends_with)
    assert played.alerts[0][1].error is not None
    assert played.alerts[0][1].error.message == "error 10", "the latest error at the time of the alert"


def test_a_listing_outage_is_two_writes_however_the_errors_are_worded() -> None:
    sweeps = [(m, replace(ANSWERS, listing=Listing(error=f"error {m}"))) for m in range(60)]
    assert play(sweeps).writes == 2


@pytest.mark.parametrize("stats", [SILENT, BLIND])
def test_zero_minutes_means_at_the_first_failure(stats: SourceStats) -> None:
    assert len(play([(0, stats)], replace(EVERYTHING, unchecked_after_minutes=0)).alerts) == 1


def test_kinds_that_are_switched_off_are_not_sent_but_count_as_sent() -> None:
    sweeps = [*every_minute(BLIND, 11), *every_minute(AWAY, 11, 22), (22, WELL)]
    on, off = (play(sweeps, replace(EVERYTHING, alert_on=kinds)) for kinds in (frozenset(Kind), frozenset[Kind]()))
    assert len(on.alerts) == 3
    assert (off.alerts, off.state) == ([], on.state)


def test_versions_rise_though_the_clock_goes_back() -> None:
    decision = decide_source(SourceState("s", version=10**13, outage=Outage(START)), SILENT, EVERYTHING, at(10))
    assert decision.state.version == 10**13 + 1


def test_it_answers_since_its_first_answer_and_after_each_reported_outage() -> None:
    assert play([(0, SILENT)]).state.answering_since is None
    sweeps = [(1, ANSWERS), (2, ANSWERS), (3, SILENT), (4, ANSWERS)]
    assert play(sweeps).state.answering_since == at(1), "a short outage changes nothing"
    assert play([*sweeps, *every_minute(SILENT, 5, 20), (20, ANSWERS)]).state.answering_since == at(20)
    assert play([*sweeps, *every_minute(SILENT, 5, 20), (20, ANSWERS), (21, ANSWERS)]).state.answering_since == at(20)


# Listings


def listing(started: int | None, partial: PartialListing | None = None) -> SourceStats:
    return replace(ANSWERS, listing=Listing(None, True, None if started is None else at(started), partial))


def test_a_complete_listing_is_stored_once_an_hour() -> None:
    played = play([(0, listing(0)), (1, listing(1)), (59, listing(59))])
    assert (played.state.listed_at, played.writes) == (START, 1)
    assert play([(0, listing(0)), (60, listing(60)), (61, listing(None))]).state.listed_at == at(60)


def test_a_listing_that_is_under_way_is_stored_until_it_is_complete() -> None:
    half = PartialListing(START, START, "page 2")
    assert play([(0, listing(None, half)), (1, ANSWERS)]).state.partial_listing == half, "no time to list"
    played = play([(0, listing(None, half)), (1, listing(0))])
    assert (played.state.partial_listing, played.state.listing_since) == (None, START)


DAY, HISTORY = timedelta(days=1), timedelta(days=90)


@cases(
    "listed_at, tried, since",
    ("never listed", None, None, START - DAY),
    ("never listed completely, for three days", None, START - 3 * DAY, START - 4 * DAY),
    ("within a day of the listing", START - timedelta(minutes=30), START, START - timedelta(hours=24.5)),
    ("three days without a listing", START - 3 * DAY, None, START - 4 * DAY),
    ("not beyond the watches that are kept", START - 400 * DAY, None, START - HISTORY),
    ("a listing that is in the future", START + timedelta(hours=1), None, START - DAY),
)
def test_the_window_reaches_back(listed_at: datetime | None, tried: datetime | None, since: datetime) -> None:
    state = SourceState("s", listing_since=tried, listed_at=listed_at)
    assert discovery_window(state, DAY, HISTORY, START) == since


# What counts as an answer

FOLLOWED = replace(NEW, follow_up=ResultsFollowUp(Phase.COMPLETED, START, 0, START))


def stats_of(*answers: Observation | UnknownDeployment | CheckFailed, watch: Watch = NEW) -> SourceStats:
    stats = SourceStats(watched=1)
    for answer in answers:
        stats.add(Check(watch, answer))
    return stats


def test_checks_are_counted_by_their_answer() -> None:
    assert stats_of(saw("Running"), NO_ANSWER, UNKNOWN, UNKNOWN) == SourceStats(1, 1, 2, 1, 0, UNKNOWN.reason)
    stats = stats_of(NO_ANSWER, watch=FOLLOWED)
    stats.add(Check(FOLLOWED, scan(0)))
    assert stats == SourceStats(1, answered=1, failed_scans=1, last_error=NO_ANSWER.reason)


@cases(
    "stats, listing, answers",
    ("a status", stats_of(saw("Running"), NO_ANSWER), None, True),
    ("an unknown id: it may be the wrong region", stats_of(UNKNOWN), None, False),
    ("an unknown id, and no listing", stats_of(UNKNOWN), NOT_LISTED, False),
    ("an unknown id, but it lists", stats_of(UNKNOWN), LISTED, True),
    ("an unknown id among failures, and it lists", stats_of(UNKNOWN, NO_ANSWER), LISTED, True),
    ("a listing alone: GetStatus may be denied", stats_of(NO_ANSWER), LISTED, False),
    ("only results fail, and it lists", stats_of(NO_ANSWER, watch=FOLLOWED), LISTED, True),
    ("only results fail", stats_of(NO_ANSWER, watch=FOLLOWED), None, False),
    ("a first page", stats_of(), HALF_LISTED, True),
)
def test_a_source_answers(stats: SourceStats, listing: Listing | None, answers: bool) -> None:
    stats = replace(stats, listing=listing)
    assert stats.was_asked
    assert stats.answers == answers


@cases(
    "stats, needed",
    ("are the ids wrong, or the source?", stats_of(UNKNOWN), True),
    ("are the results gone, or the source?", stats_of(NO_ANSWER, watch=FOLLOWED), True),
    ("a failure needs no proof", stats_of(NO_ANSWER), False),
    ("it has answered", stats_of(UNKNOWN, saw("Running")), False),
    ("it was listed", replace(stats_of(UNKNOWN), listing=NOT_LISTED), False),
    ("nothing was asked", stats_of(), False),
)
def test_a_listing_is_asked_for_only_where_it_can_tell(stats: SourceStats, needed: bool) -> None:
    assert stats.needs_listing == needed
