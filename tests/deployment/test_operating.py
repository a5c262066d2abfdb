"""An operator's commands on the deployed stack: doctor, test-alert, watch, check, show, resend, unwatch."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from local.stack import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.deployment.deployed import Deployed

_SOURCES = Path(__file__).parents[2] / "src"


class _Terminal:
    """Runs commands in processes of their own, as an operator would."""

    def __init__(self, deployed: Deployed) -> None:
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(_SOURCES),
            **deployed.operator_environment,
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command."""
        command = [sys.executable, "-m", "deployment_notifier_cli", *words]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603 - this Python

    def read(self, *words: str) -> Any:  # noqa: ANN401 - whatever JSON it prints
        """Run one command with --json, and parse what it prints."""
        done = self.run(*words, "--json")
        assert done.stdout, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def terminal(deployed_stack: Deployed) -> _Terminal:
    return _Terminal(deployed_stack)


@pytest.fixture(scope="module")
def inbox(deployed_stack: Deployed) -> Iterator[str]:
    """A queue that is subscribed to the topic."""
    with deployed_stack.subscribed_queue("operating") as url:
        yield url


def _received(deployed: Deployed, inbox: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while found := deployed.queues.receive_message(QueueUrl=inbox, WaitTimeSeconds=1).get("Messages"):
        for message in found:
            events.append(json.loads(message["Body"]))
            deployed.queues.delete_message(QueueUrl=inbox, ReceiptHandle=message["ReceiptHandle"])
    return events


def _sweep(deployed: Deployed) -> None:
    answer = deployed.functions.invoke(FunctionName=deployed.stack.function_name)
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_the_commands_work_on_the_deployed_stack(deployed_stack: Deployed, terminal: _Terminal, inbox: str) -> None:
    assert deployed_stack.stack.name == NAME
    _sweep(deployed_stack)

    examined = terminal.read("doctor")
    levels = {finding["about"]: (finding["level"], finding["what"]) for finding in examined["findings"]}
    for about in (
        "Stack",
        "Function",
        "Permissions",
        "Schedule",
        "Last sweep",
        "Sources",
        "Subscriptions",
        "Alerts",
        "Alarms",
    ):
        assert levels[about][0] == "ok", levels[about]

    tried = terminal.run("test-alert")
    assert tried.returncode == 0, tried.stderr
    assert "operating gets it" in tried.stdout
    assert [event["type"] for event in _received(deployed_stack, inbox)] == ["greengrass-deployment.TEST"]

    deployment_id = deployed_stack.greengrass.play("fails")
    watched = terminal.run("watch", deployment_id)
    # The stack's own schedule may have discovered it just before.
    assert re.search(rf"{deployment_id} (\(.*\) )?is (already )?watched", watched.stdout), watched.stderr
    _sweep(deployed_stack)
    assert deployment_id in terminal.run("list").stdout
    deployed_stack.greengrass.advance(60)
    assert terminal.read("check", deployment_id)["wouldAlert"]["kind"] == "FAILED"
    _sweep(deployed_stack)

    shown = terminal.run("show", deployment_id)
    assert shown.returncode == 0, shown.stderr
    assert "-> Failed" in shown.stdout
    assert "ALERT FAILED (critical)" in shown.stdout
    assert "published " in shown.stdout
    assert terminal.read("show", deployment_id)["targets"]["reasons"][0]["code"] == "NotAuthorized"
    assert "Why groups failed" in shown.stdout
    (alert,) = (event for event in _received(deployed_stack, inbox) if event["subject"] == deployment_id)
    assert alert["data"]["kind"] == "FAILED"
    assert alert["data"]["targets"]["reasons"][0]["code"] == "NotAuthorized"

    assert terminal.run("resend", alert["id"]).returncode == 0
    _sweep(deployed_stack)
    assert [event["id"] for event in _received(deployed_stack, inbox)] == [alert["id"]]
    assert terminal.run("unwatch", deployment_id).returncode == 0
