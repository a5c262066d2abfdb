"""Watches and the troubles of sources: reading the queue of what is to be checked, and committing decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployment_notifier.errors import ConflictError, ItemError, TableError
from deployment_notifier.table import items
from deployment_notifier.table.attributes import Reader, written_all
from deployment_notifier.table.calls import conditional, query_queue, translated, update
from deployment_notifier.table.unreadable import Unreadable, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mypy_boto3_dynamodb import DynamoDBClient

    from deployment_notifier.model import Alert, Decision, SourceDecision, SourceHealth, Watch
    from deployment_notifier.table.attributes import Plain
    from deployment_notifier.table.outbox import Lease


_BATCH = 100
"""Keys that one BatchGetItem takes."""

_MOST_BATCHES = 200


@dataclass(frozen=True, slots=True)
class CheckQueue:
    """What the CHECK queue holds: the active watches, the troubles of sources by name, and what can't be read."""

    watches: list[Watch] = field(default_factory=list)
    troubles: dict[str, SourceHealth] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)


class Watches:
    """The watches and the troubles of sources in the table.

    Args:
        client: a DynamoDB client.
        table_name: the table's name.
        history_days: days after which events, and watches that ended, expire.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, history_days: int) -> None:
        self._client = client
        self._table_name = table_name
        self._history_days = history_days

    def queue(self) -> CheckQueue:
        """Everything that is to be checked.

        Raises:
            TableError: the queue can't be read.
        """
        queue = CheckQueue()
        for item in query_queue(self._client, self._table_name, items.CHECK):
            try:
                match Reader(item).needed_text("Record"):
                    case items.WATCH:
                        queue.watches.append(items.read_watch(item))
                    case items.SOURCE:
                        trouble = items.read_health(item)
                        queue.troubles[trouble.source] = trouble
                    case record:
                        raise ItemError(f"Record holds {record!r:.60}; in the CHECK queue it should be WATCH")  # noqa: TRY301 - one place collects
            except ItemError as error:
                queue.unreadable.append(unreadable(item, error))
        return queue

    def unknown(self, deployment_ids: Collection[str], may_call: Callable[[], bool] = lambda: True) -> set[str]:
        """Which of some deployments have no watch, neither an active one nor one that ended.

        Args:
            deployment_ids: the deployments, up to any number; each hundred is one call.
            may_call: is asked before each call; when it says no, those that are left are not looked up, and are not
                among the unknown ones.

        Raises:
            TableError: it is not known of all of them.
        """
        unknown = set(deployment_ids)
        waiting: list[Any] = [items.watch_key(deployment_id) for deployment_id in unknown]
        for _ in range(_MOST_BATCHES):
            if not waiting or not may_call():
                return unknown - {Reader(key).needed_text("DeploymentId") for key in waiting}
            request: Any = {
                "Keys": waiting[:_BATCH],
                "ProjectionExpression": "DeploymentId",
                # A watch that an overlapping sweep has just put must be seen, or it would be put in vain each time.
                "ConsistentRead": True,
            }
            with translated("looking up deployments"):
                answer: Any = self._client.batch_get_item(RequestItems={self._table_name: request})
            found = answer.get("Responses", {}).get(self._table_name)
            if found is None:
                raise TableError("looking up deployments: the answer holds no Responses")
            unknown -= {Reader(item).needed_text("DeploymentId") for item in found}
            # What DynamoDB had no time for is asked again.
            left = answer.get("UnprocessedKeys", {}).get(self._table_name, {}).get("Keys", [])
            waiting = [*left, *waiting[_BATCH:]]
        raise TableError("looking up deployments: DynamoDB left too many keys unread")

    def begin(self, deployment_id: str, source: str) -> Watch | None:
        """Begin to watch a deployment that nobody has registered.

        Args:
            deployment_id: the deployment.
            source: its source's name.

        Returns:
            The new watch; None where there is one already.

        Raises:
            TableError: it is not known to be stored.
        """
        item = items.watch_key(deployment_id) | written_all({"Queue": items.CHECK, "Source": source})
        try:
            with translated(f"beginning to watch {deployment_id}"):
                self._client.put_item(
                    TableName=self._table_name,
                    Item=item,
                    # Admits a deployment without a watch; refuses to begin anew what is watched, has ended, or was
                    # taken off by an operator.
                    ConditionExpression="attribute_not_exists(DeploymentId)",
                )
        except ConflictError:
            return None
        return items.read_watch(item)

    def commit(self, before: Watch, decision: Decision, lease: Lease | None) -> None:
        """Store a decision whole or not at all.

        Args:
            before: the watch that the decision was made from.
            decision: what to store; its watch differs from `before`.
            lease: to whom the decision's alert is born leased; None where the next sweep shall publish it.

        Raises:
            ConflictError: the watch has changed since it was read, or is gone.
            TableError: it is not known to be stored.
        """
        change = update(
            self._table_name,
            items.watch_key(before.deployment_id),
            items.watch_attributes(decision.watch, self._history_days),
            *_unchanged(before.version),
        )
        events = []
        if decision.transition is not None:
            events.append(items.transition_item(decision.transition, self._history_days))
        if decision.alert is not None:
            events.append(_alert_item(decision.alert, lease))
        with translated(f"storing {before.deployment_id}"):
            if events:
                self._write_together({"Update": change}, events)
            else:
                self._client.update_item(**change)

    def commit_source(self, before: SourceHealth | None, decision: SourceDecision, lease: Lease | None) -> None:
        """Store what was decided about a source, whole or not at all.

        Args:
            before: the trouble that was stored, None for none.
            decision: what to store; its health differs from `before`.
            lease: to whom the decision's alert is born leased; None where the next sweep shall publish it.

        Raises:
            ConflictError: it has changed since it was read.
            TableError: it is not known to be stored.
        """
        # Admits the first sweep that finds the trouble; refuses one that runs beside it.
        condition: tuple[str, dict[str, Plain]] = ("attribute_not_exists(#DeploymentId)", {})
        if before is not None:
            condition = _unchanged(before.version)
        if decision.health is not None:
            key = items.source_key(decision.health.source)
            change = {"Update": update(self._table_name, key, items.health_attributes(decision.health), *condition)}
        elif before is not None:
            change = {"Delete": conditional(self._table_name, items.source_key(before.source), *condition)}
        else:
            return
        events = [_alert_item(decision.alert, lease)] if decision.alert else []
        with translated("storing the trouble of a source"):
            self._write_together(change, events)

    def _write_together(self, change: dict[str, Any], events: list[dict[str, Any]]) -> None:
        """One transaction, so that no crash can lose an alert whose cause is stored.

        botocore makes up the token under which it may repeat this safely.
        """
        # Admits a new event; refuses to write over history where a clock went back to the very millisecond of an
        # event of a watch that was put again. The next sweep has another time.
        condition = "attribute_not_exists(DeploymentId)"
        writes: list[Any] = [change]
        writes += [
            {"Put": {"TableName": self._table_name, "Item": event, "ConditionExpression": condition}}
            for event in events
        ]
        self._client.transact_write_items(TransactItems=writes)


def _alert_item(alert: Alert, lease: Lease | None) -> dict[str, Any]:
    return items.alert_item(alert) | (lease.attributes() if lease else {})


def _unchanged(version: int) -> tuple[str, dict[str, Plain]]:
    if version:
        # Admits the sweep that read the watch as it still is; refuses one that another sweep, a deletion or a
        # second put came before.
        return "#Version = :Was", {"Was": version}
    # Admits the first write after somebody put the item; refuses to raise a deleted one from the dead.
    return "attribute_exists(#DeploymentId) AND attribute_not_exists(#Version)", {}
