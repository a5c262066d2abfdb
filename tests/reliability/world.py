"""A world for the notifier to run in: MiniStack for DynamoDB, SNS and SQS, the simulator for Greengrass, and a clock.

Everything is the product's own but for what `handler.build` would take from Lambda: time, the pace and the number of
threads are the test's.
"""

from __future__ import annotations

import json
import logging
import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from deployment_notifier import delivery, table
from deployment_notifier.model import Kind, Place, Policy
from deployment_notifier.pace import Budget, Pace
from deployment_notifier.sources import greengrass_bulk
from deployment_notifier.sweep import Sweep
from local.ministack import ACCOUNT, REGION, MiniStack
from local.simulator import Error, Metrics, Scenario, Simulator, Step
from tests.reliability.calls import Tap, alert_id
from tests.template import load_template

if TYPE_CHECKING:
    from boto3 import Session

    from deployment_notifier.report import Report

TABLE = "notifier-table"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:notifier-alerts"
PLACE = Place("aws", REGION, ACCOUNT, function_name="notifier", table_name=TABLE)
LEASE = timedelta(seconds=50 + 60)
"""How long an alert stays leased: the function's timeout and a minute."""

_QUEUE = "subscriber"
_TIMEOUT_SECONDS = 50.0
START = datetime(2026, 11, 23, 10, tzinfo=UTC)


class Container:
    """One Lambda container: clients of its own, and a tap on them.

    Args:
        session: has the function's credentials.
        endpoint: MiniStack's.
        greengrass_endpoint: the simulator's.
        skew: by how much its clock is ahead: no two containers decide within the same millisecond.
    """

    def __init__(
        self, session: Session, endpoint: str, greengrass_endpoint: str, skew: timedelta = timedelta()
    ) -> None:
        self.tap = Tap()
        self._skew = skew
        self._dynamodb = session.client("dynamodb", endpoint_url=endpoint, config=table.CLIENT_CONFIG)
        self._sns = session.client("sns", endpoint_url=endpoint, config=delivery.CLIENT_CONFIG)
        self._greengrass = session.client(
            "greengrass", endpoint_url=greengrass_endpoint, config=greengrass_bulk.CLIENT_CONFIG
        )
        for client in (self._dynamodb, self._sns, self._greengrass):
            self.tap.attach(client)

    def run(self, world: World, workers: int, seconds: float, *, in_order: bool) -> Report:
        """Run one sweep, wired as `handler.build` does."""

        def clock() -> datetime:
            return world.now + self._skew

        log = logging.getLogger("deployment_notifier")
        outbox = table.Outbox(self._dynamodb, TABLE, history_days=90)
        source = greengrass_bulk.GreengrassBulk(self._greengrass)
        # The turns are counted, since a sweep's time depends on them, but not waited for.
        pace = Pace(source.calls_per_second, clock=lambda: 0.0, sleep=lambda _: None)
        sweep = Sweep(
            watches=table.Watches(self._dynamodb, TABLE, history_days=90),
            outbox=outbox,
            delivery=delivery.Delivery(outbox, self._sns, TOPIC_ARN, PLACE, clock, log),
            sources={source.name: source},
            policy=world.policy,
            clock=clock,
            log=log,
            paces={source.name: pace},
            workers=workers,
            shuffle=(lambda _: None) if in_order else random.shuffle,
        )
        return sweep.run(Budget(lambda: seconds), owner=uuid4().hex)

    def close(self) -> None:
        """Close its connections."""
        for client in (self._dynamodb, self._sns, self._greengrass):
            client.close()


class Cloud:
    """What stands for all tests of a session: the servers, the clients of whoever runs the tests, the containers.

    Args:
        ministack: a running one.
        simulator: a running one, whose clock stands still.
        owner: a session with the rights to make and see everything.
    """

    def __init__(self, ministack: MiniStack, simulator: Simulator, owner: Session) -> None:
        self.ministack = ministack
        self.simulator = simulator
        self.owner = owner
        self.dynamodb = owner.client("dynamodb", endpoint_url=ministack.endpoint)
        self.sns = owner.client("sns", endpoint_url=ministack.endpoint)
        self.sqs = owner.client("sqs", endpoint_url=ministack.endpoint)
        self._containers: list[Container] = []

    def containers(self, number: int) -> list[Container]:
        """So many containers, as new; their clients are used again, since making them takes long."""
        while len(self._containers) < number:
            self._containers.append(self.container(self.owner, timedelta(milliseconds=len(self._containers))))
        for container in self._containers[:number]:
            container.tap.start()
        return self._containers[:number]

    def container(self, session: Session, skew: timedelta = timedelta()) -> Container:
        """A container whose credentials are those of a session."""
        return Container(session, self.ministack.endpoint, self.simulator.url, skew)

    def close(self) -> None:
        """Close every connection."""
        for container in self._containers:
            container.close()
        for client in (self.dynamodb, self.sns, self.sqs):
            client.close()


class World:
    """An empty table, a topic with one subscriber, a Greengrass without deployments, and the present.

    Attributes:
        now: the present; it stands still until a test moves it.
        policy: every kind of alert is on.
        seconds: the time that each sweep has.
    """

    def __init__(self, cloud: Cloud, container: Container | None = None) -> None:
        cloud.ministack.reset()
        cloud.simulator.reset()
        self.cloud = cloud
        self.container = container or cloud.containers(1)[0]
        self.simulator = cloud.simulator
        self.now = START
        self.policy = Policy(alert_on=frozenset(Kind))
        self.seconds = _TIMEOUT_SECONDS
        self._inbox: list[str] = []
        self._make_table()
        cloud.sns.create_topic(Name=TOPIC_ARN.rpartition(":")[2])
        self._queue_url = self._subscribe_a_queue()

    def pass_minutes(self, minutes: float) -> None:
        """Let some time go by, in which nothing happens."""
        self.now += timedelta(minutes=minutes)

    # what people do

    def watch(self, *deployment_ids: str) -> None:
        """Watch deployments by hand, with the smallest item there is."""
        for deployment_id in deployment_ids:
            item = {"DeploymentId": {"S": deployment_id}, "Record": {"S": "WATCH"}, "Queue": {"S": "CHECK"}}
            self.cloud.dynamodb.put_item(TableName=TABLE, Item=item)

    def delete(self, deployment_id: str, record: str = "WATCH") -> None:
        """Take an item away."""
        key = {"DeploymentId": {"S": deployment_id}, "Record": {"S": record}}
        self.cloud.dynamodb.delete_item(TableName=TABLE, Key=key)

    # what Greengrass does

    def deployment(
        self, deployment_id: str, status: str, processed: int = 0, invalid: int = 0, error: str | None = None
    ) -> None:
        """What Greengrass says of a deployment from now on."""
        step = Step(0, status, Metrics(processed, invalid, 0), Error(error, (("E1", error),)) if error else None)
        self.simulator.play(Scenario(deployment_id, status, (step,)), deployment_id=deployment_id)

    # what the notifier does

    def sweep(self, container: Container | None = None, *, workers: int = 1, in_order: bool = True) -> Report:
        """Run one sweep to its end, or to its `Death`; every thread of it has ended then."""
        return (container or self.container).run(self, workers, self.seconds, in_order=in_order)

    # what came of it

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table, as plain values, in the order of its keys."""
        items: list[Any] = self.cloud.dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]
        plain = [{name: next(iter(value.values())) for name, value in item.items()} for item in items]
        return sorted(plain, key=lambda item: (item["DeploymentId"], item["Record"]))

    def published(self) -> list[str]:
        """The ids of the alerts that the subscriber has received since the world began, repeats included."""
        full = 10
        while True:
            answer = self.cloud.sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=full)
            messages = answer.get("Messages", [])
            self._inbox.extend(alert_id(message["Body"]) for message in messages)
            if len(messages) < full:
                return list(self._inbox)

    def _subscribe_a_queue(self) -> str:
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{_QUEUE}"
        may_send = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC_ARN}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may_send]})
        # What was received stays hidden, so it needs no deleting.
        attributes: Any = {"Policy": policy, "VisibilityTimeout": "43200"}
        url = self.cloud.sqs.create_queue(QueueName=_QUEUE, Attributes=attributes)["QueueUrl"]
        self.cloud.sns.subscribe(
            TopicArn=TOPIC_ARN, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
        )
        return url

    def _make_table(self) -> None:
        properties: Any = load_template()["Resources"]["Table"]["Properties"]
        schema = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        self.cloud.dynamodb.create_table(TableName=TABLE, **{name: properties[name] for name in schema})
