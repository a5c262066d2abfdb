"""The words of this project as values: what a source reports, what we know, and what we tell people.

Everything here is frozen and imports nothing of ours, so that the rules can take these values and return them.
All times are timezone-aware `datetime` values in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Phase(StrEnum):
    """What a source's own status word means to the rules, so that they know no source's vocabulary."""

    ONGOING = "ONGOING"
    COMPLETED = "COMPLETED"
    STOPPED = "STOPPED"
    FAILED = "FAILED"

    @property
    def is_terminal(self) -> bool:
        """Whether a deployment in this phase changes its status no more."""
        return self is not Phase.ONGOING


class Severity(StrEnum):
    """How bad it is: the word in messages and in the `severity` message attribute."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Kind(StrEnum):
    """What an alert tells. The order is that of precedence: of several that apply, the first becomes the alert."""

    FAILED = "FAILED"
    INVALID_RECORDS = "INVALID_RECORDS"
    GROUPS_FAILED = "GROUPS_FAILED"
    STALLED = "STALLED"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    RESUMED = "RESUMED"
    LOST = "LOST"
    UNCHECKED = "UNCHECKED"
    SOURCE_UNREACHABLE = "SOURCE_UNREACHABLE"
    SOURCE_RECOVERED = "SOURCE_RECOVERED"

    @property
    def severity(self) -> Severity:
        """How bad an alert of this kind is."""
        return _SEVERITIES.get(self, Severity.WARNING)

    @property
    def is_about_source(self) -> bool:
        """Whether an alert of this kind concerns a whole source and no single deployment."""
        return self in (Kind.SOURCE_UNREACHABLE, Kind.SOURCE_RECOVERED)


_SEVERITIES = {
    Kind.FAILED: Severity.CRITICAL,
    Kind.SOURCE_UNREACHABLE: Severity.CRITICAL,
    Kind.STOPPED: Severity.INFO,
    Kind.COMPLETED: Severity.INFO,
    Kind.RESUMED: Severity.INFO,
    Kind.SOURCE_RECOVERED: Severity.INFO,
}

DEFAULT_KINDS = frozenset(Kind) - {Kind.STOPPED, Kind.COMPLETED}
"""What the word DEFAULT in `AlertOn` stands for."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counts of input records; `None` is a count that the source did not report."""

    records_processed: int | None = None
    invalid_input_records: int | None = None
    retry_attempts: int | None = None

    def over(self, last: Metrics) -> Metrics:
        """These counts, with those of `last` in the place of the ones that are missing."""
        return Metrics(
            last.records_processed if self.records_processed is None else self.records_processed,
            last.invalid_input_records if self.invalid_input_records is None else self.invalid_input_records,
            last.retry_attempts if self.retry_attempts is None else self.retry_attempts,
        )


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One of AWS's detailed errors; the texts are data from outside, bounded but not escaped."""

    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Error:
    """What went wrong, in the words of the source; bounded but not escaped."""

    message: str | None = None
    details: tuple[ErrorDetail, ...] = ()


class GroupPhase(StrEnum):
    """How far the deployment to one group is."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    UNFINISHED = "UNFINISHED"


@dataclass(frozen=True, slots=True)
class GroupResult:
    """What a source reported about one group of a deployment; the texts are bounded but not escaped."""

    phase: GroupPhase
    group_id: str | None = None
    error: ErrorDetail | None = None


@dataclass(frozen=True, slots=True)
class GroupError:
    """Groups that failed for one reason.

    Attributes:
        count: how many they are.
        groups: the ids of up to ten of them.
    """

    code: str | None
    message: str | None
    count: int
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupTally:
    """The results of a deployment's groups.

    Attributes:
        errors: the reasons, most frequent first, at most twenty; further ones are only in `failed`.
    """

    succeeded: int = 0
    failed: int = 0
    unfinished: int = 0
    errors: tuple[GroupError, ...] = ()

    @property
    def unnamed(self) -> int:
        """How many groups failed for reasons that are not among `errors`."""
        return self.failed - sum(error.count for error in self.errors)


@dataclass(frozen=True, slots=True)
class GroupPass:
    """One reading of all reports about a deployment's groups, or as much of it as there was time for.

    Attributes:
        tally: the results so far.
        resume_at: the page that is to be read next; None at the end, or where it is to begin anew.
        is_complete: whether every page was read.
    """

    tally: GroupTally = GroupTally()
    resume_at: str | None = None
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What a source reported about one deployment at one moment."""

    status: str
    phase: Phase
    metrics: Metrics = Metrics()
    error: Error | None = None
    created_at: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The source answered that it does not take this deployment's id."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """There was no usable answer: denied, throttled, unreachable or unreadable."""

    reason: str


Outcome = Observation | Refusal | Failure


@dataclass(frozen=True, slots=True)
class Settling:
    """The time between a deployment's terminal status, which is final, and the last of its groups.

    Attributes:
        phase: what the terminal status means.
        since: when that status was seen.
        passes: how many complete passes over the groups there were.
        next_pass_at: when the next is due.
        begun: the pass that a sweep had no time to complete.
    """

    phase: Phase
    since: datetime
    passes: int
    next_pass_at: datetime
    begun: GroupPass | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What we know of a deployment and have already told people about it.

    Attributes:
        version: 0 for a watch that was put by hand and never written by us; else the time of the write that made
            it, in milliseconds since 1970, at least one above the last: the commits' condition and the events' time.
        metrics: the last reported counts.
        error_message: AWS's last error text.
        created_at: the deployment's creation as the source words it.
        highest_records_processed: the high-water mark that progress is measured against.
        progress_at: when a new status or a higher `RecordsProcessed` was last seen.
        failing_since: when the unbroken row of failures and refusals began, while the source answered for others.
        told_invalid_records: the count that the last INVALID_RECORDS spoke of; 0 before the first.
        told_stalled: whether STALLED was told and no progress was seen since.
        told_unchecked: whether UNCHECKED was told and no check succeeded since.
        settling: how far its groups have been followed, from its terminal status on; None before.
        groups: the results of its groups, as the last complete pass found them; None before.
        told_failed_groups: the count of failed groups that was last told of; 0 before the first.
        ended_because: the status at which it ended, or the kind LOST; None while it is active.
    """

    deployment_id: str
    source: str
    version: int = 0
    status: str | None = None
    metrics: Metrics = Metrics()
    error_message: str | None = None
    created_at: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    highest_records_processed: int = 0
    progress_at: datetime | None = None
    failing_since: datetime | None = None
    told_invalid_records: int = 0
    told_stalled: bool = False
    told_unchecked: bool = False
    settling: Settling | None = None
    groups: GroupTally | None = None
    told_failed_groups: int = 0
    ended_because: str | None = None

    @property
    def is_active(self) -> bool:
        """Whether the deployment is still checked by each sweep."""
        return self.ended_because is None


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source's trouble: it has answered nothing since `failing_since`.

    Attributes:
        version: as `Watch.version`; 0 while nothing is stored.
        told: whether SOURCE_UNREACHABLE was told.
        last_error: what it answered, or why there was no answer.
    """

    source: str
    failing_since: datetime
    version: int = 0
    told: bool = False
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How the checks of one source went in one sweep.

    Attributes:
        watched: how many active watches it has.
        asked: the number of checks and listings that were made.
        answered: how many of them say that the source works: an observation, a report, or a refusal of a source that
            lists its deployments; a listing counts only where nothing else was asked.
        last_error: the reason of one that did not.
    """

    watched: int = 0
    asked: int = 0
    answered: int = 0
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of status; the first observation is one, from nothing."""

    deployment_id: str
    at: datetime
    from_status: str | None
    to_status: str
    metrics: Metrics = Metrics()
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing worth telling people.

    Attributes:
        deployment_id: the deployment's id, or `source:<name>` for the kinds that concern a whole source.
        at: when it was decided; with the deployment's id it is the alert's identity.
        also: other kinds that applied at the same moment; their facts are in this alert.
        from_status, to_status: the transition that caused it; both the current status where none did.
        since: when that began of which the alert tells the duration: no progress (STALLED, RESUMED), no
            successful check (LOST, UNCHECKED, the SOURCE_ kinds); None for the others.
    """

    deployment_id: str
    at: datetime
    source: str
    kind: Kind
    also: tuple[Kind, ...] = ()
    from_status: str | None = None
    to_status: str | None = None
    metrics: Metrics = Metrics()
    error: Error | None = None
    created_at: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    groups: GroupTally | None = None

    @property
    def id(self) -> str:
        """The identity that each repeat of this alert carries, for consumers that drop repeats."""
        return f"{self.deployment_id}/{timestamp(self.at)}"

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.kind.severity


@dataclass(frozen=True, slots=True)
class Decision:
    """What one outcome leads to.

    Attributes:
        watch: what is to be stored, the same value as before when nothing changed.
    """

    watch: Watch
    transition: Transition | None = None
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class SourceDecision:
    """What a source's tally leads to.

    Attributes:
        health: the trouble to be stored; None when there is none, so that what was stored is taken away.
    """

    health: SourceHealth | None
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """The thresholds and choices that the operator set.

    Attributes:
        stalled_after_minutes: minutes without progress, at least 1.
        unchecked_after_minutes: minutes without a successful check; 0 means at the first.
        settle_minutes: how long groups are followed after the deployment's terminal status; 0 means not at all.
    """

    alert_on: frozenset[Kind] = DEFAULT_KINDS
    invalid_records_threshold: int = 1
    stalled_after_minutes: int = 60
    unchecked_after_minutes: int = 10
    settle_minutes: int = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where this notifier runs: what ARNs, commands and links are made of.

    Attributes:
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        account: the twelve digits of the account's id.
    """

    partition: str
    region: str
    account: str
    function_name: str
    table_name: str


def milliseconds(at: datetime) -> int:
    """A time as whole milliseconds since 1970."""
    return int((at - _EPOCH) / timedelta(milliseconds=1))


def from_milliseconds(count: int) -> datetime:
    """The time that is so many milliseconds after the start of 1970."""
    return _EPOCH + timedelta(milliseconds=count)


def next_version(version: int, now: datetime) -> int:
    """The version of a write: its time in milliseconds, or one more than the last where the clock has not moved on.

    So versions rise whatever clocks do, a watch that was put again shares none with the one before, and the events
    of a deployment, which carry this time, stand in the order in which they were decided.
    """
    return max(milliseconds(now), version + 1)


def timestamp(at: datetime) -> str:
    """A time as the table and the messages write it, such as `2026-11-23T10:04:00.123Z`.

    Args:
        at: a time in UTC; what is finer than a millisecond is cut off.
    """
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
