"""All examinations, one after the other; one that cannot be made hides no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from deployment_notifier.errors import NotifierError
from deployment_notifier_cli.aws_errors import explain
from deployment_notifier_cli.errors import AccessError, MissingResourceError
from deployment_notifier_cli.health_checks import (
    event_path,
    notifications,
    permissions,
    resources,
    source_health,
    sweeps,
)
from deployment_notifier_cli.health_checks.context import DoctorContext
from deployment_notifier_cli.health_checks.findings import unknown, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier_cli.health_checks.findings import Finding
    from deployment_notifier_cli.operator_session import Operator

_EXAMINATIONS = (
    ("Stack", resources.stack_resources),
    ("Function", resources.function),
    ("Permissions", permissions.role),
    ("Permissions", permissions.device_events_role),
    ("Schedule", resources.schedule),
    ("Device events", event_path.device_events),
    ("Last sweep", sweeps.last_sweep),
    ("Sources", source_health.sources),
    ("Watches", sweeps.watches),
    ("Subscriptions", notifications.subscribers),
    ("Alerts", notifications.undelivered),
    ("Alarms", notifications.alarms),
)


def examine(operator: Operator) -> Iterator[Finding]:
    """Examine everything, and yield each finding as it is made."""
    context = DoctorContext(operator, operator.now())
    _ = operator.stack  # without the stack there is nothing to examine
    for about, examination in _EXAMINATIONS:
        try:
            yield from examination(context)
        except (ClientError, BotoCoreError, NotifierError) as error:
            reason = explain(error)
            if isinstance(reason, AccessError):
                yield unknown(about, reason.what, denied=reason.action)
            elif isinstance(reason, MissingResourceError):
                yield wrong(about, reason.what, *context.restore())
            else:
                yield wrong(about, reason.what, *reason.advice)
