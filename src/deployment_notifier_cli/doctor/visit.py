"""What the doctor's checks share: who is looked at, and what was read once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.text import shell_argument

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.table import Unreadable
    from deployment_notifier_cli.aws import Aws
    from deployment_notifier_cli.stack import Stack
    from deployment_notifier_cli.store import Store


@dataclass(frozen=True)
class Visit:
    """One examination of one stack.

    Attributes:
        now: the present.
    """

    aws: Aws
    stack: Stack
    store: Store
    now: datetime

    @cached_property
    def resources(self) -> list[Any]:
        """The stack's resources, as CloudFormation lists them."""
        pages: Any = self.aws.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.stack.name)
        return [resource for page in pages for resource in page["StackResourceSummaries"]]

    @cached_property
    def configuration(self) -> Any:  # noqa: ANN401 - its shape is Lambda's
        """The function's configuration."""
        return self.aws.function.get_function_configuration(FunctionName=self.stack.place.function_name)

    def named(self, resource_type: str) -> list[str]:
        """The physical names of the stack's resources of a type."""
        return [
            resource["PhysicalResourceId"]
            for resource in self.resources
            if resource["ResourceType"] == resource_type and resource.get("PhysicalResourceId")
        ]

    @property
    def region_option(self) -> str:
        """What an AWS CLI command needs to look where this looks."""
        return f"--region {self.stack.place.region}"

    def delete_command(self, item: Unreadable) -> str:
        """Deletes an item that no other command can name; odd characters in its key are JSON's escapes."""
        key = json.dumps({"DeploymentId": {"S": item.deployment_id}, "Record": {"S": item.record}})
        table = shell_argument(self.stack.place.table_name)
        return f"aws dynamodb delete-item --table-name {table} --key {shell_argument(key)} {self.region_option}"
