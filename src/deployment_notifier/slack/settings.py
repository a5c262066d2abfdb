"""The Slack function's settings: read from the environment and validated once, at start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deployment_notifier.model import StackIdentity
from deployment_notifier.settings import EnvironmentReader, name_or_none, topic_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html: up to fifteen levels and 1,011
# characters. AWS allows a name without the leading slash, but the template can't turn both kinds into an ARN.
_PARAMETER = re.compile(r"(?=.{1,1011}\Z)(/[A-Za-z0-9_.-]+){1,15}")


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """The Slack function's settings.

    Attributes:
        identity: where the notifier runs, for the commands and links in messages. Its function and table are the
            notifier's.
        parameter: the name of the SSM parameter that holds the webhook's URL.
        queue_url: the URL of the dead-letter queue.
        is_test_endpoint_set: whether an emulator answers instead of AWS, which is never so in AWS itself.
    """

    identity: StackIdentity
    parameter: str
    queue_url: str
    is_test_endpoint_set: bool


def read_slack_settings(environ: Mapping[str, str]) -> SlackSettings:
    """Read the settings from the environment.

    Args:
        environ: the environment's variables, as in `os.environ`.

    Returns:
        The settings, all of them valid.

    Raises:
        SettingsError: with a sentence for each variable that is missing or wrong: its name, its value and what it
            should hold. If the webhook's URL is in the environment by mistake, the error does not contain it.
    """
    if "://" in environ.get("SLACK_WEBHOOK_PARAMETER", ""):
        # The URL instead of the parameter's name: the error must not bring the secret into the log.
        environ = {**environ, "SLACK_WEBHOOK_PARAMETER": "a URL, which is not shown because it may be the secret"}
    reader = EnvironmentReader(environ)
    _, partition, region, account = reader.read(
        "ALERT_TOPIC_ARN",
        "the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alerts",
        topic_parts,
        otherwise=("", "", "", ""),
    )

    def read_name(variable: str, expected: str) -> str:
        return reader.read(variable, expected, name_or_none, otherwise="")

    settings = SlackSettings(
        identity=StackIdentity(
            partition,
            region,
            account,
            function_name=read_name("NOTIFIER_FUNCTION_NAME", "the notifier function's name"),
            table_name=read_name("TABLE_NAME", "the name of a DynamoDB table"),
            stack_name=read_name("POWERTOOLS_SERVICE_NAME", "the stack's name"),
        ),
        parameter=reader.read(
            "SLACK_WEBHOOK_PARAMETER",
            "the name of an SSM parameter, such as /notifier/slack-webhook",
            lambda text: text if _PARAMETER.fullmatch(text) else None,
            otherwise="",
        ),
        queue_url=reader.read("UNDELIVERED_QUEUE_URL", "the URL of an SQS queue", _queue_url, otherwise=""),
        is_test_endpoint_set=bool(environ.get("AWS_ENDPOINT_URL")),
    )
    reader.raise_if_wrong()
    return settings


def _queue_url(text: str) -> str | None:
    try:
        url = urlsplit(text)
        host = url.hostname
    except ValueError:
        return None
    # The client's endpoint decides where the call goes; http is for emulators, on any host.
    return text if host and url.path.strip("/") and url.scheme in {"https", "http"} else None
