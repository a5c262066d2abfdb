"""Follows what the deployed stack does: its table, and the alerts that a subscriber of its topic gets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployment_notifier.table.items import read_alert

if TYPE_CHECKING:
    from collections.abc import Iterator

    import boto3

    from deployment_notifier.model import Alert
    from local.stack import Stack


@dataclass(frozen=True, slots=True)
class Moment:
    """Something new in a deployment's story: a transition's statuses, or an alert.

    Attributes:
        settles: whether the deployment has ended and its groups are followed.
    """

    deployment_id: str
    from_status: str | None = None
    to_status: str | None = None
    settles: bool = False
    alert: Alert | None = None


class Story:
    """What is new in the table since one last looked.

    Args:
        session: makes clients of the emulator.
        endpoint: the emulator's URL.
        stack: the deployed stack.
    """

    def __init__(self, session: boto3.Session, endpoint: str, stack: Stack) -> None:
        self._dynamodb = session.client("dynamodb", endpoint_url=endpoint)
        self._table_name = stack.table_name
        self._seen: set[tuple[str, str]] = set()
        self.watches: dict[str, dict[str, Any]] = {}

    def follow(self, deployment_id: str) -> None:
        """Follow a deployment from now on, whether or not the stack has found it yet."""
        self.watches[deployment_id] = {}

    def new_moments(self) -> Iterator[Moment]:
        """What has happened since the last look, of each deployment in order."""
        for deployment_id in self.watches:
            # One Query tells a deployment's whole story in order.
            answer = self._dynamodb.query(
                TableName=self._table_name,
                KeyConditionExpression="DeploymentId = :id",
                ExpressionAttributeValues={":id": {"S": deployment_id}},
            )
            records = {item["Record"]["S"]: item for item in answer["Items"]}
            watch = self.watches[deployment_id] = records.pop("WATCH", {})
            for record, item in records.items():
                if (deployment_id, record) in self._seen:
                    continue
                self._seen.add((deployment_id, record))
                if record.endswith("-ALERT"):
                    yield Moment(deployment_id, alert=read_alert(item))
                else:
                    before, after = item.get("From", {}).get("S"), item["To"]["S"]
                    settles = "Settling" in watch and after == watch["Status"]["S"]
                    yield Moment(deployment_id, before, after, settles)

    @property
    def is_over(self) -> bool:
        """Whether each deployment has ended, and its groups are followed no longer."""
        return all("EndedBecause" in watch for watch in self.watches.values())

    def undelivered(self) -> int:
        """How many alerts still wait to be published."""
        answer = self._dynamodb.query(
            TableName=self._table_name,
            IndexName="Queue",
            KeyConditionExpression="Queue = :queue",
            ExpressionAttributeValues={":queue": {"S": "DELIVER"}},
            Select="COUNT",
        )
        return answer["Count"]


class Subscriber:
    """A queue that is subscribed to the stack's topic, as a team's own program would be.

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
        """The alert events that have arrived since the last look."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                yield json.loads(message["Body"])
