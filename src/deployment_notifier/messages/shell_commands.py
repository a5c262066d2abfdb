"""Commands for a POSIX shell, with every value quoted: those of a source, and the notifier's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.messages.escape import shell_argument
from deployment_notifier.model import DEFAULT_STACK_NAME

if TYPE_CHECKING:
    from deployment_notifier.model import StackIdentity


def source_command(template: str | None, deployment_id: str, identity: StackIdentity) -> str | None:
    """Return one of a source's commands; None if the source has none for this purpose.

    Args:
        template: from the source's profile.
        deployment_id: for `{id}`.
        identity: for `{region}`.
    """
    if template is None:
        return None
    return template.format(id=shell_argument(deployment_id), region=shell_argument(identity.region))


def notifier_command(identity: StackIdentity, command: str, argument: str | None = None) -> str:
    """Return a command of `deployment-notifier` for this stack, which is named unless its name is the default.

    Args:
        identity: the stack.
        command: the command's name, such as `show`.
        argument: text from outside, such as a deployment's id; None for none.
    """
    words = ["deployment-notifier", command]
    if argument is not None:
        words.append(shell_argument(argument))
    if identity.stack_name not in {"", DEFAULT_STACK_NAME}:
        words += ["--stack", shell_argument(identity.stack_name)]
    return " ".join([*words, "--region", shell_argument(identity.region)])


def log_command(identity: StackIdentity) -> str:
    """Return what shows the last hour of the function's log, whose group's name the function's configuration has."""
    region = shell_argument(identity.region)
    group = (
        f"aws lambda get-function-configuration --function-name {shell_argument(identity.function_name)}"
        f" --region {region} --query LoggingConfig.LogGroup --output text"
    )
    return f'aws logs tail "$({group})" --since 1h --region {region}'
