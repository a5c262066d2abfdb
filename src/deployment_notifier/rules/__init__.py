"""When to alert: pure functions from values to values. No other package decides that."""

from deployment_notifier.rules.deployment import decide, decide_unanswered, needs_results
from deployment_notifier.rules.follow_up import best_results, is_due, resumable_scan
from deployment_notifier.rules.source import decide_source, discovery_window

__all__ = [
    "best_results",
    "decide",
    "decide_source",
    "decide_unanswered",
    "discovery_window",
    "is_due",
    "needs_results",
    "resumable_scan",
]
