"""Items that can't be read: each is counted and logged with its id, and stops nothing else."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from local.simulator import Misbehaviour
from tests.integration.world import TABLE, World, at, logged

_MALFORMED: list[dict[str, Any]] = [
    {"Status": {"N": "7"}},
    {"Source": {"S": "somewhere-else"}},
    {"Source": {"BOOL": True}},
    {"Version": {"S": "one"}},
    {"Version": {"N": "0"}},
    {"Version": {"N": "9" * 18}},
    {"Version": {"N": "-1"}},
    {"ProgressAt": {"S": "yesterday"}},
    {"ProgressAt": {"S": "0001-01-01T00:00:00+01:00"}},
    {"FailingSince": {"S": "9999-12-31T23:59:59-01:00"}},
    {"RecordsProcessed": {"N": "1.5"}},
    {"HighestRecordsProcessed": {"NS": ["1"]}},
    {"Tags": {"M": {"team": {"N": "1"}}}},
    {"ToldStalled": {"S": "no"}},
    {"Settling": {"S": "soon"}},
    {"Settling": {"M": {"Phase": {"S": "COMPLETED"}, "Since": {"S": "2026-11-23T10:04:00.123Z"}}}},
    {"Groups": {"M": {"Succeeded": {"N": "1"}}}},
    {"ToldFailedGroups": {"S": "one"}},
    {"Record": {"S": "SOURCE"}},
    {"Record": {"S": "NOTE"}},
    {"Record": {"S": "EVENT#2026-11-23T10:04:00.123Z#1-TRANSITION"}},
]


@pytest.mark.parametrize("attributes", _MALFORMED, ids=str)
def test_an_item_that_cannot_be_read_is_counted_and_logged_with_its_id_and_others_go_on(
    world: World, caplog: pytest.LogCaptureFixture, attributes: dict[str, Any]
) -> None:
    world.register("malformed", **attributes)
    world.play(at(0), deployment_id="healthy")

    report = world.sweep()

    assert (report.unreadable, report.checked, report.errors, report.table_failures) == (1, 1, 0, 0)
    (line,) = logged(caplog, "item can't be read")
    assert line["levelno"] == logging.ERROR
    assert line["deployment_id"] == "malformed"
    assert any(name in line["reason"] for name in attributes) or "SOURCE" in line["reason"]
    assert world.told("healthy") == ["None>Running"]


@pytest.mark.parametrize(
    "year", ["0001-01-01T00:00:00Z", "0999-12-31T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"]
)
def test_a_time_of_another_age_put_by_hand_never_makes_a_watch_unreadable_later(world: World, year: str) -> None:
    world.play(at(0, processed=0), at(1, processed=0, invalid=1))
    world.sweep()
    key = {"DeploymentId": {"S": "an-id"}, "Record": {"S": "WATCH"}}
    world.person.update_item(
        TableName=TABLE,
        Key=key,
        UpdateExpression="SET ProgressAt = :At",
        ExpressionAttributeValues={":At": {"S": year}},
    )
    found_out = world.sweep().unreadable
    for _ in range(2):
        world.advance(minutes=1)
        report = world.sweep()

    assert report.unreadable == found_out
    assert report.errors == 0


def test_an_alert_that_cannot_be_read_is_counted_and_logged_and_others_go_out(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.play(at(0, "Failed"))
    world.break_sns()
    world.sweep()
    world.mend_sns()
    for record in (
        "EVENT#yesterday#2-ALERT",
        "EVENT#2026-11-23T10:04:00.123Z#2-ALERT",
        "EVENT#2026-11-23T10:04:00Z#2-ALERT",
    ):
        kind = {"S": "FAILED"} if record != "EVENT#2026-11-23T10:04:00.123Z#2-ALERT" else {"S": "EXPLODED"}
        world.person.put_item(
            TableName=TABLE,
            Item={"DeploymentId": {"S": "odd"}, "Record": {"S": record}, "Queue": {"S": "DELIVER"}, "Kind": kind},
        )
    world.advance(minutes=2)
    caplog.clear()

    report = world.sweep()

    assert world.kinds_received() == ["FAILED"]
    assert report.unreadable == 3
    assert {line["deployment_id"] for line in logged(caplog, "item can't be read")} == {"odd"}


def test_an_unreadable_trouble_of_the_source_does_not_stop_checks(world: World) -> None:
    world.person.put_item(
        TableName=TABLE,
        Item={
            "DeploymentId": {"S": "source:greengrass-bulk"},
            "Record": {"S": "SOURCE"},
            "Queue": {"S": "CHECK"},
            "FailingSince": {"S": "yesterday"},
        },
    )
    world.play(at(0, "Failed"))

    report = world.sweep()

    assert report.unreadable == 1
    assert world.kinds_received() == ["FAILED"]


def test_a_trouble_put_by_hand_without_a_version_is_taken_away_when_the_source_answers(world: World) -> None:
    world.person.put_item(
        TableName=TABLE,
        Item={
            "DeploymentId": {"S": "source:greengrass-bulk"},
            "Record": {"S": "SOURCE"},
            "Queue": {"S": "CHECK"},
            "FailingSince": {"S": "2026-11-23T09:00:00.000Z"},
        },
    )
    world.play(at(0))

    report = world.sweep()

    assert report.table_failures == 0
    assert world.item("source:greengrass-bulk", "SOURCE") is None


def two_hundred(world: World) -> None:
    for number in range(198):
        world.play(at(0, processed=1), deployment_id=f"id-{number:03}")
        if number >= 20:  # moto takes its time for a transaction
            world.register_known(f"id-{number:03}")
    world.play(at(0, misbehaviour=Misbehaviour.SILENT), deployment_id="silent")
    world.register("malformed", Status={"N": "7"})


def test_of_200_watches_one_malformed_and_one_timing_out_the_other_198_are_checked(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    two_hundred(world)

    report = world.sweep()

    assert (report.watches, report.checked, report.failed, report.unreadable) == (199, 198, 1, 1)
    assert report.transitions == 20
    assert report.deferred == 0
    assert report.errors == 0
    (failed,) = logged(caplog, "check failed")
    assert failed["deployment_id"] == "silent"
    assert "Timeout" in failed["reason"]
    (malformed,) = logged(caplog, "item can't be read")
    assert malformed["deployment_id"] == "malformed"
    # The one that timed out is in trouble by itself: the source answers for others.
    item = world.item("silent")
    assert item is not None
    assert "FailingSince" in item
