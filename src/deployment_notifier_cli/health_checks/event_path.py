"""Are failed devices reported at once: the rule, the queue and the function of Greengrass V2's events."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deployment_notifier_cli.health_checks.context import UPDATE_AGAIN
from deployment_notifier_cli.health_checks.findings import fine, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier_cli.health_checks.context import DoctorContext
    from deployment_notifier_cli.health_checks.findings import Finding

_ABOUT = "Device events"
_MEANWHILE = "Until then sweeps find the failed devices, up to two periods later."
_GONE = ("ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


def device_events(context: DoctorContext) -> Iterator[Finding]:
    """Examine whether an event of a failed device reaches the function that checks its deployment."""
    if context.physical_name("DeviceEvents") is None:
        yield fine(_ABOUT, "The stack has none: the parameter Sources leaves out Greengrass V2.")
        return
    problems = [*_rule(context), *_queue(context), *_function(context)]
    yield from problems or [fine(_ABOUT, "The rule, the queue and the function are there and enabled.")]


def _rule(context: DoctorContext) -> Iterator[Finding]:
    name = context.physical_name("DeviceEventsRule") or ""
    try:
        found = context.operator.aws.client("events").describe_rule(Name=name)
    except ClientError as error:
        yield _deleted(context, f"The rule {name}", error)
        return
    if found.get("State") == "DISABLED":
        command = f"aws events enable-rule --name {shlex.quote(name)} {context.region_option}"
        yield wrong(_ABOUT, f"The rule {name} is disabled: no event arrives.", f"Enable it: {command}", _MEANWHILE)


def _queue(context: DoctorContext) -> Iterator[Finding]:
    url = context.physical_name("DeviceEvents") or ""
    try:
        context.operator.aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    except ClientError as error:
        yield _deleted(context, f"The queue {url}", error)


def _function(context: DoctorContext) -> Iterator[Finding]:
    name = context.physical_name("DeviceEventsFunction") or ""
    try:
        found = context.device_events_function
    except ClientError as error:
        yield _deleted(context, f"The function {name}", error)
        return
    state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
    if "Failed" in (state, update):
        yield wrong(_ABOUT, f"{name} is {state}, its last update {update}.", UPDATE_AGAIN, _MEANWHILE)
        return
    mappings: list[Any] = context.operator.aws.function.list_event_source_mappings(FunctionName=name)[
        "EventSourceMappings"
    ]
    if not mappings:
        text = f"{name} is not connected to its queue: the event source mapping was deleted."
        yield wrong(_ABOUT, text, *context.restore(), _MEANWHILE)
    for mapping in mappings:
        if mapping.get("State") in ("Disabled", "Disabling"):
            enable = f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
            text = f"{name} does not read its queue: the event source mapping is disabled."
            yield wrong(_ABOUT, text, f"Enable it: {enable} {context.region_option}", _MEANWHILE)


def _deleted(context: DoctorContext, what: str, error: ClientError) -> Finding:
    if error.response.get("Error", {}).get("Code") not in _GONE:
        raise error
    return wrong(_ABOUT, f"{what} was deleted.", *context.restore(), _MEANWHILE)
