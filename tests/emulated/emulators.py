"""MiniStack and the Greengrass simulator, started once, and containers that run the function's code against them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.config import Config

from deployment_notifier import wiring
from deployment_notifier.deadline import Deadline
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.sources.calls import CLIENT_CONFIG
from deployment_notifier.sources.greengrass_bulk.client import GreengrassBulk
from deployment_notifier.sources.greengrass_v2.client import GreengrassV2
from deployment_notifier.sweep import sweep
from local.simulator import Simulator
from local.stack import session
from tests.emulated.interceptor import CallInterceptor

if TYPE_CHECKING:
    from boto3 import Session

    from deployment_notifier.report import Report
    from deployment_notifier.sources.port import Source
    from local.ministack import MiniStack
    from tests.emulated.stack import EmulatedStack

GREENGRASS = ("greengrass", "greengrassv2", "iot")
"""The services that the simulator plays."""

START = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)


class Container:
    """One Lambda container: clients of its own, whose calls are intercepted.

    Args:
        credentials: a session with the function's credentials.
        endpoint: MiniStack's.
        greengrass_endpoint: the simulator's.
        skew: by how much its clock is ahead: no two containers decide within the same millisecond.
    """

    def __init__(
        self, credentials: Session, endpoint: str, greengrass_endpoint: str, skew: timedelta = timedelta()
    ) -> None:
        self.interceptor = CallInterceptor()
        self._session = credentials
        self._endpoints = dict.fromkeys(GREENGRASS, greengrass_endpoint) | {"sns": endpoint, "dynamodb": endpoint}
        self._skew = skew
        self._clients: dict[str, Any] = {}

    def run(self, stack: EmulatedStack, workers: int, *, in_order: bool) -> Report:
        """Run one sweep, wired as in Lambda, except for the time and the order in which it asks."""
        app = wiring.build(
            stack.settings,
            self._create_client,
            clock=lambda: stack.now + self._skew,
            sources=self._sources(stack.settings.sources),
        )
        app.workers = workers
        app.shuffle = (lambda _: None) if in_order else random.shuffle
        calls = self.interceptor.calls
        first = len(calls)

        def remaining() -> float:
            answers = sum(call.operation.partition(":")[0] in GREENGRASS for call in calls[first:])
            return stack.seconds - answers * stack.seconds_per_answer

        return sweep(app, Deadline(remaining), owner=uuid4().hex)

    def close(self) -> None:
        """Close its connections."""
        for client in self._clients.values():
            client.close()

    def _sources(self, names: frozenset[str]) -> dict[str, Source]:
        """Create sources in which no call waits for its turn."""
        v1, v2, iot = (self._create_client(service, config=CLIENT_CONFIG) for service in GREENGRASS)
        at_once = RateLimiter(1e6)
        sources: tuple[Source, ...] = (GreengrassV2(v2, iot, at_once, at_once), GreengrassBulk(v1, at_once))
        return {source.profile.name: source for source in sources if source.profile.name in names}

    def _create_client(self, service: str, config: Config) -> Any:  # noqa: ANN401 - any service's client
        """Create a client as `boto3.client` does; once, because it takes longer than a sweep."""
        if service not in self._clients:
            # A busy machine is no outage.
            patient: Any = Config(connect_timeout=30, read_timeout=30)
            config = config.merge(patient)
            client: Any = self._session.client(service, endpoint_url=self._endpoints[service], config=config)  # type: ignore[call-overload] # any service
            self.interceptor.attach(client)
            self._clients[service] = client
        return self._clients[service]


class Emulators:
    """The servers, the clients of whoever runs the tests, and the containers.

    Args:
        ministack: a running one.

    Attributes:
        simulator: Greengrass, with two results a page; its lists end with the token `null`, as AWS's sometimes do.
        now: the present for the simulator.
        dynamodb, sns, sqs: clients with all rights, whose calls are not intercepted.
    """

    def __init__(self, ministack: MiniStack) -> None:
        self.ministack = ministack
        self.now = START
        self.simulator = Simulator(clock=lambda: 0.0, today=lambda: self.now, page_size=2, null_token=True).start()
        self.owner = session()
        self.dynamodb = self.owner.client("dynamodb", endpoint_url=ministack.endpoint)
        self.sns = self.owner.client("sns", endpoint_url=ministack.endpoint)
        self.sqs = self.owner.client("sqs", endpoint_url=ministack.endpoint)
        self._containers: list[Container] = []

    def reset(self) -> None:
        """Empty everything."""
        self.ministack.reset()
        self.simulator.reset()
        self.now = START

    def containers(self, number: int) -> list[Container]:
        """Return so many new containers; their clients are used again, because making them takes long."""
        while len(self._containers) < number:
            self._containers.append(self.container(self.owner, timedelta(milliseconds=len(self._containers))))
        for container in self._containers[:number]:
            container.interceptor.reset()
        return self._containers[:number]

    def container(self, credentials: Session, skew: timedelta = timedelta()) -> Container:
        """Return a container with the credentials of a session."""
        return Container(credentials, self.ministack.endpoint, self.simulator.url, skew)

    def close(self) -> None:
        """Stop the simulator, and close every connection."""
        for container in self._containers:
            container.close()
        for client in (self.dynamodb, self.sns, self.sqs):
            client.close()
        self.simulator.stop()
