"""The Lambda entry point for the events of devices, which come from an SQS queue."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers

from deployment_notifier import wiring
from deployment_notifier.deadline import Deadline
from deployment_notifier.device_events import check_reported
from deployment_notifier.settings import read_settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_logger = Logger()
logging.getLogger("botocore").setLevel(logging.WARNING)  # as in handler.py
copy_config_to_registered_loggers(_logger, include={wiring.LOG.name})
_metrics = Metrics()
_app = wiring.build(read_settings(os.environ), boto3.client)


@_logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Check the deployments that a batch of messages is about.

    Args:
        event: what Lambda sends for an SQS queue (events/device-events.json).
        context: Lambda's context, for the time that is left.

    Returns:
        A partial batch response: the messages that should come again, after the queue's visibility time-out.
    """
    deadline = Deadline(lambda: context.get_remaining_time_in_millis() / 1000)
    report, again = check_reported(_app, event.get("Records", []), deadline, owner=uuid4().hex)
    _logger.info("device events", extra=report.as_dict())
    report.emit(_metrics)
    return {"batchItemFailures": [{"itemIdentifier": message} for message in again]}
