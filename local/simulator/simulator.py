"""The simulator as a Python object: its time, its deployments, its faults, and the calls that it got."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self

from local.simulator import control
from local.simulator.deployment import Deployment
from local.simulator.faults import Fault
from local.simulator.fleet import FLEET_SCENARIOS, FleetDeployment, FleetScenario
from local.simulator.library import SCENARIOS
from local.simulator.protocol import Operation
from local.simulator.scenario import Misbehaviour, Scenario
from local.simulator.server import Server
from local.simulator.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from local.simulator.protocol import Answer, Request

_REMEMBERED_CALLS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the simulator got.

    Attributes:
        operation: None for a request that is no operation of the API.
        status: the HTTP status of the answer; None when the connection is closed without one.
    """

    operation: Operation | None
    deployment_id: str | None
    status: int | None


class Simulator:
    """A Greengrass V1 of one's own; use it as a context manager, or `start` and `stop` it.

    Args:
        port: 0 picks a free one.
        host: the address to listen on. Another than 127.0.0.1 lets other machines, or containers, in.
        clock: seconds from any beginning, never going back. A clock that does not move leaves the time to `advance`.
        today: the calendar time, which `CreatedAt` states.
        page_size, null_token: as for `Service`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
        page_size: int | None = None,
        null_token: bool = False,
    ) -> None:
        self._clock = clock
        self._today = today
        self._options: dict[str, Any] = {"page_size": page_size, "null_token": null_token}
        self._lock = threading.RLock()
        self.reset()
        self._server = Server(port, self.answer, host)

    def start(self) -> Self:
        """Begin to serve; the port is bound from the construction on."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving: connections are closed, calls that hang included, and every thread has ended."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What goes into `endpoint_url` or `AWS_ENDPOINT_URL_GREENGRASS`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def now(self) -> float:
        """The service's time: seconds since the start or the last reset, plus what was advanced."""
        with self._lock:
            return self._clock() - self._began + self._advanced

    @property
    def calls(self) -> tuple[Call, ...]:
        """The API calls so far, oldest first."""
        with self._lock:
            return tuple(self._calls)

    def count(self, operation: Operation) -> int:
        """How many API calls of an operation there were."""
        return sum(call.operation is operation for call in self.calls)

    def play(
        self,
        scenario: str | Scenario,
        *,
        deployment_id: str | None = None,
        age_seconds: float = 0.0,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Add a bulk deployment, whether or not another is in progress, which AWS would refuse.

        Args:
            scenario: the name of one in the library, or one of your own.
            deployment_id: its id; by default a new one. A deployment of this id is replaced.
            age_seconds: how long ago it was started, in the service's time and for `CreatedAt`.
            tags: its tags.

        Returns:
            Its id.

        Raises:
            KeyError: there is no scenario of this name.
        """
        if isinstance(scenario, str):
            scenario = SCENARIOS[scenario]
        created_at = self._today() - timedelta(seconds=age_seconds)
        with self._lock:
            deployment = Deployment(
                deployment_id or str(uuid.uuid4()), scenario, self.now - age_seconds, created_at, tags or {}
            )
            self._service.deployments[deployment.id] = deployment
        return deployment.id

    def play_fleet(
        self,
        scenario: str | FleetScenario,
        *,
        deployment_id: str | None = None,
        target: str = "LINE7",
        age_seconds: float = 0.0,
    ) -> str:
        """Add a Greengrass V2 deployment; as `play`.

        Args:
            scenario: the name of one in `FLEET_SCENARIOS`, or one of your own.
            deployment_id: its id; by default a new one. A deployment of this id is replaced.
            target: the name of its thing group, or thing.
            age_seconds: how long ago it was started.
        """
        played = FLEET_SCENARIOS[scenario] if isinstance(scenario, str) else scenario
        created_at = self._today() - timedelta(seconds=age_seconds)
        with self._lock:
            deployment = FleetDeployment(
                deployment_id or str(uuid.uuid4()), played, self.now - age_seconds, created_at, target
            )
            self._service.fleet.deployments[deployment.id] = deployment
        return deployment.id

    def fault(self, kind: str, **about: Any) -> int:  # noqa: ANN401 - the fields of Fault, checked by it
        """Make calls misbehave from now on.

        Args:
            kind: a `Misbehaviour` by its name.
            about: the other attributes of `Fault`: deployment_id, operation, after, times, ...

        Returns:
            A number by which it can be cleared.

        Raises:
            ValueError: there is no such misbehaviour or operation.
        """
        if about.get("operation") is not None:
            about["operation"] = Operation(about["operation"])
        fault = Fault(Misbehaviour(kind), **about)
        with self._lock:
            return self._service.faults.add(fault)

    def clear(self, fault: int | None = None) -> None:
        """Take away the fault of this number, or all of them; what scenarios play themselves stays."""
        with self._lock:
            self._service.faults.clear(fault)

    def advance(self, seconds: float) -> None:
        """Let the service's time go on by some seconds, at once."""
        with self._lock:
            self._advanced += seconds

    def reset(self) -> None:
        """Forget deployments, faults and calls, and start the service's time again."""
        with self._lock:
            self._service = Service(**self._options)
            self._calls: deque[Call] = deque(maxlen=_REMEMBERED_CALLS)
            self._began = self._clock()
            self._advanced = 0.0

    def deployment(self, deployment_id: str) -> Deployment:
        """A deployment that the service has; raises KeyError if it has none of this id."""
        with self._lock:
            return self._service.deployments[deployment_id]

    def answer(self, request: Request) -> Answer:
        """What a request is answered; API calls are recorded, those of the control API are not."""
        if request.path.startswith(control.PREFIX):
            return control.answer(self, request)
        operation, deployment_id = request.route() or (None, None)
        with self._lock:
            answer = self._service.answer(request, self.now)
            self._calls.append(Call(operation, deployment_id, answer.status))
        return answer
