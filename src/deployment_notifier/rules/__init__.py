"""When to alert: pure functions from plain values to plain values. No other place knows."""

from deployment_notifier.rules.source import decide_source
from deployment_notifier.rules.watch import decide

__all__ = ["decide", "decide_source"]
