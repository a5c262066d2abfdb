"""One stack in emulated AWS: its table, its topic with a subscriber, and the deployments that it watches."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from deployment_notifier.model import Kind, Policy, StackIdentity
from deployment_notifier.settings import Settings
from deployment_notifier.table.history import HistoryReader
from deployment_notifier.table.operator_actions import OperatorActions, UnwatchResult
from local.ministack import ACCOUNT, REGION
from local.simulator import Error, FailingGroups, Metrics, Misbehaviour, Scenario, Step
from local.simulator.fleet import NO_SPACE, Devices, FleetScenario, FleetStep
from tests.template import load_template

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from deployment_notifier.report import Report
    from tests.emulated.emulators import Container, Emulators
    from tests.emulated.interceptor import Call

TABLE = "notifier-table"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:notifier-alerts"
HISTORY_DAYS = 90
BULK, FLEET = "greengrass-bulk", "greengrass-v2"
SOURCE = f"source:{BULK}"
TIMEOUT_SECONDS = 50.0
LEASE = timedelta(seconds=TIMEOUT_SECONDS + 60)
"""How long an alert stays leased: the function's timeout and a minute."""

NO_TIME_TO_PUBLISH = 26.0
"""Seconds in which a sweep can check and store, but publish nothing."""

SETTINGS = Settings(
    identity=StackIdentity("aws", REGION, ACCOUNT, "notifier", TABLE, "notifier-stack"),
    topic_arn=TOPIC_ARN,
    sources=frozenset({BULK}),
    policy=Policy(alert_on=frozenset(Kind)),
    discover_within_hours=24,
    history_days=HISTORY_DAYS,
)

_QUEUE = "subscriber"
_WORDS = {"Running": "ACTIVE", "Failed": "FAILED", "Stopped": "CANCELED", "Completed": "COMPLETED"}
"""What Greengrass V2 says instead."""


class EmulatedStack:
    """A new stack: an empty table, a topic with one subscriber, and a Greengrass without deployments.

    Args:
        emulators: they are emptied.
        container: what runs the sweeps; by default a new one.

    Attributes:
        settings: every kind of alert is on, and Greengrass V1 is the only source; the rest has its defaults.
        source: the source whose deployments `watch` and `deployment` are about.
        seconds: the time that each sweep has.
        seconds_per_answer: how much of it each answer of Greengrass takes.
    """

    def __init__(self, emulators: Emulators, container: Container | None = None) -> None:
        emulators.reset()
        self.emulators = emulators
        self.simulator = emulators.simulator
        self.container = container or emulators.containers(1)[0]
        self.settings = SETTINGS
        self.source = BULK
        self.seconds = TIMEOUT_SECONDS
        self.seconds_per_answer = 0.0
        self._last_sweep = 0
        self._published: list[str] = []
        self._make_table()
        emulators.sns.create_topic(Name=TOPIC_ARN.rpartition(":")[2])
        self._queue_url = self._subscribe_a_queue()

    # Time and settings

    @property
    def now(self) -> datetime:
        """The present, for the notifier and for Greengrass. It does not move by itself."""
        return self.emulators.now

    def advance(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Let time pass."""
        passed = timedelta(seconds=seconds, minutes=minutes)
        self.emulators.now += passed
        self.simulator.advance(passed.total_seconds())

    def ask(self, *sources: str) -> None:
        """Let sweeps ask these sources, by their names, and no others; what follows is about the last one."""
        self.source = sources[-1]
        self.settings = replace(self.settings, sources=frozenset(sources))

    def configure(self, *, discover_within_hours: int | None = None, **policy: Any) -> None:  # noqa: ANN401 - the fields of Policy
        """Change settings: how far discovery looks back, or fields of the policy."""
        hours = self.settings.discover_within_hours if discover_within_hours is None else discover_within_hours
        changed = replace(self.settings.policy, **policy)
        self.settings = replace(self.settings, discover_within_hours=hours, policy=changed)

    # What operators do

    def watch(self, *deployment_ids: str, **attributes: Any) -> None:  # noqa: ANN401 - DynamoDB's typed values
        """Register deployments: put the smallest item that is enough, and perhaps more attributes."""
        named = {} if self.source == BULK else {"Source": {"S": self.source}}
        for deployment_id in deployment_ids:
            item = _key(deployment_id, "WATCH") | {"Queue": {"S": "CHECK"}} | named | attributes
            self.emulators.dynamodb.put_item(TableName=TABLE, Item=item)

    def delete(self, deployment_id: str, record: str = "WATCH") -> None:
        """Delete an item."""
        self.emulators.dynamodb.delete_item(TableName=TABLE, Key=_key(deployment_id, record))

    def unwatch(self, deployment_id: str) -> None:
        """End a watch for good, as the command line does: the item stays, so that it is not discovered again."""
        reader = HistoryReader(self.emulators.dynamodb, TABLE, lambda: self.now)
        actions = OperatorActions(
            self.emulators.dynamodb, TABLE, history_days=90, reader=reader, clock=lambda: self.now
        )
        assert actions.unwatch(deployment_id) is UnwatchResult.ENDED

    # What Greengrass does

    def start(self, scenario: str) -> str:
        """Start a deployment that plays a scenario of the simulator's library; returns its id."""
        return self.simulator.play(scenario)

    def play(
        self,
        deployment_id: str,
        *steps: Step,
        failing: tuple[FailingGroups, ...] = (),
        group_seconds: float = 0,
        unfinished: int = 0,
        hours_old: float = 0,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Let a deployment go through these steps, from now on; it is replaced if there is one.

        Args:
            deployment_id: its id.
            steps: what is true of it, from when on.
            failing: the groups that fail; all others succeed.
            group_seconds: how long the slowest group takes.
            unfinished: how many groups never end.
            hours_old: how long ago it started.
            tags: its tags.
        """
        scenario = Scenario(deployment_id, steps, failing, group_seconds, unfinished)
        self.simulator.play(scenario, deployment_id=deployment_id, age_seconds=3600 * hours_old, tags=tags)

    def deployment(
        self,
        deployment_id: str,
        status: str = "Running",
        processed: int = 0,
        invalid: int = 0,
        error: str | None = None,
        *,
        failing: Mapping[str, int] | None = None,
        unfinished: int = 0,
        hours_old: float = 0,
    ) -> None:
        """Let a deployment be in this state from now on.

        Each valid record has a group. `failing` of these fail, so many for each reason; `unfinished` never end. Of
        Greengrass V2, the records are devices, invalid ones have failed, and one goes on for as long as it is Running.
        """
        if self.source == FLEET:
            devices = Devices(in_progress=status == "Running", succeeded=max(0, processed - invalid), failed=invalid)
            fleet = FleetScenario(deployment_id, (FleetStep(0, devices, _WORDS[status]),), (NO_SPACE,))
            self.simulator.play_fleet(fleet, deployment_id=deployment_id, age_seconds=3600 * hours_old)
            return
        step = at(0, status, processed, invalid, Error(error, (("E1", error),)) if error else None)
        groups = tuple(
            FailingGroups(count, Error(reason, (("E2", reason),))) for reason, count in (failing or {}).items()
        )
        self.play(deployment_id, step, failing=groups, unfinished=unfinished, hours_old=hours_old)

    def answer(self, operation: str, body: object, **about: Any) -> int:  # noqa: ANN401 - the fields of Fault
        """Let an operation of Greengrass answer with this JSON; returns the number of the fault."""
        return self.simulator.fault("raw", operation=operation, body=json.dumps(body), **about)

    # What the notifier does

    def sweep(self, container: Container | None = None, *, workers: int = 1, in_order: bool = True) -> Report:
        """Run one sweep to its end, or to its `SimulatedCrash`; every thread of it has ended then."""
        runs = container or self.container
        self._last_sweep = len(runs.interceptor.calls)
        return runs.run(self, workers, in_order=in_order)

    def sweeps(self, times: int, *, every: float = 1) -> list[tuple[float, str]]:
        """Run sweeps, and let time pass after each.

        Args:
            times: how many.
            every: the minutes between them.

        Returns:
            What came, and after how many minutes: the alerts' kinds, those of `also` included.
        """
        came = []
        for number in range(times):
            self.sweep()
            came += [(number * every, kinds) for kinds in self.kinds()]
            self.advance(minutes=every)
        return came

    # What came of it

    @property
    def calls(self) -> list[Call]:
        """The calls of the last sweep."""
        return self.container.interceptor.calls[self._last_sweep :]

    @property
    def writes(self) -> list[str]:
        """The writes of the last sweep."""
        return [call.name for call in self.calls if call.is_write]

    def items(self) -> list[dict[str, Any]]:
        """Everything in the table, as plain values, in the order of its keys."""
        items: list[Any] = self.emulators.dynamodb.scan(TableName=TABLE, ConsistentRead=True)["Items"]
        plain = [_plain({"M": item}) for item in items]
        return sorted(plain, key=lambda item: (item["DeploymentId"], item["Record"]))

    def item(self, deployment_id: str, record: str = "WATCH") -> dict[str, Any]:
        """One item of the table, as plain values; empty if there is none."""
        answer = self.emulators.dynamodb.get_item(TableName=TABLE, Key=_key(deployment_id, record), ConsistentRead=True)
        item: dict[str, Any] = _plain({"M": answer.get("Item", {})})
        return item

    def events_of(self, deployment_id: str) -> list[dict[str, Any]]:
        """The transitions and alerts of a deployment, in the table's order."""
        return [each for each in self.items() if each["DeploymentId"] == deployment_id and "#" in each["Record"]]

    def history(self, deployment_id: str) -> list[str]:
        """The history in short: `None>Running`, `Running>Failed`, `FAILED`, ..."""
        return [each.get("Kind") or f"{each.get('From')}>{each['To']}" for each in self.events_of(deployment_id)]

    def queued(self, queue: str) -> list[str]:
        """The deployment ids in a queue of the index, those of sources aside."""
        return [
            item["DeploymentId"] for item in self.items() if item.get("Queue") == queue and item["Record"] != "SOURCE"
        ]

    def received(self) -> list[dict[str, Any]]:
        """The events that the subscriber has received since the last look."""
        events: list[dict[str, Any]] = []
        full = 10
        while True:
            answer = self.emulators.sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=full)
            messages = answer.get("Messages", [])
            events += [json.loads(message["Body"]) for message in messages]
            if len(messages) < full:
                self._published += [event["id"] for event in events]
                return events

    def kinds(self) -> list[str]:
        """The kinds of the alerts that the subscriber has received since the last look, with those of `also`."""
        return ["+".join([event["data"]["kind"], *event["data"]["also"]]) for event in self.received()]

    def published(self) -> list[str]:
        """The ids of all alerts that the subscriber has received, repeats included."""
        self.received()
        return list(self._published)

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
        url = self.emulators.sqs.create_queue(QueueName=_QUEUE, Attributes=attributes)["QueueUrl"]
        self.emulators.sns.subscribe(
            TopicArn=TOPIC_ARN, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"}
        )
        return url

    def _make_table(self) -> None:
        properties: Any = load_template()["Resources"]["Table"]["Properties"]
        schema = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        self.emulators.dynamodb.create_table(TableName=TABLE, **{name: properties[name] for name in schema})


def at(
    minute: float,
    status: str | None = "Running",
    processed: int = 0,
    invalid: int = 0,
    error: Error | None = None,
    misbehaviour: Misbehaviour | None = None,
) -> Step:
    """What is true of a deployment from a minute on."""
    return Step(60 * minute, status, Metrics(processed, invalid, 0), error, misbehaviour)


def _key(deployment_id: str, record: str) -> dict[str, Any]:
    return {"DeploymentId": {"S": deployment_id}, "Record": {"S": record}}


def _plain(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """An attribute value of DynamoDB as a plain value."""
    ((code, held),) = value.items()
    match code:
        case "M":
            return {name: _plain(each) for name, each in held.items()}
        case "L":
            return [_plain(each) for each in held]
        case "N":
            return int(held) if held.isdecimal() else held
    return held
