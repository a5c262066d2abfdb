"""The stand-in answers as Slack does, and keeps what it got."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import urllib3

from local.slack import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.slack import SlackStandIn

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    pool = urllib3.PoolManager(retries=False, timeout=30)
    yield pool
    pool.clear()


def post(pool: urllib3.PoolManager, url: str, body: object, headers: dict[str, str] | None = None) -> tuple[int, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = pool.request("POST", url, body=data, headers=headers or JSON)
    return response.status, response.data.decode()


def test_a_message_is_answered_ok_and_is_in_the_channel(slack: SlackStandIn, pool: urllib3.PoolManager) -> None:
    assert post(pool, slack.url, {"text": "hello"}) == (200, "ok")
    assert slack.messages == [{"text": "hello"}]


@pytest.mark.parametrize("body", [b"", b"hello", b"{", b"[]"])
def test_a_body_that_is_not_a_json_object_is_an_invalid_payload(
    slack: SlackStandIn, pool: urllib3.PoolManager, body: bytes
) -> None:
    assert post(pool, slack.url, body) == (400, "invalid_payload")
    assert slack.messages == []


def test_json_of_another_content_type_is_an_invalid_payload(slack: SlackStandIn, pool: urllib3.PoolManager) -> None:
    assert post(pool, slack.url, {"text": "x"}, {"Content-Type": "text/plain"}) == (400, "invalid_payload")


def test_blocks_that_slack_refuses_are_kept_with_what_is_wrong(slack: SlackStandIn, pool: urllib3.PoolManager) -> None:
    block = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    assert post(pool, slack.url, {"blocks": [block]}) == (400, "invalid_blocks")
    assert slack.received[0].problems == ("the text of a header has 151 characters, not 1 to 150",)


def test_any_other_path_or_method_finds_no_service(slack: SlackStandIn, pool: urllib3.PoolManager) -> None:
    assert post(pool, slack.url + "x", {"text": "x"}) == (404, "no_service")
    assert pool.request("GET", slack.url).status == 404
    assert slack.messages == []


def test_a_fault_lasts_as_often_as_it_was_set_to(slack: SlackStandIn, pool: urllib3.PoolManager) -> None:
    slack.set_fault(Fault(503, "down", times=2))
    assert [post(pool, slack.url, {"text": "x"})[0] for _ in range(3)] == [503, 503, 200]
