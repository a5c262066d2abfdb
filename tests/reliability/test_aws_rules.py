"""The checkers of AWS's written rules know a broken rule when they see one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.harness import dynamodb_rules, sns_rules

KEY = {"DeploymentId": {"S": "d-1"}, "Record": {"S": "WATCH"}}
UPDATE: dict[str, Any] = {
    "TableName": "t-1",
    "Key": KEY,
    "UpdateExpression": "SET #Status = :Status",
    "ConditionExpression": "attribute_exists(DeploymentId)",
    "ExpressionAttributeNames": {"#Status": "Status"},
    "ExpressionAttributeValues": {":Status": {"S": "Running"}},
}
PUBLISH: dict[str, Any] = {
    "TopicArn": "arn:aws:sns:eu-west-1:123456789012:alerts",
    "Subject": "CRITICAL: bulk deployment failed",
    "Message": json.dumps({"default": "It failed.", "sms": "It failed."}),
    "MessageStructure": "json",
    "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "FAILED"}},
}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(levels - 1):
        value = {"L": [value]}
    return value


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"Status": {"S": "é" * 200_000}}, id="fits in bytes"),
        pytest.param({"Status": nested(32)}, id="32 levels"),
        pytest.param({"Status": {"S": ""}}, id="an empty string"),
        pytest.param({"Status": {"N": "9" * 38}}, id="38 digits"),
        pytest.param({"Status": {"N": "1E+125"}}, id="the largest magnitude"),
    ],
)
def test_an_item_within_the_limits_is_let_through(changes: dict[str, Any]) -> None:
    assert dynamodb_rules.item_faults(KEY | changes) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"Status": {"S": "é" * 210_000}}, id="more than 400 KB in bytes"),
        pytest.param({"x" * 409_600: {"S": "x"}}, id="more than 400 KB by a name"),
        pytest.param({"DeploymentId": {"S": ""}}, id="an empty key"),
        pytest.param({"DeploymentId": {"S": "x" * 2049}}, id="a long partition key"),
        pytest.param({"Record": {"S": "x" * 1025}}, id="a long sort key"),
        pytest.param({"Record": {"N": "1"}}, id="a key of another type"),
        pytest.param({"Queue": {"S": ""}}, id="an empty index key"),
        pytest.param({"Queue": {"S": "CHECK"}, "DeploymentId": {"S": "x" * 1025}}, id="a long sort key of the index"),
        pytest.param({"Queue": {"N": "1"}}, id="an index key of another type"),
        pytest.param({"Status": nested(33)}, id="33 levels"),
        pytest.param({"Status": {"N": "9" * 39}}, id="39 digits"),
        pytest.param({"Status": {"N": "1E+126"}}, id="too large a number"),
        pytest.param({"Status": {"N": "NaN"}}, id="no number"),
        pytest.param({"Status": {"N": ""}}, id="an empty number"),
        pytest.param({"Status": {"N": 1}}, id="a number that is no text"),
        pytest.param({"Status": {"S": None}}, id="a string that is none"),
        pytest.param({"Status": {"S": "\ud800"}}, id="half a surrogate pair"),
        pytest.param({"Status": {"SS": []}}, id="an empty set"),
        pytest.param({"Status": {}}, id="no type"),
        pytest.param({"Status": {"M": {"": {"S": "x"}}}}, id="an empty name"),
    ],
)
def test_an_item_that_dynamodb_refuses_is_named(changes: dict[str, Any]) -> None:
    assert dynamodb_rules.item_faults(KEY | changes)


def test_a_sound_update_is_let_through() -> None:
    assert dynamodb_rules.broken_rules("update_item", UPDATE) == []
    assert dynamodb_rules.broken_rules("transact_write_items", {"TransactItems": [{"Update": UPDATE}]}) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"ExpressionAttributeValues": {}}, id="empty values"),
        pytest.param({"ExpressionAttributeNames": {"#Status": "Status", "#Old": "Old"}}, id="an unused name"),
        pytest.param({"ExpressionAttributeValues": {":Status": {"S": "x"}, ":Old": {"S": "x"}}}, id="an unused value"),
        pytest.param({"UpdateExpression": "SET #Status = :Status, #Other = :Status"}, id="an undefined name"),
        pytest.param({"UpdateExpression": "SET #Status = :Status REMOVE #Status"}, id="one path twice"),
        pytest.param({"UpdateExpression": "SET Status = :Status"}, id="a reserved word"),
        pytest.param({"ExpressionAttributeNames": {"#Status": "Record"}}, id="a change of the key"),
        pytest.param(
            {"ExpressionAttributeNames": {"#Status": "Queue"}, "ExpressionAttributeValues": {":Status": {"S": ""}}},
            id="an empty index key",
        ),
        pytest.param({"ConditionExpression": " OR ".join(["attribute_exists(DeploymentId)"] * 200)}, id="over 4 KB"),
        pytest.param({"Key": {"DeploymentId": {"S": "d-1"}}}, id="half a key"),
    ],
)
def test_an_update_that_dynamodb_refuses_is_named(changes: dict[str, Any]) -> None:
    assert dynamodb_rules.broken_rules("update_item", UPDATE | changes)


@pytest.mark.parametrize("keys", [[], [KEY, KEY], [KEY | {"Record": {"S": str(n)}} for n in range(101)]], ids=len)
def test_a_batch_that_dynamodb_refuses_is_named(keys: list[dict[str, Any]]) -> None:
    assert dynamodb_rules.broken_rules("batch_get_item", {"RequestItems": {"t-1": {"Keys": keys}}})


def test_a_transaction_with_one_item_twice_is_named() -> None:
    put = {"TableName": "t-1", "Item": KEY}
    assert dynamodb_rules.broken_rules("transact_write_items", {"TransactItems": [{"Update": UPDATE}, {"Put": put}]})


def test_a_transaction_that_is_too_large_is_named() -> None:
    puts = [
        {"Put": {"TableName": "t-1", "Item": KEY | {"Record": {"S": str(number)}, "Text": {"S": "x" * 400_000}}}}
        for number in range(11)
    ]
    assert dynamodb_rules.broken_rules("transact_write_items", {"TransactItems": puts[:10]}) == []
    assert dynamodb_rules.broken_rules("transact_write_items", {"TransactItems": puts})


def test_a_sound_publish_is_let_through() -> None:
    assert sns_rules.broken_rules(PUBLISH) == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"Subject": "x" * 100}, id="a long subject"),
        pytest.param({"Subject": ""}, id="an empty subject"),
        pytest.param({"Subject": " x"}, id="a subject that begins with a space"),
        pytest.param({"Subject": "a\nb"}, id="a subject of two lines"),
        pytest.param({"Subject": "naïve"}, id="a subject that isn't ASCII"),
        pytest.param({"Message": ""}, id="no message"),
        pytest.param({"Message": "It failed."}, id="a message that isn't JSON"),
        pytest.param({"Message": json.dumps({"email": "It failed."})}, id="no default"),
        pytest.param({"Message": json.dumps({"default": 1})}, id="a default that isn't text"),
        pytest.param({"Message": json.dumps({"default": "x", "slack": "x"})}, id="an unknown protocol"),
        pytest.param({"Message": json.dumps({"default": "x", "sms": "x" * 1601})}, id="a long text message"),
        pytest.param({"Message": json.dumps({"default": "\x00"})}, id="a control character"),
        pytest.param({"Message": json.dumps({"default": "\ud800"})}, id="half a surrogate pair"),
        pytest.param({"Message": json.dumps({"default": "é" * 131_072}, ensure_ascii=False)}, id="over 256 KiB"),
        pytest.param({"MessageStructure": "xml"}, id="an unknown structure"),
        *(
            pytest.param(
                {"MessageAttributes": {name: {"DataType": "String", "StringValue": "x"}}}, id=f"named {name!r}"
            )
            for name in ("", "a b", ".a", "a.", "a..b", "AWS.a", "amazon.a", "x" * 257)
        ),
        pytest.param({"MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}}, id="an empty attribute"),
        pytest.param({"MessageAttributes": {"a": {"DataType": "Text", "StringValue": "x"}}}, id="an unknown type"),
        pytest.param(
            {"MessageAttributes": {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(11)}},
            id="eleven attributes",
        ),
    ],
)
def test_a_publish_that_sns_refuses_is_named(changes: dict[str, Any]) -> None:
    assert sns_rules.broken_rules(PUBLISH | changes)
