"""The whole function, from SNS's event to the stand-in's channel, with SSM and SQS played by moto."""

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

from deployment_notifier.slack.errors import QueueError, UnavailableError
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


@dataclass
class Stack:
    """The function and what it uses."""

    handler: Any
    slack: SlackStandIn
    ssm: Any
    sqs: Any
    queue_url: str

    def invoke(self, event: dict[str, Any] | None = None) -> dict[str, int]:
        found: dict[str, int] = self.handler(event or {"Records": [published(FAILED)]}, Context())
        return found

    def put_url(self, url: str) -> None:
        self.ssm.put_parameter(Name=PARAMETER, Value=url, Type="SecureString", Overwrite=True)

    def kept(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
        )
        return list(answer.get("Messages", []))


@pytest.fixture
def stack(slack: SlackStandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        ssm, sqs = boto3.client("ssm"), boto3.client("sqs")
        queue_url = sqs.create_queue(QueueName="undelivered")["QueueUrl"]
        for name, value in {
            "ALERT_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:alerts",
            "NOTIFIER_FUNCTION_NAME": "notifier-Function-1A",
            "TABLE_NAME": "notifier-Table-9Z",
            "SLACK_WEBHOOK_PARAMETER": PARAMETER,
            "UNDELIVERED_QUEUE_URL": queue_url,
            "POWERTOOLS_SERVICE_NAME": "notifier",
            "POWERTOOLS_METRICS_NAMESPACE": "GreengrassDeploymentNotifier",
        }.items():
            monkeypatch.setenv(name, value)
        module = importlib.reload(importlib.import_module("deployment_notifier.slack.handler"))
        found = Stack(module.handler, slack, ssm, sqs, queue_url)
        found.put_url(slack.url)
        yield found


def metrics(out: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


def test_the_recorded_event_arrives_in_the_channel(stack: Stack) -> None:
    assert stack.invoke(json.loads(EVENT.read_text())) == {"posted": 1, "repeated": 0, "refused": 0}
    (message,) = stack.slack.messages
    assert message["text"] == "🔴 CRITICAL: bulk deployment 1b2c3d4e failed (eu-west-1)"
    assert active_markup(message) == []


def test_a_post_that_works_writes_no_metric(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.invoke()
    assert metrics(capsys.readouterr().out) == []


def test_the_parameter_is_read_once_for_many_messages(stack: Stack) -> None:
    stack.invoke()
    stack.ssm.delete_parameter(Name=PARAMETER)
    assert stack.invoke({"Records": [published(FAILED, "2")]})["posted"] == 1


def test_a_refused_webhook_rings_the_alarm_and_keeps_the_message(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"Records": [published(FAILED)]}
    stack.slack.set_fault(Fault(410, "channel_is_archived"))
    assert stack.invoke(event) == {"posted": 0, "repeated": 0, "refused": 1}
    (emitted,) = metrics(capsys.readouterr().out)
    assert emitted["SlackRefused"] == [1.0]
    (directive,) = emitted["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "GreengrassDeploymentNotifier"
    assert directive["Dimensions"] == [["service"]]
    assert emitted["service"] == "notifier"
    (kept,) = stack.kept()
    assert json.loads(kept["Body"]) == event
    attributes = {name: each["StringValue"] for name, each in kept["MessageAttributes"].items()}
    assert attributes == {
        "RequestID": Context().aws_request_id,
        "ErrorCode": "200",
        "ErrorMessage": "Slack answered 410 channel_is_archived",
    }
    # Once the channel is there again, the function can be invoked with what was kept.
    stack.slack.set_fault(None)
    assert stack.invoke(json.loads(kept["Body"]))["posted"] == 1


def test_a_url_that_was_replaced_is_found_without_an_alarm(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.invoke()
    stack.put_url(stack.slack.rotate())
    assert stack.invoke({"Records": [published(FAILED, "2")]})["posted"] == 1
    assert len(stack.slack.messages) == 2
    assert metrics(capsys.readouterr().out) == []
    assert stack.kept() == []


@pytest.mark.parametrize("wrong", ["https://evil.example/services/x", "none"])
def test_a_parameter_without_a_webhook_rings_the_alarm(
    stack: Stack, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    stack.put_url(wrong)
    assert stack.invoke()["refused"] == 1
    assert len(metrics(capsys.readouterr().out)) == 1
    assert len(stack.kept()) == 1


def test_a_missing_parameter_rings_the_alarm(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.ssm.delete_parameter(Name=PARAMETER)
    assert stack.invoke()["refused"] == 1
    assert len(metrics(capsys.readouterr().out)) == 1


def test_a_message_that_neither_slack_nor_the_queue_takes_is_left_to_lambdas_retry(stack: Stack) -> None:
    stack.slack.set_fault(Fault(410, "channel_is_archived"))
    stack.sqs.delete_queue(QueueUrl=stack.queue_url)
    with pytest.raises(QueueError, match="NonExistentQueue"):
        stack.invoke()


def test_slacks_own_trouble_is_left_to_lambdas_retry(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.slack.set_fault(Fault(503, times=1))
    with pytest.raises(UnavailableError, match="Slack answered 503"):
        stack.invoke()
    assert stack.kept() == []
    assert metrics(capsys.readouterr().out) == []
    assert stack.invoke()["posted"] == 1


def test_the_alarm_rings_also_where_another_message_of_the_invocation_fails(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.slack.set_fault(Fault(403, "action_prohibited"))
    with pytest.raises(Exception, match="SNS"):
        stack.invoke({"Records": [{"body": "of SQS"}, published(FAILED)]})
    assert len(metrics(capsys.readouterr().out)) == 1
    assert len(stack.kept()) == 1


def test_no_line_of_the_log_has_the_url(
    stack: Stack, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [stack.slack.url.rpartition("/")[2]]
    stack.invoke()
    for n, fault in enumerate((Fault(410, "channel_is_archived"), Fault(503), Fault(None), Fault(400, "no_text"))):
        stack.slack.set_fault(fault)
        try:
            stack.invoke({"Records": [published(FAILED, f"fault-{n}")]})
        except UnavailableError:
            continue
    stack.slack.set_fault(None)
    stack.put_url(stack.slack.rotate())
    secrets.append(stack.slack.url.rpartition("/")[2])
    stack.invoke({"Records": [published(FAILED, "rotated")]})
    captured = capsys.readouterr()
    logged = "\n".join(str(line.__dict__) for line in caplog.records)
    assert "message refused" in logged
    for secret in secrets:
        assert secret not in captured.out + captured.err + logged
