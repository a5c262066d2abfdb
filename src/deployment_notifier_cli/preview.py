"""What the next sweep would do about a deployment: the sweep's own check and rules, but nothing is stored."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployment_notifier import asking
from deployment_notifier.listing import list_first_page
from deployment_notifier.model import (
    Check,
    CheckFailed,
    Decision,
    Kind,
    Observation,
    Phase,
    Policy,
    ResultsScan,
    ResultsSummary,
    Severity,
    SourceState,
    SourceStats,
    UnknownDeployment,
    Watch,
)
from deployment_notifier.rules import best_results, decide, decide_unanswered
from deployment_notifier.sources.registry import profile_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from deployment_notifier.sources.port import Source
    from deployment_notifier.table.history import History


@dataclass(frozen=True, slots=True)
class Preview:
    """One check, and what a sweep that made it would decide.

    Attributes:
        check: the check.
        source: what the table holds about the source.
        decision: what would be decided; None if the source answers nothing, so that nothing is decided about single
            deployments.
        is_watched: whether sweeps check it; if not, this is what they would do if they did.
        muted: the kinds that apply and that the stack's `AlertOn` leaves out.
        policy: the stack's thresholds and choices.
        at: when it was made.
    """

    check: Check
    source: SourceState
    decision: Decision | None
    is_watched: bool
    muted: tuple[Kind, ...]
    policy: Policy
    at: datetime

    @property
    def watch(self) -> Watch:
        """The watch before the check."""
        return self.check.watch

    @property
    def scan(self) -> ResultsScan | None:
        """The scan of the results, if one was made."""
        return self.check.answer if isinstance(self.check.answer, ResultsScan) else self.check.first_scan

    @property
    def results(self) -> ResultsSummary | None:
        """What is known of the results."""
        return best_results(self.scan, self.decision.watch if self.decision else self.watch)

    @property
    def _failed_targets(self) -> int:
        if isinstance(self.check.answer, Observation) and not profile_of(self.watch.source).traits.follows_results:
            return self.check.answer.metrics.failures or 0
        return self.results.failed if self.results else 0

    @property
    def is_bad(self) -> bool:
        """Whether a person should look at it."""
        answer = self.check.answer
        if not isinstance(answer, Observation | ResultsScan) or self.decision is None:
            return True
        follow_up = self.watch.follow_up
        phase = answer.phase if isinstance(answer, Observation) else follow_up.phase if follow_up else None
        if phase is Phase.FAILED or self._failed_targets:
            return True
        return self.decision.alert is not None and self.decision.alert.severity is not Severity.INFO


def preview(
    source: Source, history: History, state: SourceState, policy: Policy, clock: Callable[[], datetime], seconds: float
) -> Preview:
    """Check a deployment, and decide as a sweep would that checked only this one.

    Args:
        source: the source; it is also asked for a list if it does not know the id.
        history: what is known of the deployment.
        state: what is known of the source.
        policy: the stack's thresholds and choices.
        clock: the present, in UTC.
        seconds: how long its results are read.
    """
    # A watch that has ended is not checked: this shows what a new one would bring.
    is_watched = history.is_active and history.watch is not None
    watch = history.watch if history.watch and is_watched else Watch(history.deployment_id, source.profile.name)
    ends_at = time.monotonic() + seconds

    def has_time() -> bool:
        return time.monotonic() < ends_at

    check = asking.check(watch, source=source, listed={}, policy=policy, clock=clock, may_call=has_time)
    check = _with_reasons(check, source, clock, has_time)
    stats = SourceStats(watched=1)
    stats.add(check)
    if stats.needs_listing:
        stats.listing = list_first_page(source)
    now, answer = clock(), check.answer

    def decide_with(policy: Policy) -> Decision | None:
        if not isinstance(answer, UnknownDeployment | CheckFailed):
            return decide(check, policy, source.profile.traits, now)
        if not stats.answers:
            return None
        return decide_unanswered(watch, answer, policy, source.profile.traits, state.answering_since, now)

    everything = decide_with(replace(policy, alert_on=frozenset(Kind)))
    kinds = (everything.alert.kind, *everything.alert.also) if everything and everything.alert else ()
    muted = tuple(kind for kind in kinds if kind not in policy.alert_on)
    return Preview(check, state, decide_with(policy), is_watched, muted, policy, now)


def _with_reasons(check: Check, source: Source, clock: Callable[[], datetime], has_time: Callable[[], bool]) -> Check:
    """Add why targets failed where a sweep would not ask, because its alert about them was sent before."""
    seen, metrics = check.answer, check.watch.metrics
    if source.profile.traits.follows_results or not isinstance(seen, Observation) or check.first_scan is not None:
        return check
    metrics = seen.metrics.or_last(metrics)
    if not metrics.failures or check.scan_error is not None or not has_time():
        return check
    known = replace(check.watch, metrics=metrics, details={**check.watch.details, **seen.details})
    scan = asking.scan_results(source, known, None, clock, has_time)
    if not isinstance(scan, ResultsScan):
        return replace(check, scan_error=scan.reason)
    return replace(check, first_scan=asking.with_counts(scan, metrics))
