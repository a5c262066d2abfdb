from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.errors import ItemError
from deployment_notifier.model import Kind, timestamp
from deployment_notifier.table.attributes import Plain, Reader, parse_time, written, written_all

if TYPE_CHECKING:
    from collections.abc import Callable

counts = st.integers(0, 2**53)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
times = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001 - Hypothesis adds the zone
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)


@given(texts)
def test_a_text_is_read_as_it_was_written(value: str) -> None:
    assert Reader({"Name": written(value)}).text("Name") == value


@given(counts)
def test_a_count_is_read_as_it_was_written(value: int) -> None:
    assert Reader({"Name": written(value)}).count("Name") == value


@given(st.booleans())
def test_a_flag_is_read_as_it_was_written(value: bool) -> None:
    assert Reader({"Name": written(value)}).flag("Name") is value


@given(times)
def test_a_time_is_read_as_it_was_written(value: datetime) -> None:
    assert Reader({"Name": written(value)}).time("Name") == value


@given(times, times)
def test_times_as_text_sort_as_times_do(one: datetime, other: datetime) -> None:
    assert (timestamp(one) < timestamp(other)) == (one < other)


@given(st.lists(texts))
def test_a_list_is_read_as_it_was_written(value: list[str]) -> None:
    assert Reader({"Name": written(value)}).texts("Name") == tuple(value)


@given(st.dictionaries(texts, texts))
def test_a_map_is_read_as_it_was_written(value: dict[str, str]) -> None:
    assert Reader({"Name": written(value)}).text_map("Name") == value


@given(st.lists(st.dictionaries(texts, texts)))
def test_a_list_of_maps_is_read_as_it_was_written(value: list[dict[str, str]]) -> None:
    read = Reader({"Name": written(value)}).insides("Name")

    assert [{name: reader.text(name) for name in entry} for reader, entry in zip(read, value, strict=True)] == value


@given(st.dictionaries(texts, counts))
def test_what_a_map_holds_is_read_as_it_was_written(value: dict[str, int]) -> None:
    inside = Reader({"Name": written(value)}).inside("Name")

    assert inside is not None
    assert {name: inside.needed_count(name) for name in value} == value


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
    assert reader.inside("Name") is None
    assert reader.insides("Name") == ()


_NEEDED: list[tuple[str, Callable[[Reader], object]]] = [
    ("a string", lambda reader: reader.needed_text("Name")),
    ("a string", lambda reader: reader.needed_time("Name")),
    ("a string", lambda reader: reader.one_of("Name", Kind)),
    ("a number", lambda reader: reader.needed_count("Name")),
]


@pytest.mark.parametrize(("expected", "read"), _NEEDED)
@pytest.mark.parametrize("item", [{}, {"Name": {"NULL": True}}])
def test_an_attribute_that_is_needed_is_named_when_it_is_missing(
    item: dict[str, Any], expected: str, read: Callable[[Reader], object]
) -> None:
    with pytest.raises(ItemError, match=f"^Name is missing; it should hold {expected}$"):
        read(Reader(item))


@pytest.mark.parametrize(("expected", "read"), _NEEDED)
def test_an_attribute_inside_a_map_is_named_with_its_path(expected: str, read: Callable[[Reader], object]) -> None:
    inside = Reader({"Outer": {"M": {"Middle": {"M": {}}}}}).inside("Outer")
    assert inside is not None
    middle = inside.inside("Middle")
    assert middle is not None

    with pytest.raises(ItemError, match=rf"^Outer\.Middle\.Name is missing; it should hold {expected}$"):
        read(middle)


def test_what_an_attribute_inside_a_list_of_maps_holds_wrongly_is_named_with_its_path() -> None:
    outer = Reader({"Outer": {"M": {"List": {"L": [{"M": {"Count": {"N": "-1"}}}]}}}}).inside("Outer")
    assert outer is not None
    (entry,) = outer.insides("List")

    with pytest.raises(ItemError, match=r"^Outer\.List\.Count holds -1; it should hold a whole number, 0 or more$"):
        entry.count("Count")


_READERS: list[tuple[str, Callable[[Reader], object]]] = [
    ("S", lambda reader: reader.text("Name")),
    ("N", lambda reader: reader.count("Name")),
    ("BOOL", lambda reader: reader.flag("Name")),
    ("S", lambda reader: reader.time("Name")),
    ("L", lambda reader: reader.texts("Name")),
    ("M", lambda reader: reader.text_map("Name")),
    ("M", lambda reader: reader.inside("Name")),
    ("L", lambda reader: reader.insides("Name")),
    ("S", lambda reader: reader.one_of("Name", Kind)),
]
_VALUES: list[dict[str, Any]] = [
    {"S": "text"},
    {"N": "1"},
    {"BOOL": True},
    {"L": []},
    {"M": {}},
    {"B": b"bytes"},
    {"SS": ["text"]},
    {"NS": ["1"]},
    {"BS": [b"bytes"]},
]


@pytest.mark.parametrize(("type_code", "read"), _READERS)
@pytest.mark.parametrize("value", _VALUES)
def test_a_wrong_type_is_an_error_that_names_the_attribute_and_both_types(
    type_code: str, read: Callable[[Reader], object], value: dict[str, Any]
) -> None:
    (held,) = value
    if held == type_code:
        return
    with pytest.raises(ItemError) as caught:
        read(Reader({"Name": value}))

    assert str(caught.value).startswith(f"Name holds a value of the type {held}; it should hold ")
    assert f"({type_code})" in str(caught.value)


@pytest.mark.parametrize("number", ["-1", "1.5", "1E+2", "9" * 38, "1e-130"])
def test_a_number_that_is_no_count_is_an_error(number: str) -> None:
    with pytest.raises(ItemError, match=r"^Name holds .*; it should hold a whole number, 0 or more$"):
        Reader({"Name": {"N": number}}).count("Name")


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda reader: reader.texts("Name"), {"L": [{"S": "text"}, {"N": "1"}]}),
        (lambda reader: reader.text_map("Name"), {"M": {"key": {"N": "1"}}}),
        (lambda reader: reader.text_map("Name"), {"M": {"key": {"NULL": True}}}),
        (lambda reader: reader.insides("Name"), {"L": [{"S": "text"}]}),
        (lambda reader: [entry.text("key") for entry in reader.insides("Name")], {"L": [{"M": {"key": {"N": "1"}}}]}),
        (lambda reader: reader.inside("Name").text("key"), {"M": {"key": {"N": "1"}}}),
    ],
)
def test_a_wrong_type_inside_a_list_or_map_names_the_attribute(
    read: Callable[[Reader], object], value: dict[str, Any]
) -> None:
    with pytest.raises(ItemError, match="Name"):
        read(Reader({"Name": value}))


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
        return  # a year that nobody means may be refused, but then at once

    assert parse_time(timestamp(read), "Name") == at
