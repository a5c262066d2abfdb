"""The documents say what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from deployment_notifier.messages.event import decode, encode
from deployment_notifier.model import DEFAULT_KINDS, DEFAULT_STACK_NAME, Kind, StackIdentity

DOCS = Path(__file__).parents[2] / "docs"
ALERTS = (DOCS / "alerts.md").read_text(encoding="utf-8")
DATA_MODEL = (DOCS / "data-model.md").read_text(encoding="utf-8")


def test_the_table_of_alerts_has_every_kind_in_its_order_with_its_severity_and_default() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]\(#(\w+)\) \| (\w+) \| (on|off) \| [^|]+ \| [^|]+ \|$", ALERTS, re.MULTILINE)
    assert rows == [(kind, kind.lower(), kind.severity, "on" if kind in DEFAULT_KINDS else "off") for kind in Kind]


def test_every_kind_of_alert_has_a_section_of_its_own() -> None:
    assert [title for title in re.findall(r"^## (\w+)$", ALERTS, re.MULTILINE) if title.isupper()] == list(Kind)


def test_the_event_in_the_document_is_what_its_alert_is_published_as() -> None:
    (shown,) = (
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", DATA_MODEL, re.DOTALL) if "specv" in block
    )
    alert = decode(shown)
    assert alert is not None
    identity = StackIdentity("aws", "eu-west-1", "123456789012", "function", "table", DEFAULT_STACK_NAME)
    assert encode(alert, identity) == shown


def test_each_field_of_the_event_in_the_table_exists() -> None:
    (shown,) = (
        json.loads(block) for block in re.findall(r"```json\n(.*?)```", DATA_MODEL, re.DOTALL) if "specv" in block
    )
    for path in re.findall(r"`(data\.[\w.]+)`", DATA_MODEL):
        found: Any = shown
        for name in path.split("."):
            assert name == "test" or name in found
            found = found.get(name)
