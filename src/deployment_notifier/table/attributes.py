"""DynamoDB's attribute values, written from plain values and read back with types checked.

People and other tools put items into the table too, so nothing is taken for granted when one is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from deployment_notifier.errors import ItemError
from deployment_notifier.model import timestamp

if TYPE_CHECKING:
    from enum import StrEnum

    E = TypeVar("E", bound=StrEnum)

_END_OF_TIME = 10**14
"""In milliseconds since 1970: the year 5138."""

Item = Mapping[str, Mapping[str, Any]]
"""An item as boto3's client gives it: attribute names to typed values such as `{"S": "text"}`."""

Plain: TypeAlias = "str | int | bool | datetime | Sequence[Plain] | Mapping[str, Plain | None]"


def written(value: Plain) -> dict[str, Any]:
    """A plain value as DynamoDB takes it; times become text, which sorts as they do."""
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case datetime():
            return {"S": timestamp(value)}
        case str():
            return {"S": value}
        case Mapping():
            return {"M": written_all(value)}
        case _:
            return {"L": [written(entry) for entry in value]}


def written_all(values: Mapping[str, Plain | None]) -> dict[str, dict[str, Any]]:
    """Named plain values as an item; `None` leaves the attribute out."""
    return {name: written(value) for name, value in values.items() if value is not None}


class Reader:
    """Reads the attributes of one item; a missing one is None, one of a wrong type an ItemError.

    Args:
        item: the item, or a map inside it.
        path: the path to the map, such as `Results.`, for the errors.
    """

    def __init__(self, item: Item, path: str = "") -> None:
        self._item = item
        self._path = path

    def text(self, name: str) -> str | None:
        """A string attribute."""
        value = self._value(name, "S", "a string")
        return None if value is None else str(value)

    def required_text(self, name: str) -> str:
        """A string attribute that must be there."""
        value = self.text(name)
        if value is None:
            raise ItemError(f"{self._path}{name} is missing; it should hold a string")
        return value

    def count(self, name: str) -> int | None:
        """A number attribute that holds a whole number, 0 or more."""
        value = self._value(name, "N", "a number")
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,18}", str(value)):
            raise self._error(name, f"{value!s:.60}", "a whole number, 0 or more")
        return int(value)

    def absent_or_count(self, name: str) -> int | None:
        """A count that a condition looks at: to DynamoDB, NULL is not the same as missing."""
        if "NULL" in self._item.get(name, {}):
            raise self._error(name, "NULL", "a number, or be absent")
        return self.count(name)

    def version(self) -> int:
        """The number of the last write, as `next_version` makes it; 0 where there is none."""
        value = self.absent_or_count("Version")
        if value is None:
            return 0
        # A 0 that is stored would look like none, and one past the end of the calendar is the time of no event.
        if not 0 < value < _END_OF_TIME:
            raise ItemError(f"Version holds {value}; it should hold what this program wrote, or be absent")
        return value

    def flag(self, name: str) -> bool:
        """A boolean attribute; missing is false."""
        return bool(self._value(name, "BOOL", "true or false"))

    def required_count(self, name: str) -> int:
        """A count that must be there."""
        value = self.count(name)
        if value is None:
            raise ItemError(f"{self._path}{name} is missing; it should hold a number")
        return value

    def required_time(self, name: str) -> datetime:
        """A time that must be there."""
        return parse_time(self.required_text(name), f"{self._path}{name}")

    def time(self, name: str) -> datetime | None:
        """A string attribute that holds a time in UTC, as `timestamp` writes it."""
        value = self.text(name)
        return None if value is None else parse_time(value, f"{self._path}{name}")

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; missing is empty."""
        return tuple(entry.required_text(name) for entry in self._entries(name))

    def text_map(self, name: str) -> dict[str, str]:
        """A map of strings; missing is empty."""
        value = self._value(name, "M", "a map") or {}
        return {key: Reader(value, f"{self._path}{name}.").required_text(key) for key in value}

    def count_map(self, name: str) -> dict[str, int]:
        """A map of whole numbers; missing is empty."""
        value = self._value(name, "M", "a map") or {}
        return {key: Reader(value, f"{self._path}{name}.").required_count(key) for key in value}

    def map(self, name: str) -> Reader | None:
        """A reader of a map's attributes; None if the map is missing."""
        value = self._value(name, "M", "a map")
        return None if value is None else Reader(value, f"{self._path}{name}.")

    def maps(self, name: str) -> tuple[Reader, ...]:
        """A reader for each map of a list; missing is empty."""
        return tuple(entry.map(name) or Reader({}, self._path) for entry in self._entries(name))

    def one_of(self, name: str, kinds: type[E]) -> E:
        """A string attribute that must hold one of an enumeration's values."""
        value = self.required_text(name)
        try:
            return kinds(value)
        except ValueError:
            raise ItemError(
                f"{self._path}{name} holds {value!r:.60}; it should hold one of {', '.join(kinds)}"
            ) from None

    def _error(self, name: str, held: str, expected: str) -> ItemError:
        return ItemError(f"{self._path}{name} holds {held}; it should hold {expected}")

    def _entries(self, name: str) -> tuple[Reader, ...]:
        """What reads each entry of a list, under the list's name."""
        return tuple(Reader({name: entry}, self._path) for entry in self._value(name, "L", "a list") or ())

    def _value(self, name: str, type_code: str, expected: str) -> Any:  # noqa: ANN401 - what a type code holds differs
        value = self._item.get(name)
        if value is None or "NULL" in value:
            return None
        if type_code not in value:
            held = ", ".join(value)
            raise ItemError(
                f"{self._path}{name} holds a value of the type {held}; it should hold {expected} ({type_code})"
            )
        return value[type_code]


def parse_time(text: str, name: str) -> datetime:
    """Read a time that `timestamp` wrote, or that somebody wrote by hand in ISO 8601.

    Args:
        text: such as `2026-11-23T10:04:00.123Z`.
        name: the attribute's name, for the error.

    Raises:
        ItemError: it is no time.
    """
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ItemError(f"{name} holds {text!r:.60}; it should hold a time such as 2026-11-23T10:04:00.123Z") from None
