"""Deployments: what a source reports about one, and what the notifier remembers of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from deployment_notifier.model.results import ResultsFollowUp, ResultsSummary


class Phase(StrEnum):
    """What a source's own status word means to the rules, which know no source's vocabulary."""

    ONGOING = "ONGOING"
    RESTING = "RESTING"
    """Nothing is in progress, but new targets may still join and get the deployment."""
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"
    FAILED = "FAILED"
    SUPERSEDED = "SUPERSEDED"
    """A newer revision for the same target took its place."""

    @property
    def is_terminal(self) -> bool:
        """Whether the status of a deployment in this phase no longer changes."""
        return self not in (Phase.ONGOING, Phase.RESTING)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The counts that a source reports about a deployment.

    Attributes:
        counts: the counts under the source's own names; a count that was not reported is missing.
        progress: the count that shows progress; None if it was not reported.
        failures: the count of failures that are not tried again; None if it was not reported.
        succeeded, unfinished: the counts of targets, of a source that reports them with the status.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    progress: int | None = None
    failures: int | None = None
    succeeded: int | None = None
    unfinished: int | None = None

    def or_last(self, last: Metrics) -> Metrics:
        """Return these counts, with those of `last` in place of missing ones."""
        return Metrics(
            {**last.counts, **self.counts},
            last.progress if self.progress is None else self.progress,
            last.failures if self.failures is None else self.failures,
            last.succeeded if self.succeeded is None else self.succeeded,
            last.unfinished if self.unfinished is None else self.unfinished,
        )


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One of the detailed errors that AWS reports; its texts are cut to size but not escaped."""

    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Error:
    """What went wrong, in the source's words; cut to size but not escaped."""

    message: str | None = None
    details: tuple[ErrorDetail, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """What a source reported about one deployment at one moment.

    Attributes:
        status: the source's own word.
        created_at: the deployment's creation as the source words it.
        details: what else is known of the deployment, such as its name; later checks need not ask for it again.
    """

    status: str
    phase: Phase
    metrics: Metrics = field(default_factory=Metrics)
    error: Error | None = None
    created_at: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UnknownDeployment:
    """The source answered that it has no deployment with this id."""

    reason: str


@dataclass(frozen=True, slots=True)
class CheckFailed:
    """No usable answer: access denied, throttled, unreachable or unreadable."""

    reason: str


Outcome = Observation | UnknownDeployment | CheckFailed


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of a deployment, and what people were already notified of.

    Attributes:
        version: the time of the write that stored it, in milliseconds since 1970, at least one above the last; 0 for
            an item that a person put into the table and no sweep has written. It is the condition of every commit.
        error_message: AWS's last error text.
        created_at: the deployment's creation as the source words it.
        highest_progress: the highest progress count so far.
        progress_at: when a new status or a higher progress count was last seen.
        failing_since: when the unbroken series of failed checks started, while the source answered for others.
        details: what else is known of it, such as its name and target, under the source's own names.
        is_resting: whether nothing was in progress at the last check, though the deployment has not ended.
        has_rested: whether it ever was resting.
        notified_completed: whether COMPLETED was sent.
        notified_failures: the failure count in the last alert about it; 0 before the first.
        notified_failures_at: when that was; None before the first.
        notified_stalled: whether STALLED was sent and no progress was seen since.
        notified_unchecked: whether UNCHECKED was sent and no check succeeded since.
        follow_up: how far its results were followed since its terminal status; None before.
        results: the results of its targets as the last complete scan found them; None before.
        notified_failed_targets: the number of failed targets in the last alert about them; 0 before the first.
        ended_because: the status at which the watch ended, or LOST; None while it is active.
    """

    deployment_id: str
    source: str
    version: int = 0
    status: str | None = None
    metrics: Metrics = field(default_factory=Metrics)
    error_message: str | None = None
    created_at: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    highest_progress: int = 0
    progress_at: datetime | None = None
    failing_since: datetime | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    is_resting: bool = False
    has_rested: bool = False
    notified_completed: bool = False
    notified_failures: int = 0
    notified_failures_at: datetime | None = None
    notified_stalled: bool = False
    notified_unchecked: bool = False
    follow_up: ResultsFollowUp | None = None
    results: ResultsSummary | None = None
    notified_failed_targets: int = 0
    ended_because: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether sweeps still check the deployment."""
        return self.ended_because is None
