"""A deployed notifier on moto, with Greengrass by the simulator, that an operator's commands look at and change."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from deployment_notifier import sns_topic, table, wiring
from deployment_notifier.deadline import Deadline
from deployment_notifier.model import Policy, StackIdentity
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.settings import Settings
from deployment_notifier.sources.calls import CLIENT_CONFIG
from deployment_notifier.sources.greengrass_bulk.client import GreengrassBulk
from deployment_notifier.sources.greengrass_v2.client import GreengrassV2
from deployment_notifier.sweep import sweep
from local.simulator import FailingGroups, Scenario, Step
from local.simulator.fleet import NO_SPACE, Devices, FleetScenario, FleetStep
from tests.conftest import REGION
from tests.template import load_template

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel

    from deployment_notifier.report import Report
    from deployment_notifier.sources.port import Source
    from local.simulator import Simulator

START = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)
ACCOUNT = "123456789012"  # moto's
STACK = "greengrass-deployment-notifier"
FUNCTION = "notifier"
TABLE = "deployments"


class Clients:
    """The clients, made once for all tests, because that takes longer than most of them.

    Attributes:
        dynamodb, sns, greengrass, greengrassv2, iot: the notifier's own; `intercept` sees each of their calls.
        intercept: answers a call in AWS's place, or returns None.
    """

    def __init__(self, simulator: Simulator) -> None:
        self.intercept: Callable[[OperationModel, dict[str, Any]], tuple[Any, Any] | None] = lambda *_: None
        session = boto3.Session("testing", "testing", region_name=REGION)
        # botocore takes what it returns for the answer, whatever its stubs say.
        hook: Any = lambda model, params, **_: self.intercept(model, params)  # noqa: E731 - typed
        session.events.register("before-call", hook)
        self.dynamodb = session.client("dynamodb", config=table.CLIENT_CONFIG)
        self.sns = session.client("sns", config=sns_topic.CLIENT_CONFIG)
        # A busy machine is no outage.
        patient: Any = Config(read_timeout=30)
        self.greengrass = session.client("greengrass", endpoint_url=simulator.url, config=CLIENT_CONFIG.merge(patient))
        self.greengrassv2 = session.client(
            "greengrassv2", endpoint_url=simulator.url, config=CLIENT_CONFIG.merge(patient)
        )
        self.iot = session.client("iot", endpoint_url=simulator.url, config=CLIENT_CONFIG.merge(patient))
        self._admin_session = boto3.Session("testing", "testing", region_name=REGION)
        self._admin: dict[str, Any] = {}

    def admin(self, service: str) -> Any:  # noqa: ANN401 - any service's client
        """A client of someone who is neither the notifier nor the operator."""
        if service not in self._admin:
            self._admin[service] = self._admin_session.client(service)  # type: ignore[call-overload] # any service
        return self._admin[service]


class OperatedStack:
    """A deployed notifier. It is made inside moto's `mock_aws`.

    Attributes:
        now: the time for the notifier and the operator; `advance` moves it for Greengrass, too.
        policy, sources, discover_within_hours: what the stack was deployed with.
        before: what happens once, just before the next call of an operation such as `dynamodb.UpdateItem`.
        sns_error: what SNS answers to each publish; None for success.
    """

    def __init__(self, simulator: Simulator, clients: Clients) -> None:
        self.now = START
        self.simulator = simulator
        self.policy = Policy()
        self.sources = frozenset[str]()
        self.discover_within_hours = 0
        self.before: dict[str, Callable[[], object]] = {}
        self.sns_error: tuple[int, str] | None = None
        self._clients = clients
        self.admin = clients.admin
        clients.intercept = self._intercept
        self._sweeps = 0
        properties = load_template()["Resources"]["Table"]["Properties"]
        wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        self.admin("dynamodb").create_table(TableName=TABLE, **{name: properties[name] for name in wanted})
        self.topic_arn = self.admin("sns").create_topic(Name="alerts")["TopicArn"]
        self._inbox = self.admin("sqs").create_queue(QueueName="inbox")["QueueUrl"]
        self.subscription_arn = self.admin("sns").subscribe(
            TopicArn=self.topic_arn,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox",
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]

    # What happens

    def advance(self, *, minutes: float) -> None:
        """Move the time on."""
        self.now += timedelta(minutes=minutes)
        self.simulator.advance(60 * minutes)

    def play(
        self,
        *steps: Step,
        deployment_id: str = "an-id",
        tags: dict[str, str] | None = None,
        failing: tuple[FailingGroups, ...] = (),
        unfinished: int = 0,
        is_watched: bool = True,
    ) -> None:
        """Start a bulk deployment that goes through these steps, whose groups end at once, and watch it."""
        scenario = Scenario("a-test", steps, failing, 0, unfinished)
        self.simulator.play(scenario, deployment_id=deployment_id, tags=tags)
        if is_watched:
            self.put_watch(deployment_id)

    def play_fleet(self, *steps: FleetStep, deployment_id: str = "an-id") -> None:
        """Start a Greengrass V2 deployment that goes through these steps; discovery or `watch` finds it."""
        self.simulator.play_fleet(FleetScenario("a-test", steps, (NO_SPACE,)), deployment_id=deployment_id)

    def put_watch(self, deployment_id: str, **attributes: Any) -> None:  # noqa: ANN401 - DynamoDB's typed values
        """Put the item that a person puts to watch a deployment, and perhaps more attributes."""
        self.put(deployment_id, "WATCH", Queue={"S": "CHECK"}, **attributes)

    def put(self, deployment_id: str, record: str, **attributes: Any) -> None:  # noqa: ANN401 - the same
        """Put any item."""
        item = {"DeploymentId": {"S": deployment_id}, "Record": {"S": record}} | attributes
        self.admin("dynamodb").put_item(TableName=TABLE, Item=item)

    def sweep(self) -> Report:
        """Run one sweep, wired as in Lambda, except for the time and the rate at which it asks."""
        identity, unlimited = StackIdentity("aws", REGION, ACCOUNT, FUNCTION, TABLE, STACK), RateLimiter(1e6)
        sources: dict[str, Source] = {
            "greengrass-v2": GreengrassV2(self._clients.greengrassv2, self._clients.iot, unlimited, unlimited),
            "greengrass-bulk": GreengrassBulk(self._clients.greengrass, unlimited),
        }
        app = wiring.build(
            Settings(identity, self.topic_arn, self.sources, self.policy, self.discover_within_hours, 90),
            lambda service, config: getattr(self._clients, service),  # noqa: ARG005 - boto3's arguments
            clock=lambda: self.now,
            sources={name: source for name, source in sources.items() if not self.sources or name in self.sources},
        )
        app.workers = 1
        self._sweeps += 1
        return sweep(app, Deadline(lambda: 50.0), owner=f"sweep-{self._sweeps}")

    def _intercept(self, model: OperationModel, _params: dict[str, Any]) -> tuple[Any, Any] | None:
        self.before.pop(f"{model.service_model.service_name}.{model.name}", lambda: None)()
        if model.name != "Publish" or self.sns_error is None:
            return None
        status, code = self.sns_error
        error = {"Error": {"Code": code, "Message": "said SNS"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return SimpleNamespace(status_code=status), error

    # What can be seen

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table."""
        found: list[dict[str, Any]] = self.admin("dynamodb").scan(TableName=TABLE)["Items"]
        return found

    def item(self, deployment_id: str, record: str = "WATCH") -> dict[str, Any]:
        """One item of the table; it is there."""
        (found,) = (
            each for each in self.items() if (each["DeploymentId"]["S"], each["Record"]["S"]) == (deployment_id, record)
        )
        return found

    def queued(self, queue: str) -> list[str]:
        """The deployments with an item in a queue; sources aside."""
        found = (each["DeploymentId"]["S"] for each in self.items() if each.get("Queue") == {"S": queue})
        return sorted(each for each in found if not each.startswith("source:"))

    def events(self, deployment_id: str) -> list[str]:
        """A history in short: `None>Running`, `Running>Failed`, `FAILED`, ..."""
        return [
            f"{item.get('From', {'S': None})['S']}>{item['To']['S']}" if "Kind" not in item else item["Kind"]["S"]
            for item in sorted(self.items(), key=lambda each: str(each["Record"]["S"]))
            if item["DeploymentId"]["S"] == deployment_id and item["Record"]["S"].startswith("EVENT#")
        ]

    def received(self) -> list[dict[str, Any]]:
        """The alert events that the subscriber got since the last look."""
        events, sqs = [], self.admin("sqs")
        while messages := sqs.receive_message(QueueUrl=self._inbox, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                events.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self._inbox, ReceiptHandle=message["ReceiptHandle"])
        return events


def fleet(minute: float, **devices: int) -> FleetStep:
    """What is true of a Greengrass V2 deployment from a minute on."""
    return FleetStep(60 * minute, Devices(**devices))
