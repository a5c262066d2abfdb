"""The Slack function's settings: read from the environment and validated once, at start."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deployment_notifier.model import Place
from deployment_notifier.settings import Reader, name_or_none, topic_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html: up to fifteen levels and 1,011
# characters. A name may do without the leading slash, but the template can't make both kinds into an ARN.
_PARAMETER = re.compile(r"(?=.{1,1011}\Z)(/[A-Za-z0-9_.-]+){1,15}")


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """What the stack tells the Slack function.

    Attributes:
        place: where the notifier runs: what commands and links in the messages are made of. The function and the table
            that it names are the notifier's, not this function's.
        parameter: the name of the SSM parameter that holds the webhook's URL.
        queue_url: the SQS queue that keeps what could not be posted.
    """

    place: Place
    parameter: str
    queue_url: str


def read_slack_settings(environ: Mapping[str, str]) -> SlackSettings:
    """Read the settings from the environment.

    Args:
        environ: the environment's variables, as in `os.environ`.

    Returns:
        The settings, all of them valid.

    Raises:
        SettingsError: with a line for each variable that is missing or wrong: its name, what it holds and what it
            should hold. The webhook's URL, which does not belong into the environment, is in none of them.
    """
    if "://" in environ.get("SLACK_WEBHOOK_PARAMETER", ""):
        # Somebody took the URL for what belongs there. The message must not bring the secret into the log.
        environ = {**environ, "SLACK_WEBHOOK_PARAMETER": "a URL, which is not shown because it may be the secret"}
    reader = Reader(environ)
    _, partition, region, account = reader.read(
        "ALERT_TOPIC_ARN",
        "the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alerts",
        topic_parts,
        otherwise=("", "", "", ""),
    )
    settings = SlackSettings(
        place=Place(
            partition,
            region,
            account,
            function_name=reader.read(
                "NOTIFIER_FUNCTION_NAME", "the notifier function's name", name_or_none, otherwise=""
            ),
            table_name=reader.read("TABLE_NAME", "the name of a DynamoDB table", name_or_none, otherwise=""),
        ),
        parameter=reader.read(
            "SLACK_WEBHOOK_PARAMETER",
            "the name of an SSM parameter, such as /notifier/slack-webhook",
            _parameter,
            otherwise="",
        ),
        queue_url=reader.read("UNDELIVERED_QUEUE_URL", "the URL of an SQS queue", _queue_url, otherwise=""),
    )
    reader.raise_if_wrong()
    return settings


def _parameter(text: str) -> str | None:
    return text if _PARAMETER.fullmatch(text) else None


def _queue_url(text: str) -> str | None:
    try:
        url = urlsplit(text)
        host = url.hostname
    except ValueError:
        return None
    # Where the call goes is decided by the client's endpoint, so http is for emulators, whose host may be any.
    return text if host and url.path.strip("/") and url.scheme in {"https", "http"} else None
