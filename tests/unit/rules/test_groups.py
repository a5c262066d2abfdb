"""What follows a terminal status: one row a case, with what each pass over the groups found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deployment_notifier.model import (
    DEFAULT_KINDS,
    Alert,
    Error,
    Failure,
    GroupError,
    GroupPass,
    GroupTally,
    Kind,
    Metrics,
    Observation,
    Phase,
    Policy,
    Refusal,
    Watch,
)
from deployment_notifier.rules import decide

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
EVERYTHING = Policy(alert_on=frozenset(Kind))
GONE = Refusal("BadRequestException (400): unknown id")
NO_ANSWER = Failure("ReadTimeoutError")
PHASES = {"Completed": Phase.COMPLETED, "Failed": Phase.FAILED, "Stopped": Phase.STOPPED}

End = tuple[str, GroupPass | None]
Step = tuple[int, GroupPass | Refusal | Failure]


def whole(succeeded: int, failed: int = 0, unfinished: int = 0) -> GroupPass:
    errors = (GroupError("GG-303", "no core", failed),) if failed else ()
    return GroupPass(GroupTally(succeeded, failed, unfinished, errors), is_complete=True)


def part(succeeded: int, failed: int = 0, unfinished: int = 0) -> GroupPass:
    return replace(whole(succeeded, failed, unfinished), is_complete=False, resume_at="page 2")


def play(end: End, passes: list[Step], policy: Policy = EVERYTHING, records: int = 10) -> tuple[Watch, list[Alert]]:
    """A deployment of ten records reaches a terminal status at minute 0; then come passes, each at a minute."""
    status, first = end
    seen = Observation(status, PHASES[status], Metrics(records, 0, 0))
    decision = decide(Watch("d1", "greengrass-bulk"), seen, policy, START, source_answers=True, groups=first)
    watch, alerts = decision.watch, [decision.alert]
    for minute, found in passes:
        assert watch.is_active, f"followed at {minute} after its end"
        decision = decide(watch, found, policy, START + timedelta(minutes=minute), source_answers=True)
        watch = decision.watch
        alerts.append(decision.alert)
    return watch, [alert for alert in alerts if alert]


def kinds(alerts: list[Alert]) -> list[str]:
    return ["+".join([alert.kind, *alert.also]) for alert in alerts]


@pytest.mark.parametrize(
    ("end", "passes", "expected", "ended"),
    [
        pytest.param(("Completed", whole(10)), [], ["COMPLETED"], True, id="all groups are done at once"),
        pytest.param(("Completed", whole(6, 4)), [], ["GROUPS_FAILED+COMPLETED"], True, id="half of them failed"),
        pytest.param(("Completed", whole(6, 0, 4)), [], [], False, id="COMPLETED waits for the groups"),
        pytest.param(("Completed", None), [], [], False, id="no time for a pass yet"),
        pytest.param(("Completed", whole(0)), [], [], False, id="the reports come behind the status"),
        pytest.param(("Completed", whole(6, 0, 4)), [(1, whole(10))], ["COMPLETED"], True, id="they succeed later"),
        pytest.param(
            ("Completed", whole(6, 1, 3)),
            [(1, whole(6, 2, 2)), (3, whole(6, 4))],
            ["GROUPS_FAILED", "GROUPS_FAILED+COMPLETED"],
            True,
            id="at the first, and a final tally because it grew",
        ),
        pytest.param(
            ("Completed", whole(6, 1, 3)),
            [(1, whole(6, 1, 3)), (3, whole(9, 1))],
            ["GROUPS_FAILED", "COMPLETED"],
            True,
            id="it did not grow: no final tally",
        ),
        pytest.param(
            ("Completed", whole(6, 0, 4)), [(59, whole(6, 0, 4))], [], False, id="unfinished, and time is left"
        ),
        pytest.param(("Completed", whole(6, 0, 4)), [(60, whole(6, 0, 4))], ["COMPLETED"], True, id="the time is up"),
        pytest.param(("Failed", whole(6, 4)), [], ["FAILED+GROUPS_FAILED"], True, id="named in FAILED"),
        pytest.param(("Failed", None), [], ["FAILED"], False, id="FAILED waits for nothing"),
        pytest.param(
            ("Failed", whole(6, 2, 2)), [(1, whole(8, 2))], ["FAILED+GROUPS_FAILED"], True, id="named there is told"
        ),
        pytest.param(
            ("Failed", whole(6, 2, 2)),
            [(1, whole(7, 3))],
            ["FAILED+GROUPS_FAILED", "GROUPS_FAILED"],
            True,
            id="grew since it was named there",
        ),
        pytest.param(("Stopped", whole(3, 0, 7)), [(1, whole(10))], ["STOPPED"], True, id="stopped"),
        pytest.param(
            ("Completed", part(3, 1)),
            [(0, whole(8, 2))],
            ["GROUPS_FAILED", "GROUPS_FAILED+COMPLETED"],
            True,
            id="a pass that is not complete tells at the first, too",
        ),
        pytest.param(
            ("Completed", whole(3, 4, 3)),
            [(1, part(1, 1)), (75, part(1, 1))],
            ["GROUPS_FAILED", "COMPLETED"],
            True,
            id="a pass that saw less than the one before tells nothing",
        ),
        pytest.param(("Completed", whole(6, 0, 4)), [(74, part(1))], [], False, id="a last pass may take a while"),
        pytest.param(
            ("Completed", None),
            [(1, NO_ANSWER), (11, NO_ANSWER), (12, NO_ANSWER), (75, NO_ANSWER)],
            ["UNCHECKED", "COMPLETED"],
            True,
            id="the groups can't be read",
        ),
        pytest.param(
            ("Completed", None), [(1, GONE), (11, GONE)], ["COMPLETED+LOST"], True, id="its reports are refused"
        ),
    ],
)
def test_groups_are_told_as_section_4_says(end: End, passes: list[Step], expected: list[str], ended: bool) -> None:
    watch, alerts = play(end, passes)
    assert kinds(alerts) == expected
    assert watch.is_active != ended


def test_zero_settle_minutes_end_it_at_the_terminal_status() -> None:
    policy = replace(EVERYTHING, settle_minutes=0)
    watch, alerts = play(("Completed", whole(3, 1, 6)), [], policy)
    assert kinds(alerts) == ["GROUPS_FAILED+COMPLETED"]
    assert not watch.is_active


def test_a_kind_that_is_left_out_is_not_told_but_counts_as_told() -> None:
    watch, alerts = play(
        ("Completed", whole(6, 1, 3)), [], replace(EVERYTHING, alert_on=DEFAULT_KINDS - {Kind.GROUPS_FAILED})
    )
    assert alerts == []
    assert watch.told_failed_groups == 1


def test_alerts_carry_the_tally_and_awss_error() -> None:
    seen = replace(Observation("Failed", Phase.FAILED, Metrics(10, 0, 0)), error=Error("boom"))
    first = decide(Watch("d1", "greengrass-bulk"), seen, EVERYTHING, START, source_answers=True, groups=whole(6, 2, 2))
    assert first.alert is not None
    assert first.alert.groups == whole(6, 2, 2).tally
    later = decide(first.watch, whole(6, 4), EVERYTHING, START + timedelta(minutes=1), source_answers=True)
    assert later.alert is not None
    assert (later.alert.groups, later.alert.error) == (whole(6, 4).tally, Error("boom"))
    assert (later.alert.from_status, later.alert.to_status) == ("Failed", "Failed")


def test_passes_come_at_growing_intervals_so_a_whole_hour_costs_a_handful() -> None:
    watch, _ = play(("Completed", whole(6, 0, 4)), [])
    due = []
    while watch.settling is not None:
        at = watch.settling.next_pass_at
        due.append((at - START) // timedelta(minutes=1))
        watch = decide(watch, whole(6, 0, 4), EVERYTHING, at, source_answers=True).watch
    assert due == [1, 3, 7, 15, 31, 60]


def test_a_pass_that_broke_off_goes_on_and_one_that_fails_at_once_begins_anew() -> None:
    watch, _ = play(("Completed", part(3)), [])
    assert watch.settling is not None
    assert watch.settling.begun == part(3)
    watch = decide(watch, NO_ANSWER, EVERYTHING, START + timedelta(minutes=1), source_answers=True).watch
    assert watch.settling is not None
    assert watch.settling.begun is None


def test_the_status_is_final_and_only_groups_are_followed_so_nothing_stalls() -> None:
    watch, alerts = play(
        ("Completed", whole(6, 0, 4)), [(30, whole(6, 0, 4))], replace(EVERYTHING, stalled_after_minutes=1)
    )
    assert watch.is_active
    assert alerts == []


def test_an_ended_watch_that_is_put_back_tells_nothing_again() -> None:
    watch, _ = play(("Completed", whole(10)), [])
    again = replace(watch, ended_because=None)
    seen = Observation("Completed", Phase.COMPLETED, Metrics(10, 0, 0))
    decision = decide(again, seen, EVERYTHING, START + timedelta(minutes=9), source_answers=True)
    assert (decision.alert, decision.watch.ended_because) == (None, "Completed")
