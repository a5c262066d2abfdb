"""The results of a deployment's targets: the groups or devices that it deploys to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.model.deployments import ErrorDetail, Metrics, Phase


class TargetPhase(StrEnum):
    """The state of the deployment to one target."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    UNFINISHED = "UNFINISHED"


@dataclass(frozen=True, slots=True)
class TargetResult:
    """What a source reported about one target; its texts are cut to size but not escaped."""

    phase: TargetPhase
    target_id: str | None = None
    error: ErrorDetail | None = None


@dataclass(frozen=True, slots=True)
class FailureReason:
    """Targets that failed for the same reason.

    Attributes:
        count: the number of these targets.
        targets: the ids of up to ten of them.
    """

    code: str | None
    message: str | None
    count: int
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultsSummary:
    """The results of a deployment's targets, counted.

    Attributes:
        reasons: why targets failed, the most frequent reason first, at most twenty; targets that failed for other
            reasons are counted in `failed` only.
    """

    succeeded: int = 0
    failed: int = 0
    unfinished: int = 0
    reasons: tuple[FailureReason, ...] = ()

    @property
    def total(self) -> int:
        """The number of targets with a result."""
        return self.succeeded + self.failed + self.unfinished

    @property
    def without_reason(self) -> int:
        """The number of targets that failed for reasons that are not among `reasons`."""
        return self.failed - sum(reason.count for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class ResultsScan:
    """One reading of a deployment's results, page by page, complete or as far as it got.

    Attributes:
        started_at: when its first page was read.
        read_at: when its last page so far was read.
        summary: the results so far.
        next_page: the token of the page to read next; None once it is complete.
        pages: the number of pages read so far.
        fingerprints: what tells these pages from others, so that one that comes again is not counted again.
    """

    started_at: datetime
    read_at: datetime
    summary: ResultsSummary = ResultsSummary()
    next_page: str | None = None
    pages: int = 0
    fingerprints: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every page was read."""
        return self.pages > 0 and self.next_page is None


@dataclass(frozen=True, slots=True)
class ResultsFollowUp:
    """How far the results have been followed since the deployment's terminal status.

    A deployment's status is final long before the results of its targets are, so the results are scanned again at
    growing intervals.

    Attributes:
        phase: what the terminal status means.
        since: when that status was seen.
        scans: the number of complete scans so far.
        next_scan_at: when the next scan is due.
        partial_scan: a scan that has not reached its last page yet.
    """

    phase: Phase
    since: datetime
    scans: int
    next_scan_at: datetime
    partial_scan: ResultsScan | None = None


def missing_results(metrics: Metrics, results: ResultsSummary | None) -> int:
    """Return how many targets should have a result and have none: those of the records that are not failures.

    Args:
        metrics: the deployment's counts, whose progress counts records and whose failures have no target.
        results: the results so far; None for none.
    """
    expected = (metrics.progress or 0) - (metrics.failures or 0)
    return max(0, expected - (results.total if results else 0))
