"""The outbox: what waits, who may publish it, and what is stored of the attempt."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.errors import TableError
from deployment_notifier.model import Alert, Kind, milliseconds
from deployment_notifier.table import Lease, Outbox, PendingAlert, PendingAlerts, items
from tests.cases import cases
from tests.fakes import START
from tests.unit.table.conftest import NAME, item_of

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

ALERT = Alert("a", START, "greengrass-bulk", Kind.FAILED)
MINE = Lease("mine", START + timedelta(minutes=2))
OTHERS = Lease("other", START + timedelta(minutes=1))
MINUTE = timedelta(minutes=1)


def put(client: DynamoDBClient, alert: Alert = ALERT, lease: Lease | None = None, **attributes: Any) -> None:  # noqa: ANN401 - any attribute
    item = {**items.alert_item(alert), **(lease.attributes() if lease else {}), **attributes}
    client.put_item(TableName=NAME, Item={name: value for name, value in item.items() if value is not None})


def stored(client: DynamoDBClient) -> dict[str, Any]:
    return item_of(client, items.alert_key(ALERT))


def test_what_waits_is_read_oldest_first_and_what_cannot_be_read_is_named(
    outbox: Outbox, dynamodb: DynamoDBClient
) -> None:
    old = Alert("z", START - MINUTE, "greengrass-bulk", Kind.STALLED)
    put(dynamodb, ALERT, MINE, Attempts={"N": "3"}, NotBefore={"N": "77"})
    put(dynamodb, old)
    put(dynamodb, Alert("bad", START, "greengrass-bulk", Kind.FAILED), Attempts={"S": "many"})
    pending = outbox.read()
    assert pending == PendingAlerts(
        [PendingAlert(old), PendingAlert(ALERT, 3, 77, milliseconds(MINE.until))], pending.unreadable
    )
    assert [(each.deployment_id, each.reason) for each in pending.unreadable] == [
        ("bad", "Attempts holds a value of the type S; it should hold a number (N)")
    ]


@pytest.mark.parametrize(("paused", "leased", "not_before"), [(0, 0, 0), (5, 3, 5), (3, 5, 5)])
def test_it_is_tried_when_neither_a_pause_nor_a_lease_forbids_it(paused: int, leased: int, not_before: int) -> None:
    assert PendingAlert(ALERT, 0, paused, leased).not_before == not_before


@cases(
    "lease, attributes, now, is_had",
    ("free", None, {}, START, True),
    ("another sweep's", OTHERS, {}, START, False),
    ("up to its end", OTHERS, {}, OTHERS.until - timedelta(milliseconds=1), False),
    ("expired", OTHERS, {}, OTHERS.until, True),
    ("one's own: a request that botocore repeats", MINE, {}, START, True),
    ("published, in a stale index", None, {"PublishedAt": {"S": "then"}}, START, False),
    ("discarded", None, {"Queue": None}, START, False),
)
def test_a_lease_is_had_by_one_sweep_at_a_time(
    outbox: Outbox,
    dynamodb: DynamoDBClient,
    lease: Lease | None,
    attributes: dict[str, Any],
    now: datetime,
    is_had: bool,
) -> None:
    put(dynamodb, ALERT, lease, **attributes)
    before = stored(dynamodb)
    assert outbox.acquire(ALERT, MINE, now) == is_had
    assert stored(dynamodb) == (before | MINE.attributes() if is_had else before)


def test_an_alert_that_is_gone_is_neither_leased_nor_marked_and_not_recreated(
    outbox: Outbox, dynamodb: DynamoDBClient
) -> None:
    assert not outbox.acquire(ALERT, MINE, START)
    assert not outbox.mark_published(ALERT, "id", START)
    assert not outbox.mark_failed(PendingAlert(ALERT), MINE, "down", START)
    assert stored(dynamodb) == {}


@pytest.mark.parametrize("lease", [MINE, OTHERS])
def test_a_published_alert_leaves_the_queue_and_expires_whoever_has_its_lease(
    outbox: Outbox, dynamodb: DynamoDBClient, lease: Lease
) -> None:
    put(dynamodb, ALERT, lease, NotBefore={"N": "77"}, Attempts={"N": "1"})
    assert outbox.mark_published(ALERT, "an-id", START)
    marked = stored(dynamodb)
    assert {"Queue", "LeaseOwner", "LeaseUntil", "NotBefore"}.isdisjoint(marked)
    assert (marked["MessageId"], marked["PublishedAt"]) == ({"S": "an-id"}, {"S": "2026-11-23T10:04:00.123Z"})
    assert int(marked["ExpiresAt"]["N"]) == int((START + timedelta(days=90)).timestamp())
    assert (items.read_alert(marked), outbox.read()) == (ALERT, PendingAlerts())
    assert not outbox.mark_published(ALERT, "another", START)
    assert stored(dynamodb) == marked, "the first mark holds"


def test_a_failure_is_noted_and_the_lease_is_given_back(outbox: Outbox, dynamodb: DynamoDBClient) -> None:
    put(dynamodb, ALERT, MINE)
    assert outbox.mark_failed(PendingAlert(ALERT, attempts=2), MINE, "down", START + MINUTE)
    noted = stored(dynamodb)
    assert "LeaseOwner" not in noted
    assert (noted["Attempts"], noted["LastError"]) == ({"N": "3"}, {"S": "down"})
    assert outbox.read().alerts == [PendingAlert(ALERT, 3, milliseconds(START + MINUTE))]


@pytest.mark.parametrize(("lease", "attributes"), [(OTHERS, {}), (None, {}), (MINE, {"PublishedAt": {"S": "then"}})])
def test_a_failure_is_noted_only_under_the_lease(
    outbox: Outbox,
    dynamodb: DynamoDBClient,
    lease: Lease | None,
    attributes: dict[str, Any],
) -> None:
    put(dynamodb, ALERT, lease, **attributes)
    before = stored(dynamodb)
    assert not outbox.mark_failed(PendingAlert(ALERT), MINE, "down", START)
    assert stored(dynamodb) == before


def test_a_table_that_does_not_answer_is_a_table_error(dynamodb: DynamoDBClient) -> None:
    outbox = Outbox(dynamodb, "other", 90)
    with pytest.raises(TableError, match=r"^reading the DELIVER queue: "):
        outbox.read()
    with pytest.raises(TableError, match=f"^updating the alert {ALERT.id}: "):
        outbox.acquire(ALERT, MINE, START)
