from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics

from deployment_notifier.metrics import emit
from deployment_notifier.report import Report
from tests.template import load_template

if TYPE_CHECKING:
    import pytest


def emitted(report: Report, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], dict[str, tuple[str, float]]]:
    """The line that is written: all of it, and each metric's unit and value."""
    emit(report, Metrics(namespace="GreengrassDeploymentNotifier", service="notifier"))
    (line,) = capsys.readouterr().out.splitlines()
    content = json.loads(line)
    (directive,) = content["_aws"]["CloudWatchMetrics"]
    return content, {metric["Name"]: (metric["Unit"], content[metric["Name"]][0]) for metric in directive["Metrics"]}


def test_an_idle_sweep_writes_just_the_age_of_the_oldest_undelivered_alert(capsys: pytest.CaptureFixture[str]) -> None:
    """Each custom metric costs more than all the rest; but the alarm on this one must know 0 from silence."""
    _, metrics = emitted(Report(oldest_undelivered_seconds=0), capsys)

    assert metrics == {"OldestUndeliveredAlertAge": ("Seconds", 0)}


def test_the_line_has_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    content, _ = emitted(Report(oldest_undelivered_seconds=61), capsys)

    assert isinstance(content["_aws"]["Timestamp"], int)
    (directive,) = content["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "GreengrassDeploymentNotifier"
    assert directive["Dimensions"] == [["service"]]
    assert content["service"] == "notifier"


def test_each_count_is_written_when_there_is_something_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report(
        watches=99,
        discovered=16,
        checked=7,
        refused=2,
        failed=3,
        passes=17,
        deferred=4,
        transitions=5,
        alerts=6,
        published=8,
        publish_failures=9,
        undelivered=10,
        oldest_undelivered_seconds=1200,
        conflicts=11,
        unreadable=12,
        table_failures=13,
        errors=14,
        accomplished=15,
    )

    _, metrics = emitted(report, capsys)

    assert metrics == {
        "OldestUndeliveredAlertAge": ("Seconds", 1200),
        "Checks": ("Count", 12),
        "FailedChecks": ("Count", 5),
        "DeferredChecks": ("Count", 4),
        "Discovered": ("Count", 16),
        "AlertsPublished": ("Count", 8),
        "FailedPublishes": ("Count", 9),
        "Faults": ("Count", 27),
        "UnreadableItems": ("Count", 12),
    }


def test_an_age_that_is_not_known_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    _, metrics = emitted(Report(table_failures=1), capsys)

    assert metrics == {"Faults": ("Count", 1)}


def test_one_sweeps_metrics_do_not_go_into_the_next_ones_line(capsys: pytest.CaptureFixture[str]) -> None:
    emitted(Report(oldest_undelivered_seconds=5, unreadable=1), capsys)

    _, metrics = emitted(Report(oldest_undelivered_seconds=0), capsys)

    assert metrics == {"OldestUndeliveredAlertAge": ("Seconds", 0)}


def test_each_alarm_on_a_metric_of_ours_watches_one_that_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    content, metrics = emitted(Report(oldest_undelivered_seconds=0, unreadable=1, errors=1), capsys)
    namespace = content["_aws"]["CloudWatchMetrics"][0]["Namespace"]
    alarms = [
        resource["Properties"]
        for resource in load_template()["Resources"].values()
        # The Slack function writes its own metric (tests/integration/slack).
        if resource["Type"] == "AWS::CloudWatch::Alarm" and resource.get("Condition") != "HasSlackWebhook"
    ]
    ours = [alarm for alarm in alarms if alarm["Namespace"] == namespace]

    assert ours
    for alarm in ours:
        assert alarm["MetricName"] in metrics
        assert [dimension["Name"] for dimension in alarm["Dimensions"]] == ["service"]
        assert alarm.get("Unit", metrics[alarm["MetricName"]][0]) == metrics[alarm["MetricName"]][0]
