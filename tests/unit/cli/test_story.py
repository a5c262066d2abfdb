"""Stories read from items as the function and people write them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from deployment_notifier.model import Alert, Error, ErrorDetail, Kind, Metrics, Transition, Watch, milliseconds
from deployment_notifier.table import items
from deployment_notifier.table.attributes import written, written_all
from deployment_notifier_cli.story import AlertState, Story, read_story
from tests.fakes import START

_NOW = START + timedelta(minutes=10)
_ALERT = Alert("an-id", START, "greengrass-bulk", Kind.FAILED)


def _watch(version: int, **attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - DynamoDB's typed values
    watch = Watch("an-id", "greengrass-bulk", version=version, status="Running")
    return items.watch_key("an-id") | written_all(items.watch_attributes(watch, 90)) | attributes


def _alert_state(**attributes: Any) -> AlertState:  # noqa: ANN401 - plain values of several types
    (stored,) = read_story("an-id", [items.alert_item(_ALERT) | written_all(attributes)], _NOW).alerts
    return stored.state


def test_the_transitions_that_the_function_writes_come_back_as_they_were() -> None:
    error = Error("it broke", (ErrorDetail("E1", "why"), ErrorDetail(None, "more")))
    transition = Transition("an-id", START, "Running", "Failed", Metrics(1, None, 3), error)

    assert read_story("an-id", [items.transition_item(transition, 90)], _NOW).events == (transition,)


@pytest.mark.parametrize(
    ("attributes", "state"),
    [
        ({}, AlertState.WAITING),
        ({"LeaseUntil": milliseconds(_NOW) + 1}, AlertState.PUBLISHING),
        ({"LeaseUntil": milliseconds(_NOW)}, AlertState.WAITING),
        ({"Attempts": 2, "NotBefore": milliseconds(_NOW) + 1}, AlertState.FAILED),
        ({"Attempts": 2, "LeaseUntil": milliseconds(_NOW) + 1}, AlertState.PUBLISHING),
        ({"Attempts": 2, "PublishedAt": START}, AlertState.PUBLISHED),
        ({"DiscardedAt": START}, AlertState.DISCARDED),
        # A sweep had sent it when the operator discarded it: it has been said.
        ({"DiscardedAt": START, "PublishedAt": START}, AlertState.PUBLISHED),
    ],
)
def test_how_far_an_alert_is(attributes: dict[str, Any], state: AlertState) -> None:
    assert _alert_state(**attributes) is state


def test_an_alert_that_rests_tells_until_when_and_one_whose_rest_is_over_does_not() -> None:
    for offset, expected in ((60, _NOW + timedelta(minutes=1)), (-60, None)):
        rest = milliseconds(_NOW) + offset * 1000
        item = items.alert_item(_ALERT) | written_all({"Attempts": 1, "NotBefore": rest})
        (stored,) = read_story("an-id", [item], _NOW).alerts
        assert stored.next_try_at == (expected.replace(microsecond=123_000) if expected else None)


def test_what_stands_in_the_queue_is_active_whatever_else_it_says() -> None:
    queued = read_story("an-id", [_watch(5, EndedBecause=written("Failed"))], _NOW)
    taken_out = _watch(5)
    del taken_out["Queue"]

    assert queued.is_active
    assert not read_story("an-id", [taken_out], _NOW).is_active


def test_a_story_stands_in_the_tables_order_whatever_order_it_comes_in() -> None:
    transition = items.transition_item(Transition("an-id", START, None, "Failed"), 90)

    story = read_story("an-id", [_watch(1), items.alert_item(_ALERT), transition], _NOW)

    assert [type(event).__name__ for event in story.events] == ["Transition", "StoredAlert"]


def test_only_alerts_since_the_watch_began_are_its_own() -> None:
    later = START + timedelta(minutes=5)
    stored = [
        items.transition_item(Transition("an-id", START, None, "Failed"), 90),
        items.alert_item(_ALERT),
        items.transition_item(Transition("an-id", later, None, "Running"), 90),
    ]
    mine = items.alert_item(Alert("an-id", later, "greengrass-bulk", Kind.STALLED))

    def kinds(*watch_and_more: dict[str, Any]) -> list[Kind]:
        return [each.alert.kind for each in read_story("an-id", [*stored, *watch_and_more], _NOW).current_alerts]

    assert kinds(_watch(7)) == []
    assert kinds(_watch(7), mine) == [Kind.STALLED]
    # Put anew, and seen by no sweep yet.
    assert kinds(items.watch_key("an-id") | {"Queue": {"S": "CHECK"}}, mine) == []


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
    fine = items.transition_item(Transition("an-id", START + timedelta(hours=1), None, "Failed"), 90)

    story = read_story("an-id", [odd, fine], _NOW)

    assert [item.record for item in story.unreadable] == [record]
    assert len(story.events) == 1


def test_when_a_watch_ended_is_its_last_version() -> None:
    ended = Watch("an-id", "greengrass-bulk", version=milliseconds(START), ended_because="Failed")

    assert Story("an-id", ended).ended_at == START
    assert Story("an-id", ended, is_active=True).ended_at is None
    assert Story("an-id").ended_at is None
    assert Story("an-id", events=(Transition("an-id", START, None, "Failed"),)).changed_at == START
