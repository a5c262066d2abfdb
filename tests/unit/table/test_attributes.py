from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.errors import ItemError
from deployment_notifier.model import Kind, timestamp
from deployment_notifier.table.attributes import Plain, Reader, parse_time, written_all

if TYPE_CHECKING:
    from collections.abc import Callable

counts = st.integers(0, 2**53)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001 - Hypothesis adds the zone
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


@given(texts, counts, st.booleans(), times)
def test_a_value_is_read_as_it_was_written(text: str, count: int, flag: bool, time: datetime) -> None:
    reader = Reader(written_all({"Text": text, "Count": count, "Flag": flag, "Time": time}))
    assert (reader.text("Text"), reader.count("Count"), reader.flag("Flag"), reader.time("Time")) == (
        text,
        count,
        flag,
        time,
    )


@given(st.lists(texts), st.dictionaries(texts, texts), st.dictionaries(texts, counts))
def test_a_list_or_map_is_read_as_it_was_written(
    entries: list[str], by_name: dict[str, str], numbers: dict[str, int]
) -> None:
    reader = Reader(written_all({"List": entries, "Map": by_name, "Numbers": numbers, "Maps": [by_name, numbers]}))
    assert reader.texts("List") == tuple(entries)
    assert reader.text_map("Map") == by_name
    assert reader.count_map("Numbers") == numbers
    first, second = reader.maps("Maps")
    assert {name: first.text(name) for name in by_name} == by_name
    assert {name: second.required_count(name) for name in numbers} == numbers
    inner = reader.map("Map")
    assert inner is not None
    assert {name: inner.required_text(name) for name in by_name} == by_name


@given(times, times)
def test_times_as_text_sort_as_times_do(one: datetime, other: datetime) -> None:
    assert (timestamp(one) < timestamp(other)) == (one < other)


def test_none_leaves_an_attribute_out() -> None:
    values: dict[str, Plain | None] = {"A": None, "B": "", "C": 0, "D": False}
    assert written_all(values) == {"B": {"S": ""}, "C": {"N": "0"}, "D": {"BOOL": False}}


@pytest.mark.parametrize("item", [{}, {"Name": {"NULL": True}}])
def test_a_missing_attribute_is_none_or_empty(item: dict[str, Any]) -> None:
    reader = Reader(item)
    assert reader.text("Name") is None
    assert reader.count("Name") is None
    assert reader.time("Name") is None
    assert reader.flag("Name") is False
    assert reader.texts("Name") == ()
    assert reader.text_map("Name") == {}
    assert reader.count_map("Name") == {}
    assert reader.map("Name") is None
    assert reader.maps("Name") == ()


_REQUIRED: list[tuple[str, Callable[[Reader], object]]] = [
    ("a string", lambda reader: reader.required_text("Name")),
    ("a string", lambda reader: reader.required_time("Name")),
    ("a string", lambda reader: reader.one_of("Name", Kind)),
    ("a number", lambda reader: reader.required_count("Name")),
]


@pytest.mark.parametrize(("expected", "read"), _REQUIRED)
@pytest.mark.parametrize("item", [{}, {"Name": {"NULL": True}}])
def test_a_required_attribute_is_named_when_it_is_missing(
    item: dict[str, Any], expected: str, read: Callable[[Reader], object]
) -> None:
    with pytest.raises(ItemError, match=f"^Name is missing; it should hold {expected}$"):
        read(Reader(item))


def test_a_wrong_attribute_in_a_list_of_maps_is_named_with_its_path() -> None:
    outer = Reader({"Outer": {"M": {"List": {"L": [{"M": {"Count": {"N": "-1"}}}]}}}}).map("Outer")
    assert outer is not None
    (entry,) = outer.maps("List")
    with pytest.raises(ItemError, match=r"^Outer\.List\.Count holds -1; it should hold a whole number, 0 or more$"):
        entry.count("Count")


_READERS: list[tuple[str, Callable[[Reader], object]]] = [
    ("S", lambda reader: reader.text("Name")),
    ("N", lambda reader: reader.count("Name")),
    ("BOOL", lambda reader: reader.flag("Name")),
    ("S", lambda reader: reader.time("Name")),
    ("L", lambda reader: reader.texts("Name")),
    ("M", lambda reader: reader.text_map("Name")),
    ("M", lambda reader: reader.count_map("Name")),
    ("M", lambda reader: reader.map("Name")),
    ("L", lambda reader: reader.maps("Name")),
    ("S", lambda reader: reader.one_of("Name", Kind)),
]
_VALUES = {"S": "text", "N": "1", "BOOL": True, "L": [], "M": {}, "B": b"bytes", "SS": ["text"], "NS": ["1"]}


@pytest.mark.parametrize(("type_code", "read"), _READERS)
def test_a_wrong_type_is_an_error_that_names_the_attribute_and_both_types(
    type_code: str, read: Callable[[Reader], object]
) -> None:
    for held, value in _VALUES.items():
        if held != type_code:
            with pytest.raises(ItemError, match=rf"^Name holds a value of the type {held}; .*\({type_code}\)$"):
                read(Reader({"Name": {held: value}}))


@pytest.mark.parametrize("number", ["-1", "1.5", "1E+2", "9" * 38, "1e-130"])
def test_a_number_that_is_no_count_is_an_error(number: str) -> None:
    with pytest.raises(ItemError, match=r"^Name holds .*; it should hold a whole number, 0 or more$"):
        Reader({"Name": {"N": number}}).count("Name")


def test_a_word_that_is_none_of_an_enumeration_is_an_error_that_lists_them() -> None:
    with pytest.raises(ItemError, match=r"^Name holds 'EXPLODED'; it should hold one of FAILED, INVALID_RECORDS, "):
        Reader({"Name": {"S": "EXPLODED"}}).one_of("Name", Kind)


def test_what_an_error_quotes_is_cut() -> None:
    with pytest.raises(ItemError) as caught:
        Reader({"Name": {"S": "x" * 10_000}}).time("Name")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T10:04:00.123Z", datetime(2026, 11, 23, 10, 4, 0, 123_000, UTC)),
        ("2026-11-23T10:04:00Z", datetime(2026, 11, 23, 10, 4, tzinfo=UTC)),
        ("2026-11-23T11:04:00+01:00", datetime(2026, 11, 23, 11, 4, tzinfo=timezone(timedelta(hours=1)))),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T10:04:00", datetime(2026, 11, 23, 10, 4, tzinfo=UTC)),
    ],
)
def test_a_time_put_by_hand_in_iso_8601_is_read_in_utc(text: str, at: datetime) -> None:
    assert parse_time(text, "Name") == at
    assert parse_time(text, "Name").tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1700000000",
        "2026-13-01T00:00:00Z",
        "2026-11-23T25:00:00Z",
        # Times that Python can't turn into UTC, because the year would be 0 or 10000.
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_what_is_no_time_is_an_error(text: str) -> None:
    with pytest.raises(ItemError, match=r"^Name holds .*; it should hold a time such as "):
        parse_time(text, "Name")


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_time_that_was_read_can_be_written_and_read_again(at: datetime) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    try:
        read = parse_time(at.isoformat(), "Name")
    except ItemError:
        return  # a year that is out of range may be refused, but then at once
    assert parse_time(timestamp(read), "Name") == at
