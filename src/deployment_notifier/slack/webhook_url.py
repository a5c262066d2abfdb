"""The webhook's URL: read from an SSM SecureString and kept for some minutes.

Anyone who has the URL can post to the channel, so it is a secret: no log line and no error contains it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from deployment_notifier.slack.errors import UnavailableError, WebhookError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_ssm import SSMClient

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
"""The SSM client's settings: it gives up quickly, because Lambda tries again after a minute."""

SECONDS_TO_KEEP = 300.0
"""How long a URL is used without being read again, so that a new one takes effect within five minutes."""

# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks; slack-gov.com is GovSlack's domain.
_SLACK_HOSTS = {"hooks.slack.com", "hooks.slack-gov.com"}
# `host.docker.internal` is how a container that `sam local invoke` starts reaches the machine it runs on.
_THIS_MACHINE = {"127.0.0.1", "localhost", "host.docker.internal"}
# SSM's errors that last until a person changes the parameter.
_MISSING = {"ParameterNotFound", "ParameterVersionNotFound"}


class WebhookUrl:
    """Provides the webhook's URL.

    Args:
        ssm: an SSM client with `CLIENT_CONFIG`.
        parameter: the name of the parameter that holds it.
        clock: the present in seconds. Not a monotonic clock: that may pause while Lambda freezes the container, and
            an old URL would be kept for too long.
        allow_this_machine: whether the URL may be one of this machine, where a stand-in for Slack listens.
    """

    def __init__(self, ssm: SSMClient, parameter: str, clock: Callable[[], float], *, allow_this_machine: bool) -> None:
        self._ssm = ssm
        self._parameter = parameter
        self._clock = clock
        self._allow_this_machine = allow_this_machine
        self._url: str | None = None
        self._read_at = 0.0

    def get(self) -> str:
        """Return the URL, at most five minutes old.

        Raises:
            UnavailableError: SSM did not answer, or denied it.
            WebhookError: the parameter does not exist, or does not hold the URL of a webhook.
        """
        if self._url is not None and 0 <= self._clock() - self._read_at < SECONDS_TO_KEEP:
            return self._url
        return self.refresh()

    def refresh(self) -> str:
        """Return the URL as the parameter holds it now; for when Slack refused the one that was kept.

        Raises:
            UnavailableError: SSM did not answer, or denied it.
            WebhookError: the parameter does not exist, or does not hold the URL of a webhook.
        """
        self._url = None
        value = self._read()
        if not is_webhook_url(value, allow_this_machine=self._allow_this_machine):
            raise WebhookError(
                f"SSM parameter {self._parameter} does not hold the URL of a Slack webhook"
                " (https://hooks.slack.com/services/...)"
            )
        self._url, self._read_at = value, self._clock()
        return value

    def _read(self) -> str:
        name = self._parameter
        try:
            return self._ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"].strip()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise WebhookError(f"SSM parameter {name} does not exist") from error
            raise UnavailableError(f"SSM parameter {name} could not be read: {error}") from error
        except (BotoCoreError, ResponseParserError, KeyError) as error:
            failure = type(error).__name__  # the text of a parser's error quotes the answer
        raise UnavailableError(f"SSM parameter {name} could not be read: {failure}")


def is_webhook_url(text: str, *, allow_this_machine: bool) -> bool:
    """Return whether a text is a webhook's URL: https to Slack, or http to this machine where that is allowed."""
    if not re.fullmatch(r"[!-~]{1,2000}", text):
        return False
    try:
        url = urlsplit(text)
        host, port, user = url.hostname, url.port, url.username
    except ValueError:
        return False
    if user is not None or not url.path.strip("/"):
        return False
    if url.scheme == "https":
        return host in _SLACK_HOSTS and port in (None, 443)
    return allow_this_machine and url.scheme == "http" and host in _THIS_MACHINE
