"""The Lambda entry point: builds everything once per container, and delegates."""

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
from deployment_notifier.errors import SweepError
from deployment_notifier.settings import read_settings
from deployment_notifier.sweep import sweep

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_logger = Logger()
logging.getLogger("botocore").setLevel(logging.WARNING)  # else each cold start logs where it found its credentials
# The other modules log as any library does; this gives their lines Powertools' form.
copy_config_to_registered_loggers(_logger, include={wiring.LOG.name})
_metrics = Metrics()
_app = wiring.build(read_settings(os.environ), boto3.client)


@_logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - the schedule says nothing that a sweep needs
    """Run one sweep.

    Args:
        event: what EventBridge Scheduler sends (events/schedule.json); it is not read.
        context: Lambda's context, for the time that is left.

    Returns:
        The sweep's counts, except those that are 0.

    Raises:
        SweepError: faults kept the sweep from doing anything at all, so the alarm on the function's errors must know.
    """
    deadline = Deadline(lambda: context.get_remaining_time_in_millis() / 1000)
    report = sweep(_app, deadline, owner=uuid4().hex)
    _logger.info("sweep", extra=report.as_dict())
    report.emit(_metrics)
    if report.is_useless:
        raise SweepError(f"The sweep could do nothing at all; the log says why: {report.as_dict()}")
    return report.as_dict()
