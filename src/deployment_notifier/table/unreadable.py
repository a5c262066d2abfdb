"""Items that can't be read: they are reported, and never stop the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployment_notifier.errors import ItemError
    from deployment_notifier.table.attributes import Item


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that can't be read: its key and why."""

    deployment_id: str
    record: str
    reason: str


def unreadable(item: Item, error: ItemError) -> Unreadable:
    """What is known of an item that can't be read.

    Args:
        item: the item; its keys are strings, because the table's schema says so.
        error: why it can't be read.
    """
    return Unreadable(item["DeploymentId"]["S"], item["Record"]["S"], str(error))
