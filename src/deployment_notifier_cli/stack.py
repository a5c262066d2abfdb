"""Finding the deployed stack: its outputs say where everything else is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from deployment_notifier.errors import SettingsError
from deployment_notifier.model import Place
from deployment_notifier.settings import Settings, read_settings
from deployment_notifier_cli.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from deployment_notifier_cli.aws import Aws

DEFAULT_NAME = "greengrass-deployment-notifier"

OUTPUTS = ("FunctionName", "TableName", "AlertTopicArn")

_DEFAULTS = {"HistoryDays": 90, "CheckEveryMinutes": 1, "UncheckedAfterMinutes": 10}
"""The template's own, for a stack of an older template that lacks such a parameter."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed notifier.

    Attributes:
        status: CloudFormation's, such as `UPDATE_COMPLETE`.
        created_at: when it was first deployed.
        parameters: what it was deployed with.
    """

    name: str
    status: str
    topic_arn: str
    place: Place
    created_at: datetime | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def history_days(self) -> int:
        """Days after which what has ended expires."""
        return self._number("HistoryDays")

    @property
    def check_every_minutes(self) -> int:
        """Minutes between two sweeps."""
        return self._number("CheckEveryMinutes")

    @property
    def unchecked_after_minutes(self) -> int:
        """Minutes of failing checks after which that is told."""
        return self._number("UncheckedAfterMinutes")

    def _number(self, parameter: str) -> int:
        text = self.parameters.get(parameter, "")
        return int(text) if re.fullmatch("[0-9]{1,6}", text) else _DEFAULTS[parameter]


def find(aws: Aws, name: str) -> Stack:
    """Read a stack's outputs and parameters.

    Args:
        aws: where to look.
        name: the stack's name.

    Raises:
        UnavailableError: there is no such stack, or it is no notifier.
    """
    try:
        described: Any = aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        # DescribeStacks has no error of its own for this: it is a ValidationError whose text says so.
        if "does not exist" not in str(error):
            raise
        raise _no_stack(f"There is no stack {name} in {aws.region}.", aws) from error
    outputs = _pairs(described, "Output")
    missing = [output for output in OUTPUTS if output not in outputs]
    topic = re.fullmatch(r"arn:([\w-]+):sns:([\w-]+):(\d{12}):.+", outputs.get("AlertTopicArn", ""))
    if missing or topic is None:
        status = described.get("StackStatus")
        raise _no_stack(
            f"The stack {name} in {aws.region} ({status}) lacks the output {(missing or OUTPUTS[-1:])[0]}: it is no"
            " notifier, or was never deployed to its end.",
            aws,
        )
    partition, region, account = topic.groups()
    return Stack(
        name=name,
        status=described.get("StackStatus", ""),
        topic_arn=outputs["AlertTopicArn"],
        place=Place(partition, region, account, outputs["FunctionName"], outputs["TableName"]),
        created_at=described.get("CreationTime"),
        parameters=_pairs(described, "Parameter"),
    )


def function_settings(aws: Aws, stack: Stack) -> tuple[Settings, Mapping[str, str]]:
    """Read the settings that the function runs with.

    Returns:
        The settings, and the environment that they were read from.

    Raises:
        UnavailableError: the function could not start with them.
    """
    configuration: Any = aws.function.get_function_configuration(FunctionName=stack.place.function_name)
    return read_function(configuration, stack)


def read_function(configuration: Mapping[str, Any], stack: Stack) -> tuple[Settings, Mapping[str, str]]:
    """Read the settings from what GetFunctionConfiguration returned; as for `function_settings`."""
    environment: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})
    try:
        return read_settings(environment | {"AWS_LAMBDA_FUNCTION_NAME": stack.place.function_name}), environment
    except SettingsError as error:
        raise UnavailableError(str(error), "Correct it by deploying the stack again.") from error


def _no_stack(what: str, aws: Aws) -> UnavailableError:
    others = _notifiers(aws)
    if others:
        return UnavailableError(what, f"Notifiers here: {', '.join(others)}. Choose one: --stack {others[0]}")
    return UnavailableError(
        what,
        "Name another: --stack NAME --region REGION  (or set DEPLOYMENT_NOTIFIER_STACK and AWS_REGION).",
        "Deploy one: make deploy",
    )


def _notifiers(aws: Aws) -> list[str]:
    """The stacks of this account and region that look like notifiers; empty where they can't be listed."""
    try:
        pages = list(aws.cloudformation.get_paginator("describe_stacks").paginate())
    except (ClientError, BotoCoreError):
        return []
    stacks: list[Any] = [stack for page in pages for stack in page["Stacks"]]
    return [stack["StackName"] for stack in stacks if _pairs(stack, "Output").keys() >= set(OUTPUTS)]


def _pairs(described: Mapping[str, Any], what: str) -> dict[str, str]:
    return {entry[f"{what}Key"]: entry.get(f"{what}Value", "") for entry in described.get(f"{what}s", ())}
