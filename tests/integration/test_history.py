"""What the table holds of a deployment, and what the subscriber gets of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from deployment_notifier.model import timestamp
from local.ministack import ACCOUNT, REGION
from local.simulator import Error
from tests.emulated.emulators import START
from tests.emulated.stack import HISTORY_DAYS, at

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack

_ERROR = Error("The group has no Greengrass core.", (("GG-303", "You need a core."),))
_COUNTS = {"RecordsProcessed": 9, "InvalidInputRecords": 2, "RetryAttempts": 0}


def test_the_bare_item_is_enough_to_watch_a_deployment(stack: EmulatedStack) -> None:
    stack.configure(discover_within_hours=0)
    stack.play("rollout", at(0, "Initializing"), tags={"team": "ops"})
    stack.watch("rollout")

    report = stack.sweep()

    assert (report.watches, report.checked, report.transitions, report.alerts) == (1, 1, 1, 0)
    assert stack.item("rollout") == {
        "DeploymentId": "rollout",
        "Record": "WATCH",
        "Queue": "CHECK",
        "Version": 1795428240123,
        "Source": "greengrass-bulk",
        "Status": "Initializing",
        "Metrics": {"RecordsProcessed": 0, "InvalidInputRecords": 0, "RetryAttempts": 0},
        "Progress": 0,
        "Failures": 0,
        "CreatedAt": timestamp(START),
        "ProgressAt": timestamp(START),
        "Tags": {"team": "ops"},
    }


def test_a_deployment_that_was_discovered_looks_as_one_that_was_registered(stack: EmulatedStack) -> None:
    for deployment in ("discovered", "registered"):
        stack.deployment(deployment, processed=1)
    stack.watch("registered")
    stack.sweep()

    discovered, registered = stack.item("discovered"), stack.item("registered")
    assert discovered | {"DeploymentId": ""} == registered | {"DeploymentId": ""}


def test_the_events_of_a_deployment_are_in_order(stack: EmulatedStack) -> None:
    stack.play(
        "rollout",
        at(0, "Initializing"),
        at(1, processed=1),
        at(2, processed=7, invalid=1),
        at(3, "Failed", processed=9, invalid=2, error=_ERROR),
    )
    stack.sweeps(4)

    assert [(event["Record"], event.get("Kind") or event["To"]) for event in stack.events_of("rollout")] == [
        ("EVENT#2026-11-23T10:04:00.123Z#1-TRANSITION", "Initializing"),
        ("EVENT#2026-11-23T10:05:00.123Z#1-TRANSITION", "Running"),
        ("EVENT#2026-11-23T10:06:00.123Z#2-ALERT", "INVALID_RECORDS"),
        ("EVENT#2026-11-23T10:07:00.123Z#1-TRANSITION", "Failed"),
        ("EVENT#2026-11-23T10:07:00.123Z#2-ALERT", "FAILED"),
    ]


def test_a_transition_and_its_alert_hold_the_counts_and_the_error(stack: EmulatedStack) -> None:
    stack.play("rollout", at(0, processed=3), at(1, "Failed", processed=9, invalid=2, error=_ERROR))
    stack.sweeps(2)

    _, transition, alert = stack.events_of("rollout")
    for event in (transition, alert):
        assert (event["From"], event["To"]) == ("Running", "Failed")
        assert (event["Metrics"], event["Progress"], event["Failures"]) == (_COUNTS, 9, 2)
        assert event["ErrorMessage"] == "The group has no Greengrass core."
        assert event["ErrorDetails"] == [{"Code": "GG-303", "Message": "You need a core."}]
    assert (alert["Kind"], alert["Also"], alert["Severity"]) == ("FAILED", ["INVALID_RECORDS"], "critical")
    assert alert["PublishedAt"] == timestamp(START + timedelta(minutes=1))
    assert alert["MessageId"]
    assert "Queue" not in alert


def test_an_ended_watch_leaves_the_queue_and_expires_with_its_history(stack: EmulatedStack) -> None:
    stack.deployment("rollout", "Failed")

    stack.sweep()

    watch = stack.item("rollout")
    assert watch["EndedBecause"] == "Failed"
    assert "Queue" not in watch
    expires_at = int((START + timedelta(days=HISTORY_DAYS)).timestamp())
    assert [item["ExpiresAt"] for item in (watch, *stack.events_of("rollout"))] == [expires_at] * 3
    assert "ExpiresAt" not in stack.item("source:greengrass-bulk", "SOURCE")


def test_an_ended_watch_that_is_registered_again_keeps_its_history(stack: EmulatedStack) -> None:
    for _ in range(2):
        stack.play("rollout", at(0), at(1, "Failed", error=_ERROR))
        stack.watch("rollout")
        stack.sweeps(2)

    assert stack.history("rollout") == ["None>Running", "Running>Failed", "FAILED"] * 2
    assert stack.kinds() == []  # `sweeps` has received them


def test_a_clock_that_goes_back_keeps_the_history_in_order(stack: EmulatedStack) -> None:
    for status in ("Initializing", "Running", "Failed"):
        stack.deployment("rollout", status)
        stack.sweep()
        stack.advance(minutes=-30)

    assert stack.history("rollout") == ["None>Initializing", "Initializing>Running", "Running>Failed", "FAILED"]
    assert stack.kinds() == ["FAILED"]


def test_an_unknown_status_is_recorded_as_it_came_and_watched_on(stack: EmulatedStack) -> None:
    stack.play("rollout", at(0, "Exploding"), at(1, None), at(2, "Completed"))

    assert stack.sweeps(3) == [(2, "COMPLETED")]
    assert stack.history("rollout") == ["None>Exploding", "Exploding>Completed", "COMPLETED"]


def test_the_subscriber_gets_the_documented_event(stack: EmulatedStack) -> None:
    stack.play("rollout", at(0), at(1, "Failed", processed=9, invalid=2, error=_ERROR), tags={"team": "ops"})
    stack.sweep()
    stack.advance(minutes=1)

    stack.sweep()

    arn = f"arn:aws:greengrass:{REGION}:{ACCOUNT}:/greengrass/bulk/deployments/rollout"
    assert stack.received() == [
        {
            "specversion": "1.0",
            "type": "greengrass-deployment.FAILED",
            "id": "rollout/2026-11-23T10:05:00.123Z",
            "source": arn,
            "subject": "rollout",
            "time": "2026-11-23T10:05:00.123Z",
            "datacontenttype": "application/json",
            "data": {
                "kind": "FAILED",
                "also": ["INVALID_RECORDS"],
                "severity": "critical",
                "deployment": {
                    "id": "rollout",
                    "arn": arn,
                    "source": "greengrass-bulk",
                    "name": None,
                    "target": None,
                    "targetName": None,
                    "revision": None,
                    "jobId": None,
                    "createdAt": timestamp(START),
                    "tags": {"team": "ops"},
                },
                "status": {"from": "Running", "to": "Failed"},
                "metrics": {"recordsProcessed": 9, "invalidInputRecords": 2, "retryAttempts": 0},
                "error": {
                    "message": "The group has no Greengrass core.",
                    "details": [{"code": "GG-303", "message": "You need a core."}],
                },
                "targets": {
                    "succeeded": 7,
                    "failed": 0,
                    "unfinished": 0,
                    "missing": 0,
                    "isFollowed": False,
                    "reasons": [],
                },
                "since": None,
            },
        }
    ]
