"""Watches and the states of sources: reading what is to be checked, and committing decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployment_notifier.errors import ConflictError, ItemError, TableError
from deployment_notifier.table import items
from deployment_notifier.table.attributes import Reader, written_all
from deployment_notifier.table.dynamodb_calls import query_queue, translated, update
from deployment_notifier.table.unreadable import Unreadable, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from mypy_boto3_dynamodb import DynamoDBClient

    from deployment_notifier.model import Alert, Decision, SourceDecision, SourceState, Watch
    from deployment_notifier.table.attributes import Plain
    from deployment_notifier.table.outbox import Lease


_BATCH = 100
"""Keys that one BatchGetItem takes."""

_MOST_BATCHES = 200


@dataclass(frozen=True, slots=True)
class ActiveWatches:
    """What is to be checked: the active watches, the states of the sources by name, and items that cannot be read."""

    watches: list[Watch] = field(default_factory=list)
    states: dict[str, SourceState] = field(default_factory=dict)
    unreadable: list[Unreadable] = field(default_factory=list)


class Watches:
    """The watches and the states of the sources in the table.

    Args:
        client: a DynamoDB client.
        table_name: the table's name.
        history_days: days after which events, and watches that ended, expire.
    """

    def __init__(self, client: DynamoDBClient, table_name: str, history_days: int) -> None:
        self._client = client
        self._table_name = table_name
        self._history_days = history_days

    def load_active(self) -> ActiveWatches:
        """Read everything that is to be checked.

        Raises:
            TableError: it cannot be read.
        """
        active = ActiveWatches()
        for item in query_queue(self._client, self._table_name, items.CHECK):
            try:
                match Reader(item).required_text("Record"):
                    case items.WATCH:
                        active.watches.append(items.read_watch(item))
                    case items.SOURCE:
                        state = items.read_state(item)
                        active.states[state.source] = state
                    case record:
                        raise ItemError(f"Record holds {record!r:.60}; in the CHECK queue it should be WATCH")  # noqa: TRY301 - one place collects
            except ItemError as error:
                active.unreadable.append(unreadable(item, error))
        return active

    def get(self, deployment_id: str) -> Watch | None:
        """Read one watch, active or ended, as it is now; None if there is none.

        Raises:
            ItemError: it cannot be read.
            TableError: DynamoDB did not answer.
        """
        with translated(f"reading {deployment_id}"):
            answer = self._client.get_item(
                TableName=self._table_name, Key=items.watch_key(deployment_id), ConsistentRead=True
            )
        item = answer.get("Item")
        return items.read_watch(item) if item else None

    def without_watch(self, deployment_ids: Collection[str], may_call: Callable[[], bool] = lambda: True) -> set[str]:
        """Return which of some deployments have no watch, neither an active nor an ended one.

        Args:
            deployment_ids: the deployments; each hundred is one call.
            may_call: whether there is time for another call. If not, those that are left are not among the result.

        Raises:
            TableError: it is not known of all of them.
        """
        unknown = set(deployment_ids)
        waiting: list[Any] = [items.watch_key(deployment_id) for deployment_id in unknown]
        for _ in range(_MOST_BATCHES):
            if not waiting or not may_call():
                return unknown - {Reader(key).required_text("DeploymentId") for key in waiting}
            request: Any = {
                "Keys": waiting[:_BATCH],
                "ProjectionExpression": "DeploymentId",
                # A watch that an overlapping sweep has just started must be seen, or this one would start it in vain.
                "ConsistentRead": True,
            }
            with translated("looking up deployments"):
                answer: Any = self._client.batch_get_item(RequestItems={self._table_name: request})
            found = answer.get("Responses", {}).get(self._table_name)
            if found is None:
                raise TableError("looking up deployments: the answer holds no Responses")
            unknown -= {Reader(item).required_text("DeploymentId") for item in found}
            # DynamoDB may leave keys unread, which are asked for again.
            left = answer.get("UnprocessedKeys", {}).get(self._table_name, {}).get("Keys", [])
            waiting = [*left, *waiting[_BATCH:]]
        raise TableError("looking up deployments: DynamoDB left too many keys unread")

    def start(self, deployment_id: str, source: str) -> Watch | None:
        """Start to watch a deployment that nobody registered.

        Args:
            deployment_id: the deployment.
            source: its source's name.

        Returns:
            The new watch; None if there is one already.

        Raises:
            TableError: it is not known to be stored.
        """
        item = items.watch_key(deployment_id) | written_all({"Queue": items.CHECK, "Source": source})
        try:
            with translated(f"starting to watch {deployment_id}"):
                self._client.put_item(
                    TableName=self._table_name,
                    Item=item,
                    # Admits a deployment without a watch; refuses one that is watched, has ended, or was taken off the
                    # list by an operator.
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
            lease: the lease with which the decision's alert is stored; None to leave it to the next sweep.

        Raises:
            ConflictError: the watch has changed since it was read, or is gone.
            TableError: it is not known to be stored.
        """
        change = update(
            self._table_name,
            items.watch_key(before.deployment_id),
            items.watch_attributes(decision.watch, self._history_days),
            *unchanged(before.version),
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

    def commit_source(self, before: SourceState, decision: SourceDecision, lease: Lease | None) -> None:
        """Store what was decided about a source, whole or not at all.

        Args:
            before: the state that the decision was made from.
            decision: what to store; its state differs from `before`.
            lease: the lease with which the decision's alert is stored; None to leave it to the next sweep.

        Raises:
            ConflictError: the state has changed since it was read.
            TableError: it is not known to be stored.
        """
        condition: tuple[str, dict[str, Plain]] = ("#Version = :Was", {"Was": before.version})
        if not before.version:
            # Admits the first sweep that knows anything about the source; refuses one that runs beside it.
            condition = ("attribute_not_exists(#DeploymentId)", {})
        change = update(
            self._table_name, items.source_key(before.source), items.state_attributes(decision.state), *condition
        )
        with translated(f"storing the state of {before.source}"):
            if decision.alert:
                self._write_together({"Update": change}, [_alert_item(decision.alert, lease)])
            else:
                self._client.update_item(**change)

    def _write_together(self, change: dict[str, Any], events: list[dict[str, Any]]) -> None:
        """One transaction, so that no crash can lose an alert whose cause is stored.

        botocore chooses the token with which it may repeat this safely.
        """
        # Admits a new event; refuses to overwrite history if a clock went back to the very millisecond of an event of a
        # watch that was registered again. The next sweep has another time.
        condition = "attribute_not_exists(DeploymentId)"
        writes: list[Any] = [change]
        writes += [
            {"Put": {"TableName": self._table_name, "Item": event, "ConditionExpression": condition}}
            for event in events
        ]
        self._client.transact_write_items(TransactItems=writes)


def _alert_item(alert: Alert, lease: Lease | None) -> dict[str, Any]:
    return items.alert_item(alert) | (lease.attributes() if lease else {})


def unchanged(version: int) -> tuple[str, dict[str, Plain]]:
    """Return the condition that a watch is still as it was read, and the values for it.

    Args:
        version: the watch's version when it was read.
    """
    if version:
        # Admits the sweep that read the watch as it still is; refuses one that another sweep, a deletion or a new
        # registration came before.
        return "#Version = :Was", {"Was": version}
    # Admits the first write after the item was put; refuses to recreate a deleted item.
    return "attribute_exists(#DeploymentId) AND attribute_not_exists(#Version)", {}
