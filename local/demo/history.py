"""What is new in the deployed stack's table, through the command line's own reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deployment_notifier.model import Transition
from deployment_notifier.table.history import HistoryReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from deployment_notifier.model import Alert
    from deployment_notifier.table.history import History


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A change of a deployment's status.

    Attributes:
        from_status: None where it was seen for the first time.
        results_follow: whether it has ended and its results are followed.
    """

    deployment_id: str
    from_status: str | None
    to_status: str
    results_follow: bool


class Histories:
    """The histories of the demonstration's deployments.

    Args:
        client: of DynamoDB.
        table_name: the deployed stack's table.
    """

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        self._reader = HistoryReader(client, table_name, lambda: datetime.now(UTC))
        self._histories: dict[str, History | None] = {}
        self._seen: dict[str, int] = {}

    def follow(self, deployment_id: str) -> None:
        """Follow a deployment from now on, whether or not the stack has found it yet."""
        self._histories[deployment_id] = None

    def new_events(self) -> Iterator[StatusChange | Alert]:
        """What has happened since the last call, of each deployment in order."""
        for deployment_id in self._histories:
            history = self._histories[deployment_id] = self._reader.read(deployment_id)
            events = history.events if history else ()
            new = events[self._seen.get(deployment_id, 0) :]
            self._seen[deployment_id] = len(events)
            watch = history.watch if history else None
            for event in new:
                if not isinstance(event, Transition):
                    yield event.alert
                    continue
                results_follow = watch is not None and watch.follow_up is not None and event.to_status == watch.status
                yield StatusChange(deployment_id, event.from_status, event.to_status, results_follow)

    def has_ended(self, deployment_id: str) -> bool:
        """Whether the stack has ended its watch of a deployment."""
        history = self._histories[deployment_id]
        return history is not None and history.watch is not None and not history.is_active

    def progress(self, deployment_id: str) -> int | None:
        """How many devices or records a deployment has processed; None where that is not known."""
        history = self._histories[deployment_id]
        return history.watch.metrics.progress if history and history.watch else None

    def pending(self) -> int:
        """How many deployments have an alert that still waits to be published."""
        return len(self._reader.read_pending())
