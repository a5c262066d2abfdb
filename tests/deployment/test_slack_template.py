"""The Slack resources stand only where they are asked for, and may do just what the code does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deployment_notifier.errors import SettingsError
from deployment_notifier.slack.settings import read_slack_settings
from deployment_notifier.slack.webhook import SECONDS_PER_POST
from tests.template import load_template, pattern_of

TEMPLATE = load_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
FUNCTION = RESOURCES["SlackFunction"]["Properties"]
PARAMETER_ARN = {
    "Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SlackWebhookParameter}"
}

_NO_VALUE = {"Ref": "AWS::NoValue"}


def under(condition: str, part: str = "Resources") -> set[str]:
    """The names of what stands only under a condition."""
    return {name for name, entry in TEMPLATE[part].items() if entry.get("Condition") == condition}


def statements(role: str) -> dict[str, dict[str, Any]]:
    policies = RESOURCES[role]["Properties"]["Policies"]
    return {each["Sid"]: each for policy in policies for each in policy["PolicyDocument"]["Statement"]}


# What stands when


def test_slack_resources_are_made_only_where_a_parameter_asks_for_them() -> None:
    by_name = {name for name in RESOURCES if name.startswith("Slack")}
    assert under("HasSlackChannel") == {"SlackChannel", "SlackChannelRole"}
    assert under("HasSlackWebhook") == by_name - under("HasSlackChannel")
    assert under("HasSlackWebhook", "Outputs") == {"SlackFunctionName", "SlackUndeliveredQueueUrl"}
    for name in ("SlackWorkspaceId", "SlackChannelId", "SlackWebhookParameter"):
        assert TEMPLATE["Parameters"][name]["Default"] == ""
    assert TEMPLATE["Conditions"]["HasSlackWebhook"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "SlackWebhookParameter"}, ""]}]
    }


@pytest.mark.parametrize(
    ("value", "is_taken"),
    [
        ("", True),
        ("/notifier/slack-webhook", True),
        ("/a", True),
        ("webhook", False),  # the ARN of a name without a slash is another
        ("https://hooks.slack.com/services/T0/B0/x", False),
        ("/a//b", False),
        ("/a b", False),
    ],
)
def test_the_webhook_parameter_is_a_parameters_name_and_never_the_url(value: str, *, is_taken: bool) -> None:
    assert bool(pattern_of(TEMPLATE, "SlackWebhookParameter").fullmatch(value)) is is_taken


@pytest.mark.parametrize(
    ("parameter", "value", "is_taken"),
    [
        ("SlackWorkspaceId", "T0123ABCD", True),
        ("SlackWorkspaceId", "t0123", False),
        ("SlackChannelId", "C0123ABCD", True),
        ("SlackChannelId", "#general", False),
    ],
)
def test_the_ids_of_slack_are_told_from_names(parameter: str, value: str, *, is_taken: bool) -> None:
    assert bool(pattern_of(TEMPLATE, parameter).fullmatch(value)) is is_taken


# Who may do what


def test_nobody_can_do_anything_in_aws_from_the_channel() -> None:
    channel = RESOURCES["SlackChannel"]["Properties"]
    role = RESOURCES["SlackChannelRole"]["Properties"]
    assert channel["GuardrailPolicies"] == [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"}]
    assert channel["IamRoleArn"] == {"Fn::GetAtt": "SlackChannelRole.Arn"}
    assert not {"Policies", "ManagedPolicyArns"} & role.keys()
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "chatbot.amazonaws.com"}


def test_the_slack_function_reads_one_parameter_and_writes_one_queue_and_its_log() -> None:
    assert FUNCTION["Role"] == {"Fn::GetAtt": "SlackRole.Arn"}
    assert not {"Policies", "ManagedPolicyArns"} & FUNCTION.keys()
    assert "ManagedPolicyArns" not in RESOURCES["SlackRole"]["Properties"]
    granted = {sid: (each["Action"], each["Resource"]) for sid, each in statements("SlackRole").items()}
    assert granted == {
        "WriteOwnLog": (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": "SlackLogGroup.Arn"}),
        "ReadWebhook": ("ssm:GetParameter", PARAMETER_ARN),
        "DecryptWebhook": (
            "kms:Decrypt",
            {"Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*"},
        ),
        "KeepUndelivered": ("sqs:SendMessage", {"Fn::GetAtt": "SlackUndelivered.Arn"}),
    }


def test_of_all_that_keys_protect_only_the_webhook_can_be_decrypted() -> None:
    assert statements("SlackRole")["DecryptWebhook"]["Condition"] == {
        "StringEquals": {
            "kms:ViaService": {"Fn::Sub": "ssm.${AWS::Region}.${AWS::URLSuffix}"},
            "kms:EncryptionContext:PARAMETER_ARN": PARAMETER_ARN,
        }
    }


# How it runs


def test_the_functions_environment_is_what_its_settings_read() -> None:
    with pytest.raises(SettingsError) as caught:
        read_slack_settings({})
    named = set(re.findall(r"\b([A-Z_]{5,}) is not set", str(caught.value)))
    powertools = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
    # Not set in AWS; botocore reads it by itself.
    variables = {name for name, value in FUNCTION["Environment"]["Variables"].items() if value != _NO_VALUE}
    assert named | powertools == variables


def test_the_two_functions_are_of_one_package_and_settings() -> None:
    notifier = RESOURCES["NotifierFunction"]["Properties"]
    for name in ("CodeUri", "Runtime", "Architectures"):
        assert FUNCTION[name] == notifier[name]
    shared = ("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "TABLE_NAME", "ALERT_TOPIC_ARN")
    for name in shared:
        assert FUNCTION["Environment"]["Variables"][name] == notifier["Environment"]["Variables"][name]


def test_it_hears_the_topic_and_has_time_for_more_than_one_post() -> None:
    assert FUNCTION["Events"] == {"Alert": {"Type": "SNS", "Properties": {"Topic": {"Ref": "AlertTopic"}}}}
    assert FUNCTION["Timeout"] > 2 * SECONDS_PER_POST


def test_what_slack_does_not_take_is_tried_again_and_then_kept() -> None:
    assert FUNCTION["EventInvokeConfig"] == {"MaximumRetryAttempts": 2}
    assert FUNCTION["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": {"Fn::GetAtt": "SlackUndelivered.Arn"}}
    assert FUNCTION["Environment"]["Variables"]["UNDELIVERED_QUEUE_URL"] == {"Ref": "SlackUndelivered"}
    assert RESOURCES["SlackUndelivered"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_first_refusal_rings_within_a_minute_by_the_metric_that_the_code_writes() -> None:
    alarm = RESOURCES["SlackRefusedAlarm"]["Properties"]
    variables = FUNCTION["Environment"]["Variables"]
    # The handler's own name for it (deployment_notifier.slack.handler.REFUSED), which can be imported only in Lambda.
    assert (alarm["MetricName"], alarm["Namespace"]) == ("SlackRefused", variables["POWERTOOLS_METRICS_NAMESPACE"])
    assert alarm["Dimensions"] == [{"Name": "service", "Value": variables["POWERTOOLS_SERVICE_NAME"]}]
    assert (alarm["Period"], alarm["DatapointsToAlarm"], alarm["Threshold"]) == (60, 1, 0)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_whatever_waits_in_the_queue_rings() -> None:
    alarm = RESOURCES["SlackUndeliveredAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": "SlackUndelivered.QueueName"}}]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


@pytest.mark.parametrize("alarm", ["SlackRefusedAlarm", "SlackUndeliveredAlarm"])
def test_slacks_alarms_go_to_the_topic_and_so_to_the_email_too(alarm: str) -> None:
    assert RESOURCES[alarm]["Properties"]["AlarmActions"] == [{"Ref": "AlertTopic"}]
