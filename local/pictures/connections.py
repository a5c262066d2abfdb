"""What the template connects: the boxes and arrows of the architecture, found in its resources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GREENGRASS = "Greengrass"
"""The services that are watched: no resource of the template."""

ALARMS = "Alarms"
"""All alarms together."""

SCHEDULE = "Schedule"
"""The schedule, which SAM makes from an event of the function."""

_FURNITURE = ("AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
"""The types that serve another resource, and are in no picture."""

Arrow = tuple[str, str]
"""The names of two boxes: from the one that acts to the other."""


def boxes(template: Mapping[str, Any]) -> set[str]:
    """Return what is to be drawn: the resources' logical ids, and `GREENGRASS`, `ALARMS` and `SCHEDULE`.

    Args:
        template: as `load_template` returns it.
    """
    return {start for start, _ in arrows(template) if start in (GREENGRASS, SCHEDULE)} | {
        ALARMS if resource["Type"] == "AWS::CloudWatch::Alarm" else name
        for name, resource in template["Resources"].items()
        if resource["Type"] not in _FURNITURE
    }


def arrows(template: Mapping[str, Any]) -> set[Arrow]:
    """Return what starts, calls or fills what."""
    return set(_arrows(template["Resources"]))


def is_optional(template: Mapping[str, Any], name: str) -> bool:
    """Return whether a stack with default parameters lacks a resource."""
    condition = template["Resources"].get(name, {}).get("Condition")
    return condition is not None and not _holds(template, template["Conditions"][condition])


def _arrows(resources: Mapping[str, Any]) -> Iterator[Arrow]:
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::Serverless::Function":
                yield from _of_function(name, properties, resources)
            case "AWS::Events::Rule":
                yield (GREENGRASS, name)
                yield from ((name, _target(entry["Arn"])) for entry in properties["Targets"])
            case "AWS::SNS::Subscription":
                topic = _target(properties["TopicArn"])
                yield (topic, name)
                yield (topic, _target(properties["RedrivePolicy"]["deadLetterTargetArn"]))
            case "AWS::CloudWatch::Alarm":
                yield from ((ALARMS, _target(action)) for action in properties["AlarmActions"])


def _of_function(name: str, properties: Mapping[str, Any], resources: Mapping[str, Any]) -> Iterator[Arrow]:
    for event in properties["Events"].values():
        settings = event["Properties"]
        match event["Type"]:
            case "ScheduleV2":
                yield (SCHEDULE, name)
            case "SQS":
                yield (_target(settings["Queue"]), name)
            case "SNS":
                topic = _target(settings["Topic"])
                yield (topic, name)
                yield (topic, _target(settings["RedrivePolicy"]["deadLetterTargetArn"]))
    role = resources[_target(properties["Role"])]["Properties"]
    for statement in (each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        services = {action.partition(":")[0] for action in actions}
        if services & {"greengrass", "iot"}:
            yield (name, GREENGRASS)
        elif services & {"dynamodb", "sns"} or "sqs:SendMessage" in actions:
            yield (name, _target(statement["Resource"]))


def _target(reference: Any) -> str:  # noqa: ANN401 - any reference of a template
    """Return the resource that `!Ref`, `!GetAtt` or `!Sub` names."""
    match reference:
        case {"Ref": str() as text} | {"Fn::GetAtt": str() as text}:
            return text.partition(".")[0]
        case {"Fn::Sub": str() as text} if found := re.match(r"\$\{(\w+)", text):
            return found[1]
    raise ValueError(f"no reference to a resource: {reference}")


def _holds(template: Mapping[str, Any], condition: Any) -> bool:  # noqa: ANN401 - any condition of a template
    match condition:
        case {"Fn::Not": [inner]}:
            return not _holds(template, inner)
        case {"Fn::Equals": [{"Ref": name}, value]}:
            return bool(template["Parameters"][name]["Default"] == value)
    raise ValueError(f"an unknown form of condition: {condition}")
