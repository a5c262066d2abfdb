"""A stand-in for Slack's incoming webhooks, on loopback: it takes what Slack would take, and shows it."""

from local.slack.render import render
from local.slack.rules import active_markup, violations
from local.slack.standin import Fault, Received, SlackStandIn

__all__ = ["Fault", "Received", "SlackStandIn", "active_markup", "render", "violations"]
