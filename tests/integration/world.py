"""A world for whole sweeps: table, topic and subscriber on moto, Greengrass by the simulator, time by hand."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from deployment_notifier import delivery, table
from deployment_notifier.model import Place, Policy, timestamp
from deployment_notifier.pace import Budget, Pace
from deployment_notifier.sources import greengrass_bulk
from deployment_notifier.sweep import Sweep
from local.simulator import Error, FailingGroups, Metrics, Misbehaviour, Scenario, Step
from tests.conftest import REGION
from tests.fakes import START, Clock
from tests.template import load_template

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from botocore.client import BaseClient
    from botocore.model import OperationModel

    from deployment_notifier.model import Outcome
    from deployment_notifier.report import Report
    from deployment_notifier.sources.port import Source
    from local.simulator import Simulator
    from tests.integration.aws_calls import Call
    from tests.integration.clients import Clients

ACCOUNT = "123456789012"  # moto's
TABLE = "deployments"
HISTORY_DAYS = 90
TIMEOUT_SECONDS = 50.0


class World:
    """Everything that a sweep needs. It is made inside moto's `mock_aws`; close it at the end.

    Attributes:
        clock: what the notifier takes for the present.
        policy: the operator's choices.
        discover_within: how old a deployment may be to be watched unregistered; nothing is discovered by default.
        calls: the AWS calls of the last sweep.
        all_calls: those of all sweeps.
        person: a DynamoDB client that is not the notifier's.
    """

    def __init__(self, simulator: Simulator, clients: Clients) -> None:
        self.clock = Clock()
        self.simulator = simulator
        self.policy = Policy()
        self.discover_within = timedelta()
        self.calls: list[Call] = []
        self.all_calls: list[Call] = []
        self.person = clients.person
        self._clients = clients
        self._sweeps = 0
        self._sns_answer: tuple[int, str] | None = None
        self._before: dict[str, Callable[[dict[str, Any]], object]] = {}
        # After the recorder. What the first returns is taken for the answer, and nothing is sent.
        self._hooks: list[tuple[BaseClient, str, Callable[..., Any]]] = [
            (clients.sns, "before-call.sns", self._answer_for_sns),
            (clients.sns, "before-parameter-build.sns", self._calling),
            (clients.dynamodb, "before-parameter-build.dynamodb", self._calling),
        ]
        for client, event, hook in self._hooks:
            client.meta.events.register_last(event, hook)
        clients.recorder.take()
        self._make_table()
        self.topic_arn, self._inbox = self._make_topic()

    def close(self) -> None:
        """Take its hooks away."""
        for client, event, hook in self._hooks:
            client.meta.events.unregister(event, hook)

    def _make_table(self) -> None:
        properties = load_template()["Resources"]["Table"]["Properties"]
        wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        self.person.create_table(TableName=TABLE, **{name: properties[name] for name in wanted})

    def _make_topic(self) -> tuple[str, str]:
        sns = self._clients.sns_admin
        topic = sns.create_topic(Name="alerts")["TopicArn"]
        queue = self._clients.sqs.create_queue(QueueName="inbox")["QueueUrl"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox",
            Attributes={"RawMessageDelivery": "true"},
        )
        return topic, queue

    # What happens

    def advance(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Let time go on, for the notifier and for Greengrass."""
        self.clock.advance(seconds, minutes=minutes)
        self.simulator.advance(seconds + 60 * minutes)

    def play(
        self,
        *steps: Step,
        deployment_id: str = "an-id",
        tags: dict[str, str] | None = None,
        failing: tuple[FailingGroups, ...] = (),
        settle_seconds: float = 0,
        unfinished: int = 0,
    ) -> str:
        """Start a bulk deployment that goes through these steps, and register it.

        Args:
            steps: what is true of it, from when on.
            deployment_id: its id.
            tags: its tags.
            failing: the groups that fail, as for `Scenario`; by default all groups succeed.
            settle_seconds: how long the slowest group takes; by default all end at once.
            unfinished: how many groups never end.
        """
        scenario = Scenario("a-test", "", steps, failing, settle_seconds, unfinished)
        self.simulator.play(scenario, deployment_id=deployment_id, tags=tags)
        self.register(deployment_id)
        return deployment_id

    def play_unregistered(self, deployment_id: str, *steps: Step, age_hours: float = 0) -> None:
        """Start a bulk deployment that goes through these steps, some time ago, and register nothing."""
        scenario = Scenario("a-test", "", steps or (at(0, processed=1),), settle_seconds=0)
        self.simulator.play(scenario, deployment_id=deployment_id, age_seconds=3600 * age_hours)

    def start(self, scenario: str) -> str:
        """Do what a team does: StartBulkDeployment, and nothing else; returns the deployment's id.

        Args:
            scenario: what it plays, one of the simulator's library. AWS lets one run at a time.
        """
        answer = self._clients.rollouts.start_bulk_deployment(
            InputFileUri=f"s3://rollouts/{scenario}.jsonl", ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/rollouts"
        )
        return answer["BulkDeploymentId"]

    def register(self, deployment_id: str, **attributes: Any) -> None:  # noqa: ANN401 - DynamoDB's typed values
        """Put the item of the design's section 5, and perhaps more attributes."""
        item = {"DeploymentId": {"S": deployment_id}, "Record": {"S": "WATCH"}, "Queue": {"S": "CHECK"}}
        self.person.put_item(TableName=TABLE, Item=item | attributes)

    def register_known(self, deployment_id: str) -> None:
        """Put a watch as it stands after checks that found it running, so that the next one changes nothing."""
        self.register(
            deployment_id,
            Source={"S": "greengrass-bulk"},
            Version={"N": "1"},
            Status={"S": "Running"},
            RecordsProcessed={"N": "1"},
            InvalidInputRecords={"N": "0"},
            RetryAttempts={"N": "0"},
            HighestRecordsProcessed={"N": "1"},
            CreatedAt={"S": timestamp(START)},
            ProgressAt={"S": timestamp(START)},
        )

    def break_sns(self, status: int = 500, code: str = "InternalError") -> None:
        """Let every publish fail from now on."""
        self._sns_answer = (status, code)

    def mend_sns(self) -> None:
        """Let publishes succeed again."""
        self._sns_answer = None

    def before(self, *operations: str, happens: Callable[[dict[str, Any]], object]) -> None:
        """Let something happen before each call of these operations of DynamoDB or SNS; it gets the arguments."""
        self._before |= dict.fromkeys(operations, happens)

    def _calling(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        if happens := self._before.get(model.name):
            happens(params)

    def _answer_for_sns(self, **_: object) -> tuple[SimpleNamespace, dict[str, Any]] | None:
        if self._sns_answer is None:
            return None
        status, code = self._sns_answer
        metadata = {"HTTPStatusCode": status}
        return SimpleNamespace(status_code=status), {
            "Error": {"Code": code, "Message": "said SNS"},
            "ResponseMetadata": metadata,
        }

    def sweep(
        self,
        *,
        policy: Policy | None = None,
        source: Source | None = None,
        seconds: float = TIMEOUT_SECONDS,
        shuffle: Callable[[list[Any]], None] = lambda _: None,
        free_pace: bool = True,
        workers: int = 1,
    ) -> Report:
        """Run one sweep, wired as `handler.build` does, but in one thread, for moto's sake.

        Args:
            policy: the operator's choices; by default the world's.
            source: by default Greengrass, by the simulator.
            seconds: what Lambda leaves it, on the world's clock.
            shuffle: as for `Sweep`.
            free_pace: whether calls to the source wait for no turn; else waiting moves the world's clock.
            workers: threads. With more than one, there must be no more than one watch and one alert.
        """
        asked = source or greengrass_bulk.GreengrassBulk(self._clients.greengrass)
        log = logging.getLogger("deployment_notifier")
        outbox = table.Outbox(self._clients.dynamodb, TABLE, HISTORY_DAYS)
        place = Place("aws", REGION, ACCOUNT, "notifier", TABLE)
        pace = Pace(asked.calls_per_second, lambda: self.clock.seconds, self.advance)
        if free_pace:
            pace = Pace(asked.calls_per_second, lambda: 0.0, lambda _: None)
        sweep = Sweep(
            watches=table.Watches(self._clients.dynamodb, TABLE, HISTORY_DAYS),
            outbox=outbox,
            delivery=delivery.Delivery(outbox, self._clients.sns, self.topic_arn, place, self.clock, log),
            sources={asked.name: asked},
            policy=policy or self.policy,
            clock=self.clock,
            log=log,
            paces={asked.name: pace},
            discover_within=self.discover_within,
            workers=workers,
            shuffle=shuffle,
        )
        ends = self.clock.seconds + seconds
        self._sweeps += 1
        report = sweep.run(Budget(lambda: ends - self.clock.seconds), owner=f"sweep-{self._sweeps}")
        self.calls = self._clients.recorder.take()
        self.all_calls += self.calls
        return report

    # What can be seen

    @property
    def writes(self) -> list[str]:
        """The writes of the last sweep."""
        return [call.operation for call in self.calls if call.is_write]

    def item(self, deployment_id: str, record: str = "WATCH") -> dict[str, Any] | None:
        """One item of the table."""
        key = {"DeploymentId": {"S": deployment_id}, "Record": {"S": record}}
        return self.person.get_item(TableName=TABLE, Key=key).get("Item")

    def story(self, deployment_id: str) -> list[dict[str, Any]]:
        """A deployment's transitions and alerts, by one Query, in the table's order."""
        answer = self.person.query(
            TableName=TABLE,
            KeyConditionExpression="DeploymentId = :Id AND begins_with(#Record, :Event)",
            ExpressionAttributeNames={"#Record": "Record"},
            ExpressionAttributeValues={":Id": {"S": deployment_id}, ":Event": {"S": "EVENT#"}},
        )
        return answer["Items"]

    def told(self, deployment_id: str) -> list[str]:
        """The story in short: `None>Running`, `Running>Failed`, `FAILED`, ..."""
        return [
            f"{item.get('From', {'S': None})['S']}>{item['To']['S']}"
            if item["Record"]["S"].endswith("#1-TRANSITION")
            else item["Kind"]["S"]
            for item in self.story(deployment_id)
        ]

    def queued(self, queue: str) -> list[str]:
        """The deployment ids of what stands in a queue of the index."""
        answer = self.person.query(
            TableName=TABLE,
            IndexName="Queue",
            KeyConditionExpression="Queue = :Queue",
            ExpressionAttributeValues={":Queue": {"S": queue}},
        )
        return [item["DeploymentId"]["S"] for item in answer["Items"]]

    def received(self) -> list[dict[str, Any]]:
        """The alert events that have come to the subscriber since the last look."""
        events = []
        while messages := self._clients.sqs.receive_message(QueueUrl=self._inbox, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                events.append(json.loads(message["Body"]))
                self._clients.sqs.delete_message(QueueUrl=self._inbox, ReceiptHandle=message["ReceiptHandle"])
        return events

    def kinds_received(self) -> list[str]:
        """The kinds of them."""
        return [event["data"]["kind"] for event in self.received()]


def logged(caplog: pytest.LogCaptureFixture, message: str) -> list[dict[str, Any]]:
    """What was logged with this message: all attributes of each record."""
    return [vars(record) for record in caplog.records if record.message == message]


def slow(world: World, seconds: float, outcome: Outcome) -> Callable[[], Outcome]:
    """An answer of a `FakeSource` that takes some time."""

    def answer() -> Outcome:
        world.clock.advance(seconds)
        return outcome

    return answer


def at(
    minute: float,
    status: str | None = "Running",
    *,
    processed: int = 0,
    invalid: int = 0,
    error: Error | None = None,
    misbehaviour: Misbehaviour | None = None,
) -> Step:
    """What is true of a deployment from a minute on."""
    return Step(60 * minute, status, Metrics(processed, invalid, 0), error, misbehaviour)
