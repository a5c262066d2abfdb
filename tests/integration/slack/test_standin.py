"""The stand-in answers as Slack does, and lets itself be asked what it got."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from local.slack import Fault, Received, SlackStandIn
from local.slack.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    pool = urllib3.PoolManager(retries=False, timeout=2)
    yield pool
    pool.clear()


def post(pool: urllib3.PoolManager, url: str, body: object, headers: dict[str, str] | None = None) -> tuple[int, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = pool.request("POST", url, body=data, headers=headers or JSON)
    return response.status, response.data.decode()


def test_a_message_is_answered_ok_and_stands_in_the_channel(slack: SlackStandIn, pool: urllib3.PoolManager) -> None:
    assert post(pool, slack.url, {"text": "hello"}) == (200, "ok")
    assert slack.messages == [{"text": "hello"}]


@pytest.mark.parametrize("body", [b"", b"hello", b"{", b"[]"])
def test_what_is_no_json_object_is_an_invalid_payload(
    slack: SlackStandIn, pool: urllib3.PoolManager, body: bytes
) -> None:
    assert post(pool, slack.url, body) == (400, "invalid_payload")
    assert slack.messages == []


def test_json_of_another_content_type_is_an_invalid_payload(slack: SlackStandIn, pool: urllib3.PoolManager) -> None:
    assert post(pool, slack.url, {"text": "x"}, {"Content-Type": "text/plain"}) == (400, "invalid_payload")


def test_blocks_that_slack_does_not_take_are_named_with_what_is_wrong(
    slack: SlackStandIn, pool: urllib3.PoolManager
) -> None:
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


def test_a_fault_can_hide_that_the_message_was_taken(slack: SlackStandIn, pool: urllib3.PoolManager) -> None:
    slack.set_fault(Fault(504, takes=True, times=1))
    assert post(pool, slack.url, {"text": "x"})[0] == 504
    assert slack.messages == [{"text": "x"}]


def test_faults_are_set_and_messages_read_over_http(slack: SlackStandIn, pool: urllib3.PoolManager) -> None:
    control = f"http://127.0.0.1:{slack.port}/_slack"
    assert post(pool, f"{control}/fault", {"status": 429, "retry_after": 2})[0] == 200
    response = pool.request("POST", slack.url, body=b'{"text": "x"}', headers=JSON)
    assert (response.status, response.headers["Retry-After"]) == (429, "2")
    assert post(pool, f"{control}/fault", {})[0] == 200
    assert post(pool, slack.url, {"text": "x"}) == (200, "ok")
    assert post(pool, f"{control}/fault", {"nonsense": 1})[0] == 400
    assert pool.request("GET", f"{control}/nonsense").status == 404
    received: Any = json.loads(pool.request("GET", f"{control}/received").data)["received"]
    assert [each["status"] for each in received] == [429, 200]


def test_who_wants_to_know_is_told_of_each_post(pool: urllib3.PoolManager) -> None:
    told: list[Received] = []
    with SlackStandIn(on_received=told.append) as slack:
        post(pool, slack.url, {"text": "x"})
    assert told == [Received(200, "ok", {"text": "x"})]


def test_a_port_that_is_taken_is_said_to_be(slack: SlackStandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", str(slack.port)]) == 1
    assert f"can't listen on port {slack.port}" in capsys.readouterr().err
