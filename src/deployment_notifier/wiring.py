"""The composition root: the function, the command line and the tests build everything here."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from deployment_notifier import sns_topic, table
from deployment_notifier.applying import Notifier
from deployment_notifier.discovery import Discovery
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.sources.registry import create_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployment_notifier.settings import Settings
    from deployment_notifier.sources.port import Source

LOG = logging.getLogger("deployment_notifier")


def now() -> datetime:
    """Return the present, in UTC."""
    return datetime.now(UTC)


def build(
    settings: Settings,
    create_client: Callable[..., Any],
    *,
    clock: Callable[[], datetime] = now,
    sources: Mapping[str, Source] | None = None,
    sns_limiter: RateLimiter | None = None,
) -> Notifier:
    """Build the dependencies of a sweep.

    Args:
        settings: the settings.
        create_client: makes a boto3 client, as `boto3.client` does: from a service's name and `config`.
        clock: the present, in UTC.
        sources: the sources by name; by default all of them.
        sns_limiter: spreads the messages to the topic; by default so that SNS delivers each email.
    """
    dynamodb = create_client("dynamodb", config=table.CLIENT_CONFIG)
    sns = create_client("sns", config=sns_topic.CLIENT_CONFIG)
    watches = table.Watches(dynamodb, settings.identity.table_name, settings.history_days)
    return Notifier(
        watches=watches,
        outbox=table.Outbox(dynamodb, settings.identity.table_name, settings.history_days),
        discovery=Discovery(
            watches, timedelta(hours=settings.discover_within_hours), timedelta(days=settings.history_days), clock
        ),
        sns=sns_topic.Sns(sns, settings.topic_arn, sns_limiter or RateLimiter(sns_topic.MESSAGES_PER_SECOND)),
        sources=dict(create_sources(create_client, settings.sources) if sources is None else sources),
        required_sources=settings.sources,
        policy=settings.policy,
        identity=settings.identity,
        clock=clock,
        log=LOG,
    )
