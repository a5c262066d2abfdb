"""Slack's resources exist only where they are asked for, and may do only what the code does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deployment_notifier.errors import SettingsError
from deployment_notifier.slack.settings import read_slack_settings
from deployment_notifier.slack.webhook import SECONDS_PER_POST
from tests.template import grants, load_template, pattern_of, resolve

TEMPLATE = load_template()
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
FUNCTION = RESOURCES["SlackFunction"]["Properties"]
PARAMETER_ARN = "arn:AWS::Partition:ssm:AWS::Region:AWS::AccountId:parameterSlackWebhookParameter"

CHANNEL_TEMPLATE = load_template("slack-channel.yaml")
CHANNEL = CHANNEL_TEMPLATE["Resources"]["SlackChannel"]["Properties"]


# The webhook: a function


def test_the_functions_resources_exist_only_where_a_webhook_is_named() -> None:
    def conditional(part: str) -> set[str]:
        return {name for name, entry in TEMPLATE[part].items() if entry.get("Condition") == "HasSlackWebhook"}

    assert conditional("Resources") == {name for name in RESOURCES if name.startswith("Slack")}
    assert conditional("Outputs") == {"SlackFunctionName", "SlackUndeliveredQueueUrl"}
    assert resolve(TEMPLATE["Conditions"]["HasSlackWebhook"]) == {
        "Fn::Not": [{"Fn::Equals": ["SlackWebhookParameter", ""]}]
    }


def test_the_function_reads_one_parameter_and_writes_one_queue_and_its_log() -> None:
    assert grants(RESOURCES["SlackRole"]) == {
        ("logs:CreateLogStream", "SlackLogGroup.Arn"),
        ("logs:PutLogEvents", "SlackLogGroup.Arn"),
        ("ssm:GetParameter", PARAMETER_ARN),
        ("kms:Decrypt", "arn:AWS::Partition:kms:AWS::Region:AWS::AccountId:key/*"),
        ("sqs:SendMessage", "SlackUndelivered.Arn"),
    }


def test_of_all_that_keys_protect_only_the_webhook_can_be_decrypted() -> None:
    statements = resolve(RESOURCES["SlackRole"]["Properties"]["Policies"])[0]["PolicyDocument"]["Statement"]
    (condition,) = (each["Condition"] for each in statements if each["Action"] == "kms:Decrypt")
    assert condition == {
        "StringEquals": {
            "kms:ViaService": "ssm.AWS::Region.AWS::URLSuffix",
            "kms:EncryptionContext:PARAMETER_ARN": PARAMETER_ARN,
        }
    }


def test_the_functions_environment_is_what_its_settings_read() -> None:
    with pytest.raises(SettingsError) as caught:
        read_slack_settings({})
    named = set(re.findall(r"\b([A-Z_]{5,}) is not set", str(caught.value)))
    powertools = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}
    # AWS_ENDPOINT_URL is not set in AWS.
    variables = resolve(FUNCTION["Environment"]["Variables"])
    assert named | powertools == {name for name, value in variables.items() if value != "AWS::NoValue"}


def test_the_two_functions_share_package_and_settings() -> None:
    notifier = RESOURCES["NotifierFunction"]["Properties"]
    for name in ("CodeUri", "Runtime", "Architectures"):
        assert FUNCTION[name] == notifier[name]
    shared = ("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "TABLE_NAME", "ALERT_TOPIC_ARN")
    for name in shared:
        assert FUNCTION["Environment"]["Variables"][name] == notifier["Environment"]["Variables"][name]


def test_it_subscribes_to_the_topic_and_has_time_for_more_than_one_post() -> None:
    assert FUNCTION["Events"]["Alert"]["Type"] == "SNS"
    assert FUNCTION["Events"]["Alert"]["Properties"]["Topic"] == {"Ref": "AlertTopic"}
    assert FUNCTION["Timeout"] > 2 * SECONDS_PER_POST


def test_what_slack_does_not_accept_is_retried_and_then_kept() -> None:
    assert FUNCTION["EventInvokeConfig"] == {"MaximumRetryAttempts": 2}
    assert FUNCTION["DeadLetterQueue"] == {"Type": "SQS", "TargetArn": {"Fn::GetAtt": "SlackUndelivered.Arn"}}
    assert FUNCTION["Environment"]["Variables"]["UNDELIVERED_QUEUE_URL"] == {"Ref": "SlackUndelivered"}
    assert RESOURCES["SlackUndelivered"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


# Amazon Q Developer: a stack of its own


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ("SlackWorkspaceId", "T0123ABCD", ["", "t0123", "my-team"]),
        ("SlackChannelId", "C0123ABCD", ["", "#general"]),
        ("AlertTopicArns", "arn:aws:sns:eu-west-1:123456789012:fleet-AlertTopic-A1", ["", "fleet-AlertTopic-A1"]),
    ],
)
def test_a_wrong_id_of_the_channel_is_refused(parameter: str, good: str, bad: list[str]) -> None:
    pattern = pattern_of(CHANNEL_TEMPLATE, parameter)
    assert pattern.search(good)
    assert [value for value in bad if pattern.search(value)] == []


def test_another_workspace_or_channel_gives_the_configuration_another_name() -> None:
    """These properties replace the resource, and CloudFormation makes the new one before it deletes the old one."""

    def name(workspace: str, channel: str) -> str:
        found = resolve(CHANNEL["ConfigurationName"], {"SlackWorkspaceId": workspace, "SlackChannelId": channel})
        assert isinstance(found, str)
        return found

    assert len({name("T1", "C1"), name("T2", "C1"), name("T1", "C2"), name("T1C", "1")}) == 4
    assert re.fullmatch("[A-Za-z0-9_-]+", name("T1", "C1"))


def test_the_configurations_name_has_at_most_128_characters_for_any_ids() -> None:
    longest = {}
    for parameter in ("SlackWorkspaceId", "SlackChannelId"):
        pattern = pattern_of(CHANNEL_TEMPLATE, parameter)
        longest[parameter] = max((n * "A" for n in range(300) if pattern.search(n * "A")), key=len)
    # No other reference: the name is as long for every stack.
    assert len(resolve(CHANNEL["ConfigurationName"], longest)) <= 128


def test_users_of_the_channel_can_do_nothing_in_aws() -> None:
    role = CHANNEL_TEMPLATE["Resources"]["SlackChannelRole"]["Properties"]
    assert CHANNEL["GuardrailPolicies"] == [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AWSDenyAll"}]
    assert CHANNEL["IamRoleArn"] == {"Fn::GetAtt": "SlackChannelRole.Arn"}
    assert role.keys() == {"AssumeRolePolicyDocument"}
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "chatbot.amazonaws.com"}
