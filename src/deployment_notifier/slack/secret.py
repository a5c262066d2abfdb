"""The webhook's URL: read from an SSM SecureString, kept for minutes, shown nowhere.

Whoever has the URL can post into the channel, so it is a secret: no log line and no error holds it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from deployment_notifier.slack.errors import SecretError, WebhookError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_ssm import SSMClient

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})
"""The SSM client's settings: quick to give up, since Lambda tries again in a minute."""

SECONDS_TO_KEEP = 300.0
"""For how long a URL is used without being read again: a new one takes effect within these 5 minutes."""

# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks; slack-gov.com is GovSlack's domain.
_SLACK_HOSTS = {"hooks.slack.com", "hooks.slack-gov.com"}
_THIS_MACHINE = {"127.0.0.1", "localhost", "host.docker.internal"}
# SSM's answers that come again until somebody mends the parameter.
_MISSING = {"ParameterNotFound", "ParameterVersionNotFound"}


class Secret:
    """Gives the webhook's URL.

    Args:
        ssm: an SSM client with `CLIENT_CONFIG`.
        parameter: the name of the parameter that holds it.
        clock: the present in seconds. Not a monotonic one: that may stand still while Lambda freezes the container,
            and an old URL would outlive its minutes.
    """

    def __init__(self, ssm: SSMClient, parameter: str, clock: Callable[[], float]) -> None:
        self._ssm = ssm
        self._parameter = parameter
        self._clock = clock
        self._url: str | None = None
        self._read_at = 0.0

    def url(self) -> str:
        """The URL, perhaps as it was up to 5 minutes ago.

        Raises:
            SecretError: SSM did not answer, or denied it.
            WebhookError: there is no such parameter, or what it holds is not the URL of a webhook.
        """
        if self._url is not None and 0 <= self._clock() - self._read_at < SECONDS_TO_KEEP:
            return self._url
        return self.read_again()

    def read_again(self) -> str:
        """The URL as it is now; for when Slack refused the one that was kept.

        Raises:
            SecretError: as above.
            WebhookError: as above.
        """
        self._url = None
        value = self._read()
        if not is_webhook_url(value):
            raise WebhookError(
                f"SSM parameter {self._parameter} does not hold the URL of a Slack webhook"
                " (https://hooks.slack.com/services/...)"
            )
        self._url, self._read_at = value, self._clock()
        return value

    def _read(self) -> str:
        try:
            answer = self._ssm.get_parameter(Name=self._parameter, WithDecryption=True)
            return answer["Parameter"]["Value"].strip()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _MISSING:
                raise WebhookError(f"there is no SSM parameter {self._parameter}") from error
            raise SecretError(f"SSM parameter {self._parameter} could not be read: {error}") from error
        except (BotoCoreError, ResponseParserError, KeyError) as error:
            # Just the type: the text of a parser's error quotes the answer.
            failure = type(error).__name__
        raise SecretError(f"SSM parameter {self._parameter} could not be read: {failure}")


def is_webhook_url(text: str) -> bool:
    """Whether a text is a webhook's URL: https to Slack, or http to this machine, where a stand-in may listen."""
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
    return url.scheme == "http" and host in _THIS_MACHINE
