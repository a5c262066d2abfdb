"""The options that every command has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any

import typer

from deployment_notifier_cli import aws as aws_module
from deployment_notifier_cli import stack as stack_module
from deployment_notifier_cli.changes import Changes
from deployment_notifier_cli.store import Store

_WHERE = "Where to look"

StackOption = Annotated[
    str,
    typer.Option(
        "--stack",
        help="The notifier's CloudFormation stack.",
        envvar="DEPLOYMENT_NOTIFIER_STACK",
        metavar="NAME",
        rich_help_panel=_WHERE,
    ),
]
RegionOption = Annotated[
    str | None,
    typer.Option("--region", help="AWS region. Unset: as for the AWS CLI.", metavar="NAME", rich_help_panel=_WHERE),
]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="AWS profile. Unset: as for the AWS CLI.", metavar="NAME", rich_help_panel=_WHERE),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


@dataclass(frozen=True)
class Operator:
    """What a command works with.

    Attributes:
        aws: AWS as the operator is signed in to it.
        stack: the stack that was asked for.
    """

    aws: aws_module.Aws
    stack: stack_module.Stack

    @cached_property
    def store(self) -> Store:
        """Reads the table."""
        return Store(self.aws.dynamodb, self.stack.place.table_name, self.now)

    @cached_property
    def changes(self) -> Changes:
        """Changes the table."""
        return Changes(
            self.aws.dynamodb, self.stack.place.table_name, self.stack.history_days, self.store, clock=self.now
        )

    @property
    def next_sweep(self) -> str:
        """When the next sweep comes, as the end of a sentence."""
        minutes = self.stack.check_every_minutes
        return "within a minute" if minutes == 1 else f"within {minutes} minutes"

    @staticmethod
    def now() -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)


def operator(context: typer.Context, stack: str, region: str | None, profile: str | None) -> Operator:
    """Sign in and find the stack.

    Args:
        context: Typer's; a test puts its own way to AWS there.
        stack: the stack's name.
        region: AWS's; None for the operator's own.
        profile: likewise.

    Raises:
        CommandError: nobody is signed in, or there is no such stack.
    """
    connect: Any = context.obj or aws_module.connect
    aws = connect(region, profile)
    return Operator(aws, stack_module.find(aws, stack))
