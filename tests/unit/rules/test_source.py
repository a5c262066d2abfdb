from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from deployment_notifier.model import Kind, Policy, SourceHealth, Tally
from deployment_notifier.rules import decide_source

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SILENT = Tally(watched=3, asked=3, answered=0, last_error="AccessDeniedException: no")
ANSWERS = Tally(watched=3, asked=3, answered=1, last_error="ReadTimeoutError")
NOT_ASKED = Tally(watched=3)
NOT_WATCHED = Tally()
ALL = Policy(alert_on=frozenset(Kind))


def play(sweeps: list[tuple[int, Tally]], policy: Policy = ALL) -> tuple[list[str], SourceHealth | None, int]:
    """What sweeps at certain minutes lead to: the kinds told, the trouble that is left, and the number of writes."""
    health: SourceHealth | None = None
    told: list[str] = []
    writes = 0
    for minute, tally in sweeps:
        decision = decide_source("greengrass-bulk", health, tally, policy, START + timedelta(minutes=minute))
        if decision.alert:
            told.append(decision.alert.kind)
        writes += decision.health != health
        health = decision.health
    return told, health, writes


@pytest.mark.parametrize(
    ("sweeps", "expected"),
    [
        pytest.param([(0, ANSWERS), (1, ANSWERS)], [], id="all is well"),
        pytest.param([(0, SILENT), (9, SILENT)], [], id="silent for 9 minutes"),
        pytest.param([(0, SILENT), (10, SILENT)], ["SOURCE_UNREACHABLE"], id="silent for 10 minutes"),
        pytest.param([(m, SILENT) for m in range(60)], ["SOURCE_UNREACHABLE"], id="once per outage"),
        pytest.param([(0, SILENT), (5, ANSWERS), (10, SILENT)], [], id="one answer of three ends it"),
        pytest.param(
            [(0, SILENT), (10, SILENT), (20, ANSWERS), (21, ANSWERS), (22, SILENT), (32, SILENT)],
            ["SOURCE_UNREACHABLE", "SOURCE_RECOVERED", "SOURCE_UNREACHABLE"],
            id="recovered once, and a new outage tells again",
        ),
        pytest.param([(0, SILENT), (5, NOT_ASKED), (10, SILENT)], ["SOURCE_UNREACHABLE"], id="not asked says nothing"),
        pytest.param([(0, SILENT), (5, NOT_WATCHED), (99, SILENT)], [], id="an unwatched time counts for nothing"),
        pytest.param([(0, SILENT), (99, NOT_WATCHED)], [], id="without an active watch it never alerts"),
        pytest.param(
            [(0, SILENT), (10, SILENT), (20, NOT_WATCHED), (30, SILENT), (31, ANSWERS)],
            ["SOURCE_UNREACHABLE", "SOURCE_RECOVERED"],
            id="what was told stays open until there is an answer",
        ),
    ],
)
def test_one_alert_for_the_source(sweeps: list[tuple[int, Tally]], expected: list[str]) -> None:
    assert play(sweeps)[0] == expected


def test_the_alert_says_what_the_source_answered_and_since_when() -> None:
    health = SourceHealth("greengrass-bulk", START, version=1)
    alert = decide_source("greengrass-bulk", health, SILENT, ALL, START + timedelta(minutes=10)).alert
    assert alert is not None
    assert alert.error is not None
    assert (alert.deployment_id, alert.error.message, alert.since) == (
        "source:greengrass-bulk",
        SILENT.last_error,
        START,
    )


def test_an_outage_is_two_writes_and_its_end_one_whatever_the_error_says_each_minute() -> None:
    sweeps = [(m, Tally(3, 3, 0, f"error {m}")) for m in range(60)]
    assert play(sweeps)[2] == 2
    assert play([*sweeps, (60, ANSWERS), (61, ANSWERS)])[2] == 3


def test_zero_minutes_means_at_the_first() -> None:
    assert play([(0, SILENT)], Policy(unchecked_after_minutes=0))[0] == ["SOURCE_UNREACHABLE"]


def test_kinds_that_alert_on_leaves_out_are_not_told_but_the_trouble_is_kept() -> None:
    told, health, _ = play([(0, SILENT), (10, SILENT)], Policy(frozenset({Kind.FAILED})))
    assert told == []
    assert health is not None
    assert health.told


def test_versions_rise_though_the_clock_stands_still() -> None:
    health = SourceHealth("greengrass-bulk", START, version=10**13)
    decision = decide_source("greengrass-bulk", health, SILENT, ALL, START + timedelta(minutes=10))
    assert decision.health is not None
    assert decision.health.version == 10**13 + 1
