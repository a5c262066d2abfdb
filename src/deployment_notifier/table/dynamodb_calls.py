"""Calls to DynamoDB whose errors are ours."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.table.attributes import written, written_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from deployment_notifier.table.attributes import Item, Plain

CLIENT_CONFIG = Config(
    connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 3, "mode": "legacy"}, max_pool_connections=10
)
"""The DynamoDB client's settings: a write that was decided is worth three attempts.

Between them the legacy mode pauses 50 and 100 ms for this service (botocore's _retry.json), the others up to 1 and 2 s.
"""

_REFUSALS = {"ConditionalCheckFailedException", "TransactionConflictException"}
"""The error codes of a write whose condition was not met, or that met another write."""

_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}
"""The reasons for cancelling a transaction that mean the same (DynamoDB's TransactWriteItems reference)."""


@contextmanager
def translated(action: str) -> Iterator[None]:
    """Turn what boto3 raises into our errors.

    Args:
        action: what was being done, for the message.

    Raises:
        ConflictError: the write's condition was not met.
        TableError: anything else went wrong; whether the write was carried out may be unknown.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        reasons: list[Any] = error.response.get("CancellationReasons", [])
        codes = {str(reason.get("Code")) for reason in reasons} - {"None"}
        if code in _REFUSALS or (codes and codes <= _CONFLICTS):
            raise ConflictError(f"{action}: changed in the meantime") from error
        raise TableError(f"{action}: {error}") from error
    except (BotoCoreError, ResponseParserError) as error:
        raise TableError(f"{action}: {error}") from error


def query_queue(client: DynamoDBClient, table_name: str, queue: str) -> Iterator[Item]:
    """Read the items of a queue, as the index shows them: perhaps a moment old.

    Yields:
        Each item.

    Raises:
        TableError: the index can't be read.
    """
    return read_pages(
        f"reading the {queue} queue",
        client.query,
        TableName=table_name,
        IndexName="Queue",
        KeyConditionExpression="#Queue = :Queue",
        ExpressionAttributeNames={"#Queue": "Queue"},
        ExpressionAttributeValues={":Queue": written(queue)},
    )


def read_pages(action: str, call: Callable[..., Any], **arguments: object) -> Iterator[Item]:
    """Read items page by page, by Query or Scan.

    No more than one page of them is held: an item as DynamoDB gives it takes several times the memory of what is read
    from it.

    Args:
        action: what is being done, for the error.
        call: the client's method.
        arguments: its arguments.

    Yields:
        Each item.

    Raises:
        TableError: a page can't be read.
    """
    # A paginator would load one more data file at each cold start than this loop.
    start: dict[str, Any] = {}
    while True:
        with translated(action):
            page = call(**arguments, **start)
        if "Items" not in page:
            # Something else than DynamoDB may answer with success, and that must not look like an empty table.
            raise TableError(f"{action}: the answer holds no Items")
        yield from page["Items"]
        if not page.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def update(
    table_name: str, key: Item, attributes: Mapping[str, Plain | None], condition: str, values: Mapping[str, Plain]
) -> dict[str, Any]:
    """The arguments of an update that sets attributes, and removes those whose value is None.

    Args:
        table_name: the table's name.
        key: the item's key.
        attributes: names to plain values.
        condition: a condition expression, with `#` before each attribute's name.
        values: what the condition's `:names` stand for, by name.
    """
    sets = [f"#{name} = :{name}" for name, value in attributes.items() if value is not None]
    removes = [f"#{name}" for name, value in attributes.items() if value is None]
    parts = [f"{word} {', '.join(names)}" for word, names in (("SET", sets), ("REMOVE", removes)) if names]
    return {
        "TableName": table_name,
        "Key": key,
        "ConditionExpression": condition,
        "UpdateExpression": " ".join(parts),
        # Every name goes through a placeholder, since many of ours are among DynamoDB's reserved words.
        "ExpressionAttributeNames": {f"#{name}": name for name in (*re.findall(r"#(\w+)", condition), *attributes)},
        "ExpressionAttributeValues": written_all(
            {f":{name}": value for name, value in {**values, **attributes}.items()}
        ),
    }
