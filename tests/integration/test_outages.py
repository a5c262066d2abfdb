"""Outages of Greengrass and SNS: what is reported, and that no alert is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulated.scenarios import LIST
from tests.emulated.stack import SOURCE, at

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack

PUBLISH = "sns:Publish"


def alert_of(stack: EmulatedStack, deployment_id: str) -> dict[str, Any]:
    (item,) = [item for item in stack.events_of(deployment_id) if item["Record"].endswith("#2-ALERT")]
    return item


def test_an_outage_of_everything_is_one_alert_whatever_the_answers(stack: EmulatedStack) -> None:
    """A wrong region or a retired API knows no id: no deployment is lost for that."""
    for number in range(3):
        stack.deployment(f"id-{number}")
    stack.sweep()
    stack.simulator.fault("unknown")

    assert stack.sweeps(4, every=5) == [(10, "SOURCE_UNREACHABLE")]
    (alert,) = stack.events_of(SOURCE)
    assert "BadRequestException" in alert["ErrorMessage"]
    assert stack.queued("CHECK") == ["id-0", "id-1", "id-2"]


@pytest.mark.parametrize("kind", ["denied", "html", "closed"])
def test_a_listing_that_fails_stops_no_checks_and_has_an_alert_of_its_own(stack: EmulatedStack, kind: str) -> None:
    stack.play("rollout", at(0), at(5, "Failed"))
    stack.deployment("goes-on")
    stack.sweep()
    stack.simulator.fault(kind, operation=LIST)

    assert stack.sweeps(4, every=5) == [(5, "FAILED"), (10, "DISCOVERY_FAILED")]


def test_deployments_that_start_in_an_outage_of_discovery_are_found_after_it(stack: EmulatedStack) -> None:
    """However long it lasted: discovery looks back to the time when it last worked."""
    stack.sweep()
    fault = stack.simulator.fault("denied", operation=LIST)
    stack.deployment("rollout", "Failed")
    assert stack.sweeps(26, every=60) == [(60, "SOURCE_UNREACHABLE")]

    stack.simulator.clear(fault)
    assert stack.sweeps(1) == [(0, "FAILED"), (0, "SOURCE_RECOVERED")]


def test_while_sns_is_down_alerts_wait_and_the_oldest_is_tried_by_each_sweep(stack: EmulatedStack) -> None:
    for deployment in ("first", "second"):
        stack.deployment(deployment, "Failed")
        stack.container.interceptor.refuse(PUBLISH, 500, "InternalError")
        stack.sweep()
        stack.advance(minutes=1)
    tries = []
    for minute in range(16):
        report = stack.sweep()
        assert (report.published, report.undelivered) == (0, 2)
        assert report.oldest_undelivered_seconds == 60 * (minute + 2)
        tries.append([call.about for call in stack.calls if call.name == "Publish"])
        stack.advance(minutes=1)

    assert all("first" in tried for tried in tries)
    # The pause of the other one is 1 minute, then 2, 4 and so on.
    assert [minute for minute, tried in enumerate(tries) if "second" in tried] == [0, 2, 6, 14]
    item = alert_of(stack, "second")
    assert item["Attempts"] == 5
    assert "InternalError" in item["LastError"]
    assert "ExpiresAt" not in item

    stack.container.interceptor.accept(PUBLISH)
    assert stack.sweep().published == 2
    first, second = stack.received()
    assert (first["id"], second["subject"]) == ("first/2026-11-23T10:04:00.123Z", "second")
    assert first["time"] == "2026-11-23T10:04:00.123Z"
    item = alert_of(stack, "second")
    assert "Queue" not in item
    assert item["ExpiresAt"] == int((stack.now + timedelta(days=90)).timestamp())
