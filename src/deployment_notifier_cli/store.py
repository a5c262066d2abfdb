"""Reading whole stories from the table: each takes one Query."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from deployment_notifier.table import items
from deployment_notifier.table.attributes import written
from deployment_notifier.table.calls import query_queue, translated
from deployment_notifier_cli.story import read_story

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_dynamodb import DynamoDBClient

    from deployment_notifier.table.attributes import Item
    from deployment_notifier_cli.story import Story

_READERS = 8
"""Threads that read stories: a person waits for a list of many watches."""


class Store:
    """Reads the table, for an operator.

    Args:
        client: a DynamoDB client.
        table_name: the table's name.
        clock: the present, in UTC.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._table_name = table_name
        self._clock = clock

    def story(self, deployment_id: str) -> Story | None:
        """Everything under one id, as it is now; None where there is nothing.

        Raises:
            TableError: it can't be read.
        """
        stored = self._pages(
            self._client.query,
            KeyConditionExpression="DeploymentId = :id",
            ExpressionAttributeValues={":id": written(deployment_id)},
            ConsistentRead=True,
        )
        return read_story(deployment_id, stored, self._clock()) if stored else None

    def active(self) -> list[Story]:
        """The stories of all active watches, and of the sources that are in trouble.

        Raises:
            TableError: they can't be read.
        """
        ids = {item["DeploymentId"]["S"] for item in query_queue(self._client, self._table_name, items.CHECK)}
        with ThreadPoolExecutor(_READERS) as pool:
            # What the index shows may just have been deleted.
            return [story for story in pool.map(self.story, sorted(ids)) if story is not None]

    def everything(self) -> list[Story]:
        """Every story that the table holds: this reads the whole table.

        Raises:
            TableError: it can't be read.
        """
        stories = defaultdict[str, list["Item"]](list)
        for item in self._pages(self._client.scan):
            stories[item["DeploymentId"]["S"]].append(item)
        now = self._clock()
        return [read_story(deployment_id, stored, now) for deployment_id, stored in stories.items()]

    def pending(self) -> list[Story]:
        """The stories that hold an alert which is still to be published, or something else in its queue.

        Raises:
            TableError: they can't be read.
        """
        ids = {item["DeploymentId"]["S"] for item in query_queue(self._client, self._table_name, items.DELIVER)}
        with ThreadPoolExecutor(_READERS) as pool:
            return [story for story in pool.map(self.story, sorted(ids)) if story is not None]

    def _pages(self, call: Callable[..., Any], **arguments: object) -> list[Item]:
        stored: list[Item] = []
        start: dict[str, Any] = {}
        with translated("reading the table"):
            while True:
                page = call(TableName=self._table_name, **arguments, **start)
                stored.extend(page.get("Items", []))
                if not page.get("LastEvaluatedKey"):
                    return stored
                start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
