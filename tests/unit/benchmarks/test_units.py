from __future__ import annotations

from typing import Any

import pytest

from benchmarks.units import item_bytes, read_units, write_units


def item(size: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - an item's values
    return {"A": {"S": "x" * (size - 1)}, **more}


@pytest.mark.parametrize(
    ("stored", "size"),
    [
        ({"Name": {"S": "für"}}, 4 + 4),
        ({"N": {"N": "1234"}}, 1 + 3),
        ({"B": {"BOOL": True}}, 1 + 1),
        ({"M": {"M": {"a": {"S": "b"}}}}, 1 + 3 + 1 + 2),
        ({"L": {"L": [{"S": "b"}, {"S": "c"}]}}, 1 + 3 + 2 + 2),
    ],
)
def test_an_item_has_the_bytes_of_its_names_and_values(stored: dict[str, Any], size: int) -> None:
    assert item_bytes(stored) == size


@pytest.mark.parametrize(("sizes", "units"), [([], 0.5), ([4096], 0.5), ([4096, 1], 1.0), ([100] * 82, 1.5)])
def test_a_page_costs_half_a_unit_for_each_4_kilobytes_of_all_its_items(sizes: list[int], units: float) -> None:
    assert read_units(map(item, sizes)) == units


def test_a_write_costs_a_unit_a_kilobyte_of_the_larger_of_both_items() -> None:
    assert write_units(None, item(1024)) == 1
    assert write_units(None, item(1025)) == 2
    assert write_units(item(3000), item(10)) == 3


def test_a_transaction_costs_twice_but_not_in_the_index() -> None:
    queued = {"Queue": {"S": "CHECK"}}
    assert write_units(None, item(10), is_transaction=True) == 2
    assert write_units(None, item(10, **queued)) == 2
    assert write_units(item(10, **queued), item(10)) == 2, "it leaves the index"
    assert write_units(None, item(10, **queued), is_transaction=True) == 3
