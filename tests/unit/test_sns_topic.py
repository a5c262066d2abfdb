"""Publishing one message: with a real client, below which each request gets an answer of the test's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from deployment_notifier.errors import PublishError, RefusedError
from deployment_notifier.messages import Message
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.sns_topic import CLIENT_CONFIG, MESSAGES_PER_SECOND, Sns
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from tests.wire import answer_with, fail_with

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
MESSAGE = Message("FAILED", '{"default": "failed"}', {"kind": "FAILED"})


@pytest.fixture
def client() -> SNSClient:
    return boto3.client("sns", config=CLIENT_CONFIG)


def topic(client: SNSClient, slept: list[float] | None = None) -> Sns:
    """The topic, with time that stands still but for the pauses between messages."""
    times = [] if slept is None else slept
    return Sns(client, TOPIC, RateLimiter(MESSAGES_PER_SECOND, lambda: sum(times), times.append))


def publish(client: SNSClient, message: Message = MESSAGE) -> str:
    return topic(client).publish(message)


def test_a_message_goes_to_the_topic_with_a_body_for_each_protocol_and_attributes_to_filter_by(
    client: SNSClient,
) -> None:
    expected = {
        "TopicArn": TOPIC,
        "Subject": "FAILED",
        "Message": '{"default": "failed"}',
        "MessageStructure": "json",
        "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "FAILED"}},
    }
    with Stubber(client) as stubber:
        stubber.add_response("publish", {"MessageId": "an-id"}, expected)
        assert publish(client) == "an-id"


@pytest.mark.parametrize(
    ("code", "status", "is_refused"),
    [
        ("InvalidParameter", 400, True),
        ("InvalidParameterValue", 400, True),
        ("ValidationError", 400, True),
        ("ValidationException", 400, True),
        ("Throttled", 429, False),
        ("InternalError", 500, False),
        ("AuthorizationError", 403, False),
        ("NotFound", 404, False),
        ("ExpiredToken", 403, False),
        ("KMSAccessDenied", 400, False),
    ],
)
def test_what_sns_will_never_take_is_distinguished_from_what_it_may_take_later(
    client: SNSClient, code: str, status: int, is_refused: bool
) -> None:
    with Stubber(client) as stubber:
        stubber.add_client_error("publish", code, "said SNS", status)
        with pytest.raises(PublishError, match=f"{code}.*said SNS") as caught:
            publish(client)
    assert isinstance(caught.value, RefusedError) == is_refused


def test_what_the_client_does_not_take_is_refused(client: SNSClient) -> None:
    """Another attempt would not change it, so the minimal message must be sent."""
    odd: Any = {"kind": 7}
    with pytest.raises(RefusedError, match="StringValue"):
        publish(client, Message("FAILED", "x", odd))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not XML",
        b"<html><body>Please sign in</body></html>",  # well-formed, but not the answer
        b"<PublishResponse></PublishResponse>",
        b"<PublishResponse><PublishResult></PublishResult></PublishResponse>",
        b"\xff\xfe",
    ],
)
def test_an_answer_that_names_no_message_is_a_failure(client: SNSClient, body: bytes) -> None:
    answer_with(client, 200, body)
    with pytest.raises(PublishError) as caught:
        publish(client)
    assert not isinstance(caught.value, RefusedError), "whether the alert was sent is not known"


@pytest.mark.parametrize("error", [EndpointConnectionError, ReadTimeoutError, ConnectionClosedError])
def test_a_publish_without_an_answer_is_not_repeated(client: SNSClient, error: type[Exception]) -> None:
    """A repeat that the outbox does not know of would be a repeated alert."""
    sent = fail_with(client, error(endpoint_url="https://sns"))  # type: ignore[call-arg] # botocore's errors take it
    with pytest.raises(PublishError, match=error.__name__) as caught:
        publish(client)
    assert not isinstance(caught.value, RefusedError)
    assert len(sent) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_publish_that_sns_fails_is_not_repeated(client: SNSClient, status: int) -> None:
    sent = answer_with(client, status, b"")
    with pytest.raises(PublishError):
        publish(client)
    assert len(sent) == 1


def test_a_client_whose_connections_were_closed_publishes(client: SNSClient) -> None:
    body = b"<PublishResponse><PublishResult><MessageId>an-id</MessageId></PublishResult></PublishResponse>"
    answer_with(client, 200, body)
    sns = topic(client)
    sns.drop_connections()
    assert sns.publish(MESSAGE) == "an-id"


def test_closing_connections_closes_those_of_the_client(client: SNSClient, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(client, "close", lambda: closed.append(True))
    topic(client).drop_connections()
    assert closed == [True]


def test_messages_are_spread_so_that_sns_deactivates_no_email_subscription(client: SNSClient) -> None:
    slept: list[float] = []
    sns = topic(client, slept)
    with Stubber(client) as stubber:
        for _ in range(9):
            stubber.add_response("publish", {"MessageId": "an-id"})
            sns.wait()
            sns.publish(MESSAGE)
    assert slept == [1 / MESSAGES_PER_SECOND] * 8
    # SNS's ten a second, less what two batches of device events may add: see MESSAGES_PER_SECOND.
    assert MESSAGES_PER_SECOND + 2 * GREENGRASS_V2.calls_per_second / 2 <= 10
