"""Plays Greengrass, AWS IoT, DynamoDB and SNS on 127.0.0.1: each call takes a fixed time, and each is counted.

A process of its own, so that the notifier, the plain reference and the ceiling all talk to the same thing over a real
wire. It is one event loop without an HTTP library, because it must be several times as fast as 32 threads of boto3.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import ClientError

from benchmarks.units import read_units, write_units
from benchmarks.world import (
    REGION,
    State,
    World,
    bulk_answer,
    deployment_answer,
    job_answer,
    reference_item,
    watch_items,
)
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from tests.harness.fake_dynamodb import FakeTable, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

DYNAMODB_SECONDS = 0.005
TRANSACTION_SECONDS = 0.010
SNS_SECONDS = 0.020
"""How long the calls take: orders of magnitude within one region, not measured on AWS."""

PAGE_BYTES = 1_000_000
"""A page of a query or a scan holds one megabyte (docs.aws.amazon.com: Query.Pagination)."""

LIST_PAGE = 100
_ID = re.compile(rb"[0-9a-f]{8}-0000-4000-8000-[0-9]{12}")
_REQUEST = re.compile(rb"\w+ (\S+) HTTP/1\.1\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *DynamoDB_\d+\.(\w+)", re.IGNORECASE)

Answer = tuple[int, bytes, float]
"""A status, a body and how many seconds the call takes."""


class Table(FakeTable):
    """The table, with what the plain reference needs more: a scan, and a put without a condition.

    It counts the request units. The rules that every call must obey are tested elsewhere, so no time is spent on them.
    """

    read_units = 0.0
    write_units = 0

    def fill(self, stored: list[dict[str, Any]]) -> None:
        """Put the first items."""
        self._write({key_of(item): item for item in stored})
        largest = max((len(json.dumps(item)) for item in stored), default=1)
        self.page_size = max(1, PAGE_BYTES // largest)

    def scan(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Return one page of all items."""
        start = arguments.get("ExclusiveStartKey")
        stored = sorted((key, item) for key, item in self.items.items() if not start or key > key_of(start))
        page = stored[: arguments.get("Limit", self.page_size)]
        answer: dict[str, Any] = {"Items": [item for _, item in page]}
        if page and len(page) < len(stored):
            answer["LastEvaluatedKey"] = {name: page[-1][1][name] for name in ("DeploymentId", "Record")}
        return answer

    def carry_out(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Carry out one call, and count its units.

        Args:
            operation: as DynamoDB names it.
            arguments: the request.
        """
        before = self.items
        method = re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()
        answer: dict[str, Any] = getattr(self, method)(**arguments)
        if "Items" in answer:
            self.read_units += read_units(answer["Items"])
        writes = arguments.get("TransactItems", [{"one": arguments}])
        for action in (each for write in writes for each in write.values()):
            if "Item" in action or "UpdateExpression" in action:
                key = key_of(action.get("Item") or action["Key"])
                is_transaction = "TransactItems" in arguments
                self.write_units += write_units(before.get(key), self.items[key], is_transaction=is_transaction)
        return answer

    def _check_rules(self, operation: str, arguments: Any) -> None:  # noqa: ANN401 - see the class
        pass


class Backend:
    """What is answered.

    Args:
        world: what there is.
        for_reference: whether the table holds the plain reference's items.
    """

    def __init__(self, world: World, *, for_reference: bool) -> None:
        self.world = world
        self.table = Table()
        if for_reference:
            self.table.fill([reference_item(deployment_id) for deployment_id in world.ids])
        else:
            self.table.fill(watch_items(world, datetime.now(UTC)))
        self.ids = [deployment_id.encode() for deployment_id in world.ids]
        self.numbers = {deployment_id: number for number, deployment_id in enumerate(world.ids)}
        self.reset()

    def reset(self) -> None:
        """Begin to count."""
        self.calls = Counter[str]()
        self.checked: dict[bytes, float] = {}
        self.published: dict[bytes, list[float]] = {}
        self.times: dict[str, tuple[float, float]] = {}
        self.table.read_units, self.table.write_units = 0.0, 0
        self.processor = time.process_time()

    def answer(self, target: bytes, head: bytes, body: bytes) -> Answer:
        """Answer one request."""
        if target == b"/":
            operation = _TARGET.search(head)
            return self._dynamodb(operation[1].decode(), body) if operation else self._publish(body)
        path = unquote(urlsplit(target.decode()).path)
        if path.startswith("/_bench/"):
            return self._control(path)
        return self._source(path, parse_qs(urlsplit(target.decode()).query))

    def _control(self, path: str) -> Answer:
        if path == "/_bench/reset":
            self.reset()
        lags = [times[0] - self.checked[each] for each, times in self.published.items() if each in self.checked]
        first = min(self.published.items(), key=lambda entry: entry[1][0], default=None)
        report = {
            "calls": dict(self.calls),
            "published": len(self.published),
            "repeated": sum(len(times) - 1 for times in self.published.values()),
            "first_alert_seconds": first[1][0] - self.checked.get(first[0], first[1][0]) if first else None,
            "median_alert_seconds": statistics.median(lags) if lags else None,
            "read_units": self.table.read_units,
            "write_units": self.table.write_units,
            "rates": {
                name: (self.calls[name] - 1) / (last - first)
                for name, (first, last) in self.times.items()
                if last > first
            },
            "processor_seconds": time.process_time() - self.processor,
        }
        return 200, json.dumps(report).encode(), 0.0

    def _count(self, name: str) -> None:
        self.calls[name] += 1
        now = time.monotonic()
        self.times[name] = (self.times.get(name, (now, now))[0], now)

    def _dynamodb(self, operation: str, body: bytes) -> Answer:
        self._count(f"dynamodb:{operation}")
        try:
            answer = self.table.carry_out(operation, json.loads(body))
        except ClientError as error:
            fields: Any = error.response
            refused = {"__type": f"com.amazonaws.dynamodb.v20120810#{fields['Error']['Code']}", **fields}
            refused["message"] = fields["Error"]["Message"]
            return 400, json.dumps(refused).encode(), DYNAMODB_SECONDS
        seconds = TRANSACTION_SECONDS if operation.startswith("Transact") else DYNAMODB_SECONDS
        return 200, json.dumps(answer).encode(), seconds

    def _publish(self, body: bytes) -> Answer:
        self._count("sns:Publish")
        found = _ID.search(body)
        if found:
            self.published.setdefault(found[0], []).append(time.monotonic())
        number = self.calls["sns:Publish"]
        return (
            200,
            b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>'
            + f"{number:032d}".encode()
            + b"</MessageId></PublishResult></PublishResponse>",
            SNS_SECONDS,
        )

    def _source(self, path: str, query: dict[str, list[str]]) -> Answer:
        parts = path.strip("/").split("/")
        match parts:
            case ["jobs", job]:
                self._count("iot:DescribeJob")
                content = self._job(job.removeprefix("job-"))
            case ["jobs", job, "things"]:
                self._count("iot:ListJobExecutionsForJob")
                things = [f"arn:aws:iot:{REGION}:123456789012:thing/{job.removeprefix('job-')}"]
                content = {
                    "executionSummaries": [{"thingArn": thing} for thing in things if query["status"] == ["FAILED"]]
                }
            case ["greengrass", "v2", "deployments"]:
                self._count("greengrassv2:ListDeployments")
                content = self._page(int(query.get("nextToken", ["0"])[0]))
            case ["greengrass", "v2", "deployments", deployment_id]:
                self._count("greengrassv2:GetDeployment")
                content = deployment_answer(deployment_id)
            case ["greengrass", "v2", "coreDevices", device, "effectiveDeployments"]:
                self._count("greengrassv2:ListEffectiveDeployments")
                details = {"errorStack": ["DEPLOYMENT_FAILURE", "DISK_SPACE_CRITICAL"], "errorTypes": []}
                reason = "Not enough disk space to download the artifact"
                content = {
                    "effectiveDeployments": [{"deploymentId": device, "reason": reason, "statusDetails": details}]
                }
            case ["greengrass", "bulk", "deployments"]:
                self._count("greengrass:ListBulkDeployments")
                content = {"BulkDeployments": []}
            case ["greengrass", "bulk", "deployments", deployment_id, "status"]:
                self._count("greengrass:GetBulkDeploymentStatus")
                content = bulk_answer(processed=3)
            case _:
                return 404, b"{}", 0.0
        return 200, json.dumps(content).encode(), self.world.source_seconds

    def _job(self, deployment_id: str) -> dict[str, Any]:
        self.checked.setdefault(deployment_id.encode(), time.monotonic())
        is_changed = self.world.changes(self.numbers.get(deployment_id, 1))
        is_storm = self.world.state is State.STORM
        return job_answer(deployment_id, succeeded=3 + (is_changed and not is_storm), failed=int(is_storm))

    def _page(self, start: int) -> dict[str, Any]:
        if self.world.source == GREENGRASS_BULK.name:
            return {"deployments": []}
        ids = self.world.ids[start : start + LIST_PAGE]
        names = ("deploymentId", "targetArn", "deploymentStatus", "creationTimestamp", "revisionId")
        entries = [{name: deployment_answer(each)[name] for name in names} for each in ids]
        more = {"nextToken": str(start + LIST_PAGE)} if start + LIST_PAGE < self.world.count else {}
        return {"deployments": entries, **more}


class Connection(asyncio.Protocol):
    """One connection: reads requests, and answers each after its time."""

    def __init__(self, answer: Callable[[bytes, bytes, bytes], Answer]) -> None:
        self._answer = answer
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to answer on."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a request once it is whole; a client sends the next only after the answer."""
        came = asyncio.get_running_loop().time()
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        if b"100-continue" in head.lower() and not rest and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(rest) < (int(length[1]) if length else 0):
            return
        self._received = b""
        request = _REQUEST.match(head)
        if request is None:
            return
        status, body, seconds = self._answer(request[1], head, rest)
        reply = b"HTTP/1.1 %d X\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n\r\n%b" % (
            status,
            len(body),
            body,
        )
        asyncio.get_running_loop().call_at(came + seconds, self._send, reply)

    def _send(self, reply: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply)


async def serve(world: World, *, for_reference: bool) -> None:
    """Serve until the standard input is closed, which the end of the parent does; print the port first."""
    backend = Backend(world, for_reference=for_reference)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(backend.answer), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(World.from_dict(json.loads(sys.argv[1])), for_reference=sys.argv[2] == "reference"))
