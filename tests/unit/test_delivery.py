from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from deployment_notifier.delivery import CLIENT_CONFIG, SECONDS_PER_PUBLISH, Delivered, Delivery
from deployment_notifier.errors import TableError
from deployment_notifier.model import Alert, Kind, timestamp
from deployment_notifier.table import Lease, PendingAlert
from tests.fakes import PLACE, START, Clock, FakeOutbox
from tests.wire import answer_with, fail_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_sns import SNSClient

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
ALERT = Alert("an-id", START, "greengrass-bulk", Kind.FAILED, from_status="Running", to_status="Failed")
LEASE = Lease("this-sweep", START + timedelta(seconds=110))
ANSWER = {"MessageId": "a-message-id"}


@pytest.fixture
def client() -> SNSClient:
    return boto3.client("sns", config=CLIENT_CONFIG)


@pytest.fixture
def sns(client: SNSClient) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def outbox() -> FakeOutbox:
    return FakeOutbox()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def delivery(outbox: FakeOutbox, client: SNSClient, clock: Clock) -> Delivery:
    port: Any = outbox
    return Delivery(port, client, TOPIC, PLACE, clock, logging.getLogger("deployment_notifier.test"))


def test_an_alert_is_published_and_then_marked(delivery: Delivery, sns: Stubber, outbox: FakeOutbox) -> None:
    sns.add_response("publish", ANSWER)

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.PUBLISHED

    assert outbox.published == [(ALERT.id, "a-message-id")]
    assert outbox.failed == []


def test_each_protocol_gets_its_own_body_and_subscriptions_can_filter(
    delivery: Delivery, client: SNSClient, sns: Stubber
) -> None:
    sent: list[dict[str, Any]] = []
    client.meta.events.register("before-parameter-build.sns.Publish", lambda params, **_: sent.append(dict(params)))
    sns.add_response("publish", ANSWER)

    delivery.deliver(PendingAlert(ALERT), LEASE)

    (params,) = sent
    assert params["TopicArn"] == TOPIC
    assert params["MessageStructure"] == "json"
    assert {"default", "email", "https", "sqs", "lambda", "sms"} == set(json.loads(params["Message"]))
    assert params["Subject"].isprintable()
    assert params["MessageAttributes"] == {
        "kind": {"DataType": "String", "StringValue": "FAILED"},
        "severity": {"DataType": "String", "StringValue": "critical"},
        "source": {"DataType": "String", "StringValue": "greengrass-bulk"},
    }


@pytest.mark.usefixtures("sns")
def test_an_alert_is_not_published_once_its_lease_has_run_out(
    delivery: Delivery, outbox: FakeOutbox, clock: Clock
) -> None:
    """By then another sweep may have it."""
    clock.now = LEASE.until

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.WAITS

    assert outbox == FakeOutbox()


def test_an_alert_is_published_up_to_the_end_of_its_lease(
    delivery: Delivery, outbox: FakeOutbox, sns: Stubber, clock: Clock
) -> None:
    clock.now = LEASE.until - timedelta(milliseconds=1)
    sns.add_response("publish", ANSWER)

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.PUBLISHED
    assert outbox.published


def test_a_pending_alert_is_leased_before_it_is_published(
    delivery: Delivery, outbox: FakeOutbox, sns: Stubber, client: SNSClient
) -> None:
    leased_at_publish: list[list[str]] = []
    client.meta.events.register(
        "before-parameter-build.sns.Publish", lambda **_: leased_at_publish.append(list(outbox.acquired))
    )
    sns.add_response("publish", ANSWER)

    assert delivery.deliver_pending(PendingAlert(ALERT), LEASE) is Delivered.PUBLISHED

    assert leased_at_publish == [[ALERT.id]]


@pytest.mark.usefixtures("sns")
def test_a_pending_alert_that_another_sweep_has_is_left_to_it(delivery: Delivery, outbox: FakeOutbox) -> None:
    outbox.is_free = False

    assert delivery.deliver_pending(PendingAlert(ALERT), LEASE) is Delivered.GONE

    assert outbox.published == []
    assert outbox.failed == []


@pytest.mark.usefixtures("sns")
def test_a_pending_alert_whose_lease_is_not_known_to_be_had_is_not_published(
    delivery: Delivery, outbox: FakeOutbox
) -> None:
    outbox.is_broken = True

    with pytest.raises(TableError):
        delivery.deliver_pending(PendingAlert(ALERT), LEASE)


@pytest.mark.parametrize("code", ["InvalidParameter", "InvalidParameterValue", "ValidationError"])
def test_what_sns_will_never_take_as_it_is_goes_out_in_its_plainest_form(
    delivery: Delivery, outbox: FakeOutbox, client: SNSClient, sns: Stubber, code: str
) -> None:
    sent: list[dict[str, Any]] = []
    client.meta.events.register("before-parameter-build.sns.Publish", lambda params, **_: sent.append(dict(params)))
    sns.add_client_error("publish", code, "Invalid parameter: Message too long", 400)
    sns.add_response("publish", ANSWER, {"TopicArn": TOPIC, "Subject": ANY, "Message": ANY, "MessageAttributes": ANY})

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.PUBLISHED

    assert outbox.published == [(ALERT.id, "a-message-id")]
    assert sent[1]["Message"].isascii()
    assert ALERT.id in sent[1]["Message"]
    assert ALERT.id in sent[0]["Message"]


def test_an_alert_that_is_refused_even_so_is_kept(delivery: Delivery, outbox: FakeOutbox, sns: Stubber) -> None:
    # What a wrong topic looks like.
    sns.add_client_error("publish", "InvalidParameter", "Invalid parameter: TopicArn", 400)
    sns.add_client_error("publish", "InvalidParameter", "Invalid parameter: TopicArn", 400)

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.FAILED

    ((attempts, error, _),) = outbox.failed
    assert attempts == 1
    assert "Invalid parameter: TopicArn" in error


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("Throttled", 429),
        ("InternalError", 500),
        ("AuthorizationError", 403),
        ("NotFound", 404),
        ("ExpiredToken", 403),
        ("KMSAccessDenied", 400),
    ],
)
def test_a_failed_publish_is_not_repeated_at_once_and_keeps_the_alert_with_its_error(
    delivery: Delivery, outbox: FakeOutbox, sns: Stubber, code: str, status: int
) -> None:
    sns.add_client_error("publish", code, "said SNS", status)

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.FAILED

    ((attempts, error, not_before),) = outbox.failed
    assert attempts == 1
    assert code in error
    assert "said SNS" in error
    assert not_before == START + timedelta(minutes=1)
    assert outbox.published == []


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (50, 30), (10**6, 30)],
)
def test_failures_back_off_from_one_minute_doubling_to_thirty(
    delivery: Delivery, outbox: FakeOutbox, sns: Stubber, attempts: int, minutes: int
) -> None:
    sns.add_client_error("publish", "InternalError", "", 500)

    delivery.deliver(PendingAlert(ALERT, attempts=attempts), LEASE)

    assert outbox.failed[0][0] == attempts + 1
    assert outbox.failed[0][2] == START + timedelta(minutes=minutes)


def test_what_is_kept_of_an_error_is_cut(delivery: Delivery, outbox: FakeOutbox, sns: Stubber) -> None:
    sns.add_client_error("publish", "InternalError", "x" * 10_000, 500)

    delivery.deliver(PendingAlert(ALERT), LEASE)

    assert len(outbox.failed[0][1]) == 1000


def test_an_alert_that_was_published_and_not_marked_counts_as_published(
    delivery: Delivery, outbox: FakeOutbox, sns: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    outbox.is_broken = True
    sns.add_response("publish", ANSWER)

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.PUBLISHED

    assert "alert published but not marked: it will be repeated" in caplog.messages


def test_a_failure_that_cannot_be_noted_leaves_the_alert_waiting(
    delivery: Delivery, outbox: FakeOutbox, sns: Stubber
) -> None:
    outbox.is_broken = True
    sns.add_client_error("publish", "InternalError", "", 500)

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.FAILED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not XML",
        b"<html><body>Please sign in</body></html>",  # well-formed, and nothing of what it should be
        b"<PublishResponse></PublishResponse>",
        b"<PublishResponse><PublishResult></PublishResult></PublishResponse>",
        b"\xff\xfe",
    ],
)
def test_an_answer_that_names_no_message_is_a_failed_publish(
    delivery: Delivery, outbox: FakeOutbox, client: SNSClient, body: bytes
) -> None:
    """Whether the alert went out is not known, so it rests and is repeated."""
    answer_with(client, 200, body)

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.FAILED

    assert len(outbox.failed) == 1


def test_a_publish_that_cannot_be_sent_is_a_failed_publish(
    delivery: Delivery, outbox: FakeOutbox, client: SNSClient
) -> None:
    fail_with(client, EndpointConnectionError(endpoint_url="https://sns"))

    assert delivery.deliver(PendingAlert(ALERT), LEASE) is Delivered.FAILED
    assert "EndpointConnectionError" in outbox.failed[0][1]


def test_a_failed_publish_is_sent_once(delivery: Delivery, client: SNSClient) -> None:
    """A repeat by the SDK would be a repeated alert that the outbox knows nothing of."""
    sent = answer_with(client, 503, b"")

    delivery.deliver(PendingAlert(ALERT), LEASE)

    assert len(sent) == 1


def test_time_outs_fit_the_time_that_a_publish_is_said_to_take() -> None:
    config: Any = CLIENT_CONFIG

    assert config.connect_timeout + config.read_timeout <= SECONDS_PER_PUBLISH


def test_the_log_names_the_deployment_the_alert_and_the_message(
    delivery: Delivery, sns: Stubber, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sns.add_response("publish", ANSWER)

    delivery.deliver(PendingAlert(ALERT), LEASE)

    (record,) = caplog.records
    assert record.message == "alert published"
    assert vars(record)["deployment_id"] == "an-id"
    assert vars(record)["alert_id"] == f"an-id/{timestamp(START)}"
    assert vars(record)["message_id"] == "a-message-id"
