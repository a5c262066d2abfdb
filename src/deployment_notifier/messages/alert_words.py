"""The words and phrases of one alert, of which titles, explanations and next steps are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.messages.escape import cut
from deployment_notifier.messages.formatting import counted, duration, moment, short
from deployment_notifier.messages.target_results import are_final, known_results, missing
from deployment_notifier.sources.profile import MetricName
from deployment_notifier.sources.registry import profile_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier.model import Alert, Metrics, ResultsSummary, StackIdentity
    from deployment_notifier.sources.profile import SourceProfile

_NAME_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class AlertWords:
    """One alert in words. No phrase but the name holds text from outside.

    Attributes:
        alert: truncated.
        profile: that of the alert's source.
        name: the deployment's name, or its id in short; text from outside.
        noun: what the source calls a deployment.
        targets: what a deployment deploys to, in the plural; `target` is the singular.
        is_final: whether the deployment's status is final.
        span: how long the reported condition has lasted; empty if the alert reports no duration.
        since: ` since 2026-11-23 09:02:00 UTC`, with its space; empty as `span`.
        failures: `12 invalid records`; without a number if the count is not known.
        results: what is known of the results of the targets.
        missing: the number of targets that should have a result and have none.
        are_results_final: whether the result of every target is known and no longer changes.
        may_fail_more: whether another alert follows if more targets fail.
        failed: `300 groups failed`, with `so far` if more may follow; without a number if the count is not known.
    """

    alert: Alert
    identity: StackIdentity
    profile: SourceProfile
    name: str
    noun: str
    targets: str
    target: str
    is_final: bool
    span: str
    since: str
    failures: str
    results: ResultsSummary | None
    missing: int
    are_results_final: bool
    may_fail_more: bool
    failed: str

    def lasting(self, preposition: str) -> str:
        """Return ` for 1 h 2 min`, with its space; empty if the alert reports no duration."""
        return f" {preposition} {self.span}" if self.span else ""

    def incomplete(self) -> str | None:
        """Return what is not known of the results, as a clause; None if all is known.

        Such as `5 groups did not finish, and the results of 4,500 groups could not be read`.
        """
        parts = []
        if self.results and self.results.unfinished:
            parts.append(f"{counted(self.results.unfinished, self.targets)} did not finish")
        if self.missing:
            parts.append(f"the results of {counted(self.missing, self.targets)} could not be read")
        return ", and ".join(parts) or None


def words_of(alert: Alert, identity: StackIdentity) -> AlertWords:
    """Return the words of an alert.

    Args:
        alert: truncated.
        identity: the stack that sends it.
    """
    profile, results = profile_of(alert.source), known_results(alert)
    failures, is_final = alert.metrics.failures, are_final(alert)
    may_fail_more = alert.is_followed and not is_final
    failed = counted(results.failed, profile.target) if results and results.failed else profile.target
    return AlertWords(
        alert=alert,
        identity=identity,
        profile=profile,
        name=cut(alert.details.get("deploymentName") or short(alert.deployment_id), _NAME_CHARACTERS),
        noun=profile.noun,
        targets=profile.target,
        target=profile.target.removesuffix("s"),
        is_final=profile.is_final(alert.to_status),
        span=duration(alert.at - alert.since) if alert.since else "",
        since=f" since {moment(alert.since)}" if alert.since else "",
        failures=profile.failures if failures is None else counted(failures, profile.failures),
        results=results,
        missing=missing(alert),
        are_results_final=is_final,
        may_fail_more=may_fail_more,
        failed=f"{failed} failed{' so far' if may_fail_more else ''}",
    )


def shown_metrics(source: str, metrics: Metrics) -> Iterator[tuple[MetricName, int | None]]:
    """Return a deployment's counts in the order in which they are shown; None for one that was not reported.

    Args:
        source: its name. For one that this version does not have, the counts go by their own names.
        metrics: the counts.
    """
    names = profile_of(source).metrics or tuple(MetricName(key, key, key) for key in metrics.counts)
    return ((name, metrics.counts.get(name.key)) for name in names)
