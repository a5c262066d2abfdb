"""Histories read from items as the function and people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployment_notifier.model import Alert, Error, ErrorDetail, Kind, Metrics, Transition, Watch, milliseconds
from deployment_notifier.table import items
from deployment_notifier.table.attributes import written, written_all
from deployment_notifier.table.history import AlertState, StoredAlert, read_history
from deployment_notifier.table.operator_actions import alert_id_of

_START = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)
_NOW = _START + timedelta(minutes=10)
_ALERT = Alert("an-id", _START, "greengrass-bulk", Kind.FAILED)


def _watch(version: int, **attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - DynamoDB's typed values
    watch = Watch("an-id", "greengrass-bulk", version=version, status="Running")
    return items.watch_key("an-id") | written_all(items.watch_attributes(watch, 90)) | attributes


def _stored_alert(**attributes: Any) -> StoredAlert:  # noqa: ANN401 - plain values of several types
    (stored,) = read_history("an-id", [items.alert_item(_ALERT) | written_all(attributes)], _NOW).alerts
    return stored


def test_the_transitions_that_the_function_writes_come_back_as_they_were() -> None:
    error = Error("it broke", (ErrorDetail("E1", "why"), ErrorDetail(None, "more")))
    transition = Transition("an-id", _START, "Running", "Failed", Metrics({"Name": 1}, 1, None), error)

    assert read_history("an-id", [items.transition_item(transition, 90)], _NOW).events == [transition]


@pytest.mark.parametrize(
    ("attributes", "state"),
    [
        ({}, AlertState.WAITING),
        ({"LeaseUntil": milliseconds(_NOW) + 1}, AlertState.PUBLISHING),
        ({"LeaseUntil": milliseconds(_NOW)}, AlertState.WAITING),
        ({"Attempts": 2, "NotBefore": milliseconds(_NOW) + 1}, AlertState.FAILED),
        ({"Attempts": 2, "LeaseUntil": milliseconds(_NOW) + 1}, AlertState.PUBLISHING),
        ({"Attempts": 2, "PublishedAt": _START}, AlertState.PUBLISHED),
        ({"DiscardedAt": _START}, AlertState.DISCARDED),
        # A sweep had published it when the operator discarded it.
        ({"DiscardedAt": _START, "PublishedAt": _START}, AlertState.PUBLISHED),
    ],
)
def test_the_delivery_state_of_an_alert(attributes: dict[str, Any], state: AlertState) -> None:
    stored = _stored_alert(**attributes)

    assert stored.state is state
    assert stored.is_pending == (state not in (AlertState.PUBLISHED, AlertState.DISCARDED))


@pytest.mark.parametrize(("seconds", "expected"), [(60, _NOW + timedelta(minutes=1)), (-60, None)])
def test_only_a_pause_that_goes_on_has_a_next_attempt(seconds: int, expected: datetime | None) -> None:
    stored = _stored_alert(Attempts=1, NotBefore=milliseconds(_NOW) + seconds * 1000)

    assert stored.next_attempt_at == expected


def test_what_is_queued_is_active_whatever_else_it_says() -> None:
    taken_out = _watch(5)
    del taken_out["Queue"]

    assert read_history("an-id", [_watch(5, EndedBecause=written("Failed"))], _NOW).is_active
    assert not read_history("an-id", [taken_out], _NOW).is_active


def test_events_are_in_the_order_of_their_time() -> None:
    transition = items.transition_item(Transition("an-id", _START, None, "Failed"), 90)

    history = read_history("an-id", [_watch(1), items.alert_item(_ALERT), transition], _NOW)

    assert [type(event).__name__ for event in history.events] == ["Transition", "StoredAlert"]


def test_only_alerts_since_the_watch_started_are_current() -> None:
    later = _START + timedelta(minutes=5)
    stored = [
        items.transition_item(Transition("an-id", _START, None, "Failed"), 90),
        items.alert_item(_ALERT),
        items.transition_item(Transition("an-id", later, None, "Running"), 90),
    ]
    current = items.alert_item(Alert("an-id", later, "greengrass-bulk", Kind.STALLED))

    def kinds(*watch_and_more: dict[str, Any]) -> list[Kind]:
        return [each.alert.kind for each in read_history("an-id", [*stored, *watch_and_more], _NOW).current_alerts]

    assert kinds(_watch(7)) == []
    assert kinds(_watch(7), current) == [Kind.STALLED]
    # Put again, and not seen by a sweep yet.
    assert kinds(items.watch_key("an-id") | {"Queue": {"S": "CHECK"}}, current) == []


@pytest.mark.parametrize(
    ("record", "attributes"),
    [
        ("WATCH", {"Version": {"S": "x"}}),
        ("SOURCE", {}),
        ("EVENT#yesterday#1-TRANSITION", {"To": {"S": "Failed"}}),
        ("EVENT#2026-11-23T10:04:00.123Z#1-TRANSITION", {}),
        ("EVENT#2026-11-23T10:04:00.123Z#2-ALERT", {"Kind": {"S": "NEW_KIND"}}),
        ("EVENT#2026-11-23T10:04:00.123Z#2-ALERT", {"Kind": {"S": "FAILED"}, "PublishedAt": {"S": "soon"}}),
        # A time past the end of the calendar.
        ("EVENT#2026-11-23T10:04:00.123Z#2-ALERT", {"Kind": {"S": "FAILED"}, "LeaseUntil": {"N": "9" * 18}}),
        ("SOMETHING", {}),
    ],
)
def test_what_cannot_be_read_is_named_and_hides_nothing(record: str, attributes: dict[str, Any]) -> None:
    odd = {"DeploymentId": {"S": "an-id"}, "Record": {"S": record}} | attributes
    good = items.transition_item(Transition("an-id", _START + timedelta(hours=1), None, "Failed"), 90)

    history = read_history("an-id", [odd, good], _NOW)

    assert [item.record for item in history.unreadable] == [record]
    assert len(history.events) == 1


@pytest.mark.parametrize(
    ("record", "alert_id"),
    [
        ("EVENT#2026-11-23T10:04:00.123Z#2-ALERT", "an-id/2026-11-23T10:04:00.123Z"),
        ("EVENT#2026-11-23T10:04:00.123Z#1-TRANSITION", None),
        ("EVENT#yesterday#2-ALERT", None),
        ("2026-11-23T10:04:00.123Z", None),
        ("WATCH", None),
    ],
)
def test_only_the_key_of_an_alert_has_an_alert_id(record: str, alert_id: str | None) -> None:
    assert alert_id_of("an-id", record) == alert_id
