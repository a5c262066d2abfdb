"""Runs one measurement: starts the back end, then a process for what is measured, and reads what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.project import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.world import World

NOTIFIER = "notifier"
REFERENCE = "reference"
CEILING = "ceiling"


class MeasureError(Exception):
    """A process failed; the message holds the end of what it said."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What to measure.

    Attributes:
        subject: the notifier, the plain reference or the ceiling.
        workers: the number of threads that ask the source; the reference has one.
        paced: whether the source keeps its own rate, and the sweep the function's timeout.
        repeat: how often; the fastest counts.
    """

    subject: str
    world: World
    workers: int = 1
    paced: bool = False
    repeat: int = 1

    def to_json(self, endpoint: str) -> str:
        """Return it as the process takes it."""
        return json.dumps(
            {
                "subject": self.subject,
                "world": self.world.to_dict(),
                "workers": self.workers,
                "paced": self.paced,
                "repeat": self.repeat,
                "endpoint": endpoint,
            }
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it.

    Attributes:
        seconds: the time of the sweep.
        processor_seconds: the processor's time in it.
        peak_megabytes: the most memory that its process used.
        did: the notifier's own counts.
        backend: what the back end counted: calls, alerts, its own processor's time.
        log_bytes: what it wrote to its log in one sweep.
        metrics: the names of the CloudWatch metrics that it wrote.
        computed_from: the number of deployments that was measured, where the time is computed from fewer.
    """

    seconds: float
    processor_seconds: float
    peak_megabytes: float
    did: dict[str, Any] = field(default_factory=dict)
    backend: dict[str, Any] = field(default_factory=dict)
    log_bytes: int = 0
    metrics: tuple[str, ...] = ()
    computed_from: int | None = None

    @property
    def calls(self) -> dict[str, int]:
        """The calls, by `service:Operation`."""
        counted: dict[str, int] = self.backend.get("calls", {})
        return counted

    def scaled(self, count: int, measured: int) -> Measured:
        """Return what it would be for more deployments, in proportion; the memory is not computed."""
        factor = count / measured
        calls = {name: round(number * factor) for name, number in self.calls.items()}
        return replace(
            self,
            seconds=self.seconds * factor,
            processor_seconds=self.processor_seconds * factor,
            backend={
                **self.backend,
                "calls": calls,
                "read_units": self.backend["read_units"] * factor,
                "write_units": self.backend["write_units"] * factor,
            },
            log_bytes=round(self.log_bytes * factor),
            computed_from=measured,
        )


def environment(endpoint: str) -> dict[str, str]:
    """The environment of what is measured: it can reach no real account."""
    own = {name: value for name, value in os.environ.items() if not name.upper().startswith("AWS_")}
    return own | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join((str(PROJECT / "src"), str(PROJECT))),
    }


@contextlib.contextmanager
def backend(world: World, *, for_reference: bool) -> Iterator[str]:
    """Start the back end; yield its URL, and end it afterwards."""
    command = [sys.executable, "-m", "benchmarks.backend", json.dumps(world.to_dict())]
    with (
        subprocess.Popen(
            [*command, "reference" if for_reference else "notifier"],
            cwd=PROJECT,
            env=environment("http://127.0.0.1:9"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
        _remembered(process),
    ):
        port = process.stdout.readline().strip() if process.stdout else ""
        if not port:
            raise MeasureError("The back end did not start")
        yield f"http://127.0.0.1:{port}"


def measure(spec: Spec) -> Measured:
    """Measure in a process of its own.

    Raises:
        MeasureError: it failed; the message holds the end of what it said.
    """
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        backend(spec.world, for_reference=spec.subject == REFERENCE) as endpoint,
    ):
        result, log = Path(folder) / "result.json", Path(folder) / "log"
        command = [sys.executable, "-m", "benchmarks.subject", spec.to_json(endpoint), str(result)]
        with (
            log.open("w") as out,
            subprocess.Popen(
                command, cwd=PROJECT, env=environment(endpoint), stdout=out, stderr=subprocess.PIPE, text=True
            ) as process,
            _remembered(process),
        ):
            _, said = process.communicate()
        if process.returncode:
            raise MeasureError(f"{spec} failed:\n{said[-3000:]}")
        text = log.read_text(encoding="utf-8")
        measured = Measured(**json.loads(result.read_text(encoding="utf-8")))
        return replace(measured, log_bytes=len(text.encode()) // spec.repeat, metrics=metric_names(text))


def metric_names(log: str) -> tuple[str, ...]:
    """Return the CloudWatch metrics in a log, which has them in the embedded metric format."""
    names = set[str]()
    for line in log.splitlines():
        if '"_aws"' in line:
            for directive in json.loads(line)["_aws"]["CloudWatchMetrics"]:
                names |= {metric["Name"] for metric in directive["Metrics"]}
    return tuple(sorted(names))


_RUNNING = set[subprocess.Popen[str]]()
_ENDED = threading.Event()


@contextlib.contextmanager
def _remembered(process: subprocess.Popen[str]) -> Iterator[None]:
    """End the process at the latest here, or when `end_all` is called."""
    _RUNNING.add(process)
    try:
        if _ENDED.is_set():
            raise MeasureError("The run has ended")
        yield
    finally:
        process.kill()
        _RUNNING.discard(process)


def end_all() -> None:
    """End every process that measures, and start no other; each `measure` then fails."""
    _ENDED.set()
    for process in list(_RUNNING):
        process.kill()
