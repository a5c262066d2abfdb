"""One DynamoDB table in memory, with the operations of boto3's client that this project calls.

It is fast enough for thousands of sweeps, and unlike moto it can show its index as it was some writes ago.
test_fake_dynamodb.py compares it with moto.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from tests.harness import dynamodb_rules

Item = Mapping[str, Mapping[str, Any]]
Key = tuple[str, str]
Table = dict[Key, Item]

_REMEMBERED = 30
_TOKEN = re.compile(r"\s*(#\w+|:\w+|<=|>=|=|<|>|\(|\)|\w+)")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Test = Callable[[Item, Mapping[str, str], Mapping[str, Any]], bool]


class FakeTable:
    """A table with the index `Queue`.

    Attributes:
        items: what the base table holds, by partition and sort key.
        lag: the number of writes that the index does not show yet.
        page_size: the items of one page of a query, and of one answer of BatchGetItem; None for all.
        broken_rules: what DynamoDB would have refused in the calls so far.
    """

    def __init__(self) -> None:
        self.items: Table = {}
        self.lag = 0
        self.page_size: int | None = None
        self.broken_rules: list[str] = []
        self._past: list[Table] = [{}]
        self._tokens: set[str] = set()

    def query(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Return the items of a queue, sorted as the index sorts them."""
        self._check_rules("query", arguments)
        shown = self._past[max(0, len(self._past) - 1 - self.lag)]
        queue = arguments["ExpressionAttributeValues"][":Queue"]
        found = sorted((key, item) for key, item in shown.items() if item.get("Queue") == queue)
        start = arguments.get("ExclusiveStartKey")
        if start:
            found = [(key, item) for key, item in found if key > key_of(start)]
        page = found[: self.page_size]
        answer: dict[str, Any] = {"Items": [item for _, item in page], "Count": len(page)}
        if len(page) < len(found):
            answer["LastEvaluatedKey"] = {name: page[-1][1][name] for name in ("DeploymentId", "Record", "Queue")}
        return answer

    def put_item(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Put one item, if the condition is met.

        Raises:
            ClientError: the condition was not met.
        """
        self._check_rules("put_item", arguments)
        if not self._admits("Put", arguments):
            raise error("PutItem", "ConditionalCheckFailedException", "The conditional request failed")
        self._write(self.items | {key_of(arguments["Item"]): dict(arguments["Item"])})
        return {}

    def get_item(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Return one item, if there is one, as it is now."""
        self._check_rules("get_item", arguments)
        item = self.items.get(key_of(arguments["Key"]))
        return {"Item": item} if item else {}

    def batch_get_item(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Return items by key; keys beyond one page are left unprocessed."""
        self._check_rules("batch_get_item", arguments)
        ((table, request),) = arguments["RequestItems"].items()
        keys = request["Keys"][: self.page_size]
        left = request["Keys"][len(keys) :]
        found = [self.items[key_of(key)] for key in keys if key_of(key) in self.items]
        return {
            "Responses": {table: [{"DeploymentId": item["DeploymentId"]} for item in found]},
            "UnprocessedKeys": {table: request | {"Keys": left}} if left else {},
        }

    def delete_item(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Delete one item, as an operator or time to live does."""
        self._check_rules("delete_item", arguments)
        self._write({key: item for key, item in self.items.items() if key != key_of(arguments["Key"])})
        return {}

    def update_item(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Update one item, if the condition is met.

        Raises:
            ClientError: the condition was not met.
        """
        self._check_rules("update_item", arguments)
        if not self._admits("Update", arguments):
            raise error("UpdateItem", "ConditionalCheckFailedException", "The conditional request failed")
        self._write(self._after("Update", arguments, self.items))
        return {}

    def transact_write_items(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Carry out all writes, or none.

        Raises:
            ClientError: a condition was not met.
        """
        self._check_rules("transact_write_items", arguments)
        token = arguments.get("ClientRequestToken", "")
        if token in self._tokens:
            return {}
        writes: list[tuple[str, Any]] = [next(iter(write.items())) for write in arguments["TransactItems"]]
        admitted = [self._admits(*write) for write in writes]
        if not all(admitted):
            codes = ["None" if met else "ConditionalCheckFailed" for met in admitted]
            raise error(
                "TransactWriteItems",
                "TransactionCanceledException",
                f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]",
                CancellationReasons=[{"Code": code} for code in codes],
            )
        after = self.items
        for verb, action in writes:
            after = self._after(verb, action, after)
        self._write(after)
        self._tokens |= {token} - {""}
        return {}

    def _check_rules(self, operation: str, arguments: Mapping[str, Any]) -> None:
        self.broken_rules += dynamodb_rules.broken_rules(operation, arguments)

    def _admits(self, verb: str, action: Mapping[str, Any]) -> bool:
        condition = action.get("ConditionExpression")
        if condition is None:
            return True
        item = self.items.get(key_of(action["Item" if verb == "Put" else "Key"]), {})
        names, values = action.get("ExpressionAttributeNames", {}), action.get("ExpressionAttributeValues", {})
        return _compiled(condition)(item, names, values)

    def _after(self, verb: str, action: Mapping[str, Any], items: Table) -> Table:
        if verb == "Put":
            return items | {key_of(action["Item"]): dict(action["Item"])}
        key = key_of(action["Key"])
        if verb == "Delete":
            return {other: item for other, item in items.items() if other != key}
        # An update of an item that isn't there makes one of its key.
        item = dict(items.get(key, action["Key"]))
        names, values = action["ExpressionAttributeNames"], action["ExpressionAttributeValues"]
        sets, _, removes = action["UpdateExpression"].partition("REMOVE")
        for name, value in re.findall(r"(#\w+) = (:\w+)", sets):
            item[names[name]] = values[value]
        for name in re.findall(r"#\w+", removes):
            item.pop(names[name], None)
        self.broken_rules += dynamodb_rules.item_faults(item)
        return items | {key: item}

    def _write(self, items: Table) -> None:
        self.items = items
        self._past = [*self._past[-_REMEMBERED:], items]


def key_of(item: Item) -> Key:
    """An item's key."""
    return item["DeploymentId"]["S"], item["Record"]["S"]


def error(operation: str, code: str, message: str, status: int = 400, **more: Any) -> ClientError:  # noqa: ANN401 - boto3's
    """The error that boto3 raises."""
    fields: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(fields, operation)


@cache
def _compiled(expression: str) -> Test:
    tokens = _TOKEN.findall(expression)
    if "".join(tokens) != re.sub(r"\s", "", expression):
        raise ValueError(f"not a condition that this fake knows: {expression}")
    test = _either(tokens)
    if tokens:
        raise ValueError(f"not a condition that this fake knows: {expression}")
    return test


def _either(tokens: list[str]) -> Test:
    tests = [_both(tokens)]
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        tests.append(_both(tokens))
    return lambda *given: any(test(*given) for test in tests)


def _both(tokens: list[str]) -> Test:
    tests = [_single(tokens)]
    while tokens and tokens[0] == "AND":
        tokens.pop(0)
        tests.append(_single(tokens))
    return lambda *given: all(test(*given) for test in tests)


def _single(tokens: list[str]) -> Test:
    first = tokens.pop(0)
    if first == "(":
        inner = _either(tokens)
        _expect(tokens, ")")
        return inner
    if first in ("attribute_exists", "attribute_not_exists"):
        _expect(tokens, "(")
        path = tokens.pop(0)
        _expect(tokens, ")")
        wanted = first == "attribute_exists"
        return lambda item, names, _: (names.get(path, path) in item) is wanted
    compare = _COMPARISONS[tokens.pop(0)]
    second = tokens.pop(0)

    def compares(item: Item, names: Mapping[str, str], values: Mapping[str, Any]) -> bool:
        left, right = item.get(names[first]), values[second]
        # A missing attribute and one of another type meet no comparison.
        if left is None or set(left) != set(right):
            return False
        ((code, held),) = left.items()
        asked = right[code]
        return compare(Decimal(held), Decimal(asked)) if code == "N" else compare(held, asked)

    return compares


def _expect(tokens: list[str], token: str) -> None:
    if tokens.pop(0) != token:
        raise ValueError(f"{token} expected")
