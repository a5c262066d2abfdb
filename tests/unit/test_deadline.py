"""The time of each step, compared with the clients, the sources and the function's time-out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier import asking, sns_topic, table
from deployment_notifier import deadline as seconds
from deployment_notifier.deadline import Deadline
from deployment_notifier.slack import dead_letters, webhook, webhook_url
from deployment_notifier.sources import calls
from deployment_notifier.sources.registry import PROFILES
from tests.template import load_template

if TYPE_CHECKING:
    from botocore.config import Config

TIMEOUT = load_template()["Resources"]["NotifierFunction"]["Properties"]["Timeout"]
sources = pytest.mark.parametrize("name", PROFILES)


def attempts(config: Config) -> tuple[float, int]:
    """The longest attempt in seconds, and the number of attempts."""
    settings: Any = config
    return settings.connect_timeout + settings.read_timeout, settings.retries["total_max_attempts"]


def test_a_write_is_tried_three_times_and_takes_no_longer_than_its_figure() -> None:
    longest, number = attempts(table.CLIENT_CONFIG)
    assert number == 3
    pauses = [0.05 * 2**retry for retry in range(number - 1)]  # as botocore's legacy mode has them for DynamoDB
    assert number * longest + sum(pauses) <= seconds.WRITE
    assert table.CLIENT_CONFIG.retries["mode"] == "legacy"  # type: ignore[attr-defined] # the other modes pause for longer


def test_a_publish_is_tried_once_and_takes_no_longer_than_its_figure() -> None:
    longest, number = attempts(sns_topic.CLIENT_CONFIG)
    assert (number, longest + 1 / sns_topic.MESSAGES_PER_SECOND) == (1, seconds.PUBLISH)


@sources
def test_a_call_to_a_source_takes_no_longer_than_its_figure_with_the_wait_for_its_turn(name: str) -> None:
    longest, number = attempts(calls.CLIENT_CONFIG)
    assert number == 1, "only a dead connection is worth a second attempt"
    turn = asking.WORKERS / PROFILES[name].calls_per_second
    assert turn + calls._AT_ONCE + longest <= calls.SECONDS_PER_CALL  # noqa: SLF001 - compared here


@sources
def test_a_status_takes_no_longer_than_its_calls(name: str) -> None:
    number = {"greengrass-v2": 2, "greengrass-bulk": 1}[name]
    assert number * calls.SECONDS_PER_CALL <= PROFILES[name].seconds_per_call


@sources
def test_a_check_its_decision_and_the_conclusion_fit_into_a_sweep_that_also_lists(name: str) -> None:
    reads = 2 * seconds.WRITE  # the watches, and the waiting alerts
    assert (
        reads + calls.SECONDS_PER_CALL + PROFILES[name].seconds_per_call + seconds.APPLY + seconds.CONCLUDE <= TIMEOUT
    )


def test_one_waiting_alert_can_be_published_in_a_sweep() -> None:
    reads = 2 * seconds.WRITE  # the watches, and the waiting alerts
    assert reads + seconds.PUBLISH_PENDING <= TIMEOUT


def test_a_message_that_slack_refuses_reaches_the_dead_letter_queue_in_time() -> None:
    """The URL is read, a post is refused, the URL is read again, a post to the new one is refused, too."""
    ssm, sqs = (
        number * longest + number - 1  # botocore's standard mode pauses for up to a second before the second attempt
        for longest, number in map(attempts, (webhook_url.CLIENT_CONFIG, dead_letters.CLIENT_CONFIG))
    )
    timeout = load_template()["Resources"]["SlackFunction"]["Properties"]["Timeout"]
    assert 2 * (ssm + webhook.SECONDS_PER_POST) + sqs <= timeout
    post = webhook.create_pool().connection_pool_kw["timeout"]
    assert post.connect_timeout + post.read_timeout == webhook.SECONDS_PER_POST


def test_each_sum_holds_its_parts() -> None:
    assert seconds.PUBLISH_ALERT >= 2 * seconds.PUBLISH + seconds.WRITE, "the full message, the minimal one, the mark"
    assert seconds.PUBLISH_PENDING >= seconds.WRITE + seconds.PUBLISH_ALERT + seconds.WRITE, "and the checks"
    assert seconds.CHECK_RESERVE >= seconds.APPLY + seconds.CONCLUDE
    assert min(seconds.APPLY, seconds.CONCLUDE) >= seconds.WRITE


def test_each_thread_of_a_sweep_has_a_connection() -> None:
    settings: Any = calls.CLIENT_CONFIG
    assert settings.max_pool_connections >= asking.WORKERS


def test_a_step_is_allowed_if_it_ends_in_time() -> None:
    left = [50.0]
    deadline = Deadline(lambda: left[0])
    left[0] = 7.0
    assert deadline.total == 50.0
    assert [deadline.allows(step) for step in (6.9, 7.0, 7.1)] == [True, True, False]
