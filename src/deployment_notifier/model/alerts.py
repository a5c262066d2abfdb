"""Alerts: what is published, and how severe it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from deployment_notifier.model.deployments import Error, Metrics
from deployment_notifier.model.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from deployment_notifier.model.results import ResultsSummary


class Severity(StrEnum):
    """The severity of an alert: the word in messages and in the message attribute `severity`."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Kind(StrEnum):
    """What an alert reports. The order is that of precedence: if several apply, the first becomes the alert.

    So a kind of a deployment comes before those that are less severe, which would hide it.
    """

    FAILED = "FAILED"
    INVALID_RECORDS = "INVALID_RECORDS"
    DEVICES_FAILED = "DEVICES_FAILED"
    GROUPS_FAILED = "GROUPS_FAILED"
    RESULTS_INCOMPLETE = "RESULTS_INCOMPLETE"
    STALLED = "STALLED"
    LOST = "LOST"
    UNCHECKED = "UNCHECKED"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    RESUMED = "RESUMED"
    SOURCE_UNREACHABLE = "SOURCE_UNREACHABLE"
    SOURCE_RECOVERED = "SOURCE_RECOVERED"
    DISCOVERY_FAILED = "DISCOVERY_FAILED"
    DISCOVERY_RECOVERED = "DISCOVERY_RECOVERED"

    @property
    def severity(self) -> Severity:
        """The severity of an alert of this kind."""
        return _SEVERITIES.get(self, Severity.WARNING)

    @property
    def is_about_source(self) -> bool:
        """Whether an alert of this kind is about a whole source and no single deployment."""
        return self in _ABOUT_SOURCE


_SEVERITIES = {
    Kind.FAILED: Severity.CRITICAL,
    Kind.SOURCE_UNREACHABLE: Severity.CRITICAL,
    Kind.STOPPED: Severity.INFO,
    Kind.COMPLETED: Severity.INFO,
    Kind.RESUMED: Severity.INFO,
    Kind.SOURCE_RECOVERED: Severity.INFO,
    Kind.DISCOVERY_RECOVERED: Severity.INFO,
}

_ABOUT_SOURCE = {Kind.SOURCE_UNREACHABLE, Kind.SOURCE_RECOVERED, Kind.DISCOVERY_FAILED, Kind.DISCOVERY_RECOVERED}

DEFAULT_KINDS = frozenset(Kind) - {Kind.STOPPED, Kind.COMPLETED}
"""The kinds that the word DEFAULT in the setting `AlertOn` stands for."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, as it is stored and published.

    Attributes:
        deployment_id: the deployment's id, or `source:<name>` for the kinds that are about a whole source.
        at: when it was decided; together with the deployment's id it identifies the alert.
        also: other kinds that applied at the same moment; this alert carries their details, too.
        from_status, to_status: the transition that caused it; both the current status if there was none.
        since: when the reported condition started: no progress (STALLED, RESUMED), no successful check (LOST,
            UNCHECKED) or no answer (the kinds about a source); None for the others.
        results: the results of the deployment's targets, as far as they are known.
        details: what else is known of the deployment, such as its name and target.
        is_followed: whether the results are still followed, so that another alert about them may come.
    """

    deployment_id: str
    at: datetime
    source: str
    kind: Kind
    also: tuple[Kind, ...] = ()
    from_status: str | None = None
    to_status: str | None = None
    metrics: Metrics = field(default_factory=Metrics)
    error: Error | None = None
    created_at: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    results: ResultsSummary | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    is_followed: bool = False

    @property
    def id(self) -> str:
        """The id of the alert; every repeat carries the same one, so that consumers can drop repeats."""
        return f"{self.deployment_id}/{timestamp(self.at)}"

    @property
    def severity(self) -> Severity:
        """The severity of the alert."""
        return self.kind.severity
