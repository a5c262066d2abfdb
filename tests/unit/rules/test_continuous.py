"""Deployments that rest instead of ending, as Greengrass V2's to thing groups: one row a case, and its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import Check, Kind, Metrics, Observation, Phase, Policy, SourceTraits, Watch
from deployment_notifier.rules import decide

if TYPE_CHECKING:
    from collections.abc import Iterable

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
TRAITS = SourceTraits(Kind.DEVICES_FAILED, Kind.DEVICES_FAILED, follows_results=False, is_continuous=True)
ALL = Policy(frozenset(Kind))
DAY = 1440


def seen(
    succeeded: int = 0, failed: int = 0, queued: int = 0, in_progress: int = 0, status: str = "ACTIVE"
) -> Observation:
    """What the source makes of a job's counts."""
    done = succeeded + failed
    phases = {
        "COMPLETED": Phase.COMPLETED,
        "FAILED": Phase.FAILED,
        "CANCELED": Phase.STOPPED,
        "INACTIVE": Phase.SUPERSEDED,
    }
    rests = in_progress == 0 and (done > 0 or queued == 0)
    phase = phases.get(status, Phase.RESTING if rests else Phase.ONGOING)
    return Observation(status, phase, Metrics({}, done, failed, succeeded, queued + in_progress))


def play(checks: Iterable[tuple[int, Observation]], policy: Policy = ALL) -> list[tuple[int, str]]:
    """Play checks, each at a minute; return the alerts."""
    watch = Watch("d-1", "greengrass-v2")
    alerts = []
    for minute, answer in checks:
        assert watch.is_active, f"checked at {minute} after its end"
        decision = decide(Check(watch, answer), policy, TRAITS, START + timedelta(minutes=minute))
        if decision.alert:
            alerts.append((minute, "+".join([decision.alert.kind, *decision.alert.also])))
        watch = decision.watch
    return alerts


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        pytest.param([(0, seen(queued=5))], [], id="nothing processed and something queued is under way"),
        pytest.param([(0, seen())], [], id="an empty group does not complete"),
        pytest.param([(0, seen(3, queued=2))], [], id="offline devices keep it from completing"),
        pytest.param([(0, seen(3, in_progress=2)), (1, seen(5))], [(1, "COMPLETED")], id="completes at rest"),
        pytest.param(
            [(0, seen(5)), (1, seen(5, queued=1)), (2, seen(5, in_progress=1)), (3, seen(6))],
            [(0, "COMPLETED")],
            id="a device that joins does not complete it again",
        ),
        pytest.param(
            [(m, seen(failed=n, in_progress=9)) for m, n in enumerate((1, 1, 2, 3, 4, 7, 8))],
            [(0, "DEVICES_FAILED"), (2, "DEVICES_FAILED"), (4, "DEVICES_FAILED"), (6, "DEVICES_FAILED")],
            id="at the threshold and each time the count has doubled",
        ),
        pytest.param(
            [(0, seen(failed=4, in_progress=9)), (1, seen(9, 5))],
            [(0, "DEVICES_FAILED"), (1, "DEVICES_FAILED+COMPLETED")],
            id="grew by the first rest",
        ),
        pytest.param(
            [(0, seen(9, 4)), (1, seen(9, 5)), (DAY - 1, seen(9, 6)), (DAY, seen(9, 6)), (DAY + 1, seen(9, 7))],
            [(0, "DEVICES_FAILED+COMPLETED"), (DAY, "DEVICES_FAILED")],
            id="after the first rest, growth is reported once a day",
        ),
        pytest.param(
            [(0, seen(9, 4)), (1, seen(9, 8))],
            [(0, "DEVICES_FAILED+COMPLETED"), (1, "DEVICES_FAILED")],
            id="after the first rest, twice as many are reported at once",
        ),
        pytest.param([(0, seen(1, in_progress=1)), (60, seen(1, in_progress=1))], [(60, "STALLED")], id="stalls"),
        pytest.param([(0, seen(1, queued=9)), (600, seen(1, queued=9))], [], id="offline devices are no stall"),
        pytest.param(
            [(0, seen(1, in_progress=3)), (60, seen(1, in_progress=3)), (61, seen(2, in_progress=2)), (130, seen(4))],
            [(60, "STALLED"), (130, "COMPLETED+RESUMED")],
            id="a stall ends at rest, not at each device",
        ),
        pytest.param(
            [(0, seen(5)), (500, seen(5, in_progress=1)), (559, seen(5, in_progress=1)), (560, seen(5, in_progress=1))],
            [(0, "COMPLETED"), (560, "STALLED")],
            id="progress starts anew when it leaves rest",
        ),
        pytest.param([(0, seen(1, 1, 1, 1)), (1, seen(status="INACTIVE"))], [(0, "DEVICES_FAILED")], id="superseded"),
        pytest.param([(0, seen(0, 9, status="INACTIVE"))], [], id="superseded at first sight, whatever failed"),
        pytest.param(
            [(0, seen(in_progress=1)), (1, seen(status="CANCELED"))], [(1, "STOPPED")], id="cancelled by a user"
        ),
        pytest.param(
            [(0, seen(in_progress=9)), (1, seen(1, 8, status="FAILED"))],
            [(1, "FAILED+DEVICES_FAILED")],
            id="stopped by its abort criteria",
        ),
        pytest.param([(0, seen()), (1, seen(status="COMPLETED"))], [(1, "COMPLETED")], id="a single thing completes"),
        pytest.param(
            [(0, seen(5)), (9, seen(5, status="COMPLETED"))],
            [(0, "COMPLETED")],
            id="completes once, at rest or at its end",
        ),
        pytest.param(
            [(0, seen(in_progress=1)), (1, seen(status="WHAT", in_progress=1))], [], id="an unknown status goes on"
        ),
    ],
)
def test_what_is_sent(checks: list[tuple[int, Observation]], expected: list[tuple[int, str]]) -> None:
    assert play(checks) == expected


def test_the_threshold_of_failed_devices() -> None:
    policy = Policy(frozenset(Kind), {Kind.DEVICES_FAILED: 3})
    checks = [(minute, seen(failed=failed, in_progress=9)) for minute, failed in enumerate((1, 2, 3, 5, 6))]
    assert play(checks, policy) == [(2, "DEVICES_FAILED"), (4, "DEVICES_FAILED")]
