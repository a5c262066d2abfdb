"""Watches and states of sources: what is read, and under which conditions what is decided is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.model import (
    Alert,
    Decision,
    Kind,
    Outage,
    SourceDecision,
    SourceState,
    Transition,
    Watch,
    from_milliseconds,
    milliseconds,
)
from deployment_notifier.table import Lease, Unreadable, Watches, items
from tests.cases import cases
from tests.fakes import START
from tests.unit.table.conftest import NAME, all_items, item_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SOURCE = "greengrass-bulk"
NEW = Watch("a", SOURCE)
VERSION = milliseconds(START)
RUNNING = replace(NEW, version=VERSION, status="Running")
LEASE = Lease("an-owner", START + timedelta(minutes=2))
STATE = SourceState(SOURCE, version=VERSION, answering_since=START)


def bare(deployment_id: str, **attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - any attribute
    """The item that a person puts to register a deployment."""
    return {**items.watch_key(deployment_id), "Queue": {"S": "CHECK"}, **attributes}


def put(client: DynamoDBClient, deployment_id: str = "a", **attributes: Any) -> None:  # noqa: ANN401 - any attribute
    client.put_item(TableName=NAME, Item=bare(deployment_id, **attributes))


def failed(before: Watch = RUNNING, version: int = VERSION + 1) -> Decision:
    """A decision with a transition and an alert."""
    at = from_milliseconds(version)
    return Decision(
        replace(before, version=version, status="Failed", ended_because="Failed"),
        Transition(before.deployment_id, at, before.status, "Failed"),
        Alert(before.deployment_id, at, SOURCE, Kind.FAILED),
    )


# Reading


def test_what_is_active_is_read_and_what_cannot_be_read_is_named(watches: Watches, dynamodb: DynamoDBClient) -> None:
    put(dynamodb, "a")
    put(dynamodb, "bad", Status={"N": "1"})
    put(dynamodb, "ended")
    watches.commit(Watch("ended", SOURCE), failed(Watch("ended", SOURCE)), None)
    watches.commit_source(SourceState(SOURCE), SourceDecision(STATE), None)
    dynamodb.put_item(TableName=NAME, Item=bare("odd", Record={"S": "OTHER"}))
    active = watches.load_active()
    assert (active.watches, active.states) == ([NEW], {SOURCE: STATE})
    assert sorted(active.unreadable, key=lambda each: each.deployment_id) == [
        Unreadable("bad", "WATCH", "Status holds a value of the type N; it should hold a string (S)"),
        Unreadable("odd", "OTHER", "Record holds 'OTHER'; in the CHECK queue it should be WATCH"),
    ]


def test_a_table_that_is_not_there_is_a_table_error(dynamodb: DynamoDBClient) -> None:
    with pytest.raises(TableError, match=r"^reading the CHECK queue: .*ResourceNotFoundException"):
        Watches(dynamodb, "other", 90).load_active()


# Starting


def test_a_watch_is_started_as_a_person_registers_one(watches: Watches, dynamodb: DynamoDBClient) -> None:
    assert watches.start("a", SOURCE) == NEW
    assert item_of(dynamodb, items.watch_key("a")) == bare("a", Source={"S": SOURCE})


def test_a_deployment_that_is_watched_or_has_ended_is_not_started(watches: Watches, dynamodb: DynamoDBClient) -> None:
    put(dynamodb, "a")
    assert watches.start("a", SOURCE) is None
    watches.commit(NEW, failed(NEW), None)
    assert watches.start("a", SOURCE) is None
    assert watches.load_active().watches == []


def test_a_start_that_is_not_known_to_be_stored_is_a_table_error(dynamodb: DynamoDBClient) -> None:
    with pytest.raises(TableError, match=r"^starting to watch a: "):
        Watches(dynamodb, "other", 90).start("a", SOURCE)


# Committing


def test_a_decision_is_stored_whole(watches: Watches, dynamodb: DynamoDBClient) -> None:
    put(dynamodb)
    decision = failed(NEW)
    watches.commit(NEW, decision, LEASE)
    watch, transition, alert = sorted(all_items(dynamodb), key=lambda item: item["Record"]["S"].replace("WATCH", ""))
    assert (items.read_watch(watch), "Queue" in watch) == (decision.watch, False)
    assert watch["ExpiresAt"]["N"] == transition["ExpiresAt"]["N"]
    assert items.read_transition(transition) == decision.transition
    assert items.read_alert(alert) == decision.alert
    assert (alert["Queue"], alert["LeaseOwner"], alert["LeaseUntil"]) == (
        {"S": "DELIVER"},
        {"S": "an-owner"},
        {"N": str(milliseconds(LEASE.until))},
    )


def test_an_alert_that_is_left_to_the_next_sweep_has_no_lease(watches: Watches, dynamodb: DynamoDBClient) -> None:
    put(dynamodb)
    decision = failed(NEW)
    watches.commit(NEW, decision, None)
    assert decision.alert is not None
    assert "LeaseOwner" not in item_of(dynamodb, items.alert_key(decision.alert))


@cases(
    "stored, before, is_stored",
    ("the first write", NEW, NEW, True),
    ("as it was read", RUNNING, RUNNING, True),
    ("another sweep wrote first", RUNNING, NEW, False),
    ("another sweep wrote since", replace(RUNNING, version=VERSION + 5), RUNNING, False),
    ("registered anew", NEW, RUNNING, False),
    ("deleted before the first write", None, NEW, False),
    ("deleted", None, RUNNING, False),
)
@pytest.mark.parametrize("events", [True, False])
def test_a_decision_is_stored_only_on_what_it_was_made_from(
    watches: Watches,
    dynamodb: DynamoDBClient,
    stored: Watch | None,
    before: Watch,
    is_stored: bool,
    events: bool,
) -> None:
    if stored is not None:
        put(dynamodb)
        if stored.version:
            watches.commit(NEW, Decision(stored), None)
    was = all_items(dynamodb)
    decision = failed(before, VERSION + 9)
    if not events:
        decision = replace(decision, transition=None, alert=None)
    if is_stored:
        watches.commit(before, decision, None)
        assert len(all_items(dynamodb)) == (3 if events else 1)
    else:
        with pytest.raises(ConflictError, match=r"^storing a: changed in the meantime$"):
            watches.commit(before, decision, None)
        assert all_items(dynamodb) == was, "neither the watch nor an event"


def test_history_is_never_overwritten(watches: Watches, dynamodb: DynamoDBClient) -> None:
    """A clock may go back to the very millisecond of an event of a watch that was registered again."""
    put(dynamodb)
    watches.commit(NEW, failed(NEW), None)
    put(dynamodb)
    was = all_items(dynamodb)
    with pytest.raises(ConflictError):
        watches.commit(NEW, failed(NEW), None)
    assert all_items(dynamodb) == was


@pytest.mark.parametrize("decision", [replace(failed(NEW), alert=None), replace(failed(NEW), transition=None)])
def test_one_event_alone_is_stored_with_its_cause(
    watches: Watches, dynamodb: DynamoDBClient, decision: Decision
) -> None:
    put(dynamodb)
    watches.commit(NEW, decision, None)
    assert len(all_items(dynamodb)) == 2


# Sources


def reported(before: SourceState) -> SourceDecision:
    at = from_milliseconds(VERSION + 9)
    outage = Outage(START, is_notified=True, last_error="down")
    return SourceDecision(
        replace(before, version=VERSION + 9, outage=outage),
        Alert("source:" + SOURCE, at, SOURCE, Kind.SOURCE_UNREACHABLE),
    )


def test_a_source_is_stored_with_its_alert(watches: Watches, dynamodb: DynamoDBClient) -> None:
    decision = reported(SourceState(SOURCE))
    watches.commit_source(SourceState(SOURCE), decision, LEASE)
    assert watches.load_active().states == {SOURCE: decision.state}
    assert decision.alert is not None
    assert item_of(dynamodb, items.alert_key(decision.alert))["LeaseOwner"] == {"S": "an-owner"}


def test_what_is_no_longer_true_of_a_source_is_removed(watches: Watches) -> None:
    decision = reported(SourceState(SOURCE))
    watches.commit_source(SourceState(SOURCE), decision, None)
    after = SourceState(SOURCE, version=VERSION + 10)
    watches.commit_source(decision.state, SourceDecision(after), None)
    assert watches.load_active().states == {SOURCE: after}


@cases(
    "stored, before",
    ("another sweep was the first", STATE, SourceState(SOURCE)),
    ("another sweep wrote since", replace(STATE, version=VERSION + 5), STATE),
    ("deleted", None, STATE),
)
@pytest.mark.parametrize("alert", [True, False])
def test_a_source_is_stored_only_on_what_it_was_decided_from(
    watches: Watches, dynamodb: DynamoDBClient, stored: SourceState | None, before: SourceState, alert: bool
) -> None:
    if stored is not None:
        watches.commit_source(SourceState(SOURCE), SourceDecision(stored), None)
    was = all_items(dynamodb)
    decision = reported(before)
    with pytest.raises(ConflictError, match=r"^storing the state of greengrass-bulk: "):
        watches.commit_source(before, decision if alert else replace(decision, alert=None), None)
    assert all_items(dynamodb) == was


# Which deployments have no watch


def test_deployments_without_a_watch_are_found(watches: Watches, dynamodb: DynamoDBClient) -> None:
    put(dynamodb, "active")
    put(dynamodb, "ended")
    watches.commit(Watch("ended", SOURCE), failed(Watch("ended", SOURCE)), None)
    assert watches.without_watch({"active", "ended", "new"}) == {"new"}
    many = {str(number) for number in range(250)}
    put(dynamodb, "7")
    assert watches.without_watch(many) == many - {"7"}
