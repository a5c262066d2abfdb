"""Real boto3 clients whose requests end here instead of on a network: faults are met as botocore meets them.

botocore's own parsing, retries and errors are in play; only sockets are not. Time is a test's: what a time-out or a
pause takes goes by on its clock.
"""

from __future__ import annotations

import io
import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from deployment_notifier import delivery, table
from deployment_notifier.sources import greengrass_bulk
from tests.reliability import sns_rules
from tests.reliability.fake_dynamodb import FakeTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_greengrass import GreengrassClient
    from mypy_boto3_sns import SNSClient

REGION = "eu-west-1"
_OPERATIONS = {
    "Query": "query",
    "UpdateItem": "update_item",
    "TransactWriteItems": "transact_write_items",
}


@dataclass(frozen=True)
class Fault:
    """What a request meets instead of its answer.

    Attributes:
        name: for the test's name.
        raised: what botocore's HTTP session raises; None where there is an answer.
        status: the answer's HTTP status.
        codes: the answer's error code by service, as each service words it.
        is_carried_out: whether the service does what was asked, though nobody hears so.
        seconds: what it takes; None for as long as the client waits.
    """

    name: str
    raised: Callable[[str], Exception] | None = None
    status: int = 500
    codes: dict[str, str] = field(default_factory=dict)
    is_carried_out: bool = False
    seconds: float | None = None


class Wire:
    """Where the requests of the three clients end.

    Attributes:
        table: what DynamoDB holds.
        answers: what Greengrass answers about a deployment: HTTP status and body, by id.
        fault: says what a request meets, from the service, the operation and how many requests of that service came
            before it since `count` was cleared; None lets it through.
        seconds_per_answer: what each answer takes, by service.
        pass_seconds: takes the seconds that go by.
        published: the arguments of what SNS carried out.
        broken_rules: what SNS would have refused, and DynamoDB.
    """

    def __init__(self) -> None:
        session = _session()
        self.dynamodb: DynamoDBClient = session.client("dynamodb", config=table.CLIENT_CONFIG)
        self.sns: SNSClient = session.client("sns", config=delivery.CLIENT_CONFIG)
        self.greengrass: GreengrassClient = session.client("greengrass", config=greengrass_bulk.CLIENT_CONFIG)
        self._lock = threading.Lock()
        for service, client in (("dynamodb", self.dynamodb), ("sns", self.sns), ("greengrass", self.greengrass)):
            client.meta.events.register(f"before-send.{service}.*", self._ends_here(service, client.meta.config))
        self.sns.meta.events.register("provide-client-params.sns.Publish", self._note_publish)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.table = FakeTable()
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.listing: tuple[int, bytes] = (200, b'{"BulkDeployments": []}')
        self.fault: Callable[[str, str, int], Fault | None] = lambda *_: None
        self.pass_seconds: Callable[[float], None] = lambda _: None
        self.seconds_per_answer: dict[str, float] = {}
        self.published: list[dict[str, Any]] = []
        self.broken_rules: list[str] = []
        self.count: Counter[str] = Counter()
        self._publishing: dict[str, Any] = {}

    def _note_publish(self, params: dict[str, Any], **_: object) -> None:
        self.broken_rules += sns_rules.broken_rules(params)
        self._publishing = params

    def _ends_here(self, service: str, config: Any) -> Any:  # noqa: ANN401 - the stubs know no handler that answers
        longest = config.connect_timeout + config.read_timeout

        def handle(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
            operation = event_name.rpartition(".")[2]
            with self._lock:
                fault = self.fault(service, operation, self.count[service])
                self.count[service] += 1
                if fault is None:
                    self.pass_seconds(self.seconds_per_answer.get(service, 0.0))
                    return self._answer(service, operation, request)
                self.pass_seconds(longest if fault.seconds is None else fault.seconds)
                if fault.is_carried_out:
                    self._answer(service, operation, request)
            if fault.raised is not None:
                raise fault.raised(request.url)
            code = fault.codes.get(service, "InternalServerError")
            return _error(service, request.url, fault.status, code, fault.name)

        return handle

    def _answer(self, service: str, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        match service:
            case "dynamodb":
                return self._dynamodb(operation, request)
            case "sns":
                return self._sns(request)
            case _:
                return self._greengrass(operation, request)

    def _dynamodb(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        arguments = json.loads(_sent(request))
        try:
            body = getattr(self.table, _OPERATIONS[operation])(**arguments)
        except ClientError as error:
            fields: dict[str, Any] = dict(error.response)
            more = {"CancellationReasons": fields["CancellationReasons"]} if "CancellationReasons" in fields else {}
            code = fields["Error"]["Code"]
            return _error("dynamodb", request.url, 400, code, fields["Error"]["Message"], more)
        self.broken_rules += self.table.broken_rules
        return _response(request.url, 200, json.dumps(body).encode())

    def _sns(self, request: AWSPreparedRequest) -> AWSResponse:
        form = parse_qs(_sent(request))
        assert form["Message"] == [self._publishing["Message"]]
        self.published.append(self._publishing)
        result = f"<PublishResult><MessageId>m-{len(self.published)}</MessageId></PublishResult>"
        return _response(request.url, 200, f"<PublishResponse>{result}</PublishResponse>".encode())

    def _greengrass(self, operation: str, request: AWSPreparedRequest) -> AWSResponse:
        if operation == "ListBulkDeployments":
            return _response(request.url, *self.listing)
        if operation == "ListBulkDeploymentDetailedReports":
            return _response(request.url, 200, b'{"Deployments": []}')
        deployment_id = unquote(request.url.split("/deployments/")[1].removesuffix("/status"))
        return _response(request.url, *self.answers[deployment_id])


@cache
def _session() -> boto3.Session:
    return boto3.Session("testing", "testing", "testing", region_name=REGION)


class _Body(io.BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def _sent(request: AWSPreparedRequest) -> str:
    assert isinstance(request.body, str | bytes)
    return request.body if isinstance(request.body, str) else request.body.decode()


def _response(url: str, status: int, body: bytes) -> AWSResponse:
    headers: Any = {"x-amzn-requestid": "r-1"}
    return AWSResponse(url, status, headers, _Body(body))


def _error(
    service: str, url: str, status: int, code: str, message: str, more: dict[str, Any] | None = None
) -> AWSResponse:
    if service == "sns":
        text = f"<Error><Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        return _response(url, status, f"<ErrorResponse>{text}<RequestId>r-1</RequestId></ErrorResponse>".encode())
    body = {"__type": f"com.amazonaws#{code}", "code": code, "message": message, "Message": message, **(more or {})}
    return _response(url, status, json.dumps(body).encode())
