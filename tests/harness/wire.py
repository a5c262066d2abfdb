"""Real boto3 clients whose requests end here instead of on a network.

botocore's own parsing, retries and errors take part; only sockets do not.
"""

from __future__ import annotations

import io
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3
from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from tests.harness.fake_service import RawAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.config import Config

    Carry = Callable[[str, str, Mapping[str, Any]], Any]

_GREENGRASS_ID = re.compile(r"/deployments/(.+)/(status|detailed-reports)$")
_FLEET_PATHS = {
    "deploymentId": re.compile(r"/v2/deployments/(.+)$"),
    "coreDeviceThingName": re.compile(r"/coreDevices/(.+)/effectiveDeployments$"),
    "jobId": re.compile(r"^/jobs/(.+?)(?:/things)?$"),
}

_route: list[Carry] = []


def route_to(call: Carry) -> None:
    """Let all requests from now on end at a function of the service, the operation and its arguments."""
    _route[:] = [call]


@cache
def create_client(service: str, *, config: Config) -> Any:  # noqa: ANN401 - boto3's
    """Create a client, as `boto3.client` does; the same one each time, because that takes long."""
    session = boto3.Session("testing", "testing", "testing", region_name="eu-west-1")
    client: Any = session.client(service, config=config)  # type: ignore[call-overload] # it wants a literal

    def answer(request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        operation = xform_name(event_name.rpartition(".")[2])
        try:
            return _written(service, request.url, _route[0](service, operation, _ARGUMENTS[service](request)))
        except ClientError as error:
            return _written_error(service, request.url, error)

    client.meta.events.register(f"before-send.{service}.*", answer)
    client.close = lambda: _route[0](service, "close", {})
    return client


def _dynamodb_arguments(request: AWSPreparedRequest) -> dict[str, Any]:
    arguments: dict[str, Any] = json.loads(_sent(request))
    return arguments


def _greengrass_arguments(request: AWSPreparedRequest) -> dict[str, Any]:
    url = urlsplit(request.url)
    found = _GREENGRASS_ID.search(url.path)
    return dict(parse_qsl(url.query)) | ({"BulkDeploymentId": unquote(found[1])} if found else {})


def _fleet_arguments(request: AWSPreparedRequest) -> dict[str, Any]:
    url = urlsplit(request.url)
    named = {name: unquote(found[1]) for name, path in _FLEET_PATHS.items() if (found := path.search(url.path))}
    return dict(parse_qsl(url.query)) | named


def _sns_arguments(request: AWSPreparedRequest) -> dict[str, Any]:
    form = {name: values[0] for name, values in parse_qs(_sent(request)).items()}
    arguments: dict[str, Any] = {name: form[name] for name in ("TopicArn", "Subject", "Message", "MessageStructure")}
    attributes = [
        name.removesuffix("Name") for name in form if re.fullmatch(r"MessageAttributes\.entry\.\d+\.Name", name)
    ]
    arguments["MessageAttributes"] = {
        form[f"{entry}Name"]: {
            "DataType": form[f"{entry}Value.DataType"],
            "StringValue": form[f"{entry}Value.StringValue"],
        }
        for entry in attributes
    }
    return arguments


_ARGUMENTS: dict[str, Callable[[AWSPreparedRequest], dict[str, Any]]] = {
    "dynamodb": _dynamodb_arguments,
    "greengrass": _greengrass_arguments,
    "greengrassv2": _fleet_arguments,
    "iot": _fleet_arguments,
    "sns": _sns_arguments,
}


class _Body(io.BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def _sent(request: AWSPreparedRequest) -> str:
    assert isinstance(request.body, str | bytes)
    return request.body if isinstance(request.body, str) else request.body.decode()


def _written(service: str, url: str, answer: Any) -> AWSResponse:  # noqa: ANN401 - what the fakes return
    if isinstance(answer, RawAnswer):
        return _response(url, answer.status, answer.body)
    if service == "sns":
        result = f"<PublishResult><MessageId>{answer['MessageId']}</MessageId></PublishResult>"
        return _response(url, 200, f"<PublishResponse>{result}</PublishResponse>".encode())
    return _response(url, 200, json.dumps(answer).encode())


def _written_error(service: str, url: str, error: ClientError) -> AWSResponse:
    fields: dict[str, Any] = dict(error.response)
    status, code = fields["ResponseMetadata"]["HTTPStatusCode"], fields["Error"]["Code"]
    message = fields["Error"]["Message"]
    if service == "sns":
        text = f"<Error><Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
        return _response(url, status, f"<ErrorResponse>{text}<RequestId>r-1</RequestId></ErrorResponse>".encode())
    reasons = fields.get("CancellationReasons")
    body = {"__type": f"com.amazonaws#{code}", "code": code, "message": message, "Message": message}
    return _response(url, status, json.dumps(body | ({"CancellationReasons": reasons} if reasons else {})).encode())


def _response(url: str, status: int, body: bytes) -> AWSResponse:
    headers: Any = {"x-amzn-requestid": "r-1"}
    return AWSResponse(url, status, headers, _Body(body))
