"""Connections that died while Lambda kept them, with real sockets and the clients' own libraries."""

from __future__ import annotations

import json
import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from deployment_notifier import sns_topic, table
from deployment_notifier.errors import PublishError
from deployment_notifier.messages import Message
from deployment_notifier.model import Observation, Watch
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.slack import webhook_url
from deployment_notifier.slack.webhook import Webhook, create_pool
from deployment_notifier.sources.greengrass_bulk import client as greengrass_bulk
from deployment_notifier.sources.greengrass_v2 import client as greengrass_v2
from tests.harness.notifier_harness import TOPIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deployment_notifier.sources.port import Source

RESET = struct.pack("ii", 1, 0)
MESSAGE = Message("A subject", '{"default": "A text"}', {})
SLACK_URL = "https://hooks.slack.com/services/T0/B0/x"
PUBLISHED = b"<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>"
# What each operation reads of it is there.
ANSWER = {
    "BulkDeploymentStatus": "Running",
    "deploymentStatus": "ACTIVE",
    "iotJobId": "j-1",
    "job": {"jobProcessDetails": {"numberOfQueuedThings": 1}},
    "Parameter": {"Value": SLACK_URL},
}


class _Server(ThreadingHTTPServer):
    def __init__(self, dies_by: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.dies_by = dies_by
        self.is_over = Event()


class _Handler(BaseHTTPRequestHandler):
    """Answers the first request of each connection; at the second, the connection turns out to be dead."""

    protocol_version = "HTTP/1.1"
    has_answered = False
    server: _Server

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.has_answered:
            self._die()
            return
        self.has_answered = True
        is_sns = "urlencoded" in self.headers.get("Content-Type", "")
        body = PUBLISHED if is_sns else json.dumps(ANSWER).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - the base class's names

    def _die(self) -> None:
        self.close_connection = True
        if self.server.dies_by == "silence":
            self.server.is_over.wait()
            return
        if self.server.dies_by == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.connection.close()

    def finish(self) -> None:
        """Close nothing that is closed already."""
        if self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture(params=["reset", "close", "silence"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    server = _Server(request.param)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.is_over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def create_client(service: str, url: str, **arguments: Any) -> Any:  # noqa: ANN401 - boto3's
    return boto3.client(service, endpoint_url=url, **arguments)  # type: ignore[call-overload] # wants literals


def create_source(create: Callable[[Callable[..., Any]], Source], url: str) -> Source:
    return create(lambda service, **arguments: create_client(service, url, **arguments))


def check(source: Source) -> object:
    return source.get_status(Watch("d-1", source.profile.name), None)


sources = pytest.mark.parametrize("create", [greengrass_bulk.create, greengrass_v2.create], ids=["V1", "V2"])


@sources
def test_no_check_is_lost_over_a_connection_of_the_invocation_before(
    url: str, create: Callable[[Callable[..., Any]], Source]
) -> None:
    source = create_source(create, url)
    for _ in range(3):
        source.drop_connections()
        assert isinstance(check(source), Observation)


@sources
@pytest.mark.parametrize("url", ["reset", "close"], indirect=True)
def test_a_check_over_a_connection_that_was_closed_is_made_again_at_once(
    url: str, create: Callable[[Callable[..., Any]], Source]
) -> None:
    source = create_source(create, url)
    for _ in range(3):
        assert isinstance(check(source), Observation)


@pytest.mark.parametrize("url", ["reset", "close"], indirect=True)
def test_a_publish_goes_over_a_new_connection_once_the_old_ones_are_dropped(url: str) -> None:
    sns = sns_topic.Sns(create_client("sns", url, config=sns_topic.CLIENT_CONFIG), TOPIC, RateLimiter(1_000))
    for _ in range(3):
        sns.drop_connections()
        assert sns.publish(MESSAGE) == "m-1"
    with pytest.raises(PublishError):
        sns.publish(MESSAGE)


def test_a_message_to_slack_goes_over_a_new_connection(url: str) -> None:
    webhook = Webhook(create_pool(), lambda _: None)
    for _ in range(3):
        webhook.post(url, {"text": "A text"}, lambda: 60.0)


def test_a_dead_connection_costs_no_call_to_dynamodb_and_no_webhook(url: str) -> None:
    watches = table.Watches(create_client("dynamodb", url, config=table.CLIENT_CONFIG), "deployments", 90)
    ssm = create_client("ssm", url, config=webhook_url.CLIENT_CONFIG)
    slack_url = webhook_url.WebhookUrl(ssm, "a-parameter", lambda: 0.0, allow_this_machine=False)
    for _ in range(2):
        assert watches.get("d-1") is None
        assert slack_url.refresh() == SLACK_URL
