"""May the functions do what they must: most of it is needed only once something happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.links import deployment_arn
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sources.registry import PROFILES
from deployment_notifier_cli.health_checks.findings import fine, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deployment_notifier.sources.profile import SourceProfile
    from deployment_notifier_cli.health_checks.context import DoctorContext
    from deployment_notifier_cli.health_checks.findings import Finding

    _Needed = tuple[Sequence[str], Sequence[str]]

_LISTS = "greengrass:ListDeployments"
"""The function for device events lists nothing."""


_WRITES = ["dynamodb:PutItem", "dynamodb:UpdateItem"]


def role(context: DoctorContext) -> Iterator[Finding]:
    """Examine whether the policies of the function's role allow what the function calls."""
    needed = [*_common(context), ([_table(context)], ["dynamodb:BatchGetItem", *_WRITES])]
    needed += [(_resources(context, profile), profile.required_actions) for profile in PROFILES.values()]
    yield _examined(context, "function", context.operator.configuration["Role"], needed)


def device_events_role(context: DoctorContext) -> Iterator[Finding]:
    """Examine the same for the function for device events, if the stack has one."""
    if context.device_events_function is None:
        return
    queue = (context.physical_name("DeviceEvents") or "").rpartition("/")[2]
    received = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    asked = [action for action in GREENGRASS_V2.required_actions if action != _LISTS]
    needed = [
        *_common(context),
        ([_table(context)], ["dynamodb:GetItem", *_WRITES]),
        ([_arn(context, f"sqs:{queue}")], received),
        (_resources(context, GREENGRASS_V2), asked),
    ]
    yield _examined(context, "function for device events", context.device_events_function["Role"], needed)


def _common(context: DoctorContext) -> list[_Needed]:
    return [
        ([context.stack.topic_arn], ["sns:Publish"]),
        ([f"{_table(context)}/index/Queue"], ["dynamodb:Query"]),
    ]


def _table(context: DoctorContext) -> str:
    return _arn(context, f"dynamodb:table/{context.stack.identity.table_name}")


def _resources(context: DoctorContext, profile: SourceProfile) -> list[str]:
    """Examples of what a source's actions apply to: a deployment, a device, a job, or no resource."""
    identity = context.stack.identity
    arn = deployment_arn(profile.name, "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901", identity)
    others = [_arn(context, "greengrass:coreDevices:a-device"), _arn(context, "iot:job/a-job")]
    return [*([arn] if arn else []), *(others if profile is GREENGRASS_V2 else []), "*"]


def _arn(context: DoctorContext, resource: str) -> str:
    service, _, rest = resource.partition(":")
    identity = context.stack.identity
    return f"arn:{identity.partition}:{service}:{identity.region}:{identity.account}:{rest}"


def _examined(context: DoctorContext, name: str, role_arn: str, needed: Sequence[_Needed]) -> Finding:
    iam = context.operator.aws.client("iam")
    denied = [action for resources, actions in needed for action in _denied(iam, role_arn, actions, resources)]
    if not denied:
        return fine("Permissions", f"The role of the {name} allows what the function needs.")
    return wrong(
        "Permissions",
        f"The role of the {name}, {role_arn}, does not allow {', '.join(denied)}.",
        "Find the change of its policies, its permissions boundary or a service control policy, and revert it.",
        *context.restore(),
    )


def _denied(iam: Any, role_arn: str, actions: Sequence[str], resources: Sequence[str]) -> list[str]:  # noqa: ANN401 - as `client`
    """The actions that the role's policies allow on none of the resources."""
    allowed = set[str]()
    for resource in resources:
        results = iam.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=list(actions), ResourceArns=[resource]
        )["EvaluationResults"]
        allowed |= {each["EvalActionName"] for each in results if each["EvalDecision"] == "allowed"}
    return [action for action in actions if action not in allowed]
