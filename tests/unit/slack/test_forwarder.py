"""Each message is posted, queued, or left to Lambda's retry: never lost, and not repeated without need."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import pytest

from deployment_notifier.slack import forwarder as forwarder_module
from deployment_notifier.slack.errors import PayloadError, RecordError, SlackError, UnavailableError, WebhookError
from deployment_notifier.slack.forwarder import Forwarder, ForwardReport
from tests.unit.slack.samples import IDENTITY, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment_notifier.slack.dead_letters import DeadLetterQueue
    from deployment_notifier.slack.sns_record import SnsRecord
    from deployment_notifier.slack.webhook import Webhook
    from deployment_notifier.slack.webhook_url import WebhookUrl

OLD, NEW = "https://hooks.slack.com/services/OLD", "https://hooks.slack.com/services/NEW"
BUSY, GONE = UnavailableError("Slack answered 503"), WebhookError("Slack answered 404 no_service")
LAYOUT = PayloadError("Slack answered 400 invalid_blocks")


class Slack:
    """URL, webhook and queue in one: what is configured, how Slack answers, and the outcome."""

    def __init__(self) -> None:
        self.kept_url = OLD
        self.url_now = OLD
        self.url_error: SlackError | None = None
        self.queue_error: SlackError | None = None
        # Asked for each post; an error is raised, None takes the message.
        self.judge: Callable[[str, dict[str, Any]], SlackError | None] = lambda _url, _message: None
        self.posts: list[tuple[str, str]] = []
        self.channel: list[str] = []
        self.queue: list[tuple[str, str]] = []

    def get(self) -> str:
        if self.url_error:
            raise self.url_error
        return self.kept_url

    def refresh(self) -> str:
        self.kept_url = self.url_now
        return self.get()

    def post(self, url: str, message: dict[str, Any], remaining: Callable[[], float]) -> None:
        assert remaining() == 42.0
        self.posts.append((url, message["text"]))
        error = self.judge(url, message)
        if error:
            raise error
        self.channel.append(message["text"])

    def add(self, record: SnsRecord, request_id: str, reason: str) -> None:
        assert request_id == "request"
        if self.queue_error:
            raise self.queue_error
        self.queue.append((record.message_id, reason))


@pytest.fixture
def slack() -> Slack:
    return Slack()


@pytest.fixture
def forwarder(slack: Slack) -> Forwarder:
    return Forwarder(
        cast("WebhookUrl", slack),
        cast("Webhook", slack),
        cast("DeadLetterQueue", slack),
        IDENTITY,
        logging.getLogger("deployment_notifier.test"),
    )


def run(forwarder: Forwarder, *records: object) -> ForwardReport:
    return forwarder.run({"Records": list(records)}, lambda: 42.0, "request")


def counts(report: ForwardReport) -> tuple[int, int, int, int]:
    return report.posted, report.repeated, report.refused, len(report.failures)


def sent(subject: str = "It failed", message_id: str = "message-1") -> dict[str, Any]:
    return record("body", message_id=message_id, subject=subject)


TITLE = "⚪ It failed"


def test_a_message_is_posted_once(slack: Slack, forwarder: Forwarder) -> None:
    report = run(forwarder, sent())
    report.raise_failures()
    assert report.as_dict() == {"posted": 1, "repeated": 0, "refused": 0}
    assert slack.posts == [(OLD, TITLE)]
    assert slack.queue == []


def test_an_event_that_lambda_delivers_twice_is_posted_once(slack: Slack, forwarder: Forwarder) -> None:
    run(forwarder, sent())
    assert counts(run(forwarder, sent())) == (0, 1, 0, 0)
    assert len(slack.channel) == 1


def test_an_alert_that_an_operator_resends_is_posted_again(slack: Slack, forwarder: Forwarder) -> None:
    run(forwarder, sent())
    assert counts(run(forwarder, sent(message_id="message-2"))) == (1, 0, 0, 0)
    assert slack.channel == [TITLE, TITLE]


def test_the_memory_of_what_was_posted_is_bounded(slack: Slack, forwarder: Forwarder) -> None:
    run(forwarder, *(sent(message_id=str(n)) for n in range(257)))
    assert counts(run(forwarder, sent(message_id="256"))) == (0, 1, 0, 0)
    assert counts(run(forwarder, sent(message_id="0"))) == (1, 0, 0, 0)
    assert len(slack.channel) == 258


@pytest.mark.parametrize("of_slack", [True, False])
def test_a_fault_that_may_pass_fails_the_invocation_so_that_lambda_tries_again(
    slack: Slack, forwarder: Forwarder, caplog: pytest.LogCaptureFixture, *, of_slack: bool
) -> None:
    if of_slack:
        slack.judge = lambda _url, _message: BUSY
    else:
        slack.url_error = BUSY
    report = run(forwarder, sent())
    with pytest.raises(UnavailableError) as caught:
        report.raise_failures()
    assert caught.value is BUSY
    assert caplog.messages == ["message not posted, Lambda tries again"]
    assert slack.queue == []
    slack.judge, slack.url_error = (lambda _url, _message: None), None
    assert counts(run(forwarder, sent())) == (1, 0, 0, 0)
    assert slack.channel == [TITLE]


def test_one_failing_message_neither_stops_the_others_nor_repeats_them(slack: Slack, forwarder: Forwarder) -> None:
    records = [sent(name, name) for name in ("one", "two", "three")]
    slack.judge = lambda _url, message: BUSY if "two" in message["text"] else None
    assert counts(run(forwarder, *records)) == (2, 0, 0, 1)
    slack.judge = lambda _url, _message: None
    assert counts(run(forwarder, *records)) == (1, 2, 0, 0)
    assert slack.channel == ["⚪ one", "⚪ three", "⚪ two"]


def test_a_record_that_cannot_be_read_does_not_stop_the_others(slack: Slack, forwarder: Forwarder) -> None:
    report = run(forwarder, {"body": "of SQS"}, sent())
    assert counts(report) == (1, 0, 0, 1)
    assert slack.channel == [TITLE]
    with pytest.raises(RecordError):
        report.raise_failures()


def test_a_message_that_the_webhook_refuses_is_queued_and_not_tried_again(slack: Slack, forwarder: Forwarder) -> None:
    slack.judge = lambda _url, _message: GONE
    report = run(forwarder, sent())
    report.raise_failures()  # nothing, so Lambda does not try again
    assert counts(report) == (0, 0, 1, 0)
    assert slack.posts == [(OLD, TITLE)]
    assert slack.queue == [("message-1", "Slack answered 404 no_service")]
    # It can be sent from the queue once the webhook works.
    slack.judge = lambda _url, _message: None
    assert counts(run(forwarder, sent())) == (1, 0, 0, 0)


def test_a_webhook_that_was_replaced_is_found_at_once(slack: Slack, forwarder: Forwarder) -> None:
    slack.url_now = NEW
    slack.judge = lambda url, _message: GONE if url == OLD else None
    assert counts(run(forwarder, sent())) == (1, 0, 0, 0)
    assert slack.posts == [(OLD, TITLE), (NEW, TITLE)]
    assert slack.queue == []


def test_a_message_that_the_new_webhook_refuses_too_is_queued(slack: Slack, forwarder: Forwarder) -> None:
    slack.url_now = NEW
    slack.judge = lambda _url, _message: GONE
    assert counts(run(forwarder, sent())) == (0, 0, 1, 0)
    assert [url for url, _ in slack.posts] == [OLD, NEW]


def test_a_missing_parameter_queues_the_message_without_a_post(slack: Slack, forwarder: Forwarder) -> None:
    slack.url_error = WebhookError("SSM parameter /webhook does not exist")
    assert counts(run(forwarder, sent())) == (0, 0, 1, 0)
    assert slack.posts == []
    assert slack.queue == [("message-1", "SSM parameter /webhook does not exist")]


def test_a_refused_message_that_the_queue_does_not_take_is_left_to_lambda(slack: Slack, forwarder: Forwarder) -> None:
    slack.judge = lambda _url, _message: GONE
    slack.queue_error = UnavailableError("SQS did not take it")
    report = run(forwarder, sent())
    assert counts(report) == (0, 0, 1, 1)  # refused, so the alarm goes off all the same
    with pytest.raises(UnavailableError, match="SQS"):
        report.raise_failures()


def test_a_refused_layout_goes_out_as_plain_text(slack: Slack, forwarder: Forwarder) -> None:
    slack.judge = lambda _url, message: LAYOUT if "blocks" in message else None
    assert counts(run(forwarder, sent())) == (1, 0, 0, 0)
    assert len(slack.posts) == 2
    assert slack.channel == ["`It failed`\n`body`"]


def test_a_fault_in_the_layout_does_not_withhold_the_alert(
    slack: Slack, forwarder: Forwarder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("text")

    monkeypatch.setattr(forwarder_module, "slack_message", broken)
    assert counts(run(forwarder, sent())) == (1, 0, 0, 0)
    assert slack.channel == ["`It failed`\n`body`"]
    assert "layout failed" in caplog.text


def test_a_message_that_is_refused_even_as_plain_text_is_queued(slack: Slack, forwarder: Forwarder) -> None:
    slack.judge = lambda _url, _message: LAYOUT
    assert counts(run(forwarder, sent())) == (0, 0, 1, 0)
    assert slack.queue == [("message-1", "Slack answered 400 invalid_blocks, even for plain text")]
