"""The topic's subscriptions: who gets the alerts."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from deployment_notifier_cli.aws import Aws
    from deployment_notifier_cli.stack import Stack


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription of the topic.

    Attributes:
        arn: its ARN; another word until it is confirmed.
        endpoint: where it goes; only the host of a URL, because a webhook's URL is a secret.
    """

    arn: str
    protocol: str
    endpoint: str

    @property
    def is_confirmed(self) -> bool:
        """Whether anything is delivered to it: until then SNS lists `PendingConfirmation` in place of its ARN."""
        return self.arn.startswith("arn:")

    def __str__(self) -> str:
        return f"{self.protocol} {self.endpoint}"


def list_subscriptions(aws: Aws, topic_arn: str) -> list[Subscription]:
    """Return the subscriptions of a topic."""
    pages: Any = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    found = [entry for page in pages for entry in page["Subscriptions"] if entry["SubscriptionArn"] != "Deleted"]
    return [Subscription(each["SubscriptionArn"], each["Protocol"], _endpoint(each)) for each in found]


def filter_policy(aws: Aws, subscription: Subscription) -> str | None:
    """Return a subscription's filter policy as JSON; None if it has none, or the user may not read it."""
    if not subscription.is_confirmed:
        return None
    try:
        attributes = aws.sns.get_subscription_attributes(SubscriptionArn=subscription.arn)["Attributes"]
    except ClientError:
        return None
    return attributes.get("FilterPolicy") or None


def how_to_confirm(subscription: Subscription, stack: Stack) -> tuple[str, ...]:
    """Return what to do about a subscription that is not confirmed."""
    endpoint = "URL" if subscription.protocol.startswith("http") else subscription.endpoint
    again = f"If you cannot find it, subscribe again: {_subscribe(stack, subscription.protocol, endpoint)}"
    if subscription.protocol.startswith("email"):
        return (
            'Open the email "AWS Notification - Subscription Confirmation" (also in spam) and follow its link.',
            again,
        )
    return "The endpoint must visit the SubscribeURL of the SubscriptionConfirmation message that SNS sent it.", again


def how_to_subscribe(stack: Stack) -> str:
    """Return how to make the first subscription."""
    return f"Subscribe: {_subscribe(stack, 'email', 'you@example.com')}"


def _subscribe(stack: Stack, protocol: str, endpoint: str) -> str:
    return (
        f"aws sns subscribe --topic-arn {shlex.quote(stack.topic_arn)} --protocol {shlex.quote(protocol)}"
        f" --notification-endpoint {shlex.quote(endpoint)} --region {shlex.quote(stack.identity.region)}"
    )


def _endpoint(entry: dict[str, str]) -> str:
    endpoint = entry.get("Endpoint", "")
    if not entry["Protocol"].startswith("http"):
        return endpoint
    url = urlsplit(endpoint)
    return f"{url.scheme}://{url.hostname}/..."
