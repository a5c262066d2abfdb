"""Finding the deployed stack: its outputs name everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from deployment_notifier.errors import SettingsError
from deployment_notifier.model import StackIdentity
from deployment_notifier.settings import Settings, read_settings, topic_parts
from deployment_notifier_cli.errors import AwsUnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from deployment_notifier_cli.aws import Aws

OUTPUTS = ("FunctionName", "TableName", "AlertTopicArn")
_NUMBERS = ("HistoryDays", "CheckEveryMinutes", "UncheckedAfterMinutes", "DiscoverWithinHours")


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed notifier.

    Attributes:
        status: CloudFormation's, such as `UPDATE_COMPLETE`.
        created_at: when it was first deployed.
        sources: the sources that its parameter `Sources` names; empty for `AUTO`.
        history_days, check_every_minutes, unchecked_after_minutes, discover_within_hours: its parameters.
    """

    identity: StackIdentity
    topic_arn: str
    status: str
    created_at: datetime
    sources: frozenset[str]
    history_days: int
    check_every_minutes: int
    unchecked_after_minutes: int
    discover_within_hours: int

    @property
    def name(self) -> str:
        """Its name."""
        return self.identity.stack_name

    @property
    def next_sweep(self) -> str:
        """When the next sweep starts, as the end of a sentence."""
        minutes = self.check_every_minutes
        return "within a minute" if minutes == 1 else f"within {minutes} minutes"

    @property
    def discovery(self) -> str:
        """What is discovered, as a sentence."""
        if not self.discover_within_hours:
            return "Discovery is off (DiscoverWithinHours is 0)."
        return f"Discovery is on: deployments up to {self.discover_within_hours} h old are watched."


def find_stack(aws: Aws, name: str) -> Stack:
    """Find a stack by its name.

    Raises:
        AwsUnavailableError: there is no such stack, or it is no notifier.
    """
    try:
        described: Any = aws.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        # DescribeStacks has no error of its own for this: it is a ValidationError whose text says so.
        if "does not exist" not in str(error):
            raise
        raise _not_found(f"There is no stack {name} in {aws.region}.", aws) from error
    outputs, parameters = _pairs(described, "Output"), _pairs(described, "Parameter")
    topic = topic_parts(outputs.get("AlertTopicArn", ""))
    lacking = [f"the output {each}" for each in OUTPUTS if each not in outputs]
    lacking += [] if "Sources" in parameters else ["the parameter Sources"]
    lacking += [
        f"the parameter {each}" for each in _NUMBERS if not re.fullmatch("[0-9]{1,6}", parameters.get(each, ""))
    ]
    if lacking or topic is None:
        raise _not_found(
            f"The stack {name} in {aws.region} ({described['StackStatus']}) is not a notifier, or its deployment did"
            f" not succeed: it lacks {(lacking or ['a valid AlertTopicArn'])[0]}.",
            aws,
        )
    topic_arn, partition, region, account = topic
    return Stack(
        StackIdentity(partition, region, account, outputs["FunctionName"], outputs["TableName"], name),
        topic_arn,
        described["StackStatus"],
        described["CreationTime"],
        frozenset(parameters["Sources"].split(",")) - {"AUTO"},
        *(int(parameters[each]) for each in _NUMBERS),
    )


def settings_of(configuration: Mapping[str, Any], stack: Stack) -> tuple[Settings, Mapping[str, str]]:
    """Return the function's settings and its environment.

    Raises:
        AwsUnavailableError: the function cannot start with them.
    """
    environment: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})
    try:
        return read_settings(environment | {"AWS_LAMBDA_FUNCTION_NAME": stack.identity.function_name}), environment
    except SettingsError as error:
        raise AwsUnavailableError(str(error), "Correct the stack's parameters and deploy it again.") from error


def _not_found(what: str, aws: Aws) -> AwsUnavailableError:
    others = _notifiers(aws)
    if others:
        return AwsUnavailableError(
            what, f"Notifiers in {aws.region}: {', '.join(others)}. Choose one: --stack {others[0]}"
        )
    return AwsUnavailableError(
        what,
        "Name another: --stack NAME --region REGION  (or set DEPLOYMENT_NOTIFIER_STACK and AWS_REGION).",
        "Or deploy one: make deploy",
    )


def _notifiers(aws: Aws) -> list[str]:
    """The stacks of this account and region that look like notifiers; empty if they cannot be listed."""
    try:
        pages = list(aws.cloudformation.get_paginator("describe_stacks").paginate())
    except (ClientError, BotoCoreError):
        return []
    stacks: list[Any] = [stack for page in pages for stack in page["Stacks"]]
    return [stack["StackName"] for stack in stacks if _pairs(stack, "Output").keys() >= set(OUTPUTS)]


def _pairs(described: Mapping[str, Any], what: str) -> dict[str, str]:
    return {entry[f"{what}Key"]: entry.get(f"{what}Value", "") for entry in described.get(f"{what}s", ())}
