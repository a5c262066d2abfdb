"""The AWS calls that boto3 clients make, recorded below boto3 and above the wire."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.client import BaseClient

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was sent.

    Attributes:
        service: such as `dynamodb`.
        parameters: as the client was called.
    """

    service: str
    operation: str
    parameters: dict[str, Any]

    @property
    def is_write(self) -> bool:
        """Whether it can change the table."""
        return self.service == "dynamodb" and self.operation in WRITES


class Recorder:
    """Records the calls of clients.

    Attributes:
        calls: in order.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def watch(self, client: BaseClient) -> None:
        """Record this client's calls from now on."""
        service = client.meta.service_model.service_name
        client.meta.events.register(f"before-parameter-build.{service}", self._keep)
        client.meta.events.register(f"before-call.{service}", self._record)

    def take(self) -> list[Call]:
        """The calls so far, which are then forgotten."""
        calls, self.calls = self.calls, []
        return calls

    @staticmethod
    def _keep(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
        context["as_called"] = dict(params)

    def _record(self, model: Any, context: dict[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's
        self.calls.append(Call(model.service_model.service_name, model.name, context["as_called"]))


def operations(calls: list[Call]) -> Counter[str]:
    """How many calls of each operation."""
    return Counter(call.operation for call in calls)


def uses(call: Call, account: str, region: str) -> Iterator[tuple[str, str]]:
    """The IAM actions that a call needs, each with the resource that it needs it on.

    Facts from the Service Authorization Reference: `Query` on an index needs the index; TransactWriteItems has no
    action of its own; ListBulkDeployments takes no resource.
    """
    table = f"arn:aws:dynamodb:{region}:{account}:table"
    match call.operation:
        case "Query":
            index = call.parameters.get("IndexName")
            yield "dynamodb:Query", f"{table}/{call.parameters['TableName']}" + (f"/index/{index}" if index else "")
        case "TransactWriteItems":
            for write in call.parameters["TransactItems"]:
                ((kind, arguments),) = write.items()
                action = "ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item"
                yield f"dynamodb:{action}", f"{table}/{arguments['TableName']}"
        case "Publish":
            yield "sns:Publish", call.parameters["TopicArn"]
        case "BatchGetItem":
            for name in call.parameters["RequestItems"]:
                yield "dynamodb:BatchGetItem", f"{table}/{name}"
        case "GetBulkDeploymentStatus" | "ListBulkDeploymentDetailedReports":
            name = call.parameters["BulkDeploymentId"]
            yield (
                f"greengrass:{call.operation}",
                f"arn:aws:greengrass:{region}:{account}:/greengrass/bulk/deployments/{name}",
            )
        case operation if call.service == "dynamodb":
            yield f"dynamodb:{operation}", f"{table}/{call.parameters['TableName']}"
        case operation:
            yield f"{call.service}:{operation}", "*"
