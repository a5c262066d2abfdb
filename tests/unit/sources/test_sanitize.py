from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.sources import sanitize

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values | st.text(st.characters(), max_size=300), st.integers(min_value=4, max_value=400))
def test_a_text_stays_within_its_limit_in_bytes_and_can_be_stored(value: object, limit: int) -> None:
    text = sanitize.text(value, limit)
    if text is None:
        assert not isinstance(value, str) or not value[: limit // 4].strip()
    else:
        assert 0 < len(text.encode()) <= limit


@pytest.mark.parametrize("value", [None, "", "  ", "\n\t", 5, True, ["a"], {"a": "b"}, b"bytes"])
def test_what_is_no_text_or_blank_is_none(value: object) -> None:
    assert sanitize.text(value) is None


def test_what_is_blank_after_it_was_cut_is_none() -> None:
    assert sanitize.text(" " * 300 + "Running", limit=256) is None


def test_a_short_text_comes_through_as_it_is() -> None:
    assert sanitize.text(" Größe: 5 €, 👍\n") == " Größe: 5 €, 👍\n"


def test_a_long_text_is_cut_between_characters() -> None:
    assert sanitize.text("€" * 3000) == "€" * 1365  # 4095 of 4096 bytes


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert sanitize.text("a\ud800b") == "a?b"


@given(json_values | st.dictionaries(st.text(), st.text() | st.integers(), max_size=40))
def test_any_value_comes_through_within_its_limits(value: object) -> None:
    count, at, tags = sanitize.count(value), sanitize.time(value), sanitize.tags(value)
    assert count is None or 0 <= count <= 2**53
    assert at is None or at.tzinfo is UTC
    assert sanitize.entries(value) == (value[:20] if isinstance(value, list) else [])
    assert sanitize.mapping(value) == (value if isinstance(value, dict) else {})
    assert len(tags) <= 20
    for key, text in tags.items():
        assert key.strip()
        assert len(key.encode()) <= 512
        assert len(text.encode()) <= 1024


@pytest.mark.parametrize(
    ("value", "count"),
    [(0, 0), (7, 7), (-1, 0), (2**53, 2**53), (2**53 + 1, 2**53), (True, None), (7.0, None), ("7", None), (None, None)],
)
def test_a_count_is_a_whole_number_from_0_to_2_to_the_53(value: object, count: int | None) -> None:
    assert sanitize.count(value) == count


def test_tags_keep_empty_values_and_lose_what_has_no_name() -> None:
    assert sanitize.tags({"team": "", "": "x", "owner": "ops", "n": 5}) == {"team": "", "owner": "ops", "n": ""}


AT = datetime(2026, 11, 23, 10, 4, 0, 123_000, UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T10:04:00.123Z",
        "2026-11-23T11:04:00.123+01:00",
        "2026-11-23T10:04:00.123",
        1_795_428_240.123,
        1_795_428_240_123,
        "1795428240123",
    ],
)
def test_a_time_is_a_text_or_a_number_of_seconds_or_milliseconds(value: object) -> None:
    assert sanitize.time(value) == AT


@pytest.mark.parametrize(
    ("value", "year"), [("1795428240", 2026), (1_795_428_240, 2026), (0, 1970), (10**11 - 1, 5138)]
)
def test_a_number_below_the_year_5138_is_seconds(value: object, year: int) -> None:
    at = sanitize.time(value)
    assert at is not None
    assert (at.year, at.tzinfo) == (year, UTC)
    assert sanitize.time(10**11) == datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "",
        "yesterday",
        "17954282401",  # 11 digits
        "0001-01-01T00:00:00+01:00",
        float("nan"),
        float("inf"),
        10**400,
        -(10**18),
        ["2026-11-23"],
        "2026-11-23T10:04:00Z" + " " * 99 + "x",
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    assert sanitize.time(value) is None


@given(st.text(st.characters(categories=["Nd"]), max_size=14))
def test_any_digits_are_a_time_or_none(value: str) -> None:
    at = sanitize.time(value)
    assert at is None or at.tzinfo is UTC
