"""`make deploy`, in a clone of its own: what it asks, what it hands to SAM, and what it keeps."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from local.ministack import REGION
from local.project import PROJECT, program
from local.stack import NAME

if TYPE_CHECKING:
    from pathlib import Path

    from tests.deployment.deployed import Deployed

EXISTING = f"deploy --stack-name {NAME} --region {REGION}"
NEW = "deploy --stack-name new --region eu-west-1"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone that nobody has deployed from; its SAM writes down what it is asked for, and deploys nothing."""
    clone = tmp_path / "a clone"
    (clone / "local").mkdir(parents=True)
    for name in ("template.yaml", "samconfig.toml", "local/__init__.py", "local/deploy.py"):
        shutil.copy(PROJECT / name, clone / name)
    sam = clone / "sam"
    sam.write_text('#!/bin/sh\necho "$@" >asked\n', encoding="utf-8")
    sam.chmod(0o755)
    return clone


def deploy(clone: Path, deployed: Deployed, parameters: list[str], answers: str) -> str:
    """Run it; return what SAM was asked for."""
    done = subprocess.run(  # noqa: S603 - our own module
        [program("sam", "python"), "-m", "local.deploy", *parameters],
        cwd=clone,
        env=deployed.operator_environment | {"PATH": f"{clone}{os.pathsep}{os.defpath}"},
        input=answers,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return (clone / "asked").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize(
    ("parameters", "answers", "asked"),
    [
        # A colleague who only presses Enter changes no parameter of the stack that is there.
        ([], "\n\n", EXISTING),
        (["AlertOn=DEFAULT, STOPPED"], "\n\n", f'{EXISTING} --parameter-overrides AlertOn="DEFAULT, STOPPED"'),
        # A new stack needs an address, or the decision for none.
        ([], "new\neu-west-1\nops@example.com\n", f'{NEW} --parameter-overrides AlertEmail="ops@example.com"'),
        (["AlertEmail="], "new\neu-west-1\n", f'{NEW} --parameter-overrides AlertEmail=""'),
    ],
)
def test_it_asks_for_what_is_unknown_and_sets_only_what_is_named(
    deployed_stack: Deployed, clone: Path, parameters: list[str], answers: str, asked: str
) -> None:
    assert deploy(clone, deployed_stack, parameters, answers) == asked


def test_parameters_that_sam_would_set_each_time_are_refused(deployed_stack: Deployed, clone: Path) -> None:
    with (clone / "samconfig.toml").open("a", encoding="utf-8") as settings:
        settings.write('parameter_overrides = "Dashboard=false"\n')

    with pytest.raises(AssertionError, match="Take the line parameter_overrides out of it, and use SET"):
        deploy(clone, deployed_stack, [], "\n\n")


@pytest.mark.parametrize("parameter", ["AlerOn=FAILED", "STOPPED", "Resources=x"])
def test_what_is_no_parameter_is_refused_and_named(deployed_stack: Deployed, clone: Path, parameter: str) -> None:
    with pytest.raises(AssertionError, match=f"SET holds '{parameter}'.*AlertEmail, .*GreengrassEndpointUrl"):
        deploy(clone, deployed_stack, [parameter], "\n\n")


def test_a_stack_whose_changes_were_never_applied_is_a_new_one(deployed_stack: Deployed, clone: Path) -> None:
    client = deployed_stack.session.client("cloudformation", endpoint_url=deployed_stack.endpoint)
    template = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    client.create_change_set(StackName="never", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=template)
    assert client.describe_stacks(StackName="never")["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"

    assert "AlertEmail" in deploy(clone, deployed_stack, [], f"never\n{REGION}\nops@example.com\n")
    client.delete_stack(StackName="never")


def test_it_asks_again_until_the_stack_is_there(deployed_stack: Deployed, clone: Path) -> None:
    # The changes were shown and refused.
    deploy(clone, deployed_stack, [], "new\neu-west-1\n\n")

    assert deploy(clone, deployed_stack, [], "\n\n") == EXISTING
    assert deploy(clone, deployed_stack, [], "") == EXISTING
