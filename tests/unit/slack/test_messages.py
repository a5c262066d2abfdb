"""Each kind of alert, an alarm, and anything else, as a person reads them in Slack."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from deployment_notifier.messages import render, render_minimal
from deployment_notifier.model import Alert, Error, ErrorDetail, GroupError, GroupTally, Kind, Metrics
from deployment_notifier.slack.blocks import bare_slack_message, slack_message
from deployment_notifier.slack.notices import read_notice
from deployment_notifier_cli import trial
from deployment_notifier_cli.stack import Stack
from local.slack import active_markup, violations
from local.slack import render as shown
from tests.unit.slack.samples import ALARM, AT, FAILED, GROUPS, ID, PLACE, alert, notice, record, text_of

STATUS = f"```aws greengrass get-bulk-deployment-status --bulk-deployment-id {ID} --region eu-west-1```"
REPORTS = f"```aws greengrass list-bulk-deployment-detailed-reports --bulk-deployment-id {ID}"
RED, YELLOW, BLUE, GREEN, GREY = "#e01e5a", "#ecb22e", "#36c5f0", "#2eb67d", "#868686"

# The alert, its title, its colour, and what else it says: the meaning, the numbers, the next step.
CASES = [
    pytest.param(
        FAILED,
        "🔴 CRITICAL: bulk deployment 1b2c3d4e failed (eu-west-1)",
        RED,
        [
            "The rollout has ended with an error",
            "*Also* INVALID_RECORDS: it has 12 invalid records",
            "*Status*\n`Failed (was Running)`",
            "*Records processed*\n`1,200`",
            "`[AccessDenied] s3:GetObject is denied`",
            STATUS,
            "*Tags*\n`team=edge`",
        ],
        id="FAILED",
    ),
    pytest.param(
        alert(Kind.INVALID_RECORDS),
        "🟠 WARNING: bulk deployment 1b2c3d4e has 12 invalid records (eu-west-1)",
        YELLOW,
        ["does not try such records again", "*Invalid records*\n`12`", REPORTS],
        id="INVALID_RECORDS",
    ),
    pytest.param(
        alert(Kind.GROUPS_FAILED, from_status="Completed", to_status="Completed", groups=GROUPS),
        "🟠 WARNING: 300 groups of bulk deployment 1b2c3d4e have failed so far (eu-west-1)",
        YELLOW,
        [
            "9,700 groups succeeded, 300 failed, 12 unfinished",
            "*Why groups failed, most frequent first*",
            "287 groups: `The group has no version [GG-303]`\n`group-1` `group-2` `group-3` and 284 more",
            "1 group: `The core is offline`\n`group-4`\n",
            "and 12 groups for other reasons",
            REPORTS,
        ],
        id="GROUPS_FAILED",
    ),
    pytest.param(
        alert(Kind.STALLED, since=AT - timedelta(minutes=62)),
        "🟠 WARNING: bulk deployment 1b2c3d4e has not moved for 1 h 2 min (eu-west-1)",
        YELLOW,
        ["Neither its status nor its count", "*Status*\n`Running`", STATUS],
        id="STALLED",
    ),
    pytest.param(
        alert(Kind.STOPPED, to_status="Stopped"),
        "🔵 INFO: bulk deployment 1b2c3d4e was stopped (eu-west-1)",
        BLUE,
        ["Somebody stopped the rollout", "`Stopped (was Running)`", "aws cloudtrail lookup-events"],
        id="STOPPED",
    ),
    pytest.param(
        alert(Kind.COMPLETED, to_status="Completed"),
        "🔵 INFO: bulk deployment 1b2c3d4e completed (eu-west-1)",
        BLUE,
        ["does not say that every deployment succeeded", "`1,200`", REPORTS],
        id="COMPLETED",
    ),
    pytest.param(
        alert(Kind.RESUMED, since=AT - timedelta(minutes=95)),
        "🔵 INFO: bulk deployment 1b2c3d4e moves again after 1 h 35 min (eu-west-1)",
        BLUE,
        ["It had stood still", "Nothing to do", STATUS],
        id="RESUMED",
    ),
    pytest.param(
        alert(Kind.LOST, error=Error("BadRequestException: no such id")),
        "🟠 WARNING: bulk deployment 1b2c3d4e is unknown to AWS and no longer watched (eu-west-1)",
        YELLOW,
        [
            "AWS has refused this id",
            "`BadRequestException: no such id`",
            "aws dynamodb put-item --table-name notifier-Table",
        ],
        id="LOST",
    ),
    pytest.param(
        alert(Kind.UNCHECKED, error=Error("ReadTimeoutError")),
        "🟠 WARNING: bulk deployment 1b2c3d4e could not be checked (eu-west-1)",
        YELLOW,
        ["Every check of it has failed", "`ReadTimeoutError`", "notifier-Function-1A", STATUS],
        id="UNCHECKED",
    ),
    pytest.param(
        alert(Kind.SOURCE_UNREACHABLE, since=AT - timedelta(minutes=10), error=Error("AccessDeniedException: no")),
        "🔴 CRITICAL: Greengrass V1 bulk deployments cannot be checked for 10 min (eu-west-1)",
        RED,
        ["can fail, stall or end without an alert", "*Source*\n`greengrass-bulk`", "AccessDeniedException", "lacks"],
        id="SOURCE_UNREACHABLE",
    ),
    pytest.param(
        alert(Kind.SOURCE_RECOVERED, since=AT - timedelta(minutes=44)),
        "🔵 INFO: Greengrass V1 bulk deployments can be checked again after 44 min (eu-west-1)",
        BLUE,
        ["now they do", "Nothing to do"],
        id="SOURCE_RECOVERED",
    ),
]


def colour(message: dict[str, Any]) -> str:
    return str(message["attachments"][0]["color"])


def title(message: dict[str, Any]) -> str:
    return str(message["blocks"][0]["text"]["text"])


def buttons(message: dict[str, Any]) -> list[str]:
    blocks = message["attachments"][0]["blocks"]
    return [each["url"] for block in blocks if block["type"] == "actions" for each in block["elements"]]


def test_every_kind_has_a_case() -> None:
    assert {case.values[0].kind for case in CASES} == set(Kind)  # type: ignore[union-attr]


@pytest.mark.parametrize(("told", "heading", "bar", "said"), CASES)
def test_an_alert_tells_title_meaning_numbers_and_next_step(
    told: Alert, heading: str, bar: str, said: list[str]
) -> None:
    message = slack_message(notice(told), PLACE)
    assert title(message) == heading
    assert message["text"] == heading  # what the notification on a phone shows
    assert colour(message) == bar
    text = text_of(message)
    for fact in [*said, told.deployment_id, "*What to do*\n1. ", "123456789012", told.id, told.kind.value]:
        assert fact in text
    assert buttons(message) == [
        "https://eu-west-1.console.aws.amazon.com/iot/home?region=eu-west-1#/greengrass/v1/groups"
    ]
    assert violations(message) == []
    assert active_markup(message) == []


@pytest.mark.parametrize(("told", "heading", "bar", "said"), CASES)
def test_what_matters_most_comes_before_what_slack_folds_away(
    told: Alert, heading: str, bar: str, said: list[str]
) -> None:
    del heading, bar, said
    text = text_of(slack_message(notice(told), PLACE))
    assert text.index("*Seen*") < text.index("*What to do*")
    if told.error is not None:
        assert text.index("*Error*") < text.index("*What to do*")


@pytest.mark.parametrize("kind", [Kind.FAILED, Kind.INVALID_RECORDS, Kind.GROUPS_FAILED, Kind.COMPLETED])
def test_each_kind_that_may_know_the_groups_names_those_that_failed_by_error(kind: Kind) -> None:
    message = slack_message(notice(alert(kind, to_status="Completed", groups=GROUPS)), PLACE)
    text = text_of(message)
    assert "*Groups*\n`9,700 succeeded, 300 failed, 12 unfinished`" in text
    assert "287 groups: `The group has no version [GG-303]`\n`group-1`" in text
    assert text.index("*Groups*") < text.index("287 groups") < text.index("*What to do*")
    assert violations(message) == []


def test_a_good_end_tells_how_many_groups_succeeded() -> None:
    told = alert(Kind.COMPLETED, to_status="Completed", metrics=Metrics(40, 0, 0), groups=GroupTally(succeeded=40))
    message = slack_message(notice(told), PLACE)
    assert title(message) == "🔵 INFO: bulk deployment 1b2c3d4e completed: 40 groups succeeded (eu-west-1)"
    assert "Why groups failed" not in text_of(message)
    assert "1. Nothing to do." in text_of(message)


def test_many_reasons_are_cut_to_what_can_be_read_in_a_channel() -> None:
    ids = tuple(f"1b2c3d4e-5f60-4718-8293-a4b5c6d7{n:04}" for n in range(10))
    errors = tuple(GroupError(f"E{n}", "<!channel> `x` " + "y" * 900, 50 - n, ids) for n in range(20))
    message = slack_message(notice(alert(Kind.FAILED, groups=GroupTally(5, 2_000, 0, errors))), PLACE)
    text = text_of(message)
    assert [f"{50 - n} groups: `" in text for n in range(7)] == [True] * 5 + [False] * 2
    assert "and 1,760 groups for other reasons" in text
    assert violations(message) == []
    assert active_markup(message) == []


def test_a_failure_without_an_error_says_so() -> None:
    assert "AWS gave no error text." in text_of(slack_message(notice(alert(Kind.FAILED)), PLACE))


def test_a_long_error_is_shortened_and_its_rest_counted() -> None:
    details = tuple(ErrorDetail(f"E{n}", "x" * 900) for n in range(9))
    message = slack_message(notice(alert(Kind.FAILED, error=Error("y" * 900, details))), PLACE)
    assert "and 6 more lines" in text_of(message)
    assert violations(message) == []


def test_a_partition_whose_console_is_not_known_has_no_button() -> None:
    assert buttons(slack_message(notice(FAILED), replace(PLACE, partition="aws-iso"))) == []


def test_the_subject_is_the_title_so_that_a_test_alert_looks_like_one() -> None:
    body = json.loads(render(FAILED, PLACE).body)["lambda"]
    marked = read_notice(record(body, subject="TEST, please ignore: bulk deployment 1b2c3d4e failed"))
    assert title(slack_message(marked, PLACE)) == "🔴 TEST, please ignore: bulk deployment 1b2c3d4e failed"


def test_without_a_subject_the_event_gives_the_title() -> None:
    body = json.loads(render(FAILED, PLACE).body)["lambda"]
    assert title(slack_message(read_notice(record(body)), PLACE)) == (
        "🔴 CRITICAL: bulk deployment 1b2c3d4e failed (eu-west-1)"
    )


def test_an_alert_in_its_minimal_form_is_shown_as_it_is_in_its_own_colour() -> None:
    minimal = render_minimal(FAILED, PLACE)
    message = slack_message(
        read_notice(record(minimal.body, subject=minimal.subject, severity=minimal.attributes["severity"])), PLACE
    )
    assert title(message) == "🔴 CRITICAL: bulk deployment 1b2c3d4e failed (eu-west-1)"
    assert colour(message) == RED
    assert text_of(message).count("CRITICAL: bulk deployment") == 1
    assert f"Deployment: {ID}\nStatus: Failed\nError: Cannot read the input file." in text_of(message)
    assert violations(message) == []


def test_an_alert_of_a_kind_that_is_newer_than_this_function_is_told_all_the_same() -> None:
    body = json.loads(json.loads(render(FAILED, PLACE).body)["lambda"])
    body["type"] = "greengrass-deployment.ROLLED_BACK"
    body["data"] |= {"kind": "ROLLED_BACK", "groups": {"failed": 87, "errors": [{"code": "404", "count": 75}]}}
    message = slack_message(
        read_notice(record(json.dumps(body), subject="WARNING: 87 groups failed", severity="warning")), PLACE
    )
    assert title(message) == "🟠 WARNING: 87 groups failed"
    assert "data.groups.failed: 87\ndata.groups.errors.1.code: 404\ndata.groups.errors.1.count: 75" in text_of(message)
    assert violations(message) == []


@pytest.mark.parametrize("as_kind", [None, Kind.FAILED])
def test_a_test_alert_says_that_nothing_is_wrong_and_looks_like_no_real_one(as_kind: Kind | None) -> None:
    stack = Stack("my-notifier", "CREATE_COMPLETE", "arn:aws:sns:eu-west-1:123456789012:alerts", PLACE)
    made = trial.make(stack, AT, as_kind)
    body = json.loads(made.body)["lambda"]
    message = slack_message(
        read_notice(record(body, subject=made.subject, severity=made.attributes["severity"])), PLACE
    )
    assert title(message) == "⚪ TEST: my-notifier reaches you (eu-west-1)"
    assert colour(message) == GREY
    text = text_of(message)
    assert "This is a test: alerts reach this channel. No deployment is in trouble" in text
    assert "*Sent*\n`2026-11-23T10:04:00.123Z`" in text
    assert "TEST · account 123456789012 · eu-west-1 · alert test/2026-11-23T10:04:00.123Z" in text
    assert "specversion" not in text
    assert violations(message) == []
    assert active_markup(message) == []


@pytest.mark.parametrize("change", [{"type": "greengrass-deployment.FAILED"}, {"data": {"kind": "TEST"}}, {"data": 5}])
def test_what_just_resembles_a_test_alert_is_not_shown_as_one(change: dict[str, Any]) -> None:
    body = {"type": "greengrass-deployment.TEST", "data": {"kind": "TEST", "test": True}, **change}
    assert "This is a test" not in text_of(slack_message(read_notice(record(json.dumps(body))), PLACE))


def test_plain_text_is_shown_line_by_line_without_its_markup_acting() -> None:
    message = slack_message(read_notice(record("Hello <!channel>,\n*all* is `well` :bomb: @here")), PLACE)
    assert title(message) == "⚪ Message on the alert topic"
    assert colour(message) == GREY
    assert "Hello <!channel>,\n*all* is `well` :bomb: @here" in text_of(message)
    assert active_markup(message) == []


def test_an_alarm_tells_its_state_what_it_means_and_why() -> None:
    message = slack_message(read_notice(record(json.dumps(ALARM), subject='ALARM: "x" in EU (Ireland)')), PLACE)
    assert title(message) == "🔴 ALARM: notifier-UndeliveredAlertsAlarm-1A2B (eu-west-1)"
    assert colour(message) == RED
    text = text_of(message)
    for fact in (
        "This CloudWatch alarm now rings.",
        "an alert has waited for more than 15 minutes. Read the items under DELIVER.",
        "*State*\n`ALARM (was OK)`",
        "*Metric*\n`GreengrassDeploymentNotifier OldestUndeliveredAlertAge`",
        "*Rings when*\n`Maximum > 900 in 1 of 3 periods of 60 s`",
        "*Why*\n`Threshold Crossed: 1 datapoint [960.0",
    ):
        assert fact in text
    assert buttons(message) == [
        (
            "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
            "#alarmsV2:alarm/notifier-UndeliveredAlertsAlarm-1A2B"
        )
    ]
    assert violations(message) == []
    assert active_markup(message) == []


@pytest.mark.parametrize(
    ("state", "bar", "said"),
    [("OK", GREEN, "is over"), ("INSUFFICIENT_DATA", YELLOW, "too little data"), ("ALARM", RED, "now rings")],
)
def test_an_alarms_state_has_its_colour(state: str, bar: str, said: str) -> None:
    message = slack_message(read_notice(record(json.dumps(ALARM | {"NewStateValue": state}))), PLACE)
    assert colour(message) == bar
    assert said in text_of(message)


def test_an_alarm_of_which_just_the_name_and_the_state_are_known_is_shown() -> None:
    bare = {"AlarmName": "composite <one> & two", "NewStateValue": "ALARM", "AlarmRule": "ALARM(a) OR ALARM(b)"}
    message = slack_message(read_notice(record(json.dumps(bare))), PLACE)
    assert title(message) == "🔴 ALARM: composite <one> & two (eu-west-1)"
    assert message["text"] == "🔴 ALARM: composite &lt;one&gt; &amp; two (eu-west-1)"
    assert buttons(message)[0].endswith("#alarmsV2:alarm/composite%20%3Cone%3E%20%26%20two")
    assert violations(message) == []


def test_an_alarm_by_another_rule_is_shown_without_it() -> None:
    trigger = {"MetricName": "Errors", "ComparisonOperator": "LessThanLowerThreshold", "Threshold": 1.5}
    message = slack_message(read_notice(record(json.dumps(ALARM | {"Trigger": trigger}))), PLACE)
    assert "Rings when" not in text_of(message)
    assert "*Metric*" in text_of(message)


def test_an_alarm_in_a_partition_whose_console_is_not_known_has_no_button() -> None:
    message = slack_message(read_notice(record(json.dumps(ALARM))), replace(PLACE, partition="aws-iso"))
    assert buttons(message) == []


def test_the_form_without_layout_has_the_title_and_what_was_published() -> None:
    message = bare_slack_message(notice(FAILED))
    assert message["text"].startswith("`CRITICAL: bulk deployment 1b2c3d4e failed (eu-west-1)`\n`{")
    assert violations(message) == []
    assert active_markup(message) == []


def test_the_stand_in_shows_a_message_as_a_person_reads_it() -> None:
    told = replace(FAILED, metrics=Metrics(1200, 12, 7), error=Error("<b> & co"))
    lines = shown(slack_message(notice(told), PLACE)).split("\n")
    assert lines[0] == "🔴 CRITICAL: bulk deployment 1b2c3d4e failed (eu-west-1)"
    assert "▌ <b> & co" in lines
    assert f"▌     {STATUS.strip('`')}" in lines
    assert any(line.startswith("▌ Records processed: 1,200 ") and "Invalid records: 12" in line for line in lines)
    assert any(line.startswith("▌ [ Open the console ]  https://") for line in lines)
