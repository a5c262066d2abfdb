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
from deployment_notifier_cli.changes import Changes, Unwatched
from deployment_notifier_cli.store import Store
from local.ministack import ACCOUNT, REGION, MiniStack
from local.simulator import Error, FailingGroups, Metrics, Scenario, Simulator, Step
from tests.reliability.calls import Tap, alert_id
from tests.template import load_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boto3 import Session

    from deployment_notifier.report import Report

TABLE = "notifier-table"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:notifier-alerts"
PLACE = Place("aws", REGION, ACCOUNT, function_name="notifier", table_name=TABLE)
TIMEOUT_SECONDS = 50.0
LEASE = timedelta(seconds=TIMEOUT_SECONDS + 60)
"""How long an alert stays leased: the function's timeout and a minute."""

_QUEUE = "subscriber"
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

    def run(self, world: World, workers: int, *, in_order: bool) -> Report:
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
            discover_within=world.discover_within,
            shuffle=(lambda _: None) if in_order else random.shuffle,
        )
        begun = len(self.tap.calls)

        def remaining() -> float:
            asked = sum(call.operation.startswith("greengrass:") for call in self.tap.calls[begun:])
            return world.seconds - asked * world.seconds_per_answer

        return sweep.run(Budget(remaining), owner=uuid4().hex)

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
        self.greengrass = owner.client("greengrass", endpoint_url=simulator.url)
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
        for client in (self.dynamodb, self.sns, self.sqs, self.greengrass):
            client.close()


class World:
    """An empty table, a topic with one subscriber, a Greengrass without deployments, and the present.

    Attributes:
        now: the present; it stands still until a test moves it.
        policy: every kind of alert is on.
        discover_within: how old a deployment may be to be watched unregistered. By default nothing is discovered, since
            a listing in each sweep would add a call to each of its steps.
        seconds: the time that each sweep has.
        seconds_per_answer: how much of it each answer of Greengrass takes.
    """

    def __init__(self, cloud: Cloud, container: Container | None = None) -> None:
        cloud.ministack.reset()
        cloud.simulator.reset()
        self.cloud = cloud
        self.container = container or cloud.containers(1)[0]
        self.simulator = cloud.simulator
        self.now = START
        self.policy = Policy(alert_on=frozenset(Kind))
        self.discover_within = timedelta()
        self.seconds = TIMEOUT_SECONDS
        self.seconds_per_answer = 0.0
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

    def unwatch(self, deployment_id: str) -> None:
        """End a watch for good, by the command line's own code."""
        store = Store(self.cloud.dynamodb, TABLE, clock=lambda: self.now)
        changes = Changes(self.cloud.dynamodb, TABLE, history_days=90, store=store, clock=lambda: self.now)
        assert changes.unwatch(deployment_id) is Unwatched.ENDED

    def start(self, scenario: str) -> str:
        """Start a bulk deployment by the API, which plays a scenario of the simulator's library; returns its id."""
        started = self.cloud.greengrass.start_bulk_deployment(
            InputFileUri=f"s3://rollouts/{scenario}.jsonl", ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/rollout"
        )
        return started["BulkDeploymentId"]

    # what Greengrass does

    def deployment(
        self,
        deployment_id: str,
        status: str,
        processed: int = 0,
        invalid: int = 0,
        error: str | None = None,
        *,
        failing: Mapping[str, int] | None = None,
        unfinished: int = 0,
        hours_old: float = 0,
    ) -> None:
        """What Greengrass says of a deployment from now on.

        Each valid record has a group. Of these, `failing` fail, so many for each reason; `unfinished` go on; and the
        others have succeeded.
        """
        step = Step(0, status, Metrics(processed, invalid, 0), Error(error, (("E1", error),)) if error else None)
        groups = tuple(
            FailingGroups(count, Error(reason, (("E2", reason),))) for reason, count in (failing or {}).items()
        )
        scenario = Scenario(deployment_id, status, (step,), groups, settle_seconds=0, unfinished=unfinished)
        self.simulator.play(scenario, deployment_id=deployment_id, age_seconds=3600 * hours_old)

    def leave_no_time_to_publish(self) -> None:
        """Let Greengrass answer so slowly that a sweep can check and store, but publish nothing."""
        self.seconds = 29
        self.seconds_per_answer = 2.5

    def answer_at_once(self) -> None:
        """Let Greengrass take no time."""
        self.seconds = TIMEOUT_SECONDS
        self.seconds_per_answer = 0

    # what the notifier does

    def sweep(self, container: Container | None = None, *, workers: int = 1, in_order: bool = True) -> Report:
        """Run one sweep to its end, or to its `Death`; every thread of it has ended then."""
        return (container or self.container).run(self, workers, in_order=in_order)

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
