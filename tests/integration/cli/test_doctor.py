"""`doctor`: each thing that can be wrong is found, with what to do."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier_cli.iam_actions import ACTIONS
from local.simulator import Misbehaviour, Operation
from tests.emulated.stack import at
from tests.integration.cli.operated_stack import ACCOUNT, FUNCTION, TABLE, OperatedStack, fleet
from tests.integration.cli.terminal import ALARM, RULE, SCHEDULE

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal


@pytest.fixture
def healthy(terminal: Terminal, stack: OperatedStack) -> Terminal:
    """A stack that is well, five minutes after its first sweep; discovery is on."""
    terminal.parameters["DiscoverWithinHours"] = "24"
    stack.discover_within_hours = 24
    stack.play(at(0, processed=1))
    stack.sweep()
    terminal.complete()
    return terminal


def _found(terminal: Terminal, level: str) -> list[dict[str, Any]]:
    return [finding for finding in terminal.read("doctor")["findings"] if finding["level"] == level]


def _only_problem(terminal: Terminal) -> dict[str, Any]:
    (finding,) = _found(terminal, "wrong")
    result = terminal.type("doctor")
    assert result.exit_code == 1
    assert "1 problem found." in result.stdout
    return finding


def _only_unknown(terminal: Terminal) -> dict[str, Any]:
    assert _found(terminal, "wrong") == []
    (finding,) = _found(terminal, "unknown")
    result = terminal.type("doctor")
    assert result.exit_code == 3
    assert "All is well" not in result.stdout
    assert "No problem found, but not everything could be examined." in result.stdout
    return finding


def _only_v1(terminal: Terminal, stack: OperatedStack | None) -> None:
    """Let the stack watch only V1."""
    terminal.parameters["Sources"] = "greengrass-bulk"
    if stack is not None:
        stack.sources = frozenset({"greengrass-bulk"})


def test_a_healthy_stack_is_said_to_be(healthy: Terminal) -> None:
    result = healthy.type("doctor")

    assert result.exit_code == 0, result.stdout
    for said in (
        "It ended 0 s ago: 1 active, 1 checked.",
        "Greengrass V1 has answered since 2026-11-23 10:04:00 UTC. Discovery is on",
        "Greengrass V2 has answered since 2026-11-23 10:04:00 UTC. Discovery is on",
        "The role of the function for device events allows what the function needs.",
        "Device events  The rule, the queue and the function are there and enabled.",
        "All were last listed at 2026-11-23 10:04:00 UTC.",
        "The role of the function allows what the function needs.",
        "\nAll is well.\n",
    ):
        assert said in result.stdout
    assert healthy.read("doctor")["healthy"] is True


@pytest.mark.parametrize(
    ("status", "way_out"),
    [
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name"),
        ("ROLLBACK_COMPLETE", "then deploy it again: aws cloudformation delete-stack --stack-name"),
        ("DELETE_FAILED", "aws cloudformation delete-stack --stack-name"),
        ("UPDATE_FAILED", "Then deploy it again."),
    ],
)
def test_a_stack_that_failed_is_found_with_the_way_out_of_its_state(
    healthy: Terminal, status: str, way_out: str
) -> None:
    healthy.described["StackStatus"] = status

    finding = _only_problem(healthy)

    assert status in finding["what"]
    assert "describe-stack-events" in finding["advice"][0]
    assert way_out in finding["advice"][1]


def test_a_resource_that_failed_is_found(healthy: Terminal) -> None:
    healthy.resources["ErrorsAlarm"][2] = "UPDATE_FAILED"

    assert "ErrorsAlarm (UPDATE_FAILED)" in _only_problem(healthy)["what"]


def test_a_stack_that_is_being_changed_is_not_well_yet(healthy: Terminal) -> None:
    healthy.described["StackStatus"] = "UPDATE_IN_PROGRESS"

    assert _only_unknown(healthy)["about"] == "Stack"


def test_a_function_that_was_deleted_is_found_wherever_it_is_needed(healthy: Terminal) -> None:
    healthy.admin("lambda").delete_function(FunctionName=FUNCTION)

    assert [finding["about"] for finding in _found(healthy, "wrong")] == ["Function", "Permissions", "Last sweep"]


@pytest.mark.parametrize("gone", ["table", "topic"])
def test_a_table_or_topic_that_was_deleted_is_found_with_how_to_restore_it(
    healthy: Terminal, stack: OperatedStack, gone: str
) -> None:
    if gone == "table":
        healthy.admin("dynamodb").delete_table(TableName=TABLE)
    else:
        healthy.admin("sns").delete_topic(TopicArn=stack.topic_arn)

    found = [each for each in _found(healthy, "wrong") if "A resource of the stack does not exist" in each["what"]]

    assert found
    assert all("--deployment-mode REVERT_DRIFT" in each["advice"][1] for each in found)


def test_a_function_that_could_not_be_updated_is_found(healthy: Terminal) -> None:
    configuration = healthy.admin("lambda").get_function_configuration(FunctionName=FUNCTION)
    failed = {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no such image"}
    healthy.answer_with("lambda.GetFunctionConfiguration", **configuration | failed)

    own, for_events = _found(healthy, "wrong")

    assert "its last update Failed: no such image" in own["what"]
    assert "its last update Failed." in for_events["what"]
    # Deploying the same template again would be no change.
    assert all("deploy with a change" in finding["advice"][0] for finding in (own, for_events))


def test_settings_that_stop_the_function_are_found(healthy: Terminal) -> None:
    healthy.set_environment(ALERT_ON="EVERYTHING")

    assert "ALERT_ON holds 'EVERYTHING'" in _only_problem(healthy)["what"]


def test_a_function_without_concurrency_is_found(healthy: Terminal) -> None:
    healthy.admin("lambda").put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=0)

    assert "delete-function-concurrency" in _only_problem(healthy)["advice"][0]


@pytest.mark.parametrize(
    "action", ["sns:Publish", "dynamodb:PutItem", "dynamodb:Query", "greengrass:ListBulkDeploymentDetailedReports"]
)
def test_a_permission_that_the_role_has_lost_is_found(healthy: Terminal, action: str) -> None:
    healthy.denied_to_role = {action}

    finding = _only_problem(healthy)

    assert finding["about"] == "Permissions"
    assert f"does not allow {action}." in finding["what"]
    assert "REVERT_DRIFT" in " ".join(finding["advice"])


@pytest.mark.parametrize(
    "action", ["sqs:ReceiveMessage", "dynamodb:GetItem", "iot:DescribeJob", "greengrass:GetDeployment"]
)
def test_a_permission_that_the_role_for_device_events_has_lost_is_found(healthy: Terminal, action: str) -> None:
    healthy.denied_to_events_role = {action}

    assert f"device-events, does not allow {action}." in _only_problem(healthy)["what"]


def test_a_rule_of_device_events_that_is_disabled_or_was_deleted_is_found(healthy: Terminal) -> None:
    healthy.admin("events").disable_rule(Name=RULE)
    finding = _only_problem(healthy)
    assert "is disabled: no event arrives" in finding["what"]
    assert finding["advice"][0] == f"Enable it: aws events enable-rule --name {RULE} --region eu-west-1"
    healthy.admin("events").delete_rule(Name=RULE)
    assert f"The rule {RULE} was deleted." in _only_problem(healthy)["what"]


def test_a_queue_of_device_events_that_was_deleted_is_found(healthy: Terminal) -> None:
    healthy.admin("sqs").delete_queue(QueueUrl=healthy.resources["DeviceEvents"][1])

    finding = _only_problem(healthy)

    assert "device-events was deleted." in finding["what"]
    assert "sweeps find the failed devices" in finding["advice"][-1]


def test_a_function_for_device_events_that_does_not_read_its_queue_is_found(healthy: Terminal) -> None:
    client = healthy.admin("lambda")
    client.update_event_source_mapping(UUID=healthy.mapping, Enabled=False)
    assert f"--uuid {healthy.mapping} --enabled" in _only_problem(healthy)["advice"][0]
    client.delete_event_source_mapping(UUID=healthy.mapping)
    assert "the event source mapping was deleted" in _only_problem(healthy)["what"]


def test_a_stack_without_v2_has_no_device_events(healthy: Terminal) -> None:
    for name in ("DeviceEventsRule", "DeviceEvents", "DeviceEventsFunction"):
        del healthy.resources[name]
    healthy.parameters["Sources"] = "greengrass-bulk"

    result = healthy.type("doctor")

    assert result.exit_code == 0, result.stdout
    assert "The stack has none: the parameter Sources leaves out Greengrass V2." in result.stdout
    assert "Greengrass V2 is not watched: the parameter Sources leaves it out." in result.stdout


def test_an_account_without_v1_is_well(terminal: Terminal, stack: OperatedStack) -> None:
    terminal.parameters["DiscoverWithinHours"] = "24"
    stack.discover_within_hours = 24
    stack.simulator.fault(Misbehaviour.DENIED, operation=Operation.LIST)
    stack.play_fleet(fleet(0, in_progress=2))
    stack.sweep()
    terminal.complete()

    result = terminal.type("doctor")

    assert result.exit_code == 0, result.stdout
    assert "Greengrass V1 has not answered, and is not relied upon" in result.stdout
    terminal.parameters["Sources"] = "greengrass-v2,greengrass-bulk"
    stack.advance(minutes=17)
    terminal.log_sweep(watches=1, checked=1)
    assert "Greengrass V1 has never answered" in _only_problem(terminal)["what"]


def test_a_role_that_was_deleted_is_found(healthy: Terminal) -> None:
    healthy.fail("iam.SimulatePrincipalPolicy", "NoSuchEntity", "The role cannot be found")

    assert [each["about"] for each in _found(healthy, "wrong")] == ["Permissions", "Permissions"]


def test_a_disabled_schedule_is_found(healthy: Terminal) -> None:
    client = healthy.admin("scheduler")
    old = client.get_schedule(Name=SCHEDULE)
    kept = {name: old[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    client.update_schedule(**kept, State="DISABLED")

    assert "is DISABLED, so no sweep starts" in _only_problem(healthy)["what"]


def test_a_schedule_that_was_deleted_is_found_with_how_to_restore_it(healthy: Terminal) -> None:
    healthy.admin("scheduler").delete_schedule(Name=SCHEDULE)

    finding = _only_problem(healthy)

    assert "was deleted, so no sweep starts" in finding["what"]
    assert "--deployment-mode REVERT_DRIFT" in finding["advice"][1]
    assert "UsePreviousValue: `true`" in finding["advice"][1]
    del healthy.resources["Schedule"]
    assert "The stack has no schedule" in _only_problem(healthy)["what"]


def test_the_log_is_read_where_the_function_writes_it(healthy: Terminal) -> None:
    configuration = healthy.admin("lambda").get_function_configuration(FunctionName=FUNCTION)
    log_group = {"LoggingConfig": {"LogGroup": "the-stack's-own"}}
    healthy.answer_with("lambda.GetFunctionConfiguration", **configuration | log_group)
    healthy.fail("logs.FilterLogEvents", "ResourceNotFoundException")

    assert "the stack is 0 s old" in _only_unknown(healthy)["what"]
    assert healthy.last["logs.FilterLogEvents"]["logGroupName"] == "the-stack's-own"


def test_missed_sweeps_are_found(healthy: Terminal, stack: OperatedStack) -> None:
    stack.advance(minutes=17)
    assert healthy.type("doctor").exit_code == 0
    stack.advance(minutes=1)

    finding = _only_problem(healthy)

    # Three periods of five minutes, and two for the log.
    assert "No sweep has ended in the last 17 min" in finding["what"]
    assert "aws logs tail" in finding["advice"][0]
    healthy.parameters["CheckEveryMinutes"] = "1"
    stack.advance(minutes=-12)
    assert "It ended 6 min ago, at 2026-11-23 10:04:00 UTC" in _only_problem(healthy)["what"]


def test_a_new_stack_is_given_time_for_its_first_sweep(terminal: Terminal, stack: OperatedStack) -> None:
    terminal.complete()
    terminal.log = None
    assert [each["about"] for each in _found(terminal, "unknown")] == ["Last sweep", "Sources", "Sources"]
    stack.advance(minutes=20)
    terminal.parameters["DiscoverWithinHours"] = "24"

    assert [each["about"] for each in _found(terminal, "wrong")] == ["Last sweep", "Sources", "Sources"]


def test_faults_of_the_last_sweep_are_found(healthy: Terminal, stack: OperatedStack) -> None:
    stack.advance(minutes=1)
    healthy.log_sweep(watches=3, checked=1, table_failures=2)

    assert "failed calls to DynamoDB: 2" in _only_problem(healthy)["what"]


def test_a_source_that_answers_nothing_is_a_problem_once_it_lasts(terminal: Terminal, stack: OperatedStack) -> None:
    _only_v1(terminal, stack)
    stack.play(at(0, misbehaviour=Misbehaviour.DENIED))
    stack.sweep()
    terminal.complete()
    assert _only_unknown(terminal)["about"] == "Sources"
    stack.advance(minutes=10)

    finding = _only_problem(terminal)

    assert "has not answered since 2026-11-23 10:04:00 UTC (10 min): AccessDenied" in finding["what"]
    assert "AWS ended support for Greengrass V1" in finding["advice"][1]


def test_a_listing_that_fails_is_a_problem_though_nothing_is_watched(terminal: Terminal, stack: OperatedStack) -> None:
    terminal.parameters["DiscoverWithinHours"] = "24"
    stack.discover_within_hours = 24
    _only_v1(terminal, stack)
    stack.simulator.fault(Misbehaviour.DENIED, operation=Operation.LIST)
    stack.sweep()
    terminal.complete()
    stack.advance(minutes=10)
    stack.sweep()

    (unanswered, unlisted) = _found(terminal, "wrong")

    assert "has not answered since 2026-11-23 10:04:00 UTC" in unanswered["what"]
    assert "bulk deployments cannot be listed" in unlisted["what"]


def test_a_source_that_was_never_asked_is_not_well(terminal: Terminal) -> None:
    terminal.complete()
    _only_v1(terminal, None)

    finding = _only_unknown(terminal)

    assert "Greengrass V1 has never answered. Discovery is off" in finding["what"]


def test_a_named_source_without_a_watch_is_not_said_to_fail_while_another_is_watched(
    terminal: Terminal, stack: OperatedStack
) -> None:
    terminal.parameters["Sources"] = "greengrass-v2,greengrass-bulk"
    stack.play(at(0, processed=1))
    stack.sweep()
    terminal.complete()
    stack.advance(minutes=20)
    terminal.log_sweep(watches=1, checked=1)

    assert "Greengrass V2 has never answered. Discovery is off" in _only_unknown(terminal)["what"]


def test_a_listing_that_never_ends_is_found(healthy: Terminal, stack: OperatedStack) -> None:
    stack.advance(minutes=121)
    healthy.log_sweep(watches=1, checked=1)

    v2, v1 = _found(healthy, "wrong")
    assert "V2 answers, but not all deployments were listed since 2026-11-23 10:04:00 UTC" in v2["what"]
    assert "V1 answers, but not all deployments were listed since 2026-11-23 10:04:00 UTC" in v1["what"]


def test_a_first_listing_that_never_ends_is_found(healthy: Terminal, stack: OperatedStack) -> None:
    answering = {name: {"S": "2026-11-23T10:04:00.000Z"} for name in ("AnsweringSince", "ListingSince")}
    stack.put("source:greengrass-v2", "SOURCE", Queue={"S": "CHECK"}, Version={"N": "1"}, **answering)
    assert "Not all are listed yet." in _only_unknown(healthy)["what"]
    stack.advance(minutes=121)
    healthy.log_sweep(watches=1, checked=1)

    v2, _ = _found(healthy, "wrong")
    assert "V2 answers, but not all deployments were listed since 2026-11-23 10:04:00 UTC" in v2["what"]


def test_a_deployment_whose_checks_fail_is_a_problem_once_it_lasts(healthy: Terminal, stack: OperatedStack) -> None:
    stack.put_watch("unknown-to-aws")
    stack.sweep()
    assert "Checks of unknown-to-aws have failed for 0 s" in _only_unknown(healthy)["what"]
    stack.advance(minutes=10)

    finding = _only_problem(healthy)
    assert finding["advice"] == ["See why: deployment-notifier check unknown-to-aws"]
    assert "unchecked 10 min" in healthy.type("list").stdout


def test_watches_that_cannot_be_checked_are_found(healthy: Terminal, stack: OperatedStack) -> None:
    stack.put_watch("bad id", Version={"S": "x"})
    stack.put_watch("other", Source={"S": "greengrass-v9"})
    stack.put_watch("odd\x1b", Version={"S": "x"})

    bad, odd, other = _found(healthy, "wrong")

    assert bad["advice"][1].endswith("deployment-notifier unwatch 'bad id' && deployment-notifier watch 'bad id'")
    assert '"odd\\u001b"' in odd["advice"][1]
    assert "unknown Source greengrass-v9" in other["what"]
    assert "\x1b" not in healthy.type("doctor").stdout


def test_a_topic_without_subscription_is_found(healthy: Terminal, stack: OperatedStack) -> None:
    healthy.admin("sns").unsubscribe(SubscriptionArn=stack.subscription_arn)

    assert "no one gets the alerts" in _only_problem(healthy)["what"]


def test_an_unconfirmed_subscription_is_found_and_a_webhook_stays_secret(
    healthy: Terminal, stack: OperatedStack
) -> None:
    pending = {"Owner": ACCOUNT, "TopicArn": stack.topic_arn, "SubscriptionArn": "PendingConfirmation"}
    healthy.answer_with(
        "sns.ListSubscriptionsByTopic",
        Subscriptions=[
            pending | {"Protocol": "email", "Endpoint": "ops@example.com"},
            pending | {"Protocol": "https", "Endpoint": "https://hooks.example.com/secret-token"},
        ],
    )

    email, webhook = _found(healthy, "wrong")

    assert "email ops@example.com is not confirmed" in email["what"]
    assert "Subscription Confirmation" in email["advice"][0]
    assert "https://hooks.example.com/..." in webhook["what"]
    assert "secret-token" not in healthy.type("doctor").stdout


def test_an_undelivered_alert_is_found_with_what_sns_said(healthy: Terminal, stack: OperatedStack) -> None:
    stack.play(at(0, "Failed"), deployment_id="failed")
    stack.sns_error = (403, "AuthorizationError")
    stack.sweep()

    finding = _only_problem(healthy)

    assert "(AuthorizationError) when calling the Publish operation: said SNS" in finding["what"]
    assert "deployment-notifier resend failed/2026-11-23T10:04:00.123Z" in finding["advice"][0]


def test_an_alert_that_waits_for_the_next_sweep_is_no_problem_until_it_is_late(
    healthy: Terminal, stack: OperatedStack
) -> None:
    stack.play(at(0, "Failed"), deployment_id="failed")
    stack.sweep()
    stack.advance(minutes=10)
    healthy.type("resend", "failed/2026-11-23T10:04:00.123Z")
    healthy.log_sweep()

    assert healthy.type("doctor").exit_code == 0
    stack.advance(minutes=11)
    assert "No sweep has tried to publish it" in _only_problem(healthy)["what"]


def test_alerts_that_cannot_be_read_are_found(healthy: Terminal, stack: OperatedStack) -> None:
    hostile = "it's $(id)"
    stack.put("an-id", "EVENT#2026-11-23T10:04:00.123Z#2-ALERT", Queue={"S": "DELIVER"})
    stack.put(hostile, "ALERT", Queue={"S": "DELIVER"})

    take_out, delete = (finding["advice"][1] for finding in _found(healthy, "wrong"))

    assert take_out == "Or take it out: deployment-notifier discard an-id/2026-11-23T10:04:00.123Z"
    words = shlex.split(delete.removeprefix("Or delete it: "))
    assert words[:3] == ["aws", "dynamodb", "delete-item"]
    assert json.loads(words[words.index("--key") + 1]) == {"DeploymentId": {"S": hostile}, "Record": {"S": "ALERT"}}


def test_an_alarm_in_alarm_state_is_found_with_its_own_advice(healthy: Terminal) -> None:
    healthy.admin("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="Threshold crossed")

    finding = _only_problem(healthy)

    assert finding["what"] == f"{ALARM} is in ALARM state: Threshold crossed"
    assert finding["advice"] == ["A sweep failed: see the log."]


def test_an_alarm_that_is_muted_or_was_deleted_is_found(healthy: Terminal) -> None:
    healthy.admin("cloudwatch").disable_alarm_actions(AlarmNames=[ALARM])
    assert "is muted" in _only_problem(healthy)["what"]
    healthy.admin("cloudwatch").delete_alarms(AlarmNames=[ALARM])
    finding = _only_problem(healthy)
    assert finding["what"] == f"{ALARM} was deleted."
    assert "REVERT_DRIFT" in " ".join(finding["advice"])


@pytest.mark.parametrize(
    ("operation", "about"),
    [
        ("cloudformation.ListStackResources", ["Stack", "Permissions", "Schedule", "Device events", "Alarms"]),
        (
            "lambda.GetFunctionConfiguration",
            ["Function", "Permissions", "Permissions", "Device events", "Last sweep"],
        ),
        ("lambda.ListEventSourceMappings", ["Device events"]),
        ("events.DescribeRule", ["Device events"]),
        ("sqs.GetQueueAttributes", ["Device events"]),
        ("lambda.GetFunctionConcurrency", ["Function"]),
        ("iam.SimulatePrincipalPolicy", ["Permissions", "Permissions"]),
        ("scheduler.GetSchedule", ["Schedule"]),
        ("logs.FilterLogEvents", ["Last sweep"]),
        ("dynamodb.Query", ["Sources", "Watches", "Alerts"]),
        ("sns.ListSubscriptionsByTopic", ["Subscriptions"]),
        ("cloudwatch.DescribeAlarms", ["Alarms"]),
    ],
)
def test_what_may_not_be_examined_is_not_well_and_the_permissions_are_listed(
    healthy: Terminal, operation: str, about: list[str]
) -> None:
    healthy.fail(operation)

    result = healthy.type("doctor")

    assert [finding["about"] for finding in _found(healthy, "unknown")] == about
    assert result.exit_code == 3
    assert f"\nPermissions that you lack: {operation.replace('.', ':')}\n" in result.stdout
    assert healthy.read("doctor")["missingPermissions"] == [operation.replace(".", ":")]


def test_who_may_see_nothing_but_the_stack_is_not_told_that_anything_is_well(healthy: Terminal) -> None:
    for action in set(ACTIONS["doctor"]) - {"cloudformation:DescribeStacks"}:
        healthy.fail(action.replace(":", "."))

    assert healthy.type("doctor").exit_code == 3
    assert {finding["level"] for finding in healthy.read("doctor")["findings"]} == {"unknown"}


def test_a_table_that_was_deleted_is_found(healthy: Terminal, stack: OperatedStack) -> None:
    stack.admin("dynamodb").delete_table(TableName=TABLE)

    assert [finding["about"] for finding in _found(healthy, "wrong")] == ["Sources", "Watches", "Alerts"]
