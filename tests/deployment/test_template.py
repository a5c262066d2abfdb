from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from deployment_notifier.model import Kind
from tests.template import load_template, pattern_of, resolve

RESOURCES: dict[str, dict[str, Any]] = load_template()["Resources"]
FUNCTION = RESOURCES["NotifierFunction"]["Properties"]
ALARMS = {name: entry["Properties"] for name, entry in RESOURCES.items() if entry["Type"] == "AWS::CloudWatch::Alarm"}

NAMES = {
    "AWS::Partition": "aws-cn",
    "AWS::Region": "cn-north-1",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "fleet",
    "Table": "table",
    "Table.Arn": "TABLE",
    "AlertTopic": "TOPIC",
    "AlertTopic.TopicName": "topic",
    "NotifierLogGroup": "/logs",
    "NotifierLogGroup.Arn": "LOGS:*",
    "NotifierFunction": "function",
    "AlertOn": "DEFAULT",
    "InvalidRecordsThreshold": "1",
    "StalledAfterMinutes": "60",
    "UncheckedAfterMinutes": "10",
    "DiscoverWithinHours": "24",
    "SettleMinutes": "60",
    "HistoryDays": "90",
    "SlackLogGroup": "/slack-logs",
    "SlackFunction": "slack-function",
    "SlackWebhookParameter": "/notifier/slack-webhook",
    "SlackUndelivered.QueueName": "undelivered",
}
DEPLOYMENTS = "arn:aws-cn:greengrass:cn-north-1:123456789012:/greengrass/bulk/deployments/*"


def statements(resource: str) -> list[dict[str, Any]]:
    properties = resolve(RESOURCES[resource]["Properties"], NAMES)
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [properties])]
    return [statement for document in documents for statement in document["Statement"]]


def granted(statement: dict[str, Any]) -> set[tuple[str, str]]:
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    assert isinstance(statement["Resource"], str)
    return {(action, statement["Resource"]) for action in actions}


# Who may do what


def test_the_function_may_do_just_what_it_calls_on_just_its_own_resources() -> None:
    assert set().union(*map(granted, statements("NotifierRole"))) == {
        ("logs:CreateLogStream", "LOGS:*"),
        ("logs:PutLogEvents", "LOGS:*"),
        ("dynamodb:Query", "TABLE/index/Queue"),
        ("dynamodb:BatchGetItem", "TABLE"),
        ("dynamodb:PutItem", "TABLE"),
        ("dynamodb:UpdateItem", "TABLE"),
        ("dynamodb:DeleteItem", "TABLE"),
        ("sns:Publish", "TOPIC"),
        ("greengrass:GetBulkDeploymentStatus", DEPLOYMENTS),
        ("greengrass:ListBulkDeploymentDetailedReports", DEPLOYMENTS),
        ("greengrass:ListBulkDeployments", "*"),  # can't be granted on less
    }


def test_sam_adds_no_rights_of_its_own() -> None:
    assert FUNCTION["Role"] == {"Fn::GetAtt": "NotifierRole.Arn"}
    assert "Policies" not in FUNCTION
    assert "ManagedPolicyArns" not in RESOURCES["NotifierRole"]["Properties"]
    assert RESOURCES["NotifierRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]


def test_only_alarms_of_this_account_are_let_in_by_the_topic_and_nobody_over_plain_http() -> None:
    allow, deny = statements("AlertTopicPolicy")

    assert allow["Effect"] == "Allow"
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:*"},
    }
    assert deny["Effect"] == "Deny"
    assert deny["Principal"] == "*"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert granted(allow) == granted(deny) == {("sns:Publish", "TOPIC")}


def test_no_key_keeps_the_alarms_from_the_topic() -> None:
    assert "KmsMasterKeyId" not in RESOURCES["AlertTopic"].get("Properties", {})


# The table


def test_the_table_holds_its_history_through_deletion_and_replacement_of_the_stack() -> None:
    table = RESOURCES["Table"]

    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_has_the_keys_and_the_index_that_others_rely_on() -> None:
    properties = RESOURCES["Table"]["Properties"]

    assert {entry["AttributeName"]: entry["AttributeType"] for entry in properties["AttributeDefinitions"]} == {
        "DeploymentId": "S",
        "Record": "S",
        "Queue": "S",
    }
    assert [(key["AttributeName"], key["KeyType"]) for key in properties["KeySchema"]] == [
        ("DeploymentId", "HASH"),
        ("Record", "RANGE"),
    ]
    (index,) = properties["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "Queue"
    assert [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]] == [
        ("Queue", "HASH"),
        ("DeploymentId", "RANGE"),
    ]
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ExpiresAt", "Enabled": True}


# The function and its schedule


def test_the_function_ends_before_the_next_sweep_starts() -> None:
    assert FUNCTION["Timeout"] < load_template()["Mappings"]["CheckEvery"]["1"]["Seconds"]


def test_old_ticks_are_tried_again_by_nobody() -> None:
    once = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}

    assert FUNCTION["EventInvokeConfig"] == once
    assert FUNCTION["Events"]["Schedule"]["Properties"]["RetryPolicy"] == once


def test_the_function_gets_every_setting() -> None:
    variables = dict(FUNCTION["Environment"]["Variables"])
    endpoint = variables.pop("AWS_ENDPOINT_URL_GREENGRASS")
    assert variables.pop("AWS_ENDPOINT_URL") == {"Ref": "AWS::NoValue"}, "there for sam local invoke alone"

    assert resolve(variables, NAMES) == {
        "TABLE_NAME": "table",
        "ALERT_TOPIC_ARN": "TOPIC",
        "ALERT_ON": "DEFAULT",
        "INVALID_RECORDS_THRESHOLD": "1",
        "STALLED_AFTER_MINUTES": "60",
        "UNCHECKED_AFTER_MINUTES": "10",
        "DISCOVER_WITHIN_HOURS": "24",
        "SETTLE_MINUTES": "60",
        "HISTORY_DAYS": "90",
        "POWERTOOLS_SERVICE_NAME": "fleet",
        "POWERTOOLS_METRICS_NAMESPACE": "GreengrassDeploymentNotifier",
    }
    # An empty one would be taken for an endpoint.
    assert endpoint["Fn::If"][0] == "HasGreengrassEndpointUrl"
    assert endpoint["Fn::If"][2] == {"Ref": "AWS::NoValue"}


def test_the_log_is_kept_for_a_while_and_not_for_ever() -> None:
    assert RESOURCES["NotifierLogGroup"]["Properties"]["RetentionInDays"] == 30
    assert FUNCTION["LoggingConfig"]["LogGroup"] == {"Ref": "NotifierLogGroup"}


def test_the_runtime_is_the_one_that_the_package_is_made_for() -> None:
    makefile = (Path(__file__).parents[2] / "src" / "Makefile").read_text(encoding="utf-8")

    assert FUNCTION["Runtime"] == "python3.13"
    assert "--python-version 3.13 " in makefile
    assert "build-NotifierFunction build-SlackFunction:" in makefile


def test_nothing_has_a_fixed_name_that_a_second_stack_would_claim_too() -> None:
    fixed = {"TableName", "TopicName", "FunctionName", "RoleName", "LogGroupName", "AlarmName", "Name"}

    assert not [(name, fixed & set(entry.get("Properties", {}))) for name, entry in RESOURCES.items()
                if fixed & set(entry.get("Properties", {}))]  # fmt: skip
    schedule = FUNCTION["Events"]["Schedule"]["Properties"]
    assert schedule["OmitName"] is True
    assert "Name" not in schedule


# Alarms


@pytest.mark.parametrize(
    ("name", "metric", "statistic", "breaches", "missing"),
    [
        ("FunctionErrorsAlarm", ("AWS/Lambda", "Errors", {"FunctionName": "function"}), "Sum", ">0", "notBreaching"),
        ("MissedRunsAlarm", ("AWS/Lambda", "Invocations", {"FunctionName": "function"}), "Sum", "<1", "breaching"),
        (
            "UndeliveredAlertsAlarm",
            ("GreengrassDeploymentNotifier", "OldestUndeliveredAlertAge", {"service": "fleet"}),
            *("Maximum", ">900", "ignore"),
        ),
        (
            "UnreadableItemsAlarm",
            ("GreengrassDeploymentNotifier", "UnreadableItems", {"service": "fleet"}),
            *("Sum", ">0", "notBreaching"),
        ),
        (
            "FailedNotificationsAlarm",
            ("AWS/SNS", "NumberOfNotificationsFailed", {"TopicName": "topic"}),
            *("Sum", ">0", "notBreaching"),
        ),
    ],
)
def test_an_alarm_looks_at_its_metric(
    name: str, metric: tuple[str, str, dict[str, str]], statistic: str, breaches: str, missing: str
) -> None:
    alarm = resolve({**ALARMS[name], "Period": None}, NAMES)
    sign = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}[alarm["ComparisonOperator"]]

    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}
    assert (alarm["Namespace"], alarm["MetricName"], dimensions) == metric
    assert alarm["Statistic"] == statistic
    assert f"{sign}{alarm['Threshold']}" == breaches
    assert alarm["TreatMissingData"] == missing


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_the_team_what_it_means(name: str) -> None:
    alarm = resolve({**ALARMS[name], "Period": None}, NAMES)

    assert alarm["AlarmActions"] == ["TOPIC"]
    assert alarm["AlarmDescription"].startswith("fleet: ")
    assert 100 < len(alarm["AlarmDescription"]) < 1024  # CloudWatch's limit


@pytest.mark.parametrize("minutes", ["1", "5", "15", "30", "60"])
def test_alarms_count_in_the_periods_of_the_schedule(minutes: str) -> None:
    entry = load_template()["Mappings"]["CheckEvery"][minutes]

    assert entry["Seconds"] == int(minutes) * 60
    assert entry["Rate"] == f"rate({minutes} minute{'' if minutes == '1' else 's'})"
    for alarm in ALARMS.values():
        period = entry["Seconds"] if isinstance(alarm["Period"], dict) else alarm["Period"]
        # PutMetricAlarm: a day at most, where a period is shorter than an hour; a week otherwise.
        assert period * alarm["EvaluationPeriods"] <= (86_400 if period < 3600 else 604_800)


def test_three_missed_sweeps_in_a_row_alarm() -> None:
    assert ALARMS["MissedRunsAlarm"]["EvaluationPeriods"] == 3
    assert ALARMS["MissedRunsAlarm"].get("DatapointsToAlarm", 3) == 3


# Parameters and outputs


def test_every_parameter_is_explained_grouped_and_named_when_wrong() -> None:
    template = load_template()
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]

    assert sorted(grouped) == sorted(template["Parameters"])
    for parameter in template["Parameters"].values():
        assert len(parameter["Description"]) > 20
        assert parameter["ConstraintDescription"].startswith("must be ")
        assert "AllowedPattern" in parameter or "AllowedValues" in parameter


def test_a_new_user_can_leave_every_parameter_as_it_is() -> None:
    defaults = {name: entry["Default"] for name, entry in load_template()["Parameters"].items()}

    assert defaults == {
        "AlertEmail": "",
        "SlackWorkspaceId": "",
        "SlackChannelId": "",
        "SlackWebhookParameter": "",
        "AlertOn": "DEFAULT",
        "InvalidRecordsThreshold": "1",
        "StalledAfterMinutes": "60",
        "UncheckedAfterMinutes": "10",
        "DiscoverWithinHours": "24",
        "SettleMinutes": "60",
        "CheckEveryMinutes": "1",
        "HistoryDays": "90",
        "Dashboard": "true",
        "Architecture": "arm64",
        "GreengrassEndpointUrl": "",
    }


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ("AlertEmail", ["", "ops@example.com"], ["ops", "ops@example", "a@b.c,d@e.f", "ops @example.com"]),
        ("AlertOn", ["DEFAULT,COMPLETED", "FAILED, LOST", *Kind], ["", "failed", "FAILED,", "FAILED STALLED", "NEW"]),
        ("InvalidRecordsThreshold", ["1", "1000"], ["", "0", "-1", "1.5", "many"]),
        ("StalledAfterMinutes", ["1", "999999"], ["0", "1e3", "60 "]),
        ("DiscoverWithinHours", ["0", "24"], ["-1", "1.5", ""]),
        ("SettleMinutes", ["0", "60"], ["-1", "1.5", ""]),
        ("UncheckedAfterMinutes", ["0", "10"], ["-1", "00", ""]),
        ("HistoryDays", ["1", "3650"], ["0", "99999"]),
        (
            "GreengrassEndpointUrl",
            ["", "https://greengrass.example.com", "http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:80"],
            # Requests carry credentials: none go out in the clear.
            [
                "http://example.com",
                "http://127.0.0.1.example.com",
                "http://localhost@example.com",
                "ftp://x",
                "https://",
            ],
        ),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_is_deployed(
    parameter: str, good: list[str], bad: list[str]
) -> None:
    pattern = pattern_of(load_template(), parameter)

    assert [value for value in good if not pattern.search(value)] == []
    assert [value for value in bad if pattern.search(value)] == []


def test_the_outputs_are_those_that_tools_look_for() -> None:
    assert {name: entry["Value"] for name, entry in load_template()["Outputs"].items()} == {
        "FunctionName": {"Ref": "NotifierFunction"},
        "TableName": {"Ref": "Table"},
        "AlertTopicArn": {"Ref": "AlertTopic"},
        "SlackFunctionName": {"Ref": "SlackFunction"},
        "SlackUndeliveredQueueUrl": {"Ref": "SlackUndelivered"},
    }


def test_the_description_says_that_aws_has_ended_greengrass_v1() -> None:
    assert "2026-10-07" in load_template()["Description"]


def test_the_event_for_sam_local_invoke_has_the_form_of_the_schedulers() -> None:
    event = json.loads((Path(__file__).parents[2] / "events" / "schedule.json").read_text(encoding="utf-8"))

    assert event["source"] == "aws.scheduler"
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"][0].startswith(f"arn:aws:scheduler:{event['region']}:{event['account']}:schedule/")
    assert json.loads(event["detail"]) == {}
