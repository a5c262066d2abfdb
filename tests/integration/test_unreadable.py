"""Items that cannot be read: each is counted and logged with its key, and stops nothing else."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from local.simulator import Misbehaviour
from tests.emulated.stack import SOURCE, at

if TYPE_CHECKING:
    import pytest

    from tests.emulated.stack import EmulatedStack

_MALFORMED: dict[str, dict[str, Any]] = {
    "Status": {"N": "7"},
    "Source": {"S": "somewhere-else"},
    "Version": {"N": "0"},
    "ProgressAt": {"S": "yesterday"},
    "FailingSince": {"S": "9999-12-31T23:59:59-01:00"},
    "Progress": {"N": "1.5"},
    "Metrics": {"M": {"RecordsProcessed": {"S": "many"}}},
    "Tags": {"M": {"team": {"N": "1"}}},
    "NotifiedStalled": {"S": "no"},
    "FollowUp": {"M": {"Phase": {"S": "COMPLETED"}, "Since": {"S": "2026-11-23T10:04:00.123Z"}}},
    "Results": {"M": {"Succeeded": {"N": "1"}}},
}
_RECORDS = ["NOTE", "SOURCE", "EVENT#2026-11-23T10:04:00.123Z#1-TRANSITION"]


def unreadable(caplog: pytest.LogCaptureFixture) -> dict[tuple[str, str], str]:
    """The reason for each item that was logged as unreadable, by its key."""
    lines: list[Any] = [record for record in caplog.records if record.message == "item cannot be read"]
    assert {line.levelno for line in lines} <= {logging.ERROR}
    return {(line.deployment_id, line.record): line.reason for line in lines}


def test_watches_that_cannot_be_read_or_checked_are_reported_and_the_others_go_on(
    stack: EmulatedStack, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in _MALFORMED.items():
        stack.watch(f"wrong-{name}", **{name: value})
    for record in _RECORDS:
        stack.put("wrong", record, Queue={"S": "CHECK"})
    stack.play("cut-off", at(0, misbehaviour=Misbehaviour.CLOSED))
    stack.deployment("healthy")

    report = stack.sweep()

    assert (report.unreadable, report.errors, report.table_failures) == (len(_MALFORMED) + len(_RECORDS), 0, 0)
    assert (report.watches, report.checked, report.failed) == (2, 1, 1)
    reasons = unreadable(caplog)
    assert set(reasons) == {
        *((f"wrong-{name}", "WATCH") for name in _MALFORMED),
        *(("wrong", record) for record in _RECORDS),
    }
    for name in _MALFORMED:
        assert name in reasons[f"wrong-{name}", "WATCH"]
    assert stack.history("healthy") == ["None>Running"]
    # The one whose call fails does so by itself: the source answers for others.
    assert "FailingSince" in stack.item("cut-off")


def test_an_unreadable_watch_of_a_listed_deployment_is_not_overwritten(stack: EmulatedStack) -> None:
    stack.deployment("rollout")
    stack.watch("rollout", Status={"N": "7"})
    before = stack.item("rollout")

    report = stack.sweep()

    assert (report.unreadable, report.discovered) == (1, 0)
    assert stack.item("rollout") == before


def test_alerts_that_cannot_be_read_are_reported_and_the_others_are_published(
    stack: EmulatedStack, caplog: pytest.LogCaptureFixture
) -> None:
    stack.deployment("rollout", "Failed")
    stack.container.interceptor.refuse("sns:Publish", 500, "InternalError")
    stack.sweep()
    stack.container.interceptor.accept("sns:Publish")
    kinds = {"yesterday": "FAILED", "2026-11-23T10:04:00Z": "FAILED", "2026-11-23T10:04:00.123Z": "EXPLODED"}
    records = {f"EVENT#{time}#2-ALERT": kind for time, kind in kinds.items()}
    for record, kind in records.items():
        stack.put("odd", record, Queue={"S": "DELIVER"}, Kind={"S": kind})
    caplog.clear()

    report = stack.sweep()

    assert stack.kinds() == ["FAILED"]
    assert report.unreadable == 3
    assert set(unreadable(caplog)) == {("odd", record) for record in records}


def test_an_unreadable_state_of_the_source_does_not_stop_checks(stack: EmulatedStack) -> None:
    stack.put(SOURCE, "SOURCE", Queue={"S": "CHECK"}, ListedAt={"S": "yesterday"})
    stack.deployment("rollout", "Failed")

    report = stack.sweep()

    assert (report.unreadable, report.errors) == (1, 0)
    assert stack.kinds() == ["FAILED"]
