"""The notifier as the Lambda function runs it: its composition root, Powertools' logger and metrics, real clients."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.utils import copy_config_to_registered_loggers

from benchmarks.world import HISTORY_DAYS, TABLE, TOPIC
from deployment_notifier import wiring
from deployment_notifier.deadline import Deadline
from deployment_notifier.model import Policy, StackIdentity
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.settings import Settings
from deployment_notifier.sources.calls import CLIENT_CONFIG
from deployment_notifier.sources.greengrass_v2.client import GreengrassV2
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sweep import sweep
from local.template import load_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.world import World

_UNPACED = 1e6
"""Calls a second: as if the source had no quota, and SNS delivered any number of emails."""

_LONG_SECONDS = 3600.0
"""A time that no sweep needs, so that it does everything."""


def prepare(
    create_client: Callable[..., Any], world: World, workers: int, *, paced: bool
) -> Callable[[], dict[str, Any]]:
    """Build the notifier; return what runs one sweep.

    Args:
        create_client: makes a boto3 client.
        world: what there is.
        workers: the number of threads that ask the source.
        paced: whether the source and the topic keep their own rates and the sweep the function's timeout.
    """
    logger = Logger(service="bench")
    copy_config_to_registered_loggers(logger, include={wiring.LOG.name})
    logging.getLogger("botocore").setLevel(logging.WARNING)
    metrics = Metrics(service="bench", namespace="bench")
    identity = StackIdentity("aws", "eu-west-1", "123456789012", "bench", TABLE, "bench")
    settings = Settings(identity, TOPIC, frozenset({world.source}), Policy(), 24, HISTORY_DAYS)
    sources, sns_limiter = None, None
    if not paced:
        greengrass, iot = (create_client(name, config=CLIENT_CONFIG) for name in ("greengrassv2", "iot"))
        limiters = (RateLimiter(_UNPACED), RateLimiter(_UNPACED))
        sources = {GREENGRASS_V2.name: GreengrassV2(greengrass, iot, *limiters)}
        sns_limiter = RateLimiter(_UNPACED)
    app = wiring.build(settings, create_client, sources=sources, sns_limiter=sns_limiter)
    app.workers = workers
    timeout = load_template()["Resources"]["NotifierFunction"]["Properties"]["Timeout"] if paced else _LONG_SECONDS

    def run() -> dict[str, Any]:
        ends = time.monotonic() + timeout
        report = sweep(app, Deadline(lambda: ends - time.monotonic()), uuid4().hex)
        logger.info("sweep", extra=report.as_dict())
        report.emit(metrics)
        return report.as_dict()

    return run
