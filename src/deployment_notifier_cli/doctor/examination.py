"""All that the doctor looks at, one after the other; what can't be looked at hides nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from deployment_notifier.errors import NotifierError
from deployment_notifier_cli.aws import explained
from deployment_notifier_cli.doctor import hearing, stack, work
from deployment_notifier_cli.doctor.findings import unknown, wrong
from deployment_notifier_cli.doctor.visit import Visit
from deployment_notifier_cli.errors import AccessError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier_cli.doctor.findings import Finding

__all__ = ["Visit", "examine"]

_CHECKS = (
    ("Stack", stack.resources),
    ("Function", stack.function),
    ("Schedule", stack.schedule),
    ("Last sweep", work.last_sweep),
    ("Watches", work.watches),
    ("Subscriptions", hearing.subscribers),
    ("Alerts", hearing.undelivered),
    ("Alarms", hearing.alarms),
)


def examine(visit: Visit) -> Iterator[Finding]:
    """Look at everything, and tell what is found as it is found."""
    for about, check in _CHECKS:
        try:
            yield from check(visit)
        except (ClientError, BotoCoreError, NotifierError) as error:
            reason = explained(error)
            found = unknown if isinstance(reason, AccessError) else wrong
            yield found(about, reason.what, *reason.advice)
