from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.sources import bounds

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values | st.text(st.characters(), max_size=6000), st.integers(min_value=4, max_value=5000))
def test_a_text_stays_within_its_limit_in_bytes_and_can_be_stored(value: object, limit: int) -> None:
    text = bounds.text(value, limit)

    if text is None:
        assert not isinstance(value, str) or not value.strip()
    else:
        assert 0 < len(text.encode()) <= limit


@pytest.mark.parametrize("value", [None, "", "  ", "\n\t", 5, True, ["a"], {"a": "b"}, b"bytes"])
def test_what_is_no_text_or_blank_is_none(value: object) -> None:
    assert bounds.text(value) is None


def test_what_is_blank_after_it_was_cut_is_none() -> None:
    assert bounds.text(" " * 300 + "Running", limit=256) is None


def test_a_short_text_comes_through_as_it_is() -> None:
    assert bounds.text(" Größe: 5 €, 👍\n") == " Größe: 5 €, 👍\n"


def test_a_long_text_is_cut_between_characters() -> None:
    assert bounds.text("€" * 3000) == "€" * 1365  # 4095 of 4096 bytes


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert bounds.text("a\ud800b") == "a?b"


@given(json_values | st.integers(min_value=-(10**40), max_value=10**40))
def test_a_count_is_none_or_between_0_and_2_to_the_53(value: object) -> None:
    count = bounds.count(value)

    if isinstance(value, int) and not isinstance(value, bool):
        assert count == min(max(value, 0), 2**53)
    else:
        assert count is None


@given(json_values)
def test_a_list_is_cut_to_20_entries(value: object) -> None:
    assert bounds.entries(value) == (value[:20] if isinstance(value, list) else [])


@given(json_values)
def test_a_mapping_is_always_a_mapping_by_text(value: object) -> None:
    mapping = bounds.mapping(value)

    assert mapping == (value if isinstance(value, dict) else {})


@given(json_values | st.dictionaries(st.text(), st.text() | st.integers(), max_size=40))
def test_tags_are_at_most_20_short_texts(value: object) -> None:
    tags = bounds.tags(value)

    assert len(tags) <= 20
    for key, text in tags.items():
        assert key.strip()
        assert len(key.encode()) <= 512
        assert len(text.encode()) <= 1024


def test_tags_keep_empty_values_and_lose_what_has_no_name() -> None:
    assert bounds.tags({"team": "", "": "x", "owner": "ops", "n": 5}) == {"team": "", "owner": "ops", "n": ""}
