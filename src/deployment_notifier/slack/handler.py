"""The entry point of the Slack function: it connects everything once per container, and delegates."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit

from deployment_notifier.slack import dead_letters, webhook, webhook_url
from deployment_notifier.slack.forwarder import Forwarder
from deployment_notifier.slack.settings import read_slack_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

REFUSED = "SlackRefused"
"""The metric of messages that the webhook refused; the first one sets off its alarm."""


def build(environ: Mapping[str, str]) -> Forwarder:
    """Build a forwarder from the environment.

    Args:
        environ: the environment's variables, as in `os.environ`.

    Raises:
        SettingsError: a variable is missing or wrong.
    """
    settings = read_slack_settings(environ)
    return Forwarder(
        webhook_url.WebhookUrl(
            boto3.client("ssm", config=webhook_url.CLIENT_CONFIG),
            settings.parameter,
            time.time,
            allow_this_machine=settings.is_test_endpoint_set,
        ),
        webhook.Webhook(webhook.create_pool(), time.sleep),
        dead_letters.DeadLetterQueue(
            lambda: boto3.client("sqs", config=dead_letters.CLIENT_CONFIG), settings.queue_url
        ),
        settings.identity,
        logging.getLogger("deployment_notifier"),
    )


_logger = Logger()
# The other modules log as any library does; this gives their lines the form of Powertools.
copy_config_to_registered_loggers(_logger, include={"deployment_notifier"})
_metrics = Metrics()
_forwarder = build(os.environ)


@_logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Post what the alert topic carries.

    Args:
        event: what SNS invokes a function with (events/sns-slack.json).
        context: Lambda's context, for the remaining time and the invocation's id.

    Returns:
        The number of messages that were posted, repeated and refused.

    Raises:
        SlackError: a message was not posted but may be later, so Lambda tries again; after the last try it goes into
            the dead-letter queue, which has an alarm.
    """
    report = _forwarder.run(event, lambda: context.get_remaining_time_in_millis() / 1000, context.aws_request_id)
    if report.refused:
        _metrics.add_metric(REFUSED, MetricUnit.Count, report.refused)
        _metrics.flush_metrics()
    report.raise_failures()
    return report.as_dict()
