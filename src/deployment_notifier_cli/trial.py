"""The test alert: it goes the way of a real one, and says in each body that it is a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deployment_notifier.messages import Message
from deployment_notifier.messages.references import function_arn
from deployment_notifier.messages.text import ascii_line, chat_code, moment
from deployment_notifier.model import Kind, Severity, timestamp
from deployment_notifier.table.items import DEFAULT_SOURCE

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_sns import SNSClient

    from deployment_notifier_cli.stack import Stack

KIND = "TEST"
"""The kind of no real alert, so that no consumer takes it for one."""

_SUBJECT_CHARACTERS = 99  # SNS takes fewer than 100
_NOTHING_WRONG = "This is a test. No deployment is in trouble, and there is nothing to do."


def make(stack: Stack, at: datetime, as_kind: Kind | None = None) -> Message:
    """Make the test alert.

    Args:
        stack: whose topic it goes to.
        at: its time, which is in its id.
        as_kind: the kind whose message attributes it carries, to try a subscription that filters; None for `TEST`.
    """
    subject = ascii_line(f"TEST: {stack.name} reaches you ({stack.place.region})", _SUBJECT_CHARACTERS)
    text = _text(stack, at, subject)
    program = json.dumps(_event(stack, at))
    body = {
        "default": text,
        "email": text,
        "https": json.dumps(_notification(stack, at, subject)),
        "sqs": program,
        "lambda": program,
        "sms": subject,
    }
    attributes = {
        "kind": as_kind or KIND,
        "severity": as_kind.severity if as_kind else Severity.INFO,
        "source": DEFAULT_SOURCE,
    }
    return Message(subject, json.dumps(body), structured=True, attributes=attributes)


def publish(sns: SNSClient, stack: Stack, message: Message) -> str:
    """Publish it; returns SNS's message id."""
    attributes: Any = {
        name: {"DataType": "String", "StringValue": str(value)} for name, value in message.attributes.items()
    }
    return sns.publish(
        TopicArn=stack.topic_arn,
        Subject=message.subject,
        Message=message.body,
        MessageStructure="json",
        MessageAttributes=attributes,
    )["MessageId"]


def identity(at: datetime) -> str:
    """The test alert's id."""
    return f"test/{timestamp(at)}"


def _text(stack: Stack, at: datetime, subject: str) -> str:
    place = stack.place
    lines = (
        subject,
        "",
        _NOTHING_WRONG,
        "You get it because somebody typed 'deployment-notifier test-alert'. A real alert comes the same way.",
        "",
        f"Stack:       {stack.name}",
        f"AWS account: {place.account}, region {place.region}",
        f"Topic:       {stack.topic_arn}",
        f"Sent:        {moment(at)}",
        f"Alert:       {identity(at)} ({KIND})",
    )
    return "\n".join(lines) + "\n"


def _event(stack: Stack, at: datetime) -> dict[str, object]:
    """As section 7's event has it, with a type of its own and `data.test`; what a test has not is null."""
    return {
        "specversion": "1.0",
        "type": f"greengrass-deployment.{KIND}",
        "id": identity(at),
        "source": function_arn(stack.place),
        "subject": "test",
        "time": timestamp(at),
        "datacontenttype": "application/json",
        "data": {
            "kind": KIND,
            "test": True,
            "also": [],
            "severity": Severity.INFO,
            "deployment": None,
            "status": None,
            "metrics": None,
            "error": None,
            "groups": None,
        },
    }


def _notification(stack: Stack, at: datetime, subject: str) -> dict[str, object]:
    """As the chat gets it: the custom notification of Amazon Q Developer in chat applications."""
    place = stack.place
    return {
        "version": "1.0",
        "source": "custom",
        "id": identity(at),
        "content": {
            "textType": "client-markdown",
            "title": f"⚪ {subject}",
            "description": f"{_NOTHING_WRONG}\nStack: {chat_code(stack.name)}",
            "nextSteps": ["Nothing to do: a real alert comes the same way."],
            "keywords": [KIND, place.region, place.account],
        },
        "metadata": {
            "summary": "Test of the deployment notifier",
            "eventType": f"greengrass-deployment.{KIND}",
            "relatedResources": [function_arn(place)],
            "additionalContext": {"alertId": identity(at), "kind": KIND, "test": "true", "stack": stack.name},
        },
    }
