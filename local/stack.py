"""Builds the stack with the real `sam build`, deploys it with the real `sam deploy`, and reads what came of it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config

from local.ministack import REGION
from local.project import PROJECT, program

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from local.progress import Report

NAME = "greengrass-deployment-notifier"
"""The stack's name unless another is asked for; samconfig.toml has the same."""

PACKAGE = PROJECT / ".aws-sam" / "build" / "NotifierFunction"
"""Where `build` leaves the function's package."""

_KEY = "test"
"""What an emulator takes as an access key's two parts."""

_SAM = program("sam", "sam")
_LAST_LINES = 40

# SAM's own words, and what they mean to somebody who waits.
_PHASES = (
    ("Running CustomMakeBuilder", "packaging the function"),
    ("Building codeuri", "installing the function's packages"),
    ("Creating the required resources", "making a bucket for the package"),
    ("Uploading to", "uploading the package"),
    ("Waiting for changeset", "planning the stack"),
    ("Waiting for stack create/update", "creating the stack"),
)


class StackError(Exception):
    """SAM failed; the message holds the end of what it said."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack: its outputs; the last two are None for a stack without that function or queue."""

    name: str
    function_name: str
    table_name: str
    alert_topic_arn: str
    slack_function_name: str | None = None
    device_events_queue_url: str | None = None


def build(report: Report) -> None:
    """Run `sam build`, which leaves the functions' packages in `.aws-sam/`.

    Raises:
        StackError: It failed.
    """
    _sam(["build"], report)


def deploy(
    endpoint: str,
    report: Report,
    *,
    name: str = NAME,
    parameters: Mapping[str, str] | None = None,
) -> Stack:
    """Run `sam deploy` of what was built.

    Args:
        endpoint: where AWS is played, such as `http://127.0.0.1:4566`.
        report: is told how far it is.
        name: the stack's name.
        parameters: those of the template that are to change.

    Raises:
        StackError: It failed.
    """
    command = ["deploy", "--stack-name", name, "--no-progressbar"]
    if parameters:
        command += ["--parameter-overrides", *(f"{key}={value}" for key, value in parameters.items())]
    _sam(command, report, endpoint)
    return find(endpoint, name)


def find(endpoint: str, name: str = NAME) -> Stack:
    """Read a deployed stack's outputs."""
    client = session().client("cloudformation", endpoint_url=endpoint)
    outputs = client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
    values = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    return Stack(
        name,
        values["FunctionName"],
        values["TableName"],
        values["AlertTopicArn"],
        values.get("SlackFunctionName"),
        values.get("DeviceEventsQueueUrl"),
    )


def device_events_function(endpoint: str, name: str = NAME) -> str:
    """The name of the function for device events of a deployed stack."""
    client = session().client("cloudformation", endpoint_url=endpoint)
    found = client.describe_stack_resource(StackName=name, LogicalResourceId="DeviceEventsFunction")
    return found["StackResourceDetail"].get("PhysicalResourceId", "")


def session() -> boto3.Session:
    """What to make boto3 clients of the emulator from; the user's own profile, keys and proxy have no part in it."""
    # A profile that the user has chosen (AWS_PROFILE) would be looked for even where keys are given.
    core = botocore.session.Session(session_vars={"profile": (None, [], None, None)})
    core.set_default_client_config(Config(proxies={}))  # the emulator is on this machine
    return boto3.Session(_KEY, _KEY, region_name=REGION, botocore_session=core)


def delete(endpoint: str, report: Report, *, name: str = NAME) -> None:
    """Run `sam delete`, which keeps the table, as the template says.

    Raises:
        StackError: It failed.
    """
    _sam(["delete", "--stack-name", name, "--no-prompts"], report, endpoint)


def sam_environment(endpoint: str | None = None) -> dict[str, str]:
    """The environment in which SAM talks to `endpoint` and can reach no real account.

    Every AWS setting of the user is left out. SAM's own environment comes first on the path, so that the build finds
    a Python that has pip; SAM keeps its notes in `.venvs/` and not in the user's home.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    path = os.pathsep.join((str(_SAM.parent), os.environ.get("PATH", os.defpath)))
    no_proxy = ",".join(filter(None, ("127.0.0.1,localhost", os.environ.get("NO_PROXY"))))
    return environment | {
        "PATH": path,
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        # A closed port, when there is none to talk to: nothing is sent anywhere by mistake.
        "AWS_ENDPOINT_URL": endpoint or "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "1",
        "__SAM_CLI_APP_DIR": str(_SAM.parents[1] / "settings"),
    }


def _sam(arguments: list[str], report: Report, endpoint: str | None = None) -> None:
    if not _SAM.exists():
        raise StackError(f"{_SAM} is missing; this installs it:  make environments")
    # SAM leaves empty folders in its temporary directory.
    with (
        tempfile.TemporaryDirectory(prefix="sam-") as temporary,
        subprocess.Popen(
            [str(_SAM), *arguments, "--config-file", "local/samconfig.toml"],
            cwd=PROJECT,
            env=sam_environment(endpoint) | {"TMPDIR": temporary},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        try:
            said = _follow(process.stdout or (), report)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        raise StackError(f"'sam {arguments[0]}' failed. The last lines of its output:\n{said}")


def _follow(lines: Iterable[str], report: Report) -> str:
    """Translate what SAM says to `report`; return the end of it."""
    last: deque[str] = deque(maxlen=_LAST_LINES)
    for line in lines:
        last.append(f"    {line.rstrip()}")
        for words, meaning in _PHASES:
            if words in line:
                report(meaning)
        resource = line.split()
        if resource and resource[0] == "CREATE_COMPLETE":
            report(f"created {' '.join(resource[1:])}")
    return "\n".join(last)
