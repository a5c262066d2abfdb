"""The dashboard shows only metrics and log fields that exist."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.metrics import EphemeralMetrics

from deployment_notifier.report import Report
from tests.template import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator

# docs.aws.amazon.com: "Metrics for Lambda functions", "Monitoring Amazon SNS topics using CloudWatch" and "DynamoDB
# metrics and dimensions".
OF_AWS = {
    ("AWS/Lambda", "Duration", ("FunctionName",)),
    ("AWS/Lambda", "Invocations", ("FunctionName",)),
    ("AWS/Lambda", "Errors", ("FunctionName",)),
    ("AWS/SNS", "NumberOfNotificationsDelivered", ("TopicName",)),
    ("AWS/SNS", "NumberOfNotificationsFailed", ("TopicName",)),
    ("AWS/DynamoDB", "ReadThrottleEvents", ("TableName",)),
    ("AWS/DynamoDB", "WriteThrottleEvents", ("TableName",)),
    ("AWS/DynamoDB", "ReadThrottleEvents", ("TableName", "GlobalSecondaryIndexName")),
}


@pytest.fixture(scope="module")
def widgets() -> list[dict[str, Any]]:
    body, _ = load_template()["Resources"]["NotifierDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    whole: list[dict[str, Any]] = json.loads(re.sub(r"\$\{Seconds\}", "60", body))["widgets"]
    return whole


def shown(widgets: list[dict[str, Any]]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The namespace, name and dimensions of each metric; "." repeats what the metric above has."""
    for widget in widgets:
        above: list[str] = []
        for row in widget["properties"].get("metrics", ()):
            words = [word for word in row if isinstance(word, str)]
            words = [above[i] if word == "." else word for i, word in enumerate(words)]
            above = words
            yield words[0], words[1], tuple(words[2::2])


def test_widgets_show_only_metrics_that_are_emitted(
    widgets: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report(logging.getLogger("a-test"))
    for field in fields(Report):
        setattr(report, field.name, 1)
    report.emit(EphemeralMetrics(namespace="GreengrassDeploymentNotifier", service="a-stack"))  # type: ignore[arg-type] # the same without a singleton
    emitted = json.loads(capsys.readouterr().out)["_aws"]["CloudWatchMetrics"][0]
    ours = {(emitted["Namespace"], metric["Name"], tuple(emitted["Dimensions"][0])) for metric in emitted["Metrics"]}
    assert set(shown(widgets)) <= OF_AWS | ours


def test_the_log_widget_shows_each_transition_and_alert(widgets: list[dict[str, Any]]) -> None:
    (query,) = [widget["properties"]["query"] for widget in widgets if widget["type"] == "log"]
    # Each field must be a plain value: Logs Insights splits an array into also.0, also.1 and so on.
    assert "fields @timestamp, message, deployment_id, from, to, kind, also" in query
    assert "filter message in ['transition', 'alert']" in query


def test_widgets_do_not_overlap(widgets: list[dict[str, Any]]) -> None:
    cells = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
