"""What `make run` plays, and the event of a failed device that it sends."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from deployment_notifier.model import Kind
from local.demo.push import Push
from local.demo.script import PARAMETERS, PARTS, PUSHED, PUSHED_AFTER_SECONDS, SECONDS, SWEEP_EVERY_SECONDS
from local.simulator import SCENARIOS
from local.simulator.fleet import FLEET_SCENARIOS

if TYPE_CHECKING:
    import pytest


class _Queue:
    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 - AWS's names
        assert QueueUrl == "the-queue"
        self.bodies.append(json.loads(MessageBody))


def test_both_versions_are_played_v2_first() -> None:
    versions = [part.is_fleet for part in PARTS]

    assert versions == sorted(versions, reverse=True)
    assert {True, False} == set(versions)
    assert all(part.scenario in FLEET_SCENARIOS | SCENARIOS for part in PARTS)
    assert Kind.DEVICES_FAILED in PUSHED.expected


def test_the_first_device_has_failed_when_its_event_is_sent() -> None:
    steps = FLEET_SCENARIOS[PUSHED.scenario].steps

    (failing,) = [step for step in steps if step.devices.failed and step.at <= PUSHED_AFTER_SECONDS]

    assert failing.devices.failed == 1


def test_there_is_time_to_follow_the_results_of_every_bulk_deployment() -> None:
    follow = 60 * int(PARAMETERS["FollowResultsMinutes"])
    unfinished = [
        SCENARIOS[part.scenario] for part in PARTS if not part.is_fleet and SCENARIOS[part.scenario].unfinished
    ]

    assert unfinished
    assert all(each.steps[-1].at + follow + 6 * SWEEP_EVERY_SECONDS < SECONDS for each in unfinished)


def test_an_event_is_sent_once_and_its_alert_is_awaited_without_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    now, queue = [100.0], _Queue()
    session: Any = SimpleNamespace(client=lambda *_, **__: queue)
    monkeypatch.setattr("local.demo.push.time.monotonic", lambda: now[0])
    sent = Push(session, "an-endpoint", "the-queue")
    sent.start()
    assert (sent.is_waiting, sent.send_if_due("an-id")) == (False, None)

    now[0] += PUSHED_AFTER_SECONDS - 1
    assert sent.is_waiting
    now[0] += 1
    assert sent.send_if_due("an-id") is not None
    assert sent.send_if_due("an-id") is None
    assert queue.bodies[0]["detail"] == {"deploymentId": "an-id", "coreDeviceExecutionStatus": "FAILED"}

    now[0] += 4
    sent.note_alert()
    assert (sent.is_waiting, sent.seconds) == (False, 4)


def test_an_alert_that_comes_too_late_is_not_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    session: Any = SimpleNamespace(client=lambda *_, **__: _Queue())
    monkeypatch.setattr("local.demo.push.time.monotonic", lambda: now[0])
    sent = Push(session, "an-endpoint", "the-queue")
    sent.start()
    now[0] += PUSHED_AFTER_SECONDS
    sent.send_if_due("an-id")

    now[0] += 60
    sent.note_alert()

    assert (sent.is_waiting, sent.seconds) == (False, None)
