"""`doctor`: each thing that can be wrong is found, with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local.simulator import Misbehaviour
from tests.conftest import REGION
from tests.integration.cli.terminal import ALARM, FUNCTION, SCHEDULE
from tests.integration.world import ACCOUNT, TABLE, World, at

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal


@pytest.fixture
def whole(terminal: Terminal) -> Terminal:
    terminal.make_whole()
    return terminal


def _found(terminal: Terminal, level: str) -> list[dict[str, Any]]:
    return [finding for finding in terminal.read("doctor")["findings"] if finding["level"] == level]


def _only_wrong(terminal: Terminal) -> dict[str, Any]:
    (finding,) = _found(terminal, "wrong")
    assert terminal.type("doctor").exit_code == 1
    return finding


def test_a_healthy_stack_is_no_finding(whole: Terminal, world: World) -> None:
    world.play(at(0))
    world.sweep()

    result = whole.type("doctor")

    assert result.exit_code == 0, result.stdout
    assert "All is well." in result.stdout
    assert "Ended 0 s ago: 1 active, 1 checked." in result.stdout
    assert whole.read("doctor")["healthy"] is True


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_a_stack_that_failed_is_found(whole: Terminal, status: str) -> None:
    whole.stack["StackStatus"] = status

    finding = _only_wrong(whole)

    assert status in finding["what"]
    assert "describe-stack-events" in finding["advice"][0]


def test_a_broken_resource_is_found(whole: Terminal) -> None:
    whole.resources["ErrorsAlarm"][2] = "UPDATE_FAILED"

    assert "ErrorsAlarm (UPDATE_FAILED)" in _only_wrong(whole)["what"]


def test_a_stack_that_is_being_changed_is_no_finding_yet(whole: Terminal) -> None:
    whole.stack["StackStatus"] = "UPDATE_IN_PROGRESS"

    assert [finding["about"] for finding in _found(whole, "unknown")] == ["Stack"]
    assert whole.type("doctor").exit_code == 0


def test_a_function_that_is_gone_is_found_wherever_it_is_needed(whole: Terminal) -> None:
    whole.admin("lambda").delete_function(FunctionName=FUNCTION)

    assert [finding["about"] for finding in _found(whole, "wrong")] == ["Function", "Last sweep"]


def test_a_function_that_could_not_be_updated_is_found(whole: Terminal) -> None:
    configuration = whole.admin("lambda").get_function_configuration(FunctionName=FUNCTION)
    failed = {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no such image"}
    whole.answer_with("lambda.GetFunctionConfiguration", **configuration | failed)

    assert "its last update Failed: no such image" in _only_wrong(whole)["what"]


def test_settings_that_stop_the_function_are_found(whole: Terminal) -> None:
    whole.set_environment(ALERT_ON="EVERYTHING")

    assert "ALERT_ON holds 'EVERYTHING'" in _only_wrong(whole)["what"]


def test_a_function_that_is_switched_off_is_found(whole: Terminal) -> None:
    whole.admin("lambda").put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=0)

    assert "delete-function-concurrency" in _only_wrong(whole)["advice"][0]


def test_a_disabled_schedule_is_found(whole: Terminal) -> None:
    client = whole.admin("scheduler")
    old = client.get_schedule(Name=SCHEDULE)
    kept = {name: old[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    client.update_schedule(**kept, State="DISABLED")

    assert "is DISABLED: no sweep starts" in _only_wrong(whole)["what"]


def test_a_schedule_that_is_gone_is_found(whole: Terminal) -> None:
    whole.admin("scheduler").delete_schedule(Name=SCHEDULE)

    assert _only_wrong(whole)["about"] == "Schedule"


def test_the_log_is_looked_for_where_the_function_writes_it(whole: Terminal) -> None:
    configuration = whole.admin("lambda").get_function_configuration(FunctionName=FUNCTION)
    whole.answer_with(
        "lambda.GetFunctionConfiguration", **configuration | {"LoggingConfig": {"LogGroup": "the-stack's-own"}}
    )
    whole.fail("logs.FilterLogEvents", "ResourceNotFoundException")

    assert "the stack was made 0 s ago" in _found(whole, "unknown")[0]["what"]
    assert whole.asked["logs.FilterLogEvents"]["logGroupName"] == "the-stack's-own"


def test_missed_sweeps_are_found(whole: Terminal, world: World) -> None:
    world.advance(minutes=17)
    assert whole.type("doctor").exit_code == 0
    world.advance(minutes=1)

    finding = _only_wrong(whole)

    # Three periods of five minutes, and two for the log.
    assert finding["about"] == "Last sweep"
    assert "aws logs tail" in finding["advice"][0]


def test_a_sweep_that_is_too_long_ago_is_told_with_its_time(whole: Terminal, world: World) -> None:
    whole.stack["Parameters"] = [{"ParameterKey": "CheckEveryMinutes", "ParameterValue": "1"}]
    world.advance(minutes=6)

    assert "ended 6 min ago, at 2026-11-23 10:04:00 UTC: nothing is watched" in _only_wrong(whole)["what"]


def test_a_new_stack_is_given_time_for_its_first_sweep(whole: Terminal, world: World) -> None:
    whole.log = None
    assert _found(whole, "unknown")[0]["about"] == "Last sweep"
    world.advance(minutes=20)

    assert "No sweep has ended lately" in _only_wrong(whole)["what"]


def test_faults_of_the_last_sweep_are_found(whole: Terminal, world: World) -> None:
    world.advance(minutes=1)
    whole.log_sweep(watches=3, checked=1, table_failures=2)

    assert "calls to DynamoDB failed: 2" in _only_wrong(whole)["what"]


def test_a_source_in_trouble_is_wrong_once_it_lasts(whole: Terminal, world: World) -> None:
    world.play(at(0, misbehaviour=Misbehaviour.DENIED))
    world.sweep()
    assert _found(whole, "unknown")[0]["about"] == "Watches"
    world.advance(minutes=10)

    assert "greengrass-bulk has answered nothing for 10 min" in _only_wrong(whole)["what"]


def test_a_deployment_whose_checks_fail_is_wrong_once_it_lasts(whole: Terminal, world: World) -> None:
    world.play(at(0))
    world.register("unknown-to-aws")
    world.sweep()
    assert "Checks of unknown-to-aws have failed for 0 s" in _found(whole, "unknown")[0]["what"]
    world.advance(minutes=10)

    finding = _only_wrong(whole)
    assert finding["advice"] == ["See why: deployment-notifier check unknown-to-aws"]
    assert "Unknown" not in whole.type("list").stdout
    assert "unchecked 10 min" in whole.type("list").stdout


def test_watches_that_cannot_be_checked_are_found(whole: Terminal, world: World) -> None:
    world.register("bad", Version={"S": "x"})
    world.register("other", Source={"S": "greengrass-v9"})
    world.register("odd\x1b", Version={"S": "x"})

    bad, odd, other = _found(whole, "wrong")

    assert "deployment-notifier unwatch bad" in bad["advice"][1]
    assert '"odd\\u001b"' in odd["advice"][1]
    assert "unknown Source greengrass-v9" in other["what"]
    assert "\x1b" not in whole.type("doctor").stdout


def test_nobody_listening_is_found(whole: Terminal, world: World) -> None:
    sns = whole.admin("sns")
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=world.topic_arn)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])

    assert "alerts reach nobody" in _only_wrong(whole)["what"]


def test_an_unconfirmed_subscription_is_found_and_a_webhook_keeps_its_secret(whole: Terminal, world: World) -> None:
    pending = {"Owner": ACCOUNT, "TopicArn": world.topic_arn, "SubscriptionArn": "PendingConfirmation"}
    whole.answer_with(
        "sns.ListSubscriptionsByTopic",
        Subscriptions=[
            pending | {"Protocol": "email", "Endpoint": "ops@example.com"},
            pending | {"Protocol": "https", "Endpoint": "https://hooks.example.com/secret-token"},
        ],
    )

    email, webhook = _found(whole, "wrong")

    assert "email ops@example.com is not confirmed" in email["what"]
    assert "Subscription Confirmation" in email["advice"][0]
    assert "https://hooks.example.com/..." in webhook["what"]
    assert "secret-token" not in whole.type("doctor").stdout


def test_an_undelivered_alert_is_found_with_what_sns_said(whole: Terminal, world: World) -> None:
    world.play(at(0, "Failed"))
    world.break_sns()
    world.sweep()

    finding = _only_wrong(whole)

    assert "said SNS" in finding["what"]
    assert "deployment-notifier resend an-id/2026-11-23T10:04:00.123Z" in finding["advice"][0]


def test_an_alert_that_waits_for_the_next_sweep_is_no_finding_until_it_is_late(whole: Terminal, world: World) -> None:
    world.play(at(0, "Failed"))
    world.sweep()
    world.advance(minutes=10)
    whole.type("resend", "an-id/2026-11-23T10:04:00.123Z")
    whole.log_sweep()

    assert whole.type("doctor").exit_code == 0
    world.advance(minutes=11)
    assert "No sweep has tried to send it" in _only_wrong(whole)["what"]


def test_alerts_that_cannot_be_read_are_found(whole: Terminal, world: World) -> None:
    for record in ("EVENT#2026-11-23T10:04:00.123Z#2-ALERT", "ALERT"):
        key = {"DeploymentId": {"S": "an-id"}, "Record": {"S": record}}
        world.person.put_item(TableName=TABLE, Item=key | {"Queue": {"S": "DELIVER"}})

    advice = {finding["advice"][1] for finding in _found(whole, "wrong")}

    assert "Or take it out: deployment-notifier discard an-id/2026-11-23T10:04:00.123Z" in advice
    assert any("aws dynamodb delete-item" in each for each in advice)


def test_an_alarm_that_stands_is_found_with_its_own_advice(whole: Terminal) -> None:
    whole.admin("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="Threshold crossed")

    finding = _only_wrong(whole)

    assert finding["what"] == f"{ALARM} stands: Threshold crossed"
    assert finding["advice"] == ["A sweep failed: see the log."]


def test_an_alarm_that_is_gone_or_muted_is_found(whole: Terminal) -> None:
    whole.admin("cloudwatch").disable_alarm_actions(AlarmNames=[ALARM])
    assert "is muted" in _only_wrong(whole)["what"]
    whole.admin("cloudwatch").delete_alarms(AlarmNames=[ALARM])
    assert "is gone" in _only_wrong(whole)["what"]


@pytest.mark.parametrize(
    ("operation", "about"),
    [
        ("cloudformation.ListStackResources", ["Stack", "Schedule", "Alarms"]),
        ("lambda.GetFunctionConfiguration", ["Function", "Last sweep"]),
        ("scheduler.GetSchedule", ["Schedule"]),
        ("logs.FilterLogEvents", ["Last sweep"]),
        ("sns.ListSubscriptionsByTopic", ["Subscriptions"]),
        ("cloudwatch.DescribeAlarms", ["Alarms"]),
        ("lambda.GetFunctionConcurrency", []),
        ("sns.GetSubscriptionAttributes", []),
    ],
)
def test_what_may_not_be_looked_at_is_named_and_not_counted_as_wrong(
    whole: Terminal, operation: str, about: list[str]
) -> None:
    whole.fail(operation)

    unknown = _found(whole, "unknown")

    assert [finding["about"] for finding in unknown] == about
    assert all(operation.replace(".", ":") in finding["what"] for finding in unknown)
    assert whole.type("doctor").exit_code == 0


def test_a_table_that_is_gone_is_found(whole: Terminal, world: World) -> None:
    world.person.delete_table(TableName=TABLE)

    assert [finding["about"] for finding in _found(whole, "wrong")] == ["Watches", "Alerts"]
    assert REGION in whole.type("doctor").stdout
