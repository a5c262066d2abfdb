"""Who hears the alerts: the topic's subscriptions and their states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from deployment_notifier.messages.text import shell_argument

if TYPE_CHECKING:
    from deployment_notifier_cli.aws import Aws
    from deployment_notifier_cli.stack import Stack


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription of the topic.

    Attributes:
        endpoint: where it goes; of a URL only the host, because webhooks carry their secret in the rest.
        is_confirmed: whether anything is delivered to it.
        filter_policy: SNS's JSON of what it takes, None for everything or where that can't be read.
    """

    protocol: str
    endpoint: str
    is_confirmed: bool
    filter_policy: str | None = None


def subscriptions(aws: Aws, topic_arn: str) -> list[Subscription]:
    """The subscriptions of a topic.

    Args:
        aws: where to ask.
        topic_arn: the topic.
    """
    pages: Any = aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    found = [entry for page in pages for entry in page["Subscriptions"]]
    return [_subscription(aws, entry) for entry in found if entry["SubscriptionArn"] != "Deleted"]


def how_to_confirm(subscription: Subscription, stack: Stack) -> tuple[str, ...]:
    """What to do about a subscription that is not confirmed."""
    place = stack.place
    again = (
        "If that can't be found, subscribe again: aws sns subscribe --topic-arn"
        f" {shell_argument(stack.topic_arn)} --protocol {shell_argument(subscription.protocol)}"
        f" --notification-endpoint {_argument(subscription)} --region {shell_argument(place.region)}"
    )
    if subscription.protocol.startswith("email"):
        return (
            'Open the mail "AWS Notification - Subscription Confirmation" and follow its link (look in spam).',
            again,
        )
    return ("Let the endpoint confirm what SNS sent it (SubscribeURL in the SubscriptionConfirmation message).", again)


def how_to_subscribe(stack: Stack) -> str:
    """The command that makes the first subscription."""
    return (
        f"Subscribe somebody: aws sns subscribe --topic-arn {shell_argument(stack.topic_arn)} --protocol email"
        f" --notification-endpoint you@example.com --region {shell_argument(stack.place.region)}"
    )


def _argument(subscription: Subscription) -> str:
    return "URL" if subscription.protocol.startswith("http") else shell_argument(subscription.endpoint)


def _subscription(aws: Aws, entry: dict[str, str]) -> Subscription:
    arn, protocol, endpoint = entry["SubscriptionArn"], entry["Protocol"], entry.get("Endpoint", "")
    if protocol.startswith("http"):
        url = urlsplit(endpoint)
        endpoint = f"{url.scheme}://{url.hostname}/..."
    # ListSubscriptionsByTopic gives "PendingConfirmation" in the place of the ARN.
    if not arn.startswith("arn:"):
        return Subscription(protocol, endpoint, is_confirmed=False)
    try:
        attributes = aws.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    except ClientError:
        # What it filters is worth a word, and no more: not every operator may ask.
        return Subscription(protocol, endpoint, is_confirmed=True)
    return Subscription(
        protocol,
        endpoint,
        is_confirmed=attributes.get("PendingConfirmation") != "true",
        filter_policy=attributes.get("FilterPolicy") or None,
    )
