"""The demonstration's Slack channel: a stand-in on this machine that the deployed Slack function posts to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local.slack.rules import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3

    from local.slack import SlackStandIn

PARAMETER = "/notifier/slack-webhook"
"""The SSM parameter with the webhook's URL, which the stack is told the name of."""

# The last line of each alert's message.
_ALERT_ID = re.compile(r"^Alert: \S+ (\S+/[\dT:.-]+Z)$", re.MULTILINE)


class Channel:
    """What has been posted since one last looked.

    Args:
        slack: listens.
    """

    def __init__(self, slack: SlackStandIn) -> None:
        self._slack = slack
        self._seen = 0

    def keep_url(self, session: boto3.Session, endpoint: str) -> None:
        """Put the webhook's URL where the stack's function reads it, as an administrator does before deploying."""
        client = session.client("ssm", endpoint_url=endpoint)
        client.put_parameter(Name=PARAMETER, Value=self._slack.url, Type="SecureString")

    def new_messages(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The messages that Slack would have taken, each with the id of its alert."""
        received = self._slack.received
        fresh, self._seen = received[self._seen :], len(received)
        for each in fresh:
            if each.word == "ok":
                found = (_ALERT_ID.search(text["text"]) for text in texts(each.payload))
                yield next((match[1] for match in found if match), ""), each.payload

    @property
    def refused(self) -> list[str]:
        """What Slack would not have taken, and why."""
        return [f"{each.word}: {'; '.join(each.problems)}" for each in self._slack.received if each.word != "ok"]
