"""What a command works with: the user's AWS, the stack that the user named, and its table."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from deployment_notifier.model import DEFAULT_STACK_NAME
from deployment_notifier.sources.registry import PROFILES
from deployment_notifier.table.history import HistoryReader
from deployment_notifier.table.operator_actions import OperatorActions
from deployment_notifier_cli import stack as stacks
from deployment_notifier_cli.errors import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployment_notifier.settings import Settings
    from deployment_notifier.sources.port import Source
    from deployment_notifier_cli.aws import Aws


@dataclass(frozen=True)
class Operator:
    """The user of a command. AWS is first called when something is needed from it.

    Args:
        connect: finds the user's credentials, from a region and a profile.
        stack_name, region, profile: the options of every command.
        as_json: whether programs read the output.
    """

    connect: Callable[[str | None, str | None], Aws]
    stack_name: str = DEFAULT_STACK_NAME
    region: str | None = None
    profile: str | None = None
    as_json: bool = False

    @cached_property
    def aws(self) -> Aws:
        """AWS as the user is signed in to it."""
        return self.connect(self.region, self.profile)

    @cached_property
    def stack(self) -> stacks.Stack:
        """The stack."""
        if not self.stack_name.strip():
            raise UsageError("The stack's name is empty.", "Name it: --stack NAME, or DEPLOYMENT_NOTIFIER_STACK.")
        return stacks.find_stack(self.aws, self.stack_name)

    @cached_property
    def configuration(self) -> Any:  # noqa: ANN401 - its shape is Lambda's
        """The function's configuration."""
        return self.aws.function.get_function_configuration(FunctionName=self.stack.identity.function_name)

    @cached_property
    def function_settings(self) -> tuple[Settings, Mapping[str, str]]:
        """The function's settings, and its environment."""
        return stacks.settings_of(self.configuration, self.stack)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The sources of deployments that the stack watches, by name."""
        settings, environment = self.function_settings
        return self.aws.sources(environment, settings.sources)

    @cached_property
    def reader(self) -> HistoryReader:
        """Reads the table."""
        return HistoryReader(self.aws.dynamodb, self.stack.identity.table_name, self.now)

    @cached_property
    def actions(self) -> OperatorActions:
        """Changes the table."""
        return OperatorActions(
            self.aws.dynamodb, self.stack.identity.table_name, self.stack.history_days, self.reader, self.now
        )

    @staticmethod
    def now() -> datetime:
        """Return the present, in UTC."""
        return datetime.now(UTC)

    def source(self, name: str) -> Source:
        """Return a source by its name.

        Raises:
            CommandError: there is no source of this name, or the stack does not watch it.
        """
        if name in self.sources:
            return self.sources[name]
        if name in PROFILES:
            parameter = f"Its parameter Sources is {','.join(sorted(self.stack.sources))}."
            raise CommandError(f"The stack does not watch the source {name}.", parameter)
        raise CommandError(f"The source {name} is not known.", f"Known: {', '.join(PROFILES)}.")

    def hint(self, command: str, argument: str | None = None) -> str:
        """Return a command line to paste, for the same stack.

        Args:
            command: the command and its options.
            argument: text from outside, such as a deployment's id; it is quoted for a POSIX shell.
        """
        words = [f"deployment-notifier {command}"]
        if self.stack_name != DEFAULT_STACK_NAME:
            words.append(f"--stack {shlex.quote(self.stack_name)}")
        words += [f"--region {shlex.quote(self.region)}"] if self.region else []
        words += [f"--profile {shlex.quote(self.profile)}"] if self.profile else []
        if argument is not None:
            # An argument that starts with a dash would be taken for an option.
            words += [*(["--"] if argument.startswith("-") else []), shlex.quote(argument)]
        return " ".join(words)
