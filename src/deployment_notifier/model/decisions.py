"""Decisions: the rules' input from the operator and the source, and what the rules return."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployment_notifier.model.alerts import DEFAULT_KINDS, Alert, Kind
from deployment_notifier.model.deployments import Error, Metrics, Watch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from deployment_notifier.model.source_state import SourceState


@dataclass(frozen=True, slots=True)
class SourceTraits:
    """What the rules must know about a source.

    Attributes:
        failures_kind: the kind of alert for its failure count.
        targets_kind: the kind of alert for targets that failed, in the results of a deployment that has ended.
        follows_results: whether the results of targets come after the terminal status and must be followed.
        is_continuous: whether a deployment rests instead of ending, and goes on when targets join. Then a stall ends
            when it comes to rest, not at each target, or one slow device would send STALLED and RESUMED in turns.
    """

    failures_kind: Kind
    targets_kind: Kind
    follows_results: bool = True
    is_continuous: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The thresholds and choices that the operator set.

    Attributes:
        thresholds: the failure count at which an alert of a kind is sent; 1 for a kind that is missing.
        stalled_after_minutes: minutes without progress, at least 1.
        unchecked_after_minutes: minutes without a successful check; 0 means at the first failure.
        follow_results_minutes: how long results are followed after the terminal status; 0 means not at all.
        check_every_minutes: minutes between two sweeps.
    """

    alert_on: frozenset[Kind] = DEFAULT_KINDS
    thresholds: Mapping[Kind, int] = field(default_factory=dict)
    stalled_after_minutes: int = 60
    unchecked_after_minutes: int = 10
    follow_results_minutes: int = 60
    check_every_minutes: int = 1


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of status; the first observation is one, from None."""

    deployment_id: str
    at: datetime
    from_status: str | None
    to_status: str
    metrics: Metrics = field(default_factory=Metrics)
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What one check leads to.

    Attributes:
        watch: what to store; equal to the watch before if nothing changed.
    """

    watch: Watch
    transition: Transition | None = None
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class SourceDecision:
    """What one sweep's calls to a source lead to.

    Attributes:
        state: what to store; equal to the state before if nothing changed.
    """

    state: SourceState
    alert: Alert | None = None
