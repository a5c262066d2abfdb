"""The only code that knows items: docs/data-model.md describes them."""

from deployment_notifier.table.dynamodb_calls import CLIENT_CONFIG
from deployment_notifier.table.outbox import Lease, Outbox, PendingAlert, PendingAlerts
from deployment_notifier.table.unreadable import Unreadable
from deployment_notifier.table.watches import ActiveWatches, Watches

__all__ = [
    "CLIENT_CONFIG",
    "ActiveWatches",
    "Lease",
    "Outbox",
    "PendingAlert",
    "PendingAlerts",
    "Unreadable",
    "Watches",
]
