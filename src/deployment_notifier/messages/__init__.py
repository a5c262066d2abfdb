"""An alert as people and programs get it: design, section 7."""

from deployment_notifier.messages.publication import Message, render, render_minimal

__all__ = ["Message", "render", "render_minimal"]
