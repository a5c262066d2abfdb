"""The Lambda entry point: wires everything together once per container, and delegates."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers

from deployment_notifier import delivery, metrics, table
from deployment_notifier.errors import SweepError
from deployment_notifier.pace import Budget, Pace
from deployment_notifier.settings import read_settings
from deployment_notifier.sources import greengrass_bulk
from deployment_notifier.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext


def build(environ: Mapping[str, str]) -> Sweep:
    """Wire a sweep from the environment.

    Args:
        environ: the environment's variables, as in `os.environ`.

    Raises:
        SettingsError: a variable is missing or wrong.
    """
    settings = read_settings(environ)
    dynamodb = boto3.client("dynamodb", config=table.CLIENT_CONFIG)
    outbox = table.Outbox(dynamodb, settings.place.table_name, settings.history_days)
    source = greengrass_bulk.GreengrassBulk(boto3.client("greengrass", config=greengrass_bulk.CLIENT_CONFIG))
    return Sweep(
        watches=table.Watches(dynamodb, settings.place.table_name, settings.history_days),
        outbox=outbox,
        delivery=delivery.Delivery(
            outbox, boto3.client("sns", config=delivery.CLIENT_CONFIG), settings.topic_arn, settings.place, _now, _log
        ),
        sources={source.name: source},
        policy=settings.policy,
        clock=_now,
        log=_log,
        paces={source.name: Pace(source.calls_per_second)},
        discover_within=timedelta(hours=settings.discover_within_hours),
    )


def _now() -> datetime:
    return datetime.now(UTC)


_logger = Logger()
# The other modules log as any library does; this gives their lines Powertools' form. Only loggers that exist get it.
_log = logging.getLogger("deployment_notifier")
logging.getLogger("botocore").setLevel(logging.WARNING)  # else each cold start says where it found its credentials
copy_config_to_registered_loggers(_logger, include={"deployment_notifier"})
_metrics = Metrics()
_sweep = build(os.environ)


@_logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - the schedule says nothing that a sweep needs
    """Run one sweep.

    Args:
        event: what EventBridge Scheduler sends (events/schedule.json); it is not looked at.
        context: Lambda's context, for the time that is left.

    Returns:
        The sweep's counts, those that are not 0.

    Raises:
        SweepError: faults kept the sweep from doing anything at all, so that the alarm on the function's errors tells.
    """
    budget = Budget(lambda: context.get_remaining_time_in_millis() / 1000)
    report = _sweep.run(budget, owner=uuid4().hex)
    _logger.info("sweep", extra=report.as_dict())
    metrics.emit(report, _metrics)
    if report.is_useless:
        raise SweepError(f"The sweep could do nothing at all; the log says why: {report.as_dict()}")
    return report.as_dict()
