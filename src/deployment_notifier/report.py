"""What a sweep did, in numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Report:
    """The counts of one sweep.

    Attributes:
        watches: active watches that could be read.
        discovered: watches that were begun because the source listed their deployments.
        checked: checks that brought an observation.
        refused: checks whose id the source did not take.
        failed: checks that brought no usable answer.
        passes: readings of the results of a deployment's groups, complete or not.
        deferred: watches that this sweep had no time for.
        transitions: changes of status that were recorded.
        alerts: alerts that were created.
        published: alerts that SNS accepted, older ones included.
        publish_failures: attempts that SNS did not accept.
        undelivered: alerts that still wait when the sweep ends.
        oldest_undelivered_seconds: the age of the oldest of them; None where the queue could not be read.
        conflicts: decisions that another sweep came before.
        unreadable: items of the table that can't be read.
        table_failures: calls to DynamoDB that failed.
        errors: checks or deliveries that met a fault of this program; the log has each with its trace.
        accomplished: checks that led to what they should, and alerts that were published.
    """

    watches: int = 0
    discovered: int = 0
    checked: int = 0
    refused: int = 0
    failed: int = 0
    passes: int = 0
    deferred: int = 0
    transitions: int = 0
    alerts: int = 0
    published: int = 0
    publish_failures: int = 0
    undelivered: int = 0
    oldest_undelivered_seconds: int | None = None
    conflicts: int = 0
    unreadable: int = 0
    table_failures: int = 0
    errors: int = 0
    accomplished: int = 0

    @property
    def is_useless(self) -> bool:
        """Whether faults kept the sweep from doing anything at all: then, and only then, the invocation fails."""
        return bool(self.table_failures or self.errors) and not self.accomplished

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it, with each count that is not 0."""
        return {name: value for name, value in asdict(self).items() if value != 0}
