"""Is the stack complete: its resources, the function, the schedule."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from deployment_notifier_cli.errors import AwsUnavailableError
from deployment_notifier_cli.health_checks.context import UPDATE_AGAIN
from deployment_notifier_cli.health_checks.findings import fine, unknown, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier_cli.health_checks.context import DoctorContext
    from deployment_notifier_cli.health_checks.findings import Finding

_SCHEDULE = "AWS::Scheduler::Schedule"

_DELETE = "It cannot be updated. Delete it, then deploy it again: aws cloudformation delete-stack"
_WAYS_OUT = {
    "CREATE_FAILED": _DELETE,
    "ROLLBACK_COMPLETE": _DELETE,
    "ROLLBACK_FAILED": _DELETE,
    "DELETE_FAILED": "Remove the cause, then delete it again: aws cloudformation delete-stack",
    "UPDATE_ROLLBACK_FAILED": "Remove the cause, then: aws cloudformation continue-update-rollback",
}
"""What helps a stack that cannot be deployed again from its state (the API reference, ContinueUpdateRollback)."""


def stack_resources(context: DoctorContext) -> Iterator[Finding]:
    """Examine the stack's own status, and that of each resource."""
    stack = context.stack
    name = f"--stack-name {shlex.quote(stack.name)} {context.region_option}"
    way_out = f"{_WAYS_OUT[stack.status]} {name}" if stack.status in _WAYS_OUT else "Then deploy it again."
    advice = (f"See why: aws cloudformation describe-stack-events {name}", way_out)
    if stack.status.endswith("_IN_PROGRESS"):
        yield unknown("Stack", f"{stack.name} is being changed ({stack.status}).", "Look again when that is done.")
        return
    broken = [
        f"{resource['LogicalResourceId']} ({resource['ResourceStatus']})"
        for resource in context.resources
        if not resource["ResourceStatus"].endswith("_COMPLETE") or resource["ResourceStatus"] == "DELETE_COMPLETE"
    ]
    if "FAILED" in stack.status or stack.status == "ROLLBACK_COMPLETE":
        yield wrong("Stack", f"{stack.name} is {stack.status}.", *advice)
    elif broken:
        yield wrong("Stack", f"{stack.name} has resources that failed: {', '.join(broken)}.", *advice)
    else:
        yield fine("Stack", f"{stack.name} is {stack.status}, {len(context.resources)} resources.")


def function(context: DoctorContext) -> Iterator[Finding]:
    """Examine whether the function can run, and can start with its settings."""
    name, configuration = context.stack.identity.function_name, context.operator.configuration
    state, update = configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful")
    if state == "Failed" or update == "Failed":
        reason = configuration.get("StateReason") or configuration.get("LastUpdateStatusReason") or "no reason given"
        yield wrong("Function", f"{name} is {state}, its last update {update}: {reason}", UPDATE_AGAIN)
        return
    try:
        _ = context.operator.function_settings
    except AwsUnavailableError as error:
        yield wrong("Function", error.what, *error.advice)
        return
    concurrency = context.operator.aws.function.get_function_concurrency(FunctionName=name)
    if concurrency.get("ReservedConcurrentExecutions") == 0:
        command = f"aws lambda delete-function-concurrency --function-name {shlex.quote(name)} {context.region_option}"
        yield wrong("Function", f"{name} cannot run: its reserved concurrency is 0.", f"Let it run: {command}")
        return
    yield fine("Function", f"{name} is {state}; its settings are valid.")


def schedule(context: DoctorContext) -> Iterator[Finding]:
    """Examine whether the schedule exists and is enabled."""
    names = context.named(_SCHEDULE)
    if not names:
        yield wrong("Schedule", "The stack has no schedule, so no sweep starts.", "Deploy the stack again.")
    scheduler = context.operator.aws.client("scheduler")
    for name in names:
        # CloudFormation's Ref of a schedule is its name; one in a group of its own is <group>|<name> in its listing.
        group, _, plain = name.rpartition("|")
        try:
            found = scheduler.get_schedule(Name=plain, GroupName=group or "default")
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ResourceNotFoundException":
                raise
            yield wrong("Schedule", f"{plain} was deleted, so no sweep starts.", *context.restore())
            continue
        state = found.get("State", "ENABLED")
        if state == "ENABLED":
            yield fine("Schedule", f"{plain} is enabled, {found.get('ScheduleExpression', '')}.")
        else:
            advice = "Enable it in the console: Amazon EventBridge > Scheduler > Schedules."
            yield wrong("Schedule", f"{plain} is {state}, so no sweep starts.", advice)
