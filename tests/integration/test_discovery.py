"""Deployments that no operator has registered: they are found by the listing, once, and without their history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import EndpointConnectionError

from deployment_notifier.model import timestamp
from tests.emulated.emulators import START
from tests.emulated.interceptor import names
from tests.emulated.scenarios import LIST
from tests.emulated.stack import SOURCE, at

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack


def test_a_deployment_that_is_started_by_the_api_is_watched_and_its_failing_groups_are_reported(
    stack: EmulatedStack,
) -> None:
    deployment = stack.start("groups-fail")
    events = []
    for _ in range(16):
        stack.sweep()
        events += stack.received()
        stack.advance(minutes=5)

    assert [event["data"]["kind"] for event in events] == ["GROUPS_FAILED", "RESULTS_INCOMPLETE"]
    first, last = events
    assert first["subject"] == last["subject"] == deployment
    targets = last["data"]["targets"]
    assert (targets["succeeded"], targets["failed"], targets["unfinished"]) == (45, 13, 2)
    assert (targets["missing"], targets["isFollowed"]) == (0, False)
    assert [reason["count"] for reason in targets["reasons"]] == [8, 3, 2]
    assert all(len(reason["targets"]) == reason["count"] for reason in targets["reasons"])
    assert stack.queued("CHECK") == []


def test_of_an_account_with_a_long_history_only_recent_deployments_are_watched(stack: EmulatedStack) -> None:
    for number in range(20):
        stack.deployment(f"old-{number}", "Failed", invalid=3, hours_old=24.1 + 20 * number)
    stack.deployment("goes-on", processed=1)
    stack.deployment("completed", "Completed", hours_old=23.9)

    report = stack.sweep()

    assert (report.discovered, report.watches, report.checked) == (2, 2, 2)
    assert names(stack.calls)[LIST] == 11, "the first listing is complete"
    assert stack.kinds() == ["COMPLETED"]

    stack.advance(minutes=1)
    report = stack.sweep()
    assert (report.discovered, report.checked) == (0, 1)
    # The one that has ended is recent, so it is looked up; the second page has old ones only.
    assert names(stack.calls) == {"Query": 2, LIST: 2, "BatchGetItem": 1, "GetBulkDeploymentStatus": 1}
    assert stack.queued("CHECK") == ["goes-on"]


@pytest.mark.parametrize(("seconds_more", "found"), [(0, 1), (0.001, 0)])
def test_a_deployment_is_recent_up_to_the_very_age_that_was_set(
    stack: EmulatedStack, seconds_more: float, found: int
) -> None:
    stack.deployment("rollout", hours_old=24 + seconds_more / 3600)

    assert stack.sweep().discovered == found


def test_a_deployment_whose_watch_has_expired_is_not_discovered_again(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Failed")
    stack.sweep()
    stack.delete("rollout")
    stack.advance(seconds=1, minutes=60 * 24 * 90)

    assert stack.sweep().discovered == 0
    assert stack.kinds() == ["FAILED"]


@pytest.mark.parametrize("operation", ["BatchGetItem", "PutItem"])
def test_a_table_that_fails_during_discovery_stops_no_checks(stack: EmulatedStack, operation: str) -> None:
    def fail() -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    stack.play("rollout", at(0), at(1, "Failed"))
    stack.watch("rollout")
    stack.deployment("first")
    stack.deployment("second")
    stack.container.interceptor.before(operation, fail)

    report = stack.sweep()

    found = 1 if operation == "PutItem" else 0
    assert (report.checked, report.discovered, report.table_failures) == (1 + found, found, 1)
    stack.advance(minutes=1)
    assert stack.sweep().discovered == 2 - found
    assert stack.kinds() == ["FAILED"]


def test_a_page_that_fails_loses_nothing_that_was_listed_and_the_next_sweep_goes_on_from_it(
    stack: EmulatedStack, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(7):
        stack.deployment(f"new-{number}", hours_old=number)
    fault = stack.simulator.fault("server-error", operation=LIST, after=2)

    first = stack.sweep()

    assert (first.discovered, first.checked, first.failed_listings) == (4, 4, 1)
    assert [record.message for record in caplog.records].count("listing not complete") == 1
    assert stack.item(SOURCE, "SOURCE")["PartialListing"]["NextPage"]
    stack.simulator.clear(fault)
    stack.advance(minutes=1)
    report = stack.sweep()
    assert (report.discovered, report.checked) == (3, 7)
    assert "PartialListing" not in stack.item(SOURCE, "SOURCE")


def test_pages_that_go_round_in_a_circle_end_the_listing(stack: EmulatedStack) -> None:
    stack.deployment("rollout")
    entry = {"BulkDeploymentId": "rollout", "CreatedAt": timestamp(START)}
    stack.answer(LIST, {"BulkDeployments": [entry, entry], "NextToken": "again"})

    report = stack.sweep()

    assert names(stack.calls)[LIST] == 2
    assert (report.discovered, report.checked, report.failed_listings) == (1, 1, 1)


def test_a_deployment_without_a_time_of_creation_is_watched_and_an_unusable_id_is_not(
    stack: EmulatedStack, caplog: pytest.LogCaptureFixture
) -> None:
    for deployment in ("undated", "numeric"):
        stack.deployment(deployment)
    stack.answer(
        LIST,
        {
            "BulkDeployments": [
                {"BulkDeploymentId": "undated"},
                {"BulkDeploymentId": "numeric", "CreatedAt": START.timestamp()},
                {"BulkDeploymentId": "x" * 1025, "CreatedAt": timestamp(START)},
                {"CreatedAt": timestamp(START)},
            ]
        },
    )

    assert stack.sweep().discovered == 2
    assert stack.queued("CHECK") == ["numeric", "undated"]
    (line,) = [vars(record) for record in caplog.records if "undated" in vars(record)]
    assert (line["undated"], line["unusable"]) == (1, 2)


def test_a_deployment_that_is_listed_but_unknown_is_lost_and_not_discovered_again(stack: EmulatedStack) -> None:
    stack.deployment("neighbour")
    entries = [{"BulkDeploymentId": each, "CreatedAt": timestamp(START)} for each in ("ghost", "neighbour")]
    stack.answer(LIST, {"BulkDeployments": entries})

    assert stack.sweeps(4, every=5) == [(10, "LOST")]
    assert stack.history("ghost") == ["LOST"]
