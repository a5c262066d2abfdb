"""What operators change, if another run or operator was faster: what the commands read before may be old by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployment_notifier.table import items
from deployment_notifier.table.history import HistoryReader
from deployment_notifier.table.operator_actions import OperatorActions
from tests.fakes import START
from tests.unit.table.conftest import NAME, all_items, item_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def actions(dynamodb: DynamoDBClient) -> OperatorActions:
    return OperatorActions(dynamodb, NAME, 90, HistoryReader(dynamodb, NAME, lambda: START), lambda: START)


def test_an_active_watch_is_not_registered_anew(actions: OperatorActions, dynamodb: DynamoDBClient) -> None:
    """It would forget which alerts were sent, and send them again."""
    active = {**items.watch_key("a"), "Queue": {"S": "CHECK"}, "NotifiedFailures": {"N": "37"}}
    dynamodb.put_item(TableName=NAME, Item=active)
    assert not actions.watch("a", "greengrass-bulk")
    assert item_of(dynamodb, items.watch_key("a")) == active


def test_an_alert_that_is_gone_is_not_recreated(actions: OperatorActions, dynamodb: DynamoDBClient) -> None:
    assert not actions.resend("a/2026-11-23T10:04:00.123Z")
    assert not actions.discard("a/2026-11-23T10:04:00.123Z")
    assert all_items(dynamodb) == []
