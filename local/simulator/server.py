"""HTTP on loopback: hands each request on, waits where an answer says so, and ends with no thread left."""

from __future__ import annotations

import contextlib
import select
import socket
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from local.simulator.protocol import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST_BODY: Final = 1 << 20
_LOOK_AGAIN_SECONDS: Final = 0.02


class Server(ThreadingHTTPServer):
    """Serves between `start` and `stop`; bound from its construction on.

    Args:
        port: 0 picks a free one.
        answer: what a request is answered; called in one thread for each connection.
        host: the address to listen on.
    """

    # So that closing joins the connections' threads, which it ends by closing the connections.
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Request], Answer], host: str = "127.0.0.1") -> None:
        self.answer = answer
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        self._stopping = threading.Event()
        super().__init__((host, port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(_LOOK_AGAIN_SECONDS,), name="simulator")

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; when it returns, connections are closed and threads have ended, hanging calls included."""
        self._stopping.set()
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        with self._connections_lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # the caller may have closed it first
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def wait(self, seconds: float, connection: socket.socket) -> bool:
        """Hold an answer back.

        Args:
            seconds: for how long; infinite is possible.
            connection: the caller's.

        Returns:
            False when the server stops or the caller goes away before that.
        """
        due = time.monotonic() + seconds
        while (left := due - time.monotonic()) > 0:
            if self._stopping.wait(min(left, _LOOK_AGAIN_SECONDS)):
                return False
            # Nothing more is expected from the caller, so a connection that can be read has been closed.
            if select.select([connection], [], [], 0)[0]:
                return False
        return True

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Remember the connection, so that `stop` can close it."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Forget the connection."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the base class has it
        """Say nothing about a caller that went away, which is what its time-outs look like; all else is a fault."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Hands each request to the simulator and writes its answer."""

    protocol_version = "HTTP/1.1"
    # An answer leaves in one segment and at once; otherwise each costs 40 ms of delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), _LARGEST_BODY)
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        answer = self.server.answer(request)
        if answer.delay_seconds and not self.server.wait(answer.delay_seconds, self.connection):
            answer = Answer(None)
        if answer.status is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _serve  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: `on_call` is there for those who want to know."""
