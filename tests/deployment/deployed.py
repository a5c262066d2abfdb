"""What tests of the deployed stack get: its outputs, the emulated AWS's clients, and the Greengrass that it asks."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from local.ministack import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from local.simulator import Simulator
    from local.stack import Stack


@dataclass(frozen=True)
class Deployed:
    """The stack as `sam build` and `sam deploy` made it on MiniStack.

    Attributes:
        endpoint: MiniStack's URL, for further clients made of `session`.
        greengrass: the simulator that the function calls; its time stands still until it is advanced.
    """

    stack: Stack
    endpoint: str
    session: boto3.Session
    greengrass: Simulator

    @property
    def operator_environment(self) -> dict[str, str]:
        """The variables with which a program finds this stack, and no real account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1,localhost",
            "DEPLOYMENT_NOTIFIER_STACK": self.stack.name,
        }

    @cached_property
    def functions(self) -> LambdaClient:
        """A client of Lambda."""
        return self.session.client("lambda", endpoint_url=self.endpoint)

    @cached_property
    def tables(self) -> DynamoDBClient:
        """A client of DynamoDB."""
        return self.session.client("dynamodb", endpoint_url=self.endpoint)

    @cached_property
    def topics(self) -> SNSClient:
        """A client of SNS."""
        return self.session.client("sns", endpoint_url=self.endpoint)

    @cached_property
    def queues(self) -> SQSClient:
        """A client of SQS."""
        return self.session.client("sqs", endpoint_url=self.endpoint)

    @contextmanager
    def subscribed_queue(self, name: str) -> Iterator[str]:
        """A queue that is subscribed to the alert topic: its URL."""
        url = self.queues.create_queue(QueueName=name)["QueueUrl"]
        arn = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        subscription = self.topics.subscribe(
            TopicArn=self.stack.alert_topic_arn,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        yield url
        self.topics.unsubscribe(SubscriptionArn=subscription)
        self.queues.delete_queue(QueueUrl=url)
