"""The whole function, from SNS's event to the stand-in's channel, with SSM and SQS emulated by moto."""

from __future__ import annotations

import importlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from deployment_notifier.slack import dead_letters, webhook_url
from deployment_notifier.slack.errors import RecordError, UnavailableError
from local.slack import Fault, active_markup
from tests.unit.slack.samples import FAILED, published

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.slack import SlackStandIn

EVENT = Path(__file__).parents[3] / "events" / "sns-slack.json"
PARAMETER = "/notifier/slack-webhook"


@dataclass(frozen=True)
class Context:
    """What the function needs of Lambda's context, and what Powertools puts into each log line."""

    function_name: str = "slack"
    function_version: str = "1"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:slack"
    aws_request_id: str = "5d2e8c1a-3f47-4b60-9a1d-0c8e6b7f2a94"

    def get_remaining_time_in_millis(self) -> int:
        return 50_000


class Stack:
    """The function and what it uses."""

    def __init__(self, slack: SlackStandIn) -> None:
        self.slack = slack
        self.ssm: Any = boto3.client("ssm")
        self.sqs: Any = boto3.client("sqs")
        self.queue_url = self.sqs.create_queue(QueueName="undelivered")["QueueUrl"]
        self.handler: Any = None

    def start(self) -> None:
        """Start a new container of the function, with the environment as it is now."""
        self.handler = importlib.reload(importlib.import_module("deployment_notifier.slack.handler")).handler

    def invoke(self, *records: dict[str, Any]) -> dict[str, int]:
        found: dict[str, int] = self.handler({"Records": list(records or [published(FAILED)])}, Context())
        return found

    def put_url(self, url: str) -> None:
        self.ssm.put_parameter(Name=PARAMETER, Value=url, Type="SecureString", Overwrite=True)

    def queued(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
        )
        return list(answer.get("Messages", []))


@pytest.fixture
def stack(slack: SlackStandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        # As where an emulator is in the place of AWS, so that the webhook may be on this machine. moto needs AWS's own.
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "ALERT_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:alerts",
        "NOTIFIER_FUNCTION_NAME": "notifier-Function-1A",
        "TABLE_NAME": "notifier-Table-9Z",
        "SLACK_WEBHOOK_PARAMETER": PARAMETER,
        "POWERTOOLS_SERVICE_NAME": "notifier",
        "POWERTOOLS_METRICS_NAMESPACE": "GreengrassDeploymentNotifier",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        stack = Stack(slack)
        monkeypatch.setenv("UNDELIVERED_QUEUE_URL", stack.queue_url)
        stack.put_url(slack.url)
        stack.start()
        yield stack


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


def test_the_recorded_event_arrives_in_the_channel(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert stack.invoke(*json.loads(EVENT.read_text())["Records"]) == {"posted": 1, "repeated": 0, "refused": 0}
    (message,) = stack.slack.messages
    assert message["text"].startswith("🟠 WARNING: Greengrass LINE7-software: 37 of 400 devices failed - ")
    assert active_markup(message) == []
    assert metrics(capsys) == []
    stack.ssm.delete_parameter(Name=PARAMETER)
    assert stack.invoke(published(FAILED, "2"))["posted"] == 1, "the parameter is read once for many messages"


def test_a_refused_webhook_sets_off_the_alarm_and_the_message_is_queued(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.slack.set_fault(Fault(410, "channel_is_archived"))
    assert stack.invoke() == {"posted": 0, "repeated": 0, "refused": 1}
    (emitted,) = metrics(capsys)
    assert emitted["SlackRefused"] == [1.0]
    (directive,) = emitted["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "GreengrassDeploymentNotifier"
    assert directive["Dimensions"] == [["service"]]
    assert emitted["service"] == "notifier"
    (queued,) = stack.queued()
    assert json.loads(queued["Body"]) == {"Records": [published(FAILED)]}
    assert {name: each["StringValue"] for name, each in queued["MessageAttributes"].items()} == {
        "RequestID": Context().aws_request_id,
        "ErrorCode": "200",
        "ErrorMessage": "Slack answered 410 channel_is_archived",
    }
    # Once the channel is there again, the function can be invoked with what was queued.
    stack.slack.set_fault(None)
    assert stack.invoke(*json.loads(queued["Body"])["Records"])["posted"] == 1


def test_its_clients_give_up_in_time(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}
    create_client: Any = boto3.client

    def record(service: str, **arguments: Any) -> Any:  # noqa: ANN401 - as boto3.client
        made[service] = arguments.get("config")
        return create_client(service, **arguments)

    monkeypatch.setattr(boto3, "client", record)
    stack.start()
    stack.slack.set_fault(Fault(410, "channel_is_archived"))
    stack.invoke()
    assert made == {"ssm": webhook_url.CLIENT_CONFIG, "sqs": dead_letters.CLIENT_CONFIG}


@pytest.mark.parametrize("endpoint", [None, ""])
def test_in_aws_a_url_of_this_machine_is_no_webhook(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, endpoint: str | None
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    if endpoint is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    stack.start()
    assert stack.invoke()["refused"] == 1
    assert stack.slack.received == []


def test_a_message_that_neither_slack_nor_the_queue_takes_is_left_to_lambdas_retry(stack: Stack) -> None:
    stack.slack.set_fault(Fault(410, "channel_is_archived"))
    stack.sqs.delete_queue(QueueUrl=stack.queue_url)
    with pytest.raises(UnavailableError, match="NonExistentQueue"):
        stack.invoke()


def test_no_wait_is_longer_than_lambda_leaves(stack: Stack) -> None:
    stack.slack.set_fault(Fault(429, retry_after=36))
    with pytest.raises(UnavailableError, match="asks to wait 36 s, which is more than is left"):
        stack.invoke()


def test_the_alarm_goes_off_also_if_another_message_of_the_invocation_fails(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.slack.set_fault(Fault(403, "action_prohibited"))
    with pytest.raises(RecordError):
        stack.invoke({"body": "of SQS"}, published(FAILED), published(FAILED, "2"))
    assert [line["SlackRefused"] for line in metrics(capsys)] == [[2.0]]
    assert len(stack.queued()) == 2


def test_no_line_of_the_log_has_the_url(
    stack: Stack, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [stack.slack.url.rpartition("/")[2]]
    stack.invoke()
    for n, fault in enumerate((Fault(410, "channel_is_archived"), Fault(503), Fault(None), Fault(400, "no_text"))):
        stack.slack.set_fault(fault)
        try:
            stack.invoke(published(FAILED, f"fault-{n}"))
        except UnavailableError:
            continue
    stack.slack.set_fault(None)
    stack.put_url(stack.slack.rotate())
    secrets.append(stack.slack.url.rpartition("/")[2])
    assert stack.invoke(published(FAILED, "rotated"))["posted"] == 1
    captured = capsys.readouterr()
    logged = "\n".join(str(line.__dict__) for line in caplog.records)
    assert "message refused" in logged
    for secret in secrets:
        assert secret not in captured.out + captured.err + logged
