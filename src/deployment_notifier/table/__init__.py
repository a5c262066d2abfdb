"""The only code that knows how things are stored."""

from deployment_notifier.table.calls import CLIENT_CONFIG, SECONDS_PER_WRITE
from deployment_notifier.table.outbox import DeliverQueue, Lease, Outbox, PendingAlert
from deployment_notifier.table.unreadable import Unreadable
from deployment_notifier.table.watches import CheckQueue, Watches

__all__ = [
    "CLIENT_CONFIG",
    "SECONDS_PER_WRITE",
    "CheckQueue",
    "DeliverQueue",
    "Lease",
    "Outbox",
    "PendingAlert",
    "Unreadable",
    "Watches",
]
