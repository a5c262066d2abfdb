"""Slack by incoming webhook: the second function, which posts what the alert topic carries."""
