"""A post over real HTTP: the meaning of each of Slack's answers, and a URL that stays secret."""

from __future__ import annotations

import logging
import math
import socket
import traceback
from typing import TYPE_CHECKING

import pytest
import urllib3

from deployment_notifier.slack.errors import PayloadError, SlackError, UnavailableError, WebhookError
from deployment_notifier.slack.webhook import SECONDS_PER_POST, Webhook, create_pool
from local.slack import Fault, SlackStandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MESSAGE = {"text": "hello, wörld 💥"}


class Waits:
    """Records how long it was asked to wait, without waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def webhook(waits: Waits) -> Iterator[Webhook]:
    pool = create_pool()
    pool.connection_pool_kw["timeout"] = urllib3.Timeout(connect=1, read=0.3)
    yield Webhook(pool, waits)
    pool.clear()


def plenty() -> float:
    return 60.0


def counting_down(seconds: float, step: float) -> Callable[[], float]:
    left = seconds + step

    def remaining() -> float:
        nonlocal left
        left -= step
        return left

    return remaining


def test_a_message_arrives_as_it_was_sent(slack: SlackStandIn, webhook: Webhook) -> None:
    webhook.post(slack.url, MESSAGE, plenty)
    assert slack.messages == [MESSAGE]


@pytest.mark.parametrize(
    ("status", "word", "expected"),
    [
        (400, "invalid_payload", PayloadError),
        (400, "invalid_blocks", PayloadError),
        (413, "", PayloadError),
        (403, "action_prohibited", WebhookError),
        (403, "invalid_token", WebhookError),
        (404, "channel_not_found", WebhookError),
        (404, "no_service", WebhookError),
        (410, "channel_is_archived", WebhookError),
        (401, "", WebhookError),
        (302, "", WebhookError),
        (408, "", UnavailableError),
        (500, "rollup_error", UnavailableError),
        (502, "<html>Bad Gateway</html>", UnavailableError),
        (503, "", UnavailableError),
        (504, "", UnavailableError),
    ],
)
def test_each_answer_is_sorted_into_try_again_and_will_never_work(
    slack: SlackStandIn, webhook: Webhook, waits: Waits, status: int, word: str, expected: type[SlackError]
) -> None:
    slack.set_fault(Fault(status, word))
    with pytest.raises(expected, match=f"^Slack answered {status} ") as caught:
        webhook.post(slack.url, MESSAGE, plenty)
    assert type(caught.value) is expected
    assert len(slack.received) == 1  # it is not for this call to try again
    assert waits.seconds == []
    if word.islower() and "<" not in word:
        assert str(caught.value).endswith(f" {word}")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(slack: SlackStandIn, webhook: Webhook, status: int) -> None:
    with SlackStandIn() as foreign:
        slack.set_fault(Fault(status, location=foreign.url))
        with pytest.raises(WebhookError, match=f"^Slack answered {status} "):
            webhook.post(slack.url, MESSAGE, plenty)
        assert foreign.received == []


def test_what_slack_would_refuse_is_a_fault_of_the_message(slack: SlackStandIn, webhook: Webhook) -> None:
    with pytest.raises(PayloadError, match="400 invalid_blocks"):
        webhook.post(slack.url, {"blocks": [{"type": "nonsense"}]}, plenty)


def test_a_webhook_that_was_removed_is_refused(slack: SlackStandIn, webhook: Webhook) -> None:
    old = slack.url
    assert slack.rotate() != old
    with pytest.raises(WebhookError, match="404 no_service"):
        webhook.post(old, MESSAGE, plenty)
    webhook.post(slack.url, MESSAGE, plenty)
    assert slack.messages == [MESSAGE]


def test_a_post_to_a_busy_slack_waits_for_as_long_as_it_asks(
    slack: SlackStandIn, webhook: Webhook, waits: Waits
) -> None:
    slack.set_fault(Fault(429, "rate_limited", retry_after=7, times=3))
    webhook.post(slack.url, MESSAGE, plenty)
    assert waits.seconds == [7.0, 7.0, 7.0]
    assert slack.messages == [MESSAGE]


@pytest.mark.parametrize(("asked", "waited"), [(None, 1.0), (0, 1.0), (30, 30.0)])
def test_the_shortest_wait_is_a_second(
    slack: SlackStandIn, webhook: Webhook, waits: Waits, asked: int | None, waited: float
) -> None:
    slack.set_fault(Fault(429, "rate_limited", retry_after=asked, times=1))
    webhook.post(slack.url, MESSAGE, plenty)
    assert waits.seconds == [waited]


def test_no_wait_is_longer_than_the_time_that_a_post_leaves(
    slack: SlackStandIn, webhook: Webhook, waits: Waits
) -> None:
    slack.set_fault(Fault(429, "rate_limited", retry_after=5))
    with pytest.raises(UnavailableError, match="too busy: it asks to wait 5 s"):
        webhook.post(slack.url, MESSAGE, counting_down(SECONDS_PER_POST + 20, 5))
    assert waits.seconds == [5.0, 5.0, 5.0]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(None), id="closed"),
        pytest.param(Fault(None, delay_seconds=math.inf), id="silent"),
        pytest.param(Fault(200, "ok", delay_seconds=0.6), id="late"),
    ],
)
def test_without_an_answer_the_post_may_be_tried_again(slack: SlackStandIn, webhook: Webhook, fault: Fault) -> None:
    slack.set_fault(fault)
    with pytest.raises(UnavailableError, match="Slack did not answer"):
        webhook.post(slack.url, MESSAGE, plenty)
    assert len(slack.received) == 1


def test_a_refused_connection_may_be_tried_again(webhook: Webhook) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(UnavailableError, match="Slack did not answer"):
            webhook.post(f"http://127.0.0.1:{taken.getsockname()[1]}/services/SECRET", MESSAGE, plenty)


@pytest.mark.parametrize("fault", [None, Fault(None), Fault(404, "no_service"), Fault(429, retry_after=1, times=1)])
def test_neither_logs_nor_errors_have_the_url(
    slack: SlackStandIn, webhook: Webhook, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    # As if an operator had set the function's log level to DEBUG.
    caplog.set_level(logging.DEBUG)
    slack.set_fault(fault)
    secret = slack.url.rpartition("/")[2]
    failure: SlackError | None = None
    try:
        webhook.post(slack.url, MESSAGE, plenty)
    except SlackError as error:
        failure = error
    assert (failure is None) == (fault is None or fault.status == 429)
    if failure is not None:
        assert secret not in "".join(traceback.format_exception(failure))
        assert failure.__context__ is None
    assert caplog.records == []
    assert secret not in caplog.text


def test_a_slack_answer_that_quotes_the_url_is_not_quoted(slack: SlackStandIn, webhook: Webhook) -> None:
    slack.set_fault(Fault(500, f"<html>no such thing: {slack.url}</html>"))
    with pytest.raises(UnavailableError) as caught:
        webhook.post(slack.url, MESSAGE, plenty)
    assert str(caught.value) == "Slack answered 500 (no reason given)"
