"""What a sweep asks of a source of deployments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.model import CheckFailed, Outcome, TargetResult, UnknownDeployment, Watch
    from deployment_notifier.sources.profile import SourceProfile


@dataclass(frozen=True, slots=True)
class Listed:
    """One deployment in a source's listing.

    Attributes:
        created_at: when it was created; None if the source does not say, or not readably.
        status: its status; None if the listing does not say.
    """

    deployment_id: str
    created_at: datetime | None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a source's deployments.

    Attributes:
        next_page: the token of the next page; None on the last.
        unusable: the number of entries without a usable id.
    """

    deployments: tuple[Listed, ...]
    next_page: str | None = None
    unusable: int = 0


@dataclass(frozen=True, slots=True)
class ResultsPage:
    """One page of the results of a deployment's targets; `next_page` is None on the last."""

    results: tuple[TargetResult, ...]
    next_page: str | None = None


class Source(Protocol):
    """A service that reports the status of deployments, such as Greengrass V1 with its bulk deployments.

    A source never raises for what the service answers or fails to answer: that is an outcome. It cuts what comes in to
    size: texts to 4 KB, lists in an observation to 20 entries, integers to 0..2^53. Each method that asks waits for its
    turn under the source's rate limit and takes at most `profile.seconds_per_call`, that wait included; it may be
    called from several threads.
    """

    @property
    def profile(self) -> SourceProfile:
        """The source's name, limits and words."""

    def drop_connections(self) -> None:
        """Close idle connections, of which none may be left from an earlier invocation."""

    def get_status(self, watch: Watch, listed: Listed | None) -> Outcome:
        """Ask for the status of one deployment.

        Args:
            watch: the deployment, with what earlier checks found out about it.
            listed: what the source's listing said of it in this sweep; None if it said nothing.
        """

    def list_deployments(self, page: str | None) -> ListPage | CheckFailed:
        """Ask for one page of the source's deployments.

        Args:
            page: the `next_page` of the page before; None for the first.
        """

    def list_results(self, watch: Watch, page: str | None) -> ResultsPage | UnknownDeployment | CheckFailed:
        """Ask for one page of the results of a deployment's targets.

        Args:
            watch: the deployment.
            page: the `next_page` of the page before; None for the first.
        """
