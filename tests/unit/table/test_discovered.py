"""Which deployments are known, and the watches of those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from deployment_notifier.errors import TableError
from deployment_notifier.model import Watch
from deployment_notifier.table import Watches
from tests.wire import answer_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def client() -> DynamoDBClient:
    return boto3.client("dynamodb")


@pytest.fixture
def dynamodb(client: DynamoDBClient) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def watches(client: DynamoDBClient) -> Watches:
    return Watches(client, "t", 90)


def keys(*deployment_ids: str) -> list[dict[str, Any]]:
    return [{"DeploymentId": {"S": deployment_id}, "Record": {"S": "WATCH"}} for deployment_id in deployment_ids]


def answer(found: list[str], left: list[str]) -> dict[str, Any]:
    unprocessed = {"t": {"Keys": keys(*left), "ConsistentRead": True}} if left else {}
    return {"Responses": {"t": [{"DeploymentId": {"S": name}} for name in found]}, "UnprocessedKeys": unprocessed}


@pytest.mark.usefixtures("dynamodb")
def test_of_no_deployments_nothing_is_asked(watches: Watches) -> None:
    assert watches.unknown(set()) == set()


def test_a_deployment_without_a_watch_is_unknown(watches: Watches, dynamodb: Stubber) -> None:
    dynamodb.add_response("batch_get_item", answer(["a"], []))

    assert watches.unknown({"a", "b"}) == {"b"}


def test_a_look_up_sees_what_another_sweep_has_just_written(
    watches: Watches, client: DynamoDBClient, dynamodb: Stubber
) -> None:
    sent: list[dict[str, Any]] = []
    client.meta.events.register("before-parameter-build.dynamodb", lambda params, **_: sent.append(params))
    dynamodb.add_response("batch_get_item", answer([], []))

    watches.unknown({"a"})

    (params,) = sent
    assert params["RequestItems"]["t"]["ConsistentRead"] is True
    assert params["RequestItems"]["t"]["Keys"] == keys("a")


def test_each_hundred_is_one_call(watches: Watches, client: DynamoDBClient, dynamodb: Stubber) -> None:
    sizes: list[int] = []
    client.meta.events.register(
        "before-parameter-build.dynamodb", lambda params, **_: sizes.append(len(params["RequestItems"]["t"]["Keys"]))
    )
    for _ in range(3):
        dynamodb.add_response("batch_get_item", answer([], []))

    assert len(watches.unknown({str(number) for number in range(250)})) == 250
    assert sizes == [100, 100, 50]


def test_what_dynamodb_had_no_time_for_is_asked_again(watches: Watches, dynamodb: Stubber) -> None:
    dynamodb.add_response("batch_get_item", answer(["a"], ["b", "c"]))
    dynamodb.add_response("batch_get_item", answer(["b"], ["c"]))
    dynamodb.add_response("batch_get_item", answer([], []))

    assert watches.unknown({"a", "b", "c"}) == {"c"}


def test_a_table_that_never_has_time_is_an_error_and_not_an_endless_loop(watches: Watches, dynamodb: Stubber) -> None:
    for _ in range(200):
        dynamodb.add_response("batch_get_item", answer([], ["a"]))

    with pytest.raises(TableError, match="too many keys unread"):
        watches.unknown({"a"})


def test_a_look_up_that_fails_is_a_table_error(watches: Watches, dynamodb: Stubber) -> None:
    dynamodb.add_client_error("batch_get_item", "AccessDeniedException", "said DynamoDB", 400)

    with pytest.raises(TableError, match=r"^looking up deployments: .*said DynamoDB"):
        watches.unknown({"a"})


@pytest.mark.parametrize("body", [b"{}", b'{"Responses": {}}', b'{"Responses": {"t": [{}]}}'])
def test_an_answer_that_is_not_dynamodbs_is_a_table_error(
    watches: Watches, client: DynamoDBClient, body: bytes
) -> None:
    """Something else may answer with success; a deployment that is known must not look unknown."""
    answer_with(client, 200, body)

    with pytest.raises(TableError):
        watches.unknown({"a"})


def test_a_watch_begins_as_one_that_somebody_registered(watches: Watches, dynamodb: Stubber) -> None:
    dynamodb.add_response(
        "put_item",
        {},
        {
            "TableName": "t",
            "Item": keys("a")[0] | {"Queue": {"S": "CHECK"}, "Source": {"S": "greengrass-bulk"}},
            "ConditionExpression": "attribute_not_exists(DeploymentId)",
        },
    )

    assert watches.begin("a", "greengrass-bulk") == Watch("a", "greengrass-bulk")


def test_a_deployment_that_has_a_watch_is_not_begun(watches: Watches, dynamodb: Stubber) -> None:
    dynamodb.add_client_error("put_item", "ConditionalCheckFailedException", "The conditional request failed", 400)

    assert watches.begin("a", "greengrass-bulk") is None


def test_a_watch_that_is_not_known_to_be_stored_is_a_table_error(watches: Watches, dynamodb: Stubber) -> None:
    dynamodb.add_client_error("put_item", "InternalServerError", "said DynamoDB", 500)

    with pytest.raises(TableError, match=r"^beginning to watch a: .*said DynamoDB"):
        watches.begin("a", "greengrass-bulk")
