"""What one simulated bulk deployment does over time, as data.

A scenario is a list of steps at seconds since its start; each is valid until the next. What the groups of the
deployment do follows from the steps: a record that was processed and is valid starts one group deployment, which ends
later.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from math import gcd


class Misbehaviour(StrEnum):
    """How the service can answer other than with the truth: during a scenario's step, or as a fault set at run time."""

    UNKNOWN = "unknown"
    DENIED = "denied"
    THROTTLED = "throttled"
    SERVER_ERROR = "server-error"
    HTML = "html"
    TRUNCATED = "truncated"
    MISSING_FIELDS = "missing-fields"
    CLOSED = "closed"
    SILENT = "silent"
    SLOW = "slow"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Metrics:
    """The counts of `BulkDeploymentMetrics`; None leaves a field out of the response."""

    processed: int | None = 0
    invalid: int | None = 0
    retries: int | None = 0


@dataclass(frozen=True, slots=True)
class Error:
    """An `ErrorMessage` with its `ErrorDetails`, each a code and a message."""

    message: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What is true of the deployment from a moment on.

    Attributes:
        at: seconds since the scenario's start.
        status: the `BulkDeploymentStatus`; any text is sent as it is, None leaves the field out.
        metrics: the counts; None leaves `BulkDeploymentMetrics` out.
        misbehaviour: instead of all this, every call that names the deployment is answered so.
    """

    at: float
    status: str | None = "Running"
    metrics: Metrics | None = Metrics()
    error: Error | None = None
    misbehaviour: Misbehaviour | None = None


@dataclass(frozen=True, slots=True)
class FailingGroups:
    """A number of groups whose deployment ends in Failure for one and the same reason."""

    count: int
    error: Error


@dataclass(frozen=True)
class Scenario:
    """What a deployment does, from its start to its last group result.

    Attributes:
        name: how the control API refers to it.
        steps: in order of time, the first at 0.
        failing: the groups that fail; they are spread evenly over all groups. All others succeed.
        group_seconds: how long a group's own deployment takes at most, from when its record was processed; the
            fastest take half of it.
        unfinished: how many groups never end, like those whose core device is offline.
    """

    name: str
    steps: tuple[Step, ...]
    failing: tuple[FailingGroups, ...] = ()
    group_seconds: float = 8.0
    unfinished: int = 0

    def __post_init__(self) -> None:
        """Refuse steps that can't be played.

        Raises:
            ValueError: there is no step at 0, the steps are not in order, or more groups fail than there are.
        """
        times = [step.at for step in self.steps]
        if not times or times[0] != 0 or times != sorted(times):
            raise ValueError(f"the steps of scenario {self.name!r} must be in order and start at 0, not {times}")
        if self._special_groups > self.group_count:
            raise ValueError(
                f"scenario {self.name!r} has {self.group_count} groups, too few for {self._special_groups}"
            )

    @property
    def group_count(self) -> int:
        """How many group deployments there are once every record has been processed."""
        return self._started[-1]

    def step_at(self, seconds: float) -> Step:
        """The step that is valid at a moment.

        Args:
            seconds: since the scenario's start; before it, the first step is valid.
        """
        return self.steps[max(0, bisect_right(self._times, seconds) - 1)]

    def groups_started(self, seconds: float) -> int:
        """How many group deployments have been started at a moment, in seconds since the scenario's start."""
        return self._started[max(0, bisect_right(self._times, seconds) - 1)]

    def group_started_at(self, index: int) -> float:
        """When a group's deployment is started, in seconds since the scenario's start.

        Args:
            index: which group, from 0 to `group_count` - 1.
        """
        return self._times[bisect_right(self._started, index)]

    def group_status(self, index: int, seconds: float) -> tuple[str, Error | None]:
        """A group's `DeploymentStatus`, and its error if it failed.

        Args:
            index: which group, from 0 to `group_count` - 1.
            seconds: since the scenario's start, not before the group's own.
        """
        elapsed = seconds - self.group_started_at(index)
        # A third of the groups end early, a third late; as a rule of the index, so that each run is the same.
        ends_after = self.group_seconds * (0.5 + 0.25 * (index % 3))
        rank = self._rank(index)
        if rank >= self.group_count - self.unfinished or elapsed < ends_after:
            return ("Building" if elapsed < ends_after / 4 else "InProgress"), None
        for failing in self.failing:
            if rank < failing.count:
                return "Failure", failing.error
            rank -= failing.count
        return "Success", None

    @property
    def _special_groups(self) -> int:
        return sum(failing.count for failing in self.failing) + self.unfinished

    def _rank(self, index: int) -> int:
        """A group's place in an order that mixes the groups evenly: a stride that shares no factor with the count."""
        return index * self._stride % self.group_count

    @cached_property
    def _stride(self) -> int:
        stride = max(1, round(self.group_count * 0.618))
        while gcd(stride, self.group_count) != 1:
            stride += 1
        return stride

    @cached_property
    def _times(self) -> tuple[float, ...]:
        return tuple(step.at for step in self.steps)

    @cached_property
    def _started(self) -> tuple[int, ...]:
        """For each step, how many group deployments have been started; it never goes down."""
        started, most = [], 0
        for step in self.steps:
            metrics = step.metrics or Metrics()
            most = max(most, (metrics.processed or 0) - (metrics.invalid or 0))
            started.append(most)
        return tuple(started)
