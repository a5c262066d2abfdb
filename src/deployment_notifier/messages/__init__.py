"""An alert as people and programs get it: built once as content, and laid out for each protocol of the SNS topic."""

from deployment_notifier.messages.message import Message
from deployment_notifier.messages.minimal import render_minimal
from deployment_notifier.messages.sns import render

__all__ = ["Message", "render", "render_minimal"]
