"""`deployment-notifier discard`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deployment_notifier_cli.arguments import AlertArgument, alert_id
from deployment_notifier_cli.commands.resend import being_published, find_alert
from deployment_notifier_cli.console import print_message
from deployment_notifier_cli.errors import Exit, NotFoundError, UsageError
from deployment_notifier_cli.json_output import print_json

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator


def discard(
    operator: Operator,
    alert: AlertArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> Exit:
    """Do not publish an alert that waits. It stays in the history as discarded; 'resend' publishes it after all.

    For an alert that SNS never accepts, or that cannot be read.

    Example:  deployment-notifier discard 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901/2026-11-23T10:04:00.123Z
    """
    alert = alert_id(operator, alert)
    if not yes and not _is_confirmed(f"Discard {alert}, so that no subscriber gets it?"):
        print_message("Nothing was changed.")
        return Exit.FINDING
    if not operator.actions.discard(alert):
        stored = find_alert(operator, alert)
        if stored.is_pending:
            raise being_published(alert)
        raise NotFoundError(f"The alert {alert} does not wait: it is {stored.state}.")
    if operator.as_json:
        print_json({"alertId": alert, "result": "discarded"})
    else:
        print_message(f"{alert} is discarded.", f"Undo: {operator.hint('resend', alert)}")
    return Exit.DONE


def _is_confirmed(question: str) -> bool:
    try:
        return typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo(err=True)
        raise UsageError("Not confirmed, so nothing was changed.", "Add --yes in a script.") from None
