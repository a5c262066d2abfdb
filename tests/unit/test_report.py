"""What a sweep reports: its counts, its metrics, and whether it failed."""

from __future__ import annotations

import json
import logging
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Metrics

from deployment_notifier.errors import TableError
from deployment_notifier.model import Alert, Kind, Transition
from deployment_notifier.report import Counts, Report
from deployment_notifier.table import Unreadable
from tests.fakes import START, a_fault
from tests.template import load_template

LOG = logging.getLogger("deployment_notifier.test")


def report(**counts: int | None) -> Report:
    made = Report(LOG)
    for name, count in counts.items():
        setattr(made, name, count)
    return made


def emitted(made: Report, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], dict[str, tuple[str, float]]]:
    """The line that is written: all of it, and each metric's unit and value."""
    made.emit(Metrics(namespace="GreengrassDeploymentNotifier", service="notifier"))
    (line,) = capsys.readouterr().out.splitlines()
    content = json.loads(line)
    (directive,) = content["_aws"]["CloudWatchMetrics"]
    return content, {metric["Name"]: (metric["Unit"], content[metric["Name"]][0]) for metric in directive["Metrics"]}


def test_an_idle_sweep_writes_only_the_age_of_the_oldest_undelivered_alert(capsys: pytest.CaptureFixture[str]) -> None:
    """Each custom metric costs more than all the rest; but the alarm on this one must tell 0 from silence."""
    content, metrics = emitted(report(oldest_undelivered_seconds=0), capsys)
    assert metrics == {"OldestUndeliveredAlertAge": ("Seconds", 0)}
    (directive,) = content["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("GreengrassDeploymentNotifier", [["service"]])
    assert (content["service"], type(content["_aws"]["Timestamp"])) == ("notifier", int)


def test_each_count_is_written_under_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    """Each count has another power of two, so that a sum says which went into it."""
    made = report(**{field.name: 2**place for place, field in enumerate(fields(Counts))})
    _, metrics = emitted(made, capsys)
    assert metrics == {
        "OldestUndeliveredAlertAge": ("Seconds", made.oldest_undelivered_seconds),
        "Checks": ("Count", made.checked + made.unknown + made.failed),
        "FailedChecks": ("Count", made.unknown + made.failed),
        "DeferredChecks": ("Count", made.deferred),
        "Discovered": ("Count", made.discovered),
        "FailedListings": ("Count", made.failed_listings),
        "UnreachableSources": ("Count", made.unreachable_sources),
        "AlertsPublished": ("Count", made.published),
        "FailedPublishes": ("Count", made.publish_failures),
        "Faults": ("Count", made.table_failures + made.errors),
        "UnreadableItems": ("Count", made.unreadable),
    }


def test_an_age_that_is_not_known_is_not_written_and_no_metric_is_kept_for_the_next_sweep(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert emitted(report(table_failures=1), capsys)[1] == {"Faults": ("Count", 1)}
    assert emitted(report(oldest_undelivered_seconds=5), capsys)[1] == {"OldestUndeliveredAlertAge": ("Seconds", 5)}


def test_each_alarm_on_one_of_these_metrics_names_one_that_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    content, metrics = emitted(report(**{field.name: 1 for field in fields(Counts)}), capsys)
    namespace = content["_aws"]["CloudWatchMetrics"][0]["Namespace"]
    alarms = [
        resource["Properties"]
        for resource in load_template()["Resources"].values()
        # The Slack function writes its own metric.
        if resource["Type"] == "AWS::CloudWatch::Alarm" and resource.get("Condition") != "HasSlackWebhook"
    ]
    ours = [alarm for alarm in alarms if alarm.get("Namespace") == namespace]
    assert ours
    for alarm in ours:
        assert alarm["MetricName"] in metrics
        assert [dimension["Name"] for dimension in alarm["Dimensions"]] == ["service"]
        assert alarm.get("Unit", metrics[alarm["MetricName"]][0]) == metrics[alarm["MetricName"]][0]


@pytest.mark.parametrize(
    ("counts", "is_useless"),
    [
        ({"table_failures": 1}, True),
        ({"errors": 1}, True),
        ({"table_failures": 1, "errors": 1, "accomplished": 1}, False),  # something was done
        ({}, False),
        # A source or SNS that is down has alerts and an alarm of its own.
        ({"watches": 3, "failed": 3, "unreachable_sources": 1, "failed_listings": 1}, False),
        ({"publish_failures": 3, "undelivered": 3, "oldest_undelivered_seconds": 60}, False),
        ({"unreadable": 3, "deferred": 3, "conflicts": 3}, False),
    ],
)
def test_only_faults_that_kept_a_sweep_from_doing_anything_make_it_fail(
    counts: dict[str, int], is_useless: bool
) -> None:
    assert report(**counts).is_useless == is_useless


def test_counts_that_are_zero_are_left_out() -> None:
    assert report(checked=2, oldest_undelivered_seconds=0).as_dict() == {"checked": 2}


@pytest.mark.parametrize(("ages", "oldest"), [([], 0), ([61, 5], 61), ([-5], 0)])
def test_the_oldest_alert_that_waits_counts(ages: list[int], oldest: int) -> None:
    made = report()
    made.waiting((START - timedelta(seconds=age) for age in ages), START)
    assert (made.undelivered, made.oldest_undelivered_seconds) == (len(ages), oldest)


def test_a_fault_in_one_step_is_logged_with_its_trace_and_does_not_stop_the_next(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = report()
    with made.guard("x" * 1000):
        a_fault()
    (record,) = caplog.records
    assert (made.errors, record.levelno, len(vars(record)["about"])) == (1, logging.ERROR, 500)
    assert record.exc_info is not None
    with pytest.raises(KeyboardInterrupt), made.guard("the end of the program"):
        raise KeyboardInterrupt  # no fault


def test_each_event_is_counted_and_logged_with_its_deployment(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made = report()
    made.stored(None)
    made.stored(Transition("d1", START, "Running", "Failed"))
    made.created(Alert("d1", START, "s", Kind.FAILED, also=(Kind.INVALID_RECORDS, Kind.GROUPS_FAILED)))
    made.conflict("d1")
    made.table_failed("it cannot be stored", TableError("said DynamoDB"), "d1")
    made.found_unreadable([Unreadable("d1", "WATCH", "Status holds 1")] * 2)
    made.found_failing("check failed", "d1", "x" * 1000)
    assert {name: count for name, count in made.as_dict().items() if count} == {
        "accomplished": 2,
        "transitions": 1,
        "alerts": 1,
        "conflicts": 1,
        "table_failures": 1,
        "unreadable": 2,
    }
    lines = {record.message: vars(record) for record in caplog.records}
    assert {line.get("deployment_id", line.get("about")) for line in lines.values()} == {"d1"}
    assert (lines["transition"]["from"], lines["transition"]["to"]) == ("Running", "Failed")
    assert lines["alert"]["also"] == "INVALID_RECORDS, GROUPS_FAILED", "one column in CloudWatch Logs Insights"
    assert (lines["alert"]["kind"], lines["alert"]["severity"]) == ("FAILED", "critical")
    assert lines["it cannot be stored"]["error"] == "said DynamoDB"
    assert (lines["item cannot be read"]["record"], lines["item cannot be read"]["reason"]) == (
        "WATCH",
        "Status holds 1",
    )
    assert len(lines["check failed"]["reason"]) == 500
