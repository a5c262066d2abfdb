from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.table.dynamodb_calls import query_queue, translated, update
from deployment_notifier.table.history import HistoryReader
from tests.wire import answer_with

KEY = {"DeploymentId": {"S": "an-id"}, "Record": {"S": "WATCH"}}


def client_error(code: str, reasons: list[str | None] | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "said DynamoDB"}}
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "AnyOperation")


@pytest.mark.parametrize(
    "error",
    [
        client_error("ConditionalCheckFailedException"),
        client_error("TransactionCanceledException", ["ConditionalCheckFailed", "None", "None"]),
        client_error("TransactionCanceledException", ["TransactionConflict", "None"]),
        client_error("TransactionCanceledException", ["TransactionConflict", "ConditionalCheckFailed"]),
        # What a plain update gets when another sweep's transaction holds the item.
        client_error("TransactionConflictException"),
    ],
)
def test_a_write_that_another_one_came_before_is_a_conflict(error: ClientError) -> None:
    with pytest.raises(ConflictError, match=r"^storing an-id: ") as caught, translated("storing an-id"):
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        client_error("ProvisionedThroughputExceededException"),
        client_error("ThrottlingException"),
        client_error("AccessDeniedException"),
        client_error("ResourceNotFoundException"),
        client_error("ValidationException"),
        client_error("InternalServerError"),
        client_error("TransactionCanceledException", ["ThrottlingError", "None"]),
        client_error("TransactionCanceledException", ["ConditionalCheckFailed", "ProvisionedThroughputExceeded"]),
        client_error("TransactionCanceledException", ["ValidationError"]),
        client_error("TransactionCanceledException", []),
        client_error("TransactionCanceledException", ["None", "None"]),
        EndpointConnectionError(endpoint_url="https://dynamodb"),
        ResponseParserError("garbage"),
    ],
)
def test_any_other_error_is_a_table_error_that_says_what_was_being_done(error: Exception) -> None:
    with pytest.raises(TableError, match=r"^reading: ") as caught, translated("reading"):
        raise error
    assert not isinstance(caught.value, ConflictError)
    assert caught.value.__cause__ is error


def test_an_update_sets_values_and_removes_those_that_are_none() -> None:
    arguments = update(
        "t", KEY, {"Status": "Running", "Queue": None, "IsNotified": False}, "#Version = :Was", {"Was": 5}
    )

    assert arguments == {
        "TableName": "t",
        "Key": KEY,
        "ConditionExpression": "#Version = :Was",
        "UpdateExpression": "SET #Status = :Status, #IsNotified = :IsNotified REMOVE #Queue",
        "ExpressionAttributeNames": {
            "#Version": "Version",
            "#Status": "Status",
            "#Queue": "Queue",
            "#IsNotified": "IsNotified",
        },
        "ExpressionAttributeValues": {
            ":Was": {"N": "5"},
            ":Status": {"S": "Running"},
            ":IsNotified": {"BOOL": False},
        },
    }


def test_a_queue_of_many_pages_is_read_whole() -> None:
    client = boto3.client("dynamodb")
    keys: Any = [{"DeploymentId": {"S": str(number)}} for number in range(3)]
    expected: dict[str, Any] = {
        "TableName": "t",
        "IndexName": "Queue",
        "KeyConditionExpression": "#Queue = :Queue",
        "ExpressionAttributeNames": {"#Queue": "Queue"},
        "ExpressionAttributeValues": {":Queue": {"S": "CHECK"}},
    }
    with Stubber(client) as stubber:
        stubber.add_response("query", {"Items": keys[:1], "LastEvaluatedKey": keys[0]}, expected)
        # A page may be empty and still not be the last.
        stubber.add_response(
            "query", {"Items": [], "LastEvaluatedKey": keys[1]}, {**expected, "ExclusiveStartKey": keys[0]}
        )
        stubber.add_response("query", {"Items": keys[1:]}, {**expected, "ExclusiveStartKey": keys[1]})

        assert list(query_queue(client, "t", "CHECK")) == keys

        stubber.assert_no_pending_responses()


def test_a_page_is_asked_for_only_when_the_one_before_it_was_read() -> None:
    """So that a sweep of thousands of deployments holds one page of items, and not all."""
    client = boto3.client("dynamodb")
    key = {"DeploymentId": {"S": "a"}, "Record": {"S": "WATCH"}, "Queue": {"S": "CHECK"}}
    with Stubber(client) as stubber:
        stubber.add_response("query", {"Items": [key, key], "LastEvaluatedKey": key})
        stubber.add_response("query", {"Items": []})
        items = query_queue(client, "t", "CHECK")
        assert [next(items), next(items)] == [key, key]
        with pytest.raises(AssertionError, match="1 responses remaining"):
            stubber.assert_no_pending_responses()
        assert list(items) == []
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize("body", [b"{}", b'{"Count": 0}', b'{"Items": null}'])
def test_an_answer_without_items_is_an_error_and_not_an_empty_table(body: bytes) -> None:
    """Something else than DynamoDB may answer with success."""
    client = boto3.client("dynamodb")
    answer_with(client, 200, body)
    reader = HistoryReader(client, "t", lambda: datetime.now(UTC))
    for action, read in {
        "the CHECK queue": lambda: list(query_queue(client, "t", "CHECK")),
        "an-id": lambda: reader.read("an-id"),
        "the table": reader.read_all,
    }.items():
        with pytest.raises(TableError, match=f"^reading {action}: the answer holds no Items$"):
            read()
