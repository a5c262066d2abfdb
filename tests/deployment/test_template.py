from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.model import Kind
from deployment_notifier.sources.registry import PROFILES
from tests.template import grants, load_template, pattern_of, resolve

if TYPE_CHECKING:
    from deployment_notifier.sources.profile import SourceProfile

PROJECT = Path(__file__).parents[2]
TEMPLATE = load_template()
PARAMETERS: dict[str, dict[str, Any]] = TEMPLATE["Parameters"]
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
FUNCTION = RESOURCES["NotifierFunction"]["Properties"]
ALARMS = {name: entry["Properties"] for name, entry in RESOURCES.items() if entry["Type"] == "AWS::CloudWatch::Alarm"}
DEVICE_EVENTS = RESOURCES["DeviceEventsFunction"]["Properties"]
GREENGRASS = "arn:AWS::Partition:greengrass:AWS::Region:AWS::AccountId"
IOT = "arn:AWS::Partition:iot:AWS::Region:AWS::AccountId"
BULK_DEPLOYMENTS = f"{GREENGRASS}:/greengrass/bulk/deployments/*"
CHECK_OF_V2 = {
    ("greengrass:GetDeployment", f"{GREENGRASS}:deployments:*"),
    ("greengrass:ListEffectiveDeployments", f"{GREENGRASS}:coreDevices:*"),
    ("iot:DescribeJob", f"{IOT}:job/*"),
    ("iot:ListJobExecutionsForJob", f"{IOT}:job/*"),
    # Dependent actions of Greengrass V2's.
    ("iot:DescribeJobExecution", f"{IOT}:job/*"),
    ("iot:DescribeJobExecution", f"{IOT}:thing/*"),
    ("iot:DescribeThing", f"{IOT}:thing/*"),
    ("iot:GetThingShadow", f"{IOT}:thing/*"),
    ("iot:DescribeThingGroup", f"{IOT}:thinggroup/*"),
}


# Permissions


def test_the_function_may_do_only_what_it_calls_and_only_on_its_own_resources() -> None:
    assert grants(RESOURCES["NotifierRole"]) == {
        ("logs:CreateLogStream", "NotifierLogGroup.Arn"),
        ("logs:PutLogEvents", "NotifierLogGroup.Arn"),
        ("dynamodb:Query", "Table.Arn/index/Queue"),
        ("dynamodb:BatchGetItem", "Table.Arn"),
        ("dynamodb:PutItem", "Table.Arn"),
        ("dynamodb:UpdateItem", "Table.Arn"),
        ("sns:Publish", "AlertTopic"),
        ("greengrass:GetBulkDeploymentStatus", BULK_DEPLOYMENTS),
        ("greengrass:ListBulkDeploymentDetailedReports", BULK_DEPLOYMENTS),
        # These support no resource-level permission.
        ("greengrass:ListBulkDeployments", "*"),
        ("greengrass:ListDeployments", "*"),
        *CHECK_OF_V2,
    }


def test_the_function_for_device_events_may_only_receive_them_and_check_deployments() -> None:
    assert grants(RESOURCES["DeviceEventsRole"]) == {
        ("logs:CreateLogStream", "DeviceEventsLogGroup.Arn"),
        ("logs:PutLogEvents", "DeviceEventsLogGroup.Arn"),
        ("sqs:ReceiveMessage", "DeviceEvents.Arn"),
        ("sqs:DeleteMessage", "DeviceEvents.Arn"),
        ("sqs:GetQueueAttributes", "DeviceEvents.Arn"),
        ("dynamodb:Query", "Table.Arn/index/Queue"),
        ("dynamodb:GetItem", "Table.Arn"),
        ("dynamodb:PutItem", "Table.Arn"),
        ("dynamodb:UpdateItem", "Table.Arn"),
        ("sns:Publish", "AlertTopic"),
        *CHECK_OF_V2,
    }


@pytest.mark.parametrize("source", PROFILES.values(), ids=PROFILES)
def test_the_function_may_do_what_each_source_requires(source: SourceProfile) -> None:
    assert set(source.required_actions) <= {action for action, _ in grants(RESOURCES["NotifierRole"])}


@pytest.mark.parametrize("name", ["Notifier", "DeviceEvents", "Slack"])
def test_a_function_has_no_other_permissions(name: str) -> None:
    function, role = f"{name}Function", f"{name}Role"
    assert RESOURCES[function]["Properties"]["Role"] == {"Fn::GetAtt": f"{role}.Arn"}
    assert not {"Policies", "ManagedPolicyArns"} & RESOURCES[function]["Properties"].keys()
    assert RESOURCES[role]["Properties"].keys() == {"AssumeRolePolicyDocument", "Policies"}
    assert RESOURCES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]


def test_the_topic_admits_only_alarms_of_this_account_and_nothing_over_plain_http() -> None:
    allow, deny = resolve(RESOURCES["AlertTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"])

    assert (allow["Effect"], allow["Principal"]) == ("Allow", {"Service": "cloudwatch.amazonaws.com"})
    assert allow["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "AWS::AccountId"},
        "ArnLike": {"aws:SourceArn": "arn:AWS::Partition:cloudwatch:AWS::Region:AWS::AccountId:alarm:*"},
    }
    assert (deny["Effect"], deny["Principal"]) == ("Deny", "*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    for statement in (allow, deny):
        assert (statement["Action"], statement["Resource"]) == ("sns:Publish", "AlertTopic")


def test_no_encryption_key_keeps_alarms_from_publishing_to_the_topic() -> None:
    assert "KmsMasterKeyId" not in RESOURCES["AlertTopic"].get("Properties", {})


# The table


def test_the_table_survives_deletion_and_replacement_of_the_stack() -> None:
    table = RESOURCES["Table"]

    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["UpdateReplacePolicy"] == "Retain"
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_has_the_documented_keys_and_index() -> None:
    def keys(schema: list[dict[str, str]]) -> dict[str, str]:
        return {key["KeyType"]: key["AttributeName"] for key in schema}

    properties = RESOURCES["Table"]["Properties"]
    (index,) = properties["GlobalSecondaryIndexes"]

    assert {entry["AttributeName"]: entry["AttributeType"] for entry in properties["AttributeDefinitions"]} == {
        "DeploymentId": "S",
        "Record": "S",
        "Queue": "S",
    }
    assert keys(properties["KeySchema"]) == {"HASH": "DeploymentId", "RANGE": "Record"}
    assert (index["IndexName"], index["Projection"]) == ("Queue", {"ProjectionType": "ALL"})
    assert keys(index["KeySchema"]) == {"HASH": "Queue", "RANGE": "DeploymentId"}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ExpiresAt", "Enabled": True}


# The function and its schedule


def test_the_function_ends_before_the_next_sweep_starts() -> None:
    assert FUNCTION["Timeout"] < TEMPLATE["Mappings"]["CheckEvery"]["1"]["Seconds"]


def test_a_failed_sweep_is_not_retried() -> None:
    once = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}

    assert FUNCTION["EventInvokeConfig"] == once
    assert FUNCTION["Events"]["Schedule"]["Properties"]["RetryPolicy"] == once


def test_the_function_gets_every_setting() -> None:
    variables = dict(FUNCTION["Environment"]["Variables"])
    endpoints = [variables.pop(f"AWS_ENDPOINT_URL_{name}") for name in ("GREENGRASS", "GREENGRASSV2", "IOT")]
    assert variables.pop("AWS_ENDPOINT_URL") == {"Ref": "AWS::NoValue"}, "named for sam local invoke alone"

    assert resolve(variables) == {
        "TABLE_NAME": "Table",
        "ALERT_TOPIC_ARN": "AlertTopic",
        "SOURCES": "Sources",
        "ALERT_ON": "AlertOn",
        "FAILED_DEVICES_THRESHOLD": "FailedDevicesThreshold",
        "INVALID_RECORDS_THRESHOLD": "InvalidRecordsThreshold",
        "STALLED_AFTER_MINUTES": "StalledAfterMinutes",
        "UNCHECKED_AFTER_MINUTES": "UncheckedAfterMinutes",
        "DISCOVER_WITHIN_HOURS": "DiscoverWithinHours",
        "FOLLOW_RESULTS_MINUTES": "FollowResultsMinutes",
        "CHECK_EVERY_MINUTES": "CheckEveryMinutes",
        "HISTORY_DAYS": "HistoryDays",
        "POWERTOOLS_SERVICE_NAME": "AWS::StackName",
        "POWERTOOLS_METRICS_NAMESPACE": "GreengrassDeploymentNotifier",
    }
    # botocore would take an empty one for an endpoint.
    for endpoint in endpoints:
        assert resolve(endpoint)["Fn::If"] == ["HasGreengrassEndpointUrl", "GreengrassEndpointUrl", "AWS::NoValue"]


def test_the_log_is_kept_for_a_month() -> None:
    assert RESOURCES["NotifierLogGroup"]["Properties"]["RetentionInDays"] == 30
    assert FUNCTION["LoggingConfig"]["LogGroup"] == {"Ref": "NotifierLogGroup"}


def test_the_runtime_is_the_one_that_the_package_is_built_for() -> None:
    makefile = (PROJECT / "src" / "Makefile").read_text(encoding="utf-8")

    assert FUNCTION["Runtime"] == "python3.13"
    assert "RUNTIME := 3.13\n" in makefile
    targets = " ".join(f"build-{name}" for name, entry in RESOURCES.items() if entry["Type"].endswith("::Function"))
    assert f"\n{targets}:" in makefile


def test_no_resource_has_a_fixed_name_that_a_second_stack_would_use_too() -> None:
    fixed = {"TableName", "TopicName", "FunctionName", "RoleName", "LogGroupName", "AlarmName", "QueueName", "Name"}

    assert {name: fixed & entry.get("Properties", {}).keys() for name, entry in RESOURCES.items()} == {
        name: set() for name in RESOURCES
    }
    schedule = FUNCTION["Events"]["Schedule"]["Properties"]
    assert schedule["OmitName"] is True
    assert "Name" not in schedule


def test_the_stack_needs_no_resource_type_that_china_and_govcloud_lack() -> None:
    """CloudFormation may refuse a type that a region does not know even where a condition excludes the resource."""
    assert not [name for name, entry in RESOURCES.items() if entry["Type"].startswith("AWS::Chatbot::")]


# Events of devices


def test_the_rule_takes_failures_of_devices_in_the_form_of_awss_events() -> None:
    (target,) = RESOURCES["DeviceEventsRule"]["Properties"]["Targets"]

    assert RESOURCES["DeviceEventsRule"]["Properties"]["EventPattern"] == {
        "source": ["aws.greengrass"],
        "detail-type": ["Greengrass V2 Effective Deployment Status Change"],
        "detail": {"coreDeviceExecutionStatus": ["FAILED", "REJECTED"]},
    }
    assert resolve(target) == {"Id": "DeviceEvents", "Arn": "DeviceEvents.Arn"}


def test_only_the_rule_may_send_to_the_queue_which_is_encrypted() -> None:
    (statement,) = resolve(RESOURCES["DeviceEventsPolicy"]["Properties"]["PolicyDocument"]["Statement"])

    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", "DeviceEvents.Arn")
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "DeviceEventsRule.Arn"}}
    assert RESOURCES["DeviceEvents"]["Properties"]["SqsManagedSseEnabled"] is True


def test_an_event_whose_check_must_be_repeated_is_checked_three_times_before_it_is_forgotten() -> None:
    queue = RESOURCES["DeviceEvents"]["Properties"]
    # "at least six times the configuration timeout on your function": Lambda's guide, about queues as event sources
    assert queue["VisibilityTimeout"] >= 6 * DEVICE_EVENTS["Timeout"]
    assert queue["MessageRetentionPeriod"] == 3 * queue["VisibilityTimeout"]
    # The third time is later than the alarm's age, and SQS leaves out of that what was received three times.
    assert 2 * queue["VisibilityTimeout"] < ALARMS["DeviceEventsDelayedAlarm"]["Threshold"]
    assert ALARMS["DeviceEventsDelayedAlarm"]["Threshold"] + 180 < queue["MessageRetentionPeriod"], (
        "else it never rings"
    )


def test_events_come_in_large_batches_of_which_a_part_may_come_again() -> None:
    (source,) = DEVICE_EVENTS["Events"].values()

    assert resolve(source) == {
        "Type": "SQS",
        "Properties": {
            "Queue": "DeviceEvents.Arn",
            "BatchSize": 1000,
            "MaximumBatchingWindowInSeconds": 5,
            "ScalingConfig": {"MaximumConcurrency": 2},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        },
    }


def test_the_function_for_device_events_is_the_same_package_with_the_same_settings_and_time() -> None:
    same = ("CodeUri", "Runtime", "Architectures", "Timeout", "MemorySize")
    variables = {**FUNCTION["Environment"]["Variables"], "SOURCES": "greengrass-v2"}

    assert {name: DEVICE_EVENTS[name] for name in same} == {name: FUNCTION[name] for name in same}
    assert DEVICE_EVENTS["Environment"]["Variables"] == variables
    assert DEVICE_EVENTS["Handler"] == "deployment_notifier.device_events_handler.handler"
    assert DEVICE_EVENTS["LoggingConfig"]["LogGroup"] == {"Ref": "DeviceEventsLogGroup"}
    assert RESOURCES["DeviceEventsLogGroup"]["Properties"]["RetentionInDays"] == 30


def test_device_events_are_received_only_where_greengrass_v2_is_watched() -> None:
    conditional = {name for name, entry in RESOURCES.items() if name.startswith("DeviceEvents")}

    assert len(conditional) == 8
    assert {RESOURCES[name].get("Condition") for name in conditional} == {"HasGreengrassV2"}
    assert resolve(TEMPLATE["Conditions"]["HasGreengrassV2"]) == {
        "Fn::Not": [{"Fn::Equals": ["Sources", "greengrass-bulk"]}]
    }
    names = [set(value.split(",")) for value in PARAMETERS["Sources"]["AllowedValues"]]
    assert all("greengrass-v2" in named or named in ({"AUTO"}, {"greengrass-bulk"}) for named in names)


# Alarms


def test_each_alarm_watches_its_metric() -> None:
    def in_words(alarm: dict[str, Any]) -> str:
        (dimension,) = alarm["Dimensions"]
        sign = {"GreaterThanThreshold": ">", "LessThanThreshold": "<"}[alarm["ComparisonOperator"]]
        periods = alarm["EvaluationPeriods"]
        rule = f"{alarm['Statistic']} {sign} {alarm['Threshold']}, {alarm.get('DatapointsToAlarm', periods)}/{periods}"
        metric = f"{alarm['Namespace']} {alarm['MetricName']} of {dimension['Name']} {dimension['Value']}"
        return f"{metric}: {rule}, {alarm['TreatMissingData']}"

    own = "GreengrassDeploymentNotifier {} of service AWS::StackName: {}"
    of_function = "AWS/Lambda {} of FunctionName NotifierFunction: {}"
    of_queue = "AWS/SQS ApproximateNumberOfMessagesVisible of QueueName {}.QueueName: Maximum > 0, 1/1, ignore"
    assert {name: in_words(resolve(alarm)) for name, alarm in ALARMS.items()} == {
        "FunctionErrorsAlarm": of_function.format("Errors", "Sum > 0, 1/3, notBreaching"),
        "MissedRunsAlarm": of_function.format("Invocations", "Sum < 1, 3/3, breaching"),
        "UndeliveredAlertsAlarm": own.format("OldestUndeliveredAlertAge", "Maximum > 900, 1/1, ignore"),
        "UnreadableItemsAlarm": own.format("UnreadableItems", "Sum > 0, 1/3, notBreaching"),
        "FaultsAlarm": own.format("Faults", "Sum > 0, 3/5, notBreaching"),
        "DeferredChecksAlarm": own.format("DeferredChecks", "Sum > 0, 8/10, notBreaching"),
        "NotificationDeadLettersAlarm": of_queue.format("NotificationDeadLetters"),
        "DeviceEventsErrorsAlarm": "AWS/Lambda Errors of FunctionName DeviceEventsFunction: "
        "Sum > 0, 1/15, notBreaching",
        "DeviceEventsDelayedAlarm": "AWS/SQS ApproximateAgeOfOldestMessage of QueueName DeviceEvents.QueueName: "
        "Maximum > 660, 2/3, notBreaching",
        "SlackRefusedAlarm": own.format("SlackRefused", "Sum > 0, 1/15, notBreaching"),
        "SlackUndeliveredAlarm": of_queue.format("SlackUndelivered"),
    }


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_notifies_when_it_starts_and_ends_and_sends_the_reader_to_doctor(name: str) -> None:
    def described(stack: str, region: str) -> str:
        # Names that CloudFormation derives from the stack's.
        names = {each: f"{stack}-{each}-A1B2C3D4E5F6" for each in RESOURCES}
        names |= {f"{each}.QueueName": names[each][-80:] for each in RESOURCES}
        text = resolve(ALARMS[name]["AlarmDescription"], names | {"AWS::StackName": stack, "AWS::Region": region})
        assert isinstance(text, str)
        return text

    assert resolve(ALARMS[name]["AlarmActions"]) == resolve(ALARMS[name]["OKActions"]) == ["AlertTopic"]
    text = described("fleet", "eu-west-1")
    assert text.startswith("fleet: ALARM means that ")  # it is shown in the state OK too
    assert 'Run "deployment-notifier doctor --stack fleet --region eu-west-1"' in text
    assert len(text) < 600, "it is read on a phone"
    assert len(described("s" * 128, "us-isob-west-1")) <= 1024, "CloudWatch's limit"


@pytest.mark.parametrize("minutes", ["1", "5", "15", "30", "60"])
def test_alarms_count_in_the_periods_of_the_schedule(minutes: str) -> None:
    entry = TEMPLATE["Mappings"]["CheckEvery"][minutes]

    assert entry["Seconds"] == int(minutes) * 60
    assert entry["Rate"] == f"rate({minutes} minute{'' if minutes == '1' else 's'})"
    for alarm in ALARMS.values():
        period = entry["Seconds"] if isinstance(alarm["Period"], dict) else alarm["Period"]
        # PutMetricAlarm: a day at most, where a period is shorter than an hour; a week otherwise.
        assert period * alarm["EvaluationPeriods"] <= (86_400 if period < 3600 else 604_800)


def test_a_notification_that_sns_gives_up_is_kept_for_every_subscription_of_the_stack() -> None:
    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": "NotificationDeadLetters.Arn"}}
    (statement,) = resolve(RESOURCES["NotificationDeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"])

    assert RESOURCES["AlertEmailSubscription"]["Properties"]["RedrivePolicy"] == redrive
    assert RESOURCES["SlackFunction"]["Properties"]["Events"]["Alert"]["Properties"]["RedrivePolicy"] == redrive
    assert RESOURCES["NotificationDeadLetters"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", "NotificationDeadLetters.Arn")
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": "AlertTopic"}}


# Parameters and outputs


def test_every_parameter_is_described_grouped_and_validated() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(PARAMETERS)
    for parameter in PARAMETERS.values():
        assert 20 < len(parameter["Description"]) < 250
        assert parameter["ConstraintDescription"].startswith("must be ")
        assert "AllowedPattern" in parameter or "AllowedValues" in parameter


def test_a_default_is_a_value_that_its_parameter_allows() -> None:
    for name, parameter in PARAMETERS.items():
        allowed = parameter.get("AllowedValues")
        assert parameter["Default"] in allowed if allowed else pattern_of(TEMPLATE, name).search(parameter["Default"])


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ("AlertEmail", ["ops@example.com"], ["ops", "ops@example", "a@b.c,d@e.f", "ops @example.com"]),
        (
            "SlackWebhookParameter",
            ["/notifier/slack-webhook", "/a"],
            ["webhook", "https://hooks.slack.com/services/T0/B0/x", "/a//b", "/a b"],
        ),
        ("AlertOn", ["DEFAULT,COMPLETED", "FAILED, LOST", *Kind], ["", "failed", "FAILED,", "FAILED STALLED", "NEW"]),
        ("FailedDevicesThreshold", ["1", "1000"], ["", "0", "-1", "1.5", "many"]),
        ("InvalidRecordsThreshold", ["1", "1000"], ["", "0", "-1", "1.5", "many"]),
        ("StalledAfterMinutes", ["1", "999999"], ["0", "1e3", "60 "]),
        ("DiscoverWithinHours", ["0", "24"], ["-1", "1.5", ""]),
        ("FollowResultsMinutes", ["0", "60"], ["-1", "1.5", ""]),
        ("UncheckedAfterMinutes", ["0", "10"], ["-1", "00", ""]),
        ("HistoryDays", ["1", "3650"], ["0", "99999"]),
        (
            "GreengrassEndpointUrl",
            ["https://greengrass.example.com", "http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:80"],
            # Requests carry credentials, so plain HTTP must not leave the machine.
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
    pattern = pattern_of(TEMPLATE, parameter)

    assert [value for value in good if not pattern.search(value)] == []
    assert [value for value in bad if pattern.search(value)] == []


def test_alert_on_names_every_kind_in_the_codes_order() -> None:
    words = re.findall("[A-Z_]{3,}", PARAMETERS["AlertOn"]["ConstraintDescription"])

    assert words == ["DEFAULT", *Kind]
    assert words == re.findall("[A-Z_]{3,}", PARAMETERS["AlertOn"]["AllowedPattern"])


def test_each_combination_of_sources_can_be_chosen() -> None:
    assert PARAMETERS["Sources"]["AllowedValues"] == ["AUTO", *PROFILES, ",".join(PROFILES)]


def test_the_outputs_are_those_that_tools_look_for() -> None:
    assert {name: resolve(entry["Value"]) for name, entry in TEMPLATE["Outputs"].items()} == {
        "FunctionName": "NotifierFunction",
        "TableName": "Table",
        "AlertTopicArn": "AlertTopic",
        "NotificationDeadLettersArn": "NotificationDeadLetters.Arn",
        "DeviceEventsQueueUrl": "DeviceEvents",
        "SlackFunctionName": "SlackFunction",
        "SlackUndeliveredQueueUrl": "SlackUndelivered",
    }


def test_the_description_says_that_aws_has_ended_greengrass_v1() -> None:
    assert "2026-10-07" in TEMPLATE["Description"]


def test_the_event_of_devices_for_sam_local_invoke_has_the_form_of_awss() -> None:
    document = json.loads((PROJECT / "events" / "device-events.json").read_text(encoding="utf-8"))
    pattern = RESOURCES["DeviceEventsRule"]["Properties"]["EventPattern"]
    (record,) = document["Records"]
    event = json.loads(record["body"])

    assert record["eventSource"] == "aws:sqs"
    assert [event["source"]] == pattern["source"]
    assert [event["detail-type"]] == pattern["detail-type"]
    assert event["detail"]["coreDeviceExecutionStatus"] in pattern["detail"]["coreDeviceExecutionStatus"]
    assert f"arn:aws:greengrass:{event['region']}:{event['account']}:coreDevices:" in event["resources"][0]


def test_sam_local_invoke_can_send_each_function_to_the_local_services() -> None:
    functions = [entry["Properties"] for entry in RESOURCES.values() if entry["Type"].endswith("::Function")]

    # SAM passes on only what the template names; `make local` adds this variable to those of the deployed functions.
    assert len(functions) == 3
    assert all("AWS_ENDPOINT_URL" in each["Environment"]["Variables"] for each in functions)


def test_the_event_for_sam_local_invoke_has_the_form_of_the_schedulers() -> None:
    event = json.loads((PROJECT / "events" / "schedule.json").read_text(encoding="utf-8"))

    assert event["source"] == "aws.scheduler"
    assert event["detail-type"] == "Scheduled Event"
    assert event["resources"][0].startswith(f"arn:aws:scheduler:{event['region']}:{event['account']}:schedule/")
    assert json.loads(event["detail"]) == {}
