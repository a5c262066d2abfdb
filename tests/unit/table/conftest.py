"""A table on moto, with the key and the index that template.yaml gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from deployment_notifier import table
from deployment_notifier.table import Outbox, Watches
from tests.conftest import REGION
from tests.template import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

NAME = "deployments"


@pytest.fixture(scope="module")
def emulated() -> Iterator[DynamoDBClient]:
    """A client of the emulated service, with the table."""
    properties: dict[str, Any] = load_template()["Resources"]["Table"]["Properties"]
    names = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "BillingMode")
    with mock_aws():
        session = boto3.Session("testing", "testing", region_name=REGION)
        client = session.client("dynamodb", config=table.CLIENT_CONFIG)
        client.create_table(TableName=NAME, **{name: properties[name] for name in names})
        yield client


@pytest.fixture
def dynamodb(emulated: DynamoDBClient) -> Iterator[DynamoDBClient]:
    """The same, and an empty table."""
    yield emulated
    for item in all_items(emulated):
        emulated.delete_item(TableName=NAME, Key={name: item[name] for name in ("DeploymentId", "Record")})


@pytest.fixture
def watches(dynamodb: DynamoDBClient) -> Watches:
    return Watches(dynamodb, NAME, history_days=90)


@pytest.fixture
def outbox(dynamodb: DynamoDBClient) -> Outbox:
    return Outbox(dynamodb, NAME, history_days=90)


def item_of(client: DynamoDBClient, key: dict[str, Any]) -> dict[str, Any]:
    """An item as it is stored; empty if there is none."""
    return client.get_item(TableName=NAME, Key=key).get("Item", {})


def all_items(client: DynamoDBClient) -> list[dict[str, Any]]:
    """Every item of the table."""
    return client.scan(TableName=NAME)["Items"]
