"""A queue that is subscribed to the stack's topic, as a team's own program would be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3

    from local.stack import Stack


class Subscriber:
    """Subscribes, and reads what arrives.

    Args:
        session: makes clients of the emulator.
        endpoint: the emulator's URL.
        stack: the deployed stack.
    """

    def __init__(self, session: boto3.Session, endpoint: str, stack: Stack) -> None:
        self._sqs = session.client("sqs", endpoint_url=endpoint)
        self._url = self._sqs.create_queue(QueueName="alerts")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        session.client("sns", endpoint_url=endpoint).subscribe(
            TopicArn=stack.alert_topic_arn, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
        )

    def new_events(self) -> Iterator[dict[str, Any]]:
        """The alert events that have arrived since the last call."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                yield json.loads(message["Body"])
