"""docs/operations.md and SECURITY.md say what the templates say. test_readme.py looks at the settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.template import grants, load_template

PROJECT = Path(__file__).parents[2]
RESOURCES: dict[str, dict[str, Any]] = load_template()["Resources"]
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.split(r"^## ", OPERATIONS.split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_the_permissions_for_deploying_are_for_the_services_of_the_stack() -> None:
    table = section("Deploy").split("### Permissions for deploying")[1]
    # What SAM makes of a function and its events is of Lambda, of the scheduler, and of IAM for the schedule's role.
    types = {entry["Type"].split("::")[1] for entry in RESOURCES.values()}
    services = {"lambda" if each == "Serverless" else each.lower() for each in types} | {"scheduler"}

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == services | {"cloudformation", "s3"}


def test_the_webhooks_url_is_stored_from_a_file_whose_name_and_not_the_secret_is_in_the_shells_history() -> None:
    # In braces, so that of a pasted block `read` does not take the next line for the URL.
    (block,) = re.findall(r"^   \{ read -rs URL;.*?; \}$", section("Slack"), re.MULTILINE | re.DOTALL)

    assert re.findall(r"put-parameter .* --value (\S+)", OPERATIONS) == ["file://webhook.txt"]
    assert "put-parameter" in block


def test_every_alarm_is_listed() -> None:
    rows = re.findall(r"^\| `(\w+Alarm)` \|", section("Alarms"), re.MULTILINE)

    assert rows == [name for name, entry in RESOURCES.items() if entry["Type"] == "AWS::CloudWatch::Alarm"]


def test_the_alarms_are_counted_in_the_cost() -> None:
    alarms = [entry for entry in RESOURCES.values() if entry["Type"] == "AWS::CloudWatch::Alarm"]
    by_default = sum(entry.get("Condition") in (None, "HasGreengrassV2") for entry in alarms)

    assert by_default == 9
    assert "nine alarms at 0.10, one metric at 0.30 | 1.20" in section("Cost")


def test_every_permission_of_the_functions_is_in_the_security_document() -> None:
    table = (PROJECT / "SECURITY.md").read_text(encoding="utf-8").split("| --- | --- | --- |")[1].split("\n\n")[0]
    roles = ("NotifierRole", "DeviceEventsRole", "SlackRole")
    actions = {action.split(":")[1] for role in roles for action, _ in grants(RESOURCES[role])}

    assert set(re.findall(r"`(?:\w+:)?([A-Z]\w+)`", table)) - {"Queue"} == actions


def test_every_output_is_in_the_data_model() -> None:
    document = (PROJECT / "docs" / "data-model.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", document.split("\n## Outputs\n")[1], re.MULTILINE)

    assert rows == list(load_template()["Outputs"])
