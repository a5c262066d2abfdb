"""What the sweep asks of a source of deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from deployment_notifier.model import Outcome


class Source(Protocol):
    """A place that reports the status of deployments, such as Greengrass V1's bulk deployments.

    A source never raises for what a service answers or fails to answer: that is an outcome. It bounds what comes in:
    texts to 4 KB, lists to 20 entries, integers to 0..2^53.
    """

    @property
    def name(self) -> str:
        """The name under which watches refer to it, such as `greengrass-bulk`."""

    @property
    def calls_per_second(self) -> float:
        """The calls per second that it allows itself, shared by all threads of a sweep."""

    @property
    def seconds_per_call(self) -> float:
        """The longest that one call can take, time-outs included, in seconds."""

    def observe(self, deployment_id: str) -> Outcome:
        """Ask for one deployment's status, in one call.

        Args:
            deployment_id: the id as the source knows it.
        """

    def answers(self) -> bool:
        """Ask whether it answers anything at all, without naming a deployment: one call."""
