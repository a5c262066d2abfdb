"""The pictures of the documents show the product as it is: `make pictures` would change nothing."""

from __future__ import annotations

import copy
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from local.pictures import PICTURES
from local.pictures.alert import example, message
from local.pictures.architecture import draw_architecture
from local.pictures.svg import width
from local.project import PROJECT
from local.slack.rules import violations
from local.template import load_template

SVG = "{http://www.w3.org/2000/svg}"
pictures = pytest.mark.parametrize("name", PICTURES)


def drawn(name: str) -> ET.Element:
    return ET.fromstring(PICTURES[name]())  # noqa: S314 - drawn by the project


@pytest.fixture
def template() -> dict[str, Any]:
    """A template to take things out of."""
    return copy.deepcopy(load_template())


@pictures
def test_the_file_is_what_the_command_draws_today(name: str) -> None:
    assert (PROJECT / "docs" / "pictures" / name).read_text(encoding="utf-8") == PICTURES[name](), "run: make pictures"


@pictures
def test_a_picture_needs_nothing_from_elsewhere_and_has_a_dark_form(name: str) -> None:
    found = PICTURES[name]().replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert not re.findall(r"https?:|href|@import|@font-face|url\(|<image|<script", found)
    assert "@media(prefers-color-scheme:dark)" in found
    assert drawn(name)[0].tag == f"{SVG}title"


@pictures
def test_no_text_leaves_its_picture_even_in_a_wide_font(name: str) -> None:
    root = drawn(name)
    for line in root.iter(f"{SVG}text"):
        spans = [line, *line] if len(line) else [line]
        wide = 0.0
        for span in spans:
            kind = span.get("class", "")
            size = {"t": 17, "c": 12, "k": 12, "d": 12, "s": 12, "s f": 12, "n": 14}.get(kind, 14.5)
            wide += width(span.text or "", size, is_bold=kind in ("t", "b"), is_code=kind in ("c", "k"))
        x, y = float(line.get("x", "")), float(line.get("y", ""))
        is_in_the_middle = line.get("text-anchor") == "middle" or line.get("class") in ("n", "s")
        left = x - wide / 2 if is_in_the_middle else x
        assert left >= 8, line.text
        assert left + wide <= float(root.get("width", "")) - 8, "".join(line.itertext())
        assert y <= float(root.get("height", "")) - 8


def test_the_alert_is_a_message_that_slack_takes_and_says_how_many_devices_failed() -> None:
    assert violations(message()) == []
    words = " ".join("".join(line.itertext()) for line in drawn("alert.svg").iter(f"{SVG}text"))
    for part in ("37 of 400 devices failed", "27 devices not examined", "not enough disk", str(example()[0].at.hour)):
        assert part in words


@pytest.mark.parametrize(
    "name", ["Table", "DeviceEventsRule", "SlackFunction", "NotifierDashboard", "NotificationDeadLetters"]
)
def test_a_resource_that_vanishes_from_the_template_is_no_longer_drawn(template: dict[str, Any], name: str) -> None:
    del template["Resources"][name]
    with pytest.raises(ValueError, match=f"only drawn: .*'{name}'"):
        draw_architecture(template)


def test_a_resource_or_a_permission_that_the_picture_lacks_is_found(template: dict[str, Any]) -> None:
    resources = template["Resources"]
    resources["AnotherQueue"] = {"Type": "AWS::SQS::Queue"}
    with pytest.raises(ValueError, match="AnotherQueue"):
        draw_architecture(template)
    del resources["AnotherQueue"]

    statements = resources["SlackRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    statements.append({"Action": "dynamodb:GetItem", "Resource": {"Fn::GetAtt": "Table.Arn"}})
    with pytest.raises(ValueError, match="'SlackFunction', 'Table'"):
        draw_architecture(template)


def test_an_arrow_whose_trigger_is_gone_is_found(template: dict[str, Any]) -> None:
    template["Resources"]["NotifierFunction"]["Properties"]["Events"].clear()
    with pytest.raises(ValueError, match="Schedule"):
        draw_architecture(template)
