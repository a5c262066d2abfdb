"""`deployment-notifier resend`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.table.operator_actions import split_alert_id
from deployment_notifier_cli.arguments import AlertArgument, alert_id
from deployment_notifier_cli.console import print_message
from deployment_notifier_cli.errors import Exit, NotFoundError
from deployment_notifier_cli.json_output import print_json

if TYPE_CHECKING:
    from deployment_notifier.table.history import StoredAlert
    from deployment_notifier_cli.operator_session import Operator


def resend(operator: Operator, alert: AlertArgument) -> Exit:
    """Publish an alert again; or now, if it waits after a failure.

    The next sweep publishes it under the same id, so a program that drops repeats drops it.

    Example:  deployment-notifier resend 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901/2026-11-23T10:04:00.123Z
    """
    alert = alert_id(operator, alert)
    before = find_alert(operator, alert)
    if not operator.actions.resend(alert):
        raise being_published(alert)
    if operator.as_json:
        minutes = operator.stack.check_every_minutes
        print_json({"alertId": alert, "stateBefore": before.state, "isPublishedWithinMinutes": minutes})
    else:
        print_message(
            f"{before.alert.kind} {alert} will be published {operator.stack.next_sweep}."
            f" Its delivery state was: {before.state}.",
            f"See its delivery: {operator.hint('show', before.alert.deployment_id)}",
        )
    return Exit.DONE


def find_alert(operator: Operator, alert: str) -> StoredAlert:
    """Return an alert as it is now.

    Raises:
        NotFoundError: there is no such alert, or it cannot be read.
    """
    deployment_id, record = split_alert_id(alert)
    history = operator.reader.read(deployment_id)
    for stored in history.alerts:
        if stored.alert.id == alert:
            return stored
    for item in history.unreadable:
        if item.record == record:
            raise NotFoundError(
                f"The alert {alert} cannot be read: {item.reason}.",
                f"Take it out of the queue: {operator.hint('discard', alert)}",
            )
    raise NotFoundError(f"There is no alert {alert}.", f"List the alerts: {operator.hint('show', deployment_id)}")


def being_published(alert: str) -> NotFoundError:
    """Return the error for an alert that a sweep has leased."""
    return NotFoundError(f"A sweep is publishing the alert {alert} at this moment.", "Look again in two minutes.")
