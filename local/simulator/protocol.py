"""The REST surface: which request is which operation, and what an answer is made of.

Methods, paths and names are those of the service models of Greengrass V1 (2017-06-07) and V2 (2020-11-30) and of
AWS IoT (2015-05-28); the contract tests hold them against these.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

JsonObject = dict[str, Any]


class Operation(StrEnum):
    """The calls that the simulator knows, by the names of the service model."""

    GET_STATUS = "GetBulkDeploymentStatus"
    LIST = "ListBulkDeployments"
    LIST_REPORTS = "ListBulkDeploymentDetailedReports"
    LIST_DEPLOYMENTS = "ListDeployments"
    GET_DEPLOYMENT = "GetDeployment"
    LIST_EFFECTIVE = "ListEffectiveDeployments"
    DESCRIBE_JOB = "DescribeJob"
    LIST_EXECUTIONS = "ListJobExecutionsForJob"

    @property
    def is_v2(self) -> bool:
        """Whether it is a call of Greengrass V2 or of AWS IoT jobs."""
        return self not in (Operation.GET_STATUS, Operation.LIST, Operation.LIST_REPORTS)


_ROOT: Final = "/greengrass/bulk/deployments"
_ROUTES: Final = (
    ("GET", re.compile(_ROOT), Operation.LIST),
    ("GET", re.compile(rf"{_ROOT}/([^/]+)/status"), Operation.GET_STATUS),
    ("GET", re.compile(rf"{_ROOT}/([^/]+)/detailed-reports"), Operation.LIST_REPORTS),
    ("GET", re.compile("/greengrass/v2/deployments"), Operation.LIST_DEPLOYMENTS),
    ("GET", re.compile("/greengrass/v2/deployments/([^/]+)"), Operation.GET_DEPLOYMENT),
    ("GET", re.compile("/greengrass/v2/coreDevices/([^/]+)/effectiveDeployments"), Operation.LIST_EFFECTIVE),
    ("GET", re.compile("/jobs/([^/]+)"), Operation.DESCRIBE_JOB),
    ("GET", re.compile("/jobs/([^/]+)/things"), Operation.LIST_EXECUTIONS),
)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Attributes:
        target: the path and the query, percent-encoded as they came.
        headers: by lower-case name.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, percent-encoded."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of one that is repeated, the last."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}

    def json_object(self) -> JsonObject:
        """The body as a JSON object; an empty body is an empty one.

        Raises:
            ValueError: it is something else.
        """
        parsed = json.loads(self.body or b"{}")
        if not isinstance(parsed, dict):
            # A wrong value to the caller, who sent it, whatever Python's type is.
            raise ValueError(f"the body must be a JSON object, not {parsed!r:.40}")  # noqa: TRY004 - see above
        return parsed

    def route(self) -> tuple[Operation, str | None] | None:
        """The operation and the id of the deployment that it names, if it names one; None for no known operation."""
        for method, pattern, operation in _ROUTES:
            if method == self.method and (match := pattern.fullmatch(self.path)):
                return operation, unquote(match[1]) if match.groups() else None
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over the wire.

    Attributes:
        status: the HTTP status; None closes the connection without an answer.
        delay_seconds: real seconds before anything is sent; infinite for an answer that never comes.
    """

    status: int | None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0

    @classmethod
    def json(cls, content: JsonObject, status: int = 200) -> Answer:
        """An answer with a JSON body."""
        return cls(status, json.dumps(content).encode(), {"Content-Type": "application/json"})

    @classmethod
    def error(cls, status: int, code: str, message: str) -> Answer:
        """An error as the service words it: a `GeneralError` body, and the code in a header."""
        answer = cls.json({"Message": message}, status)
        return cls(status, answer.body, {**answer.headers, "x-amzn-ErrorType": code})


def bad_request(message: str) -> Answer:
    """The one error that the service model has for these operations: 400 `BadRequestException`."""
    return Answer.error(400, "BadRequestException", message)
