"""Connections that Lambda kept while the other side closed them, with real sockets and boto3's own clients."""

from __future__ import annotations

import socket
import struct
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import boto3
import pytest

from deployment_notifier import sns_topic
from deployment_notifier.errors import PublishError
from deployment_notifier.messages import Message
from deployment_notifier.model import Observation, Watch
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.sources.greengrass_bulk import client as greengrass_bulk
from tests.harness.notifier_harness import TOPIC

if TYPE_CHECKING:
    from collections.abc import Iterator

RESET = struct.pack("ii", 1, 0)
MESSAGE = Message("A subject", '{"default": "A text"}', {})


class _Handler(BaseHTTPRequestHandler):
    """Answers the first request of each connection, and resets the connection at the second."""

    protocol_version = "HTTP/1.1"
    has_answered = False

    def _answer(self, body: bytes) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.has_answered:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.connection.close()
            self.close_connection = True
            return
        self.has_answered = True
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self._answer(b'{"BulkDeploymentStatus": "Running"}')

    def do_POST(self) -> None:
        self._answer(b"<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>")

    def finish(self) -> None:
        """Close nothing that is closed already."""
        if self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_check_over_a_dead_connection_is_made_again_at_once(url: str) -> None:
    def create_client(service: str, **arguments: object) -> object:
        return boto3.client(service, endpoint_url=url, **arguments)  # type: ignore[call-overload] # wants literals

    source = greengrass_bulk.create(create_client)
    for _ in range(3):
        assert isinstance(source.get_status(Watch("d-1", source.profile.name), None), Observation)


def test_a_publish_goes_over_a_new_connection_once_the_old_ones_are_dropped(url: str) -> None:
    client = boto3.client("sns", endpoint_url=url, config=sns_topic.CLIENT_CONFIG)
    sns = sns_topic.Sns(client, TOPIC, RateLimiter(1_000))
    for _ in range(3):
        sns.drop_connections()
        assert sns.publish(MESSAGE) == "m-1"
    with pytest.raises(PublishError):
        sns.publish(MESSAGE)
