"""One measurement in a process of its own: a sweep of the notifier, of the plain reference, or the bare calls.

    python -m benchmarks.subject SPEC RESULT

SPEC is JSON (benchmarks/measure.py writes it); the result goes to the file RESULT, because the notifier's log lines,
which are part of its work, go to the standard output.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from benchmarks import ceiling, reference
from benchmarks.world import World

if TYPE_CHECKING:
    from collections.abc import Callable


class Clients:
    """Makes the clients, with room for as many connections as there are threads, and remembers them.

    Args:
        workers: the number of threads that call a source.
    """

    def __init__(self, workers: int) -> None:
        self._room = Config(max_pool_connections=max(10, workers))
        self.made: dict[str, Any] = {}

    def create(self, service: str, *, config: Config | None = None) -> Any:  # noqa: ANN401 - boto3's
        """Make a client, as `boto3.client` does."""
        merged = config.merge(self._room) if config else self._room
        client: Any = boto3.client(service, config=merged)  # type: ignore[call-overload] # any service
        self.made[service] = client
        return client

    def warm_up(self) -> None:
        """Make one call with each client, as the sweep before has done in a container that is warm."""
        calls: dict[str, Callable[[Any], Any]] = {
            "dynamodb": lambda client: client.scan(TableName="none", Limit=1),
            "greengrassv2": lambda client: client.list_deployments(),
            "iot": lambda client: client.describe_job(jobId="job-none"),
            "greengrass": lambda client: client.list_bulk_deployments(),
        }
        for service, call in calls.items():
            if service in self.made:
                call(self.made[service])


def peak_megabytes() -> float:
    """The most memory that this process has used so far."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, ru_maxrss starts with what the parent had used when it started this process
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def control(endpoint: str, path: str) -> dict[str, Any]:
    """Ask the back end for its counts."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{endpoint}/_bench/{path}", timeout=30) as answer:
        counts: dict[str, Any] = json.load(answer)
        return counts


def main() -> None:
    """Measure."""
    spec = json.loads(sys.argv[1])
    world, workers = World.from_dict(spec["world"]), spec["workers"]
    clients = Clients(workers)
    runs: dict[str, Callable[[], Callable[[], dict[str, Any]]]] = {
        "reference": lambda: reference.prepare(clients.create),
        "ceiling": lambda: ceiling.prepare(clients.create, world, workers),
    }
    if spec["subject"] == "notifier":
        from benchmarks import notifier  # noqa: PLC0415 - the others must not pay for what only it imports

        run = notifier.prepare(clients.create, world, workers, paced=spec["paced"])
    else:
        run = runs[spec["subject"]]()
    clients.warm_up()
    times = []
    did: dict[str, Any] = {}
    for _ in range(spec["repeat"]):
        control(spec["endpoint"], "reset")
        started, processor = time.monotonic(), time.process_time()
        did = run()
        times.append((time.monotonic() - started, time.process_time() - processor))
    seconds, processor_seconds = min(times)
    measured = {
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "peak_megabytes": peak_megabytes(),
        "did": did,
        "backend": control(spec["endpoint"], "counts"),
    }
    Path(sys.argv[2]).write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
