"""Runs MiniStack, an AWS emulator, on this machine's loopback for as long as a `with` block lasts.

What it is told and why was read in its sources (1.5.33). It runs a function with its own interpreter, whatever
`Runtime` says, and hands it its own environment; so it gets a bare one, in which no function can find the user's AWS
profile or proxy. Its scheduler looks every 10 seconds which schedule is due, counting from the schedule's creation.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from local.project import program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

REGION = "us-east-1"
ACCOUNT = "000000000000"
"""The account that MiniStack takes requests to come from, unless their access key is another one's number."""

# It ends, and deletes its folder, when the pipe to its standard input is closed: so it does not outlive this process,
# however that ends.
_MAIN = """
import os, runpy, shutil, signal, threading
def end_with_the_parent():
    os.read(0, 1)
    shutil.rmtree(os.getcwd(), ignore_errors=True)
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=end_with_the_parent, daemon=True).start()
runpy.run_module("ministack", run_name="__main__", alter_sys=True)
"""

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - to tell it from an address, not to bind to it
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_ATTEMPTS = 3
_LAST_LINES = 20

# Loopback must not go by way of a proxy that the user has set.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class MiniStackError(Exception):
    """MiniStack did not start or broke off; the message holds the end of its log."""


def require_free_port(port: int, host: str, purpose: str) -> None:
    """Refuse a port that another program listens on, whose answers would be taken for those of our own service.

    Raises:
        MiniStackError: it is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection that has just ended is no listener
        try:
            probe.bind((host, port))
        except OSError as error:
            raise MiniStackError(
                f"Port {port} on {host}, for {purpose}, can't be used: {error.strerror}. "
                f"Is another 'make local' running? This shows the program:  lsof -nP -i :{port}"
            ) from error


class MiniStack:
    """One running MiniStack: a context manager.

    Args:
        settings: more of its environment variables, such as `{"AUTH": "true"}`, which makes it enforce IAM policies.
        python: the interpreter that it is installed for.
        port: where it listens; 0 picks a free one.
        host: the address to listen on. Another than 127.0.0.1 lets other machines, or containers, in.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        python: Path | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
    ) -> None:
        self._settings = dict(settings or {})
        self._wanted_port = port
        self._host = host
        self._python = python or program("ministack", "python")
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._port = 0

    @property
    def endpoint(self) -> str:
        """What `AWS_ENDPOINT_URL` must be to talk to it."""
        return f"http://{'127.0.0.1' if self._host == _EVERYWHERE else self._host}:{self._port}"

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            MiniStackError: It did not become healthy.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, and delete what it wrote."""
        self.stop()

    def reset(self) -> None:
        """Empty it of every resource, which takes it 10 ms."""
        _OPENER.open(f"{self.endpoint}/_ministack/reset", data=b"", timeout=10).close()

    def log_tail(self) -> str:
        """The end of what it logged."""
        if self._folder is None:
            return ""
        with contextlib.suppress(OSError):
            lines = (self._folder / "ministack.log").read_text(encoding="utf-8", errors="replace").splitlines()
            return "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])
        return ""

    def stop(self) -> None:
        """Stop it with the functions that it runs, and delete what it wrote. Does nothing when it doesn't run."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
            # It leads a process group of its own, in which a function in mid-call may be left.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()  # closes the pipe
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _start(self) -> None:
        if not self._python.exists():
            raise MiniStackError(f"{self._python} is missing; this installs it:  make environments")
        if self._wanted_port:
            require_free_port(self._wanted_port, self._host, "the AWS emulator")
        for _ in range(_ATTEMPTS):
            self._folder = Path(tempfile.mkdtemp(prefix="ministack-"))
            self._port = self._wanted_port or _free_port()
            with (self._folder / "ministack.log").open("wb") as log:
                self._process = subprocess.Popen(
                    [str(self._python), "-c", _MAIN],
                    cwd=self._folder,
                    env=self._environment(self._folder),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Ctrl-C is for us alone: we stop it when we have done with it.
                    start_new_session=True,
                )
            if self._becomes_healthy(self._process):
                return
            tail = self.log_tail()
            self.stop()
            if "already in use" not in tail:  # else another program took the port just before
                break
        raise MiniStackError(f"MiniStack did not start. The last lines of its log:\n{tail}")

    def _environment(self, folder: Path) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": self._host,
            "MINISTACK_REGION": REGION,
            # It would open ports of its own for these, on all interfaces.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # It would look for its own containers and remove them, if it found Docker.
            "DOCKER_HOST": f"unix://{folder}/no-docker",
            **self._settings,
        }

    def _becomes_healthy(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it answers before it ends or the time is up."""
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with (
                contextlib.suppress(urllib.error.URLError, OSError),
                _OPENER.open(f"{self.endpoint}/_ministack/health", timeout=2),
            ):
                return True
            time.sleep(0.1)
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
