"""Faults of AWS, and the point through which every call to it passes."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from deployment_notifier import sns_topic, table
from deployment_notifier.sources.calls import CLIENT_CONFIG
from tests.harness.fake_dynamodb import error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.harness.notifier_harness import Clock

SERVICES_OF = {"greengrass-v2": ("greengrassv2", "iot"), "greengrass-bulk": ("greengrass",)}
"""The services that each source calls."""

SERVICES = ("dynamodb", "greengrass", "greengrassv2", "iot", "sns")

_CONFIGS = {
    "dynamodb": table.CLIENT_CONFIG,
    "greengrass": CLIENT_CONFIG,
    "greengrassv2": CLIENT_CONFIG,
    "iot": CLIENT_CONFIG,
    "sns": sns_topic.CLIENT_CONFIG,
}


@dataclass(frozen=True)
class Call:
    """One call of a client, or one attempt if botocore repeats it.

    Attributes:
        operation: the method of boto3's client, such as `update_item`.
        number: how many calls of the same service came before it in the same sweep.
    """

    service: str
    operation: str
    arguments: Mapping[str, Any]
    number: int


@dataclass(frozen=True)
class Fault:
    """What a call meets instead of its answer.

    Attributes:
        name: for the test's name.
        raised: what botocore raises where there is no answer; None for an answer with an HTTP status.
        status: the answer's HTTP status.
        codes: the answer's error code by service.
        is_carried_out: whether the service does what was asked although the answer does not say so.
        seconds: the time that it takes; None for as long as the client waits.
    """

    name: str
    raised: Callable[[str], Exception] | None = None
    status: int = 500
    codes: Mapping[str, str] = field(default_factory=dict)
    is_carried_out: bool = False
    seconds: float | None = None

    def error(self, call: Call) -> Exception:
        """Return what the client raises."""
        if self.raised is not None:
            return self.raised("https://aws")
        return error(call.operation, self.codes.get(call.service, "InternalServerError"), self.name, self.status)


THROTTLED = Fault(
    "throttled",
    status=400,
    codes={
        "dynamodb": "ThrottlingException",
        "greengrass": "TooManyRequestsException",
        "greengrassv2": "ThrottlingException",
        "iot": "ThrottlingException",
        "sns": "Throttled",
    },
    seconds=0.05,
)
DENIED = Fault(
    "access denied",
    status=403,
    codes=dict.fromkeys(SERVICES, "AccessDeniedException") | {"sns": "AuthorizationError"},
    seconds=0.05,
)
NO_CONNECTION = Fault("connect time-out", lambda url: ConnectTimeoutError(endpoint_url=url))
TIMED_OUT = Fault("read time-out", lambda url: ReadTimeoutError(endpoint_url=url))
ANSWER_LOST = Fault(
    "carried out, then read time-out", lambda url: ReadTimeoutError(endpoint_url=url), is_carried_out=True
)
CONNECTION_DEAD = Fault("connection dead", lambda url: ConnectionClosedError(endpoint_url=url), seconds=0.0)
REFUSED = Fault(
    "refused",
    status=400,
    codes={
        "sns": "InvalidParameter",
        "greengrass": "BadRequestException",
        "greengrassv2": "ValidationException",
        "iot": "InvalidRequestException",
    },
    seconds=0.05,
)
FAULTS = (
    THROTTLED,
    Fault("throttled with HTTP 429", status=429, codes={"dynamodb": "RequestLimitExceeded"}, seconds=0.05),
    Fault("500"),
    Fault("503", status=503, codes=dict.fromkeys(SERVICES, "ServiceUnavailable"), seconds=0.05),
    Fault("carried out, then 500", is_carried_out=True),
    NO_CONNECTION,
    TIMED_OUT,
    ANSWER_LOST,
    Fault("carried out, then cut off", lambda url: ConnectionClosedError(endpoint_url=url), is_carried_out=True),
    Fault("no DNS", lambda url: EndpointConnectionError(endpoint_url=url, error="Name or service not known")),
    Fault(
        "no credentials",
        lambda _: CredentialRetrievalError(provider="container-role", error_msg="no answer"),
        seconds=0.0,
    ),
    Fault(
        "expired credentials",
        status=403,
        codes=dict.fromkeys(SERVICES, "ExpiredTokenException") | {"sns": "ExpiredToken"},
        seconds=0.05,
    ),
    DENIED,
)
"""Every sort of fault that a client can meet."""


class FaultInjector:
    """Carries calls out, or lets them meet a fault, and lets time pass.

    Attributes:
        fault: what a call meets; None to carry it out.
        seconds: what each answer takes, by service.
        operations: the calls of the current sweep, by operation.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.fault: Callable[[Call], Fault | None] = lambda _: None
        self.seconds: dict[str, float] = {}
        self.operations: Counter[str] = Counter()

    def __call__(self, call: Call, carry_out: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the call returns
        """Carry a call out, or raise what it meets."""
        self.operations[call.operation] += 1
        fault = self.fault(call)
        if fault is None:
            self._clock.advance(self.seconds.get(call.service, 0.0))
            return carry_out()
        config: Any = _CONFIGS[call.service]
        longest = config.connect_timeout + config.read_timeout
        self._clock.advance(longest if fault.seconds is None else fault.seconds)
        if fault.is_carried_out:
            with contextlib.suppress(ClientError, BotoCoreError):
                carry_out()
        raise fault.error(call)
