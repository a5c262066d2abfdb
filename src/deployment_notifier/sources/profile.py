"""What is particular to a source: its name, limits, words, ARNs and commands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployment_notifier.model import Metrics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from deployment_notifier.model import SourceTraits


@dataclass(frozen=True, slots=True)
class MetricName:
    """One of the counts that a source reports.

    Attributes:
        key: the source's own name, as in `Metrics.counts`.
        label: the name in messages and tables.
        short: one word for a text message.
        is_progress: whether it is part of `Metrics.progress`.
        is_failure: whether it is part of `Metrics.failures`.
    """

    key: str
    label: str
    short: str
    is_progress: bool = False
    is_failure: bool = False


@dataclass(frozen=True, slots=True)
class SourceProfile:
    """The profile of one source. Templates take `{id}`, `{region}` and, for the ARN, `{partition}` and `{account}`.

    Attributes:
        name: the name under which watches refer to the source.
        traits: what the rules must know.
        calls_per_second: the rate that the notifier allows itself.
        seconds_per_call: the longest that one call can take, with its wait for the rate limit, in seconds.
        lists_newest_first: whether its listing is sorted from most to least recent.
        product: the word before a deployment's id in titles.
        service: the name of the service, in titles and sentences.
        noun: what one of its deployments is called.
        target: what a deployment deploys to, in the plural.
        metrics: the counts that it reports, in the order in which they are shown.
        details: what else it reports of a deployment, in the order in which it is shown: the key, as in
            `Watch.details`, and the label.
        arn: the template of a deployment's ARN; empty for none.
        completed_status: the status that a deployment has at the end if it did not fail.
        completed_means: what that status says, as the end of a sentence, where it says nothing about the results.
        final_statuses: the terminal statuses, in lower case.
        failures: what the count of failures counts, in the plural.
        failures_note: what a failure means for the rollout, as sentences.
        failures_causes: the usual causes of failures, as the end of a sentence.
        failed_targets_note: what becomes of a target that failed, as sentences.
        broken_marks: texts in a reason which say that the target may not work any more.
        status_command: shows one deployment; `targets_command` shows its failed targets, `stop_command` stops it,
            `start_command` starts another one, `list_command` lists all.
        device_command: shows why one target failed; it takes `{device}`. These commands may also take `{job}`.
        retry_step: how to deploy to the targets that failed, as a sentence; None where another deployment does it.
        start_note: what to know before another one is started, as a clause.
        stop_note: what to know before one is stopped, as a clause.
        targets_note: what `targets_command` leaves out, as a clause.
        stop_event: CloudTrail's name of the call that stops a deployment.
        console_path: the path in the AWS console.
        console_way: the way there by menus, in case the path has changed.
        failure_causes: the usual causes of a deployment that failed as a whole, as the end of a sentence.
        stall_hints: by status in lower case, why a deployment may make no progress in it.
        quota: how many calls AWS allows, as the end of a sentence.
        required_actions: the IAM actions that the notifier needs.
        support_ended: the day on which AWS ended support; None if it did not.
        support_note: what follows from that, as sentences.
    """

    name: str
    traits: SourceTraits
    calls_per_second: float
    seconds_per_call: float
    product: str
    service: str
    noun: str
    target: str
    arn: str
    completed_status: str
    final_statuses: frozenset[str]
    required_actions: tuple[str, ...]
    lists_newest_first: bool = False
    metrics: tuple[MetricName, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    completed_means: str | None = None
    failures: str = "failures"
    failures_note: str | None = None
    failures_causes: str | None = None
    failed_targets_note: str | None = None
    broken_marks: tuple[str, ...] = ()
    status_command: str | None = None
    targets_command: str | None = None
    stop_command: str | None = None
    start_command: str | None = None
    list_command: str | None = None
    device_command: str | None = None
    retry_step: str | None = None
    start_note: str | None = None
    stop_note: str | None = None
    targets_note: str | None = None
    stop_event: str | None = None
    console_path: str | None = None
    console_way: str | None = None
    failure_causes: str | None = None
    stall_hints: Mapping[str, str] = field(default_factory=dict)
    quota: str | None = None
    support_ended: date | None = None
    support_note: str | None = None

    def to_metrics(self, counts: Mapping[str, int]) -> Metrics:
        """Return a deployment's counts, with the progress and the failures that follow from them.

        Args:
            counts: the counts that were reported, under the source's own names.
        """
        progress = [counts[metric.key] for metric in self.metrics if metric.is_progress and metric.key in counts]
        failures = [counts[metric.key] for metric in self.metrics if metric.is_failure and metric.key in counts]
        return Metrics(counts, sum(progress) if progress else None, sum(failures) if failures else None)

    def is_final(self, status: str | None) -> bool:
        """Return whether a deployment in this status does nothing more."""
        return status is not None and status.lower() in self.final_statuses

    def is_completed(self, status: str | None) -> bool:
        """Return whether this is the status of a deployment that ended and did not fail."""
        return status is not None and status.lower() == self.completed_status.lower()
