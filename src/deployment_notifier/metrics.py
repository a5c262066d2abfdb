"""A sweep's report as CloudWatch metrics, written to the log in the embedded metric format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from aws_lambda_powertools import Metrics

    from deployment_notifier.report import Report

OLDEST_UNDELIVERED = "OldestUndeliveredAlertAge"


def emit(report: Report, metrics: Metrics) -> None:
    """Write a sweep's metrics.

    A custom metric costs more than all the rest of this project does, and only in the hours in which it is written.
    So each is written only when there is something to say, but for the age of the oldest undelivered alert, whose
    alarm must know 0 from silence.

    Args:
        report: what the sweep did.
        metrics: Powertools' metrics, with the namespace and the service set.
    """
    if report.oldest_undelivered_seconds is not None:
        metrics.add_metric(OLDEST_UNDELIVERED, MetricUnit.Seconds, report.oldest_undelivered_seconds)
    counts = {
        "Checks": report.checked + report.refused + report.failed,
        "FailedChecks": report.refused + report.failed,
        "DeferredChecks": report.deferred,
        "Discovered": report.discovered,
        "AlertsPublished": report.published,
        "FailedPublishes": report.publish_failures,
        "Faults": report.table_failures + report.errors,
        "UnreadableItems": report.unreadable,
    }
    for name, value in counts.items():
        if value:
            metrics.add_metric(name, MetricUnit.Count, value)
    metrics.flush_metrics()
