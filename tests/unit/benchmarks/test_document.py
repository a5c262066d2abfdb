from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks import document, goals
from benchmarks.chart import HEIGHT, WIDTH, Panel, draw
from benchmarks.results import Results
from tests.unit.benchmarks import samples

DOCS = Path(__file__).parents[3] / "docs"


def test_the_committed_document_has_the_goals_that_the_code_knows() -> None:
    text = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert list(document.goal_lines(text)) == [(goal.what, goal.wanted) for goal in goals.GOALS]
    assert f"]({document.CHART})" in text


def test_a_whole_run_has_every_section_and_ends_with_the_goals() -> None:
    text = document.write(samples.results(), "Measured here.", is_whole=True)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(headings) == 9
    assert headings[-1] == "Goals"
    assert list(document.goal_lines(text)) == [(goal.what, goal.wanted) for goal in goals.GOALS]


def test_every_table_has_as_many_cells_in_each_row() -> None:
    text = document.write(samples.results(), "Measured here.", is_whole=True)
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1, block


def test_a_part_has_no_more_than_what_was_measured() -> None:
    text = document.write(Results(cold_start=samples.results().cold_start), "Measured here.", is_whole=False)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Cold start", "Goals"]


def test_the_chart_has_a_bar_for_each_value_within_its_frame() -> None:
    panel = Panel("a & b", ["10", "200"], [[0.5, 40.0], [0.1, 100.0]])
    root = ET.fromstring(draw("Seconds <here>", ["one", "two"], [panel, panel]))  # noqa: S314 - our own
    rects = [each.attrib for each in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert len(rects) == 2 + 8, "the legend, and the bars"
    for rect in rects:
        assert 0 <= float(rect["x"]) <= WIDTH - float(rect["width"])
        assert 0 <= float(rect["y"]) <= HEIGHT - float(rect["height"])
    heights = [float(rect["height"]) for rect in rects[2:6]]
    assert heights[1] < heights[0] < heights[2] < heights[3]


def test_the_chart_is_legible_on_a_dark_page() -> None:
    assert "prefers-color-scheme: dark" in document.chart(samples.results())
