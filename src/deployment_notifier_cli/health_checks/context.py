"""What the examinations share, read once."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.escape import one_line
from deployment_notifier.table import Watches
from deployment_notifier_cli.health_checks.findings import wrong

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.table import ActiveWatches, Unreadable
    from deployment_notifier_cli.health_checks.findings import Finding
    from deployment_notifier_cli.operator_session import Operator
    from deployment_notifier_cli.stack import Stack

UPDATE_AGAIN = (
    'Remove the cause. Then deploy with a change, such as another HistoryDays:  make deploy SET="HistoryDays=DAYS"  '
    "(CloudFormation does nothing without a change)."
)
"""What to do about a function of which an update failed."""


@dataclass(frozen=True)
class DoctorContext:
    """One run of `doctor`.

    Attributes:
        now: when it started.
    """

    operator: Operator
    now: datetime

    @property
    def stack(self) -> Stack:
        """The stack."""
        return self.operator.stack

    @property
    def period(self) -> timedelta:
        """The time between two sweeps."""
        return timedelta(minutes=self.stack.check_every_minutes)

    @cached_property
    def resources(self) -> list[Any]:
        """The stack's resources, as CloudFormation lists them."""
        pages: Any = self.operator.aws.cloudformation.get_paginator("list_stack_resources")
        found = pages.paginate(StackName=self.stack.name)
        return [resource for page in found for resource in page["StackResourceSummaries"]]

    @cached_property
    def active(self) -> ActiveWatches:
        """What the sweeps check, as they read it themselves."""
        dynamodb, table_name = self.operator.aws.dynamodb, self.stack.identity.table_name
        return Watches(dynamodb, table_name, self.stack.history_days).load_active()

    def physical_name(self, logical_id: str) -> str | None:
        """Return the physical name of one of the stack's resources; None if the stack has no such resource."""
        names = {each["LogicalResourceId"]: each.get("PhysicalResourceId") for each in self.resources}
        return names.get(logical_id)

    @cached_property
    def device_events_function(self) -> Any:  # noqa: ANN401 - its shape is Lambda's
        """The configuration of the function for device events; None if the stack has none."""
        name = self.physical_name("DeviceEventsFunction")
        return self.operator.aws.function.get_function_configuration(FunctionName=name) if name else None

    def is_relied_upon(self, source: str) -> bool:
        """Return whether the notifier reports a source that does not answer, by the sweep's own rule."""
        states = self.active.states
        if source in self.stack.sources or any(watch.source == source for watch in self.active.watches):
            return True
        answering = {name for name, state in states.items() if state.answering_since}
        return source in answering or not answering

    def named(self, resource_type: str) -> list[str]:
        """Return the physical names of the stack's resources of a type."""
        return [
            resource["PhysicalResourceId"]
            for resource in self.resources
            if resource["ResourceType"] == resource_type and resource.get("PhysicalResourceId")
        ]

    @property
    def region_option(self) -> str:
        """The option with which a command of the AWS CLI looks in the stack's region."""
        return f"--region {shlex.quote(self.stack.identity.region)}"

    def is_overdue(self, since: datetime) -> bool:
        """Return whether a failure has lasted so long that the notifier sends an alert about it, too."""
        return self.now - since >= timedelta(minutes=self.stack.unchecked_after_minutes)

    def restore(self) -> tuple[str, ...]:
        """Return how to bring back what was deleted or changed outside CloudFormation.

        Deploying the same template again is no change to CloudFormation. docs/operations.md explains the commands.
        """
        name = f"--stack-name {shlex.quote(self.stack.name)} {self.region_option}"
        change_set = f"{name} --change-set-name restore"
        previous = "Stacks[0].Parameters[].{ParameterKey: ParameterKey, UsePreviousValue: `true`}"
        parameters = f"aws cloudformation describe-stacks {name} --output json --query '{previous}'"
        create = (
            f"aws cloudformation create-change-set {change_set} --use-previous-template --deployment-mode REVERT_DRIFT"
        )
        return (
            "Deploying the same template again does not restore it. Make a change set that reverts all manual changes:",
            f'{create} --capabilities CAPABILITY_IAM --parameters "$({parameters})"',
            f"Read what it would do: aws cloudformation describe-change-set {change_set}",
            f"Then: aws cloudformation execute-change-set {change_set}",
        )

    def unreadable(self, about: str, item: Unreadable, way_out: str | None) -> Finding:
        """Return the finding about an item that cannot be read.

        Args:
            about: what was examined.
            item: the item.
            way_out: what to do instead of correcting it; None if only deleting it helps.
        """
        what = f"{item.deployment_id} {item.record} cannot be read: {item.reason}."
        table = self.stack.identity.table_name
        if way_out is None or item.deployment_id != one_line(item.deployment_id):
            # JSON escapes unusual characters, so that this can be pasted.
            key = json.dumps({"DeploymentId": {"S": item.deployment_id}, "Record": {"S": item.record}})
            delete = f"aws dynamodb delete-item --table-name {shlex.quote(table)} --key {shlex.quote(key)}"
            way_out = f"delete it: {delete} {self.region_option}"
        return wrong(about, what, f"Correct it in table {table}.", f"Or {way_out}")
