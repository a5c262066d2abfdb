"""What becomes of each message: posted, kept, or left to Lambda's retry; never lost, never repeated without need."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import pytest

from deployment_notifier.model import Kind
from deployment_notifier.slack.errors import (
    PayloadError,
    QueueError,
    RecordError,
    SecretError,
    SlackError,
    UnavailableError,
    WebhookError,
)
from deployment_notifier.slack.relay import Relay, Report
from tests.unit.slack.samples import FAILED, PLACE, alert, published, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment_notifier.slack.notices import Notice
    from deployment_notifier.slack.secret import Secret
    from deployment_notifier.slack.undelivered import Undelivered
    from deployment_notifier.slack.webhook import Webhook

OLD, NEW = "https://hooks.slack.com/services/OLD", "https://hooks.slack.com/services/NEW"
BUSY, GONE = UnavailableError("Slack answered 503"), WebhookError("Slack answered 404 no_service")


class Slack:
    """Secret, webhook and queue in one: what is configured, what Slack says, and what came of it."""

    def __init__(self) -> None:
        self.kept_url = OLD
        self.url_now = OLD
        self.secret_error: SlackError | None = None
        self.queue_error: QueueError | None = None
        # Asked for each post; an error is raised, None takes the message.
        self.judge: Callable[[str, dict[str, Any]], SlackError | None] = lambda _url, _message: None
        self.posts: list[tuple[str, str]] = []
        self.channel: list[str] = []
        self.kept: list[tuple[str, str]] = []

    def url(self) -> str:
        if self.secret_error:
            raise self.secret_error
        return self.kept_url

    def read_again(self) -> str:
        self.kept_url = self.url_now
        return self.url()

    def post(self, url: str, message: dict[str, Any], remaining: Callable[[], float]) -> None:
        assert remaining() == 42.0
        self.posts.append((url, message["text"]))
        error = self.judge(url, message)
        if error:
            raise error
        self.channel.append(message["text"])

    def keep(self, notice: Notice, request_id: str, reason: str) -> None:
        assert request_id == "request"
        if self.queue_error:
            raise self.queue_error
        self.kept.append((notice.message_id, reason))


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def relay(slack: Slack) -> Relay:
    return Relay(
        cast("Secret", slack),
        cast("Webhook", slack),
        cast("Undelivered", slack),
        PLACE,
        logging.getLogger("deployment_notifier.test"),
    )


def run(relay: Relay, *records: object) -> Report:
    return relay.run({"Records": list(records)}, lambda: 42.0, "request")


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.posted, report.repeated, report.refused, len(report.failures)


TITLE = "🔴 CRITICAL: bulk deployment 1b2c3d4e failed (eu-west-1)"


def test_a_message_is_posted_once(slack: Slack, relay: Relay) -> None:
    report = run(relay, published(FAILED))
    report.raise_failures()
    assert report.as_dict() == {"posted": 1, "repeated": 0, "refused": 0}
    assert slack.posts == [(OLD, TITLE)]
    assert slack.kept == []


def test_an_event_that_lambda_brings_twice_is_posted_once(slack: Slack, relay: Relay) -> None:
    run(relay, published(FAILED))
    assert counts(run(relay, published(FAILED))) == (0, 1, 0, 0)
    assert len(slack.channel) == 1


def test_an_alert_that_an_operator_resends_is_posted_again(slack: Slack, relay: Relay) -> None:
    run(relay, published(FAILED, "message-1"))
    assert counts(run(relay, published(FAILED, "message-2"))) == (1, 0, 0, 0)
    assert slack.channel == [TITLE, TITLE]


def test_the_memory_of_what_was_posted_is_bounded(slack: Slack, relay: Relay) -> None:
    run(relay, *(record("x", message_id=str(n)) for n in range(257)))
    assert counts(run(relay, record("x", message_id="256"), record("x", message_id="0"))) == (1, 1, 0, 0)
    assert len(slack.channel) == 258


@pytest.mark.parametrize("trouble", [BUSY, SecretError("SSM parameter could not be read")])
def test_trouble_that_may_pass_fails_the_invocation_so_that_lambda_tries_again(
    slack: Slack, relay: Relay, trouble: SlackError
) -> None:
    slack.judge = lambda _url, _message: trouble if trouble is BUSY else None
    slack.secret_error = None if trouble is BUSY else trouble
    report = run(relay, published(FAILED))
    with pytest.raises(type(trouble)) as caught:
        report.raise_failures()
    assert caught.value is trouble
    assert slack.kept == []
    slack.judge, slack.secret_error = (lambda _url, _message: None), None
    assert counts(run(relay, published(FAILED))) == (1, 0, 0, 0)
    assert slack.channel == [TITLE]


def test_one_failing_message_neither_stops_the_others_nor_repeats_them(slack: Slack, relay: Relay) -> None:
    records = [published(alert(kind), kind) for kind in (Kind.FAILED, Kind.STALLED, Kind.RESUMED)]
    slack.judge = lambda _url, message: BUSY if "has not moved" in message["text"] else None
    assert counts(run(relay, *records)) == (2, 0, 0, 1)
    slack.judge = lambda _url, _message: None
    assert counts(run(relay, *records)) == (1, 2, 0, 0)
    assert len(slack.channel) == len(set(slack.channel)) == 3


def test_a_record_that_cannot_be_read_does_not_stop_the_others(slack: Slack, relay: Relay) -> None:
    report = run(relay, {"body": "of SQS"}, published(FAILED))
    assert counts(report) == (1, 0, 0, 1)
    assert slack.channel == [TITLE]
    with pytest.raises(RecordError):
        report.raise_failures()


def test_a_refused_webhook_is_not_tried_in_vain_and_the_message_is_kept(slack: Slack, relay: Relay) -> None:
    slack.judge = lambda _url, _message: GONE
    report = run(relay, published(FAILED))
    report.raise_failures()  # so that Lambda does not try again
    assert counts(report) == (0, 0, 1, 0)
    assert slack.posts == [(OLD, TITLE)]
    assert slack.kept == [("message-1", "Slack answered 404 no_service")]


def test_a_webhook_that_was_replaced_is_found_at_once(slack: Slack, relay: Relay) -> None:
    slack.url_now = NEW
    slack.judge = lambda url, _message: GONE if url == OLD else None
    assert counts(run(relay, published(FAILED))) == (1, 0, 0, 0)
    assert slack.posts == [(OLD, TITLE), (NEW, TITLE)]
    assert slack.kept == []


def test_a_replaced_webhook_that_is_refused_too_keeps_the_message(slack: Slack, relay: Relay) -> None:
    slack.url_now = NEW
    slack.judge = lambda _url, _message: GONE
    assert counts(run(relay, published(FAILED))) == (0, 0, 1, 0)
    assert [url for url, _ in slack.posts] == [OLD, NEW]


def test_a_missing_parameter_keeps_the_message_without_a_post(slack: Slack, relay: Relay) -> None:
    slack.secret_error = WebhookError("there is no SSM parameter /webhook")
    assert counts(run(relay, published(FAILED))) == (0, 0, 1, 0)
    assert slack.posts == []
    assert slack.kept == [("message-1", "there is no SSM parameter /webhook")]


def test_a_kept_message_can_be_posted_from_the_queue_once_the_webhook_works(slack: Slack, relay: Relay) -> None:
    slack.judge = lambda _url, _message: GONE
    run(relay, published(FAILED))
    slack.judge = lambda _url, _message: None
    assert counts(run(relay, published(FAILED))) == (1, 0, 0, 0)


def test_a_refused_message_that_the_queue_does_not_take_is_left_to_lambda(slack: Slack, relay: Relay) -> None:
    slack.judge = lambda _url, _message: GONE
    slack.queue_error = QueueError("SQS did not take it")
    report = run(relay, published(FAILED))
    assert counts(report) == (0, 0, 1, 1)  # the alarm rings all the same
    with pytest.raises(QueueError):
        report.raise_failures()


def test_a_refused_layout_goes_out_as_bare_text(slack: Slack, relay: Relay) -> None:
    slack.judge = lambda _url, message: (
        PayloadError("Slack answered 400 invalid_blocks") if "blocks" in message else None
    )
    assert counts(run(relay, published(FAILED))) == (1, 0, 0, 0)
    assert len(slack.posts) == 2
    assert slack.channel[0].startswith("`CRITICAL: bulk deployment 1b2c3d4e failed (eu-west-1)`\n`{")


def test_a_webhook_that_takes_not_even_bare_text_keeps_the_message(slack: Slack, relay: Relay) -> None:
    slack.judge = lambda _url, _message: PayloadError("Slack answered 400 invalid_payload")
    assert counts(run(relay, published(FAILED))) == (0, 0, 1, 0)
    assert slack.kept == [("message-1", "Slack answered 400 invalid_payload, even to a bare line of text")]


@pytest.mark.parametrize("event", [None, [], {}, {"Records": []}, {"Records": {}}, {"detail-type": "Scheduled Event"}])
def test_an_event_that_is_not_of_sns_fails(relay: Relay, event: object) -> None:
    with pytest.raises(RecordError, match="SNS topic"):
        relay.run(event, lambda: 42.0, "request")


def test_no_log_line_has_the_url(slack: Slack, relay: Relay, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    slack.url_now = NEW
    for judge in (None, GONE, BUSY, PayloadError("Slack answered 400 invalid_blocks")):
        slack.judge = lambda _url, _message, error=judge: error  # type: ignore[misc]
        run(relay, published(FAILED, str(judge)))
    assert len(caplog.records) >= 4
    assert not [each for each in caplog.records if "hooks.slack.com" in str(each.__dict__)]
