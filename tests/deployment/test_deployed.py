from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local import stack
from local.ministack import ACCOUNT, REGION

if TYPE_CHECKING:
    from tests.deployment.deployed import Deployed


def say_nothing(status: str) -> None:
    """Tests show no progress."""


def schedule_of(deployed: Deployed) -> dict[str, Any]:
    """The one schedule that starts a stack's function."""
    client = deployed.session.client("scheduler", endpoint_url=deployed.endpoint)
    found = [client.get_schedule(Name=entry["Name"]) for entry in client.list_schedules()["Schedules"]]
    function = f":function:{deployed.stack.function_name}"
    (schedule,) = [entry for entry in found if entry["Target"]["Arn"].endswith(function)]
    return dict(schedule)


def test_the_schedule_starts_the_function_each_minute_without_retries(deployed_stack: Deployed) -> None:
    schedule = schedule_of(deployed_stack)

    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["State"] == "ENABLED"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["Target"]["RetryPolicy"] == {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}


def test_the_schedules_role_may_only_start_this_function(deployed_stack: Deployed) -> None:
    roles = deployed_stack.session.client("iam", endpoint_url=deployed_stack.endpoint)
    role = schedule_of(deployed_stack)["Target"]["RoleArn"].split("/")[-1]

    assert not roles.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    (name,) = roles.list_role_policies(RoleName=role)["PolicyNames"]
    document: Any = roles.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    assert document["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{deployed_stack.stack.function_name}",
        }
    ]


def test_a_second_stack_can_be_deployed_in_the_same_region(deployed_stack: Deployed, second_stack: Deployed) -> None:
    assert second_stack.stack.table_name != deployed_stack.stack.table_name
    assert second_stack.stack.alert_topic_arn != deployed_stack.stack.alert_topic_arn
    configuration = second_stack.functions.get_function_configuration(FunctionName=second_stack.stack.function_name)
    variables = configuration["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == "second"
    assert variables["ALERT_ON"] == "DEFAULT,STOPPED"
    assert "AWS_ENDPOINT_URL_GREENGRASS" not in variables
    assert configuration["Architectures"] == ["x86_64"]


def test_an_email_address_is_subscribed_and_an_empty_one_is_not(
    deployed_stack: Deployed, second_stack: Deployed
) -> None:
    def subscriptions(deployed: Deployed) -> list[tuple[str, str]]:
        page = deployed.topics.list_subscriptions_by_topic(TopicArn=deployed.stack.alert_topic_arn)
        return [(entry["Protocol"], entry["Endpoint"]) for entry in page["Subscriptions"]]

    assert subscriptions(second_stack) == [("email", "ops@example.com")]
    assert ("email", "") not in subscriptions(deployed_stack)


def test_a_wrong_parameter_is_refused_with_what_it_must_be(deployed_stack: Deployed) -> None:
    with pytest.raises(stack.StackError, match="must be a whole number of minutes, from 1"):
        stack.deploy(deployed_stack.endpoint, say_nothing, name="wrong", parameters={"StalledAfterMinutes": "0"})


def test_the_table_is_kept_when_its_stack_is_deleted(deployed_stack: Deployed) -> None:
    made = stack.deploy(deployed_stack.endpoint, say_nothing, name="short-lived")

    stack.delete(deployed_stack.endpoint, say_nothing, name="short-lived")

    assert made.table_name in deployed_stack.tables.list_tables()["TableNames"]
    with pytest.raises(deployed_stack.functions.exceptions.ResourceNotFoundException):
        deployed_stack.functions.get_function(FunctionName=made.function_name)
