"""The entry point of the Slack function: wires everything together once per container, and delegates."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers
from aws_lambda_powertools.metrics import MetricUnit

from deployment_notifier.slack import secret, undelivered, webhook
from deployment_notifier.slack.relay import Relay
from deployment_notifier.slack.settings import read_slack_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

REFUSED = "SlackRefused"
"""The metric of messages that the webhook refused; its alarm rings at the first."""


def build(environ: Mapping[str, str]) -> Relay:
    """Wire a relay from the environment.

    Args:
        environ: the environment's variables, as in `os.environ`.

    Raises:
        SettingsError: a variable is missing or wrong.
    """
    settings = read_slack_settings(environ)
    return Relay(
        secret.Secret(boto3.client("ssm", config=secret.CLIENT_CONFIG), settings.parameter, time.time),
        webhook.Webhook(webhook.make_pool(), time.sleep),
        undelivered.Undelivered(lambda: boto3.client("sqs", config=undelivered.CLIENT_CONFIG), settings.queue_url),
        settings.place,
        logging.getLogger("deployment_notifier"),
    )


_logger = Logger()
# The other modules log as any library does; this gives their lines Powertools' form.
copy_config_to_registered_loggers(_logger, include={"deployment_notifier"})
_metrics = Metrics()
_relay = build(os.environ)


@_logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Post what the alert topic carries.

    Args:
        event: what SNS invokes a function with (events/sns-slack.json).
        context: Lambda's context, for the time that is left and the invocation's id.

    Returns:
        How many messages were posted, repeated and refused.

    Raises:
        SlackError: a message was not posted but may be later, so that Lambda tries again; at last it goes into the
            dead-letter queue, which has an alarm.
    """
    report = _relay.run(event, lambda: context.get_remaining_time_in_millis() / 1000, context.aws_request_id)
    if report.refused:
        _metrics.add_metric(REFUSED, MetricUnit.Count, report.refused)
        _metrics.flush_metrics()
    report.raise_failures()
    return report.as_dict()
