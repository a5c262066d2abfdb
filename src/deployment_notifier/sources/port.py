"""What the sweep asks of a source of deployments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.model import Failure, GroupResult, Outcome, Refusal


@dataclass(frozen=True, slots=True)
class Listed:
    """A deployment in a source's listing; `created_at` is None where the source does not say it readably."""

    deployment_id: str
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a source's deployments, in no particular order; `next_page` is None on the last."""

    deployments: tuple[Listed, ...]
    next_page: str | None = None


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A page of the results of a deployment's groups; `next_page` is None on the last."""

    groups: tuple[GroupResult, ...]
    next_page: str | None = None


class Source(Protocol):
    """A place that reports the status of deployments, such as Greengrass V1's bulk deployments.

    A source never raises for what a service answers or fails to answer: that is an outcome. It bounds what comes in:
    texts to 4 KB, lists in an observation to 20 entries, integers to 0..2^53. Each method makes one call.
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
        """Ask for one deployment's status.

        Args:
            deployment_id: the id as the source knows it.
        """

    def list_page(self, page: str | None) -> ListPage | Refusal | Failure:
        """Ask for one page of its deployments.

        Args:
            page: the `next_page` of the page before; None for the first.
        """

    def report_page(self, deployment_id: str, page: str | None) -> ReportPage | Refusal | Failure:
        """Ask for one page of the results of a deployment's groups.

        Args:
            deployment_id: the id as the source knows it.
            page: the `next_page` of the page before; None for the first.
        """
