"""Commands for a POSIX shell, with every value quoted: those of a source, and the notifier's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.messages.escape import shell_argument
from deployment_notifier.model import DEFAULT_STACK_NAME

if TYPE_CHECKING:
    from deployment_notifier.model import Alert, StackIdentity


def source_command(template: str | None, alert: Alert, identity: StackIdentity) -> str | None:
    """Return one of a source's commands; None if the source has none for this purpose, or what it takes is not known.

    Args:
        template: from the source's profile.
        alert: for `{id}`, `{job}` and `{device}`, the first target that failed.
        identity: for `{region}`.
    """
    if template is None:
        return None
    devices = [name for reason in (alert.results.reasons if alert.results else ()) for name in reason.targets]
    values = {
        "id": alert.deployment_id,
        "region": identity.region,
        "job": alert.details.get("iotJobId"),
        "device": devices[0] if devices else None,
    }
    quoted = {name: shell_argument(value) for name, value in values.items() if value}
    try:
        return template.format_map(quoted)
    except KeyError:
        return None


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
