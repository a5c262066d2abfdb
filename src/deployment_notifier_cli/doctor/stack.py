"""Is the stack whole: its resources, the function, the schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deployment_notifier_cli.doctor.findings import fine, unknown, wrong
from deployment_notifier_cli.errors import UnavailableError
from deployment_notifier_cli.stack import read_function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier_cli.doctor.findings import Finding
    from deployment_notifier_cli.doctor.visit import Visit

_SCHEDULE = "AWS::Scheduler::Schedule"


def resources(visit: Visit) -> Iterator[Finding]:
    """The stack's own state, and that of each resource."""
    stack = visit.stack
    events = f"See why: aws cloudformation describe-stack-events --stack-name {stack.name} {visit.region_option}"
    if stack.status.endswith("_IN_PROGRESS"):
        yield unknown("Stack", f"{stack.name} is being changed ({stack.status}).", "Look again when that is done.")
        return
    broken = [
        f"{resource['LogicalResourceId']} ({resource['ResourceStatus']})"
        for resource in visit.resources
        if not resource["ResourceStatus"].endswith("_COMPLETE") or resource["ResourceStatus"] == "DELETE_COMPLETE"
    ]
    if "FAILED" in stack.status or stack.status == "ROLLBACK_COMPLETE":
        yield wrong("Stack", f"{stack.name} is {stack.status}.", events, "Then deploy it again.")
    elif broken:
        yield wrong("Stack", f"{stack.name} has broken parts: {', '.join(broken)}.", events, "Then deploy it again.")
    else:
        yield fine("Stack", f"{stack.name} is {stack.status}, {len(visit.resources)} resources.")


def function(visit: Visit) -> Iterator[Finding]:
    """Whether the function can run, and would start with the settings that it has."""
    name = visit.stack.place.function_name
    configuration = visit.configuration
    state, update = configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful")
    if state == "Failed" or update == "Failed":
        reason = configuration.get("StateReason") or configuration.get("LastUpdateStatusReason") or "no reason given"
        yield wrong("Function", f"{name} is {state}, its last update {update}: {reason}", "Deploy the stack again.")
        return
    try:
        read_function(configuration, visit.stack)
    except UnavailableError as error:
        yield wrong("Function", error.what, *error.advice)
        return
    if _reserved(visit) == 0:
        yield wrong(
            "Function",
            f"{name} is switched off: its reserved concurrency is 0.",
            f"Switch it on: aws lambda delete-function-concurrency --function-name {name} {visit.region_option}",
        )
        return
    yield fine("Function", f"{name} is {state}; its settings are valid.")


def _reserved(visit: Visit) -> Any:  # noqa: ANN401 - a number, or None
    """The function's reserved concurrency; None where there is none or it can't be asked."""
    try:
        return visit.aws.function.get_function_concurrency(FunctionName=visit.stack.place.function_name).get(
            "ReservedConcurrentExecutions"
        )
    except ClientError:
        return None


def schedule(visit: Visit) -> Iterator[Finding]:
    """Whether the schedule is there and enabled."""
    names = visit.named(_SCHEDULE)
    if not names:
        yield wrong("Schedule", "The stack has no schedule, so no sweep starts by itself.", "Deploy the stack again.")
    for name in names:
        # CloudFormation's Ref of a schedule is its name; one in a group of its own is <group>|<name> in its listing.
        group, _, plain = name.rpartition("|")
        found = visit.aws.scheduler.get_schedule(Name=plain, GroupName=group or "default")
        expression, state = found.get("ScheduleExpression", ""), found.get("State", "ENABLED")
        if state == "ENABLED":
            yield fine("Schedule", f"{plain} is enabled, {expression}.")
        else:
            yield wrong(
                "Schedule",
                f"{plain} is {state}: no sweep starts, so nothing is watched.",
                "Enable it in the console (EventBridge > Schedules), or deploy the stack again.",
            )
