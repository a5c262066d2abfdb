"""README.md says what the template and the code say, and its commands work as they are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from deployment_notifier.model import DEFAULT_KINDS, Kind
from local.project import PROJECT
from tests.template import load_template

if TYPE_CHECKING:
    from pathlib import Path

    from tests.deployment.deployed import Deployed

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
ACCOUNT = "# needs an AWS account"
GREENGRASS = ("AWS_ENDPOINT_URL_GREENGRASS", "AWS_ENDPOINT_URL_GREENGRASSV2", "AWS_ENDPOINT_URL_IOT")
COMMAND_LINE = next(block for block in BLOCKS if "pip install" in block)


def section(title: str) -> str:
    return re.split(r"^## ", README.split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_every_parameter_is_listed_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`|empty) \|", section("Configuration"), re.MULTILINE)

    assert rows == [(name, entry["Default"]) for name, entry in load_template()["Parameters"].items()]


def test_every_kind_of_alert_is_listed_with_its_severity_and_whether_it_is_off() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", section("Alerts"), re.MULTILINE)

    assert [(kind, severity) for kind, severity, _ in rows] == [(kind, kind.severity) for kind in Kind]
    assert {kind for kind, _, meaning in rows if "off by default" in meaning} == set(Kind) - DEFAULT_KINDS


def test_each_command_is_run_by_a_test_or_by_ci_or_says_that_it_needs_an_account() -> None:
    workflow = yaml.safe_load((PROJECT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    in_ci = {step.get("run") for job in workflow["jobs"].values() for step in job["steps"]}
    for block in BLOCKS:
        commands = [line.partition("  #")[0].strip() for line in block.splitlines()]
        assert block == COMMAND_LINE or block.startswith(ACCOUNT) or in_ci >= set(commands), block


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What somebody has who clones the repository, in a folder with a space."""
    folder = tmp_path / "a clone"
    names = ("pyproject.toml", "README.md", "LICENSE", "src")
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    folder.mkdir()
    for name in names:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=left_out)
        else:
            shutil.copy(source, folder)
    return folder


def test_the_command_line_is_installed_and_used_as_it_is_written(deployed_stack: Deployed, checkout: Path) -> None:
    answer = deployed_stack.functions.invoke(FunctionName=deployed_stack.stack.function_name)
    assert not answer.get("FunctionError")
    deployment_id = deployed_stack.greengrass.play("fails")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VIRTUAL_ENV"))}
    environment |= deployed_stack.operator_environment
    environment |= dict.fromkeys(GREENGRASS, deployed_stack.greengrass.url)
    # The one line that is no command of README's: what somebody does whose deployment has not been found yet.
    watch = f"deployment-notifier watch {deployment_id}\n"
    typed = COMMAND_LINE.replace("deployment-notifier list", f"{watch}deployment-notifier list")
    script = "shopt -s expand_aliases\nset -ex\n" + re.sub(r"\bID\b", deployment_id, typed)
    with deployed_stack.subscribed_queue("readme"):
        done = subprocess.run(  # noqa: S603 - what README.md has
            ["bash", "-c", script],  # noqa: S607 - found on the path
            cwd=checkout,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout + done.stderr
    for part in ("All is well", "readme gets it", deployment_id):
        assert part in done.stdout, done.stdout + done.stderr
