"""What DynamoDB would bill for a call, in request units.

docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html and CapacityUnitCalculations.html
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_READ_BYTES = 4096
_WRITE_BYTES = 1024
_INDEX_KEY = "Queue"


def item_bytes(item: Mapping[str, Any]) -> int:
    """Return the size of an item as DynamoDB counts it: names and values in UTF-8, and a little for each structure."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Mapping[str, Any]) -> int:
    ((code, held),) = value.items()
    match code:
        case "M":
            return 3 + len(held) + item_bytes(held)
        case "L":
            return 3 + len(held) + sum(map(_value_bytes, held))
        case "N":
            return (len(held) + 1) // 2 + 1
        case "BOOL" | "NULL":
            return 1
        case _:
            return len(str(held).encode())


def read_units(items: Iterable[Mapping[str, Any]]) -> float:
    """Return the units of one page of a query or a scan that is eventually consistent."""
    return max(1, ceil(sum(map(item_bytes, items)) / _READ_BYTES)) / 2


def write_units(before: Mapping[str, Any] | None, after: Mapping[str, Any], *, is_transaction: bool = False) -> int:
    """Return the units of one write: those of the table, and those of its index, which holds whole items.

    Args:
        before: the item as it was; None for a new one.
        after: the item as it is.
        is_transaction: whether it was part of a transaction, which costs twice as much.
    """
    was = before or {}
    size = ceil(max(item_bytes(was), item_bytes(after)) / _WRITE_BYTES)
    is_indexed = _INDEX_KEY in was or _INDEX_KEY in after
    return size * (2 if is_transaction else 1) + (size if is_indexed else 0)
