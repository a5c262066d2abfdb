"""May the function do what it must: most of it is needed only once something happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment_notifier.messages.links import deployment_arn
from deployment_notifier.sources.registry import PROFILES
from deployment_notifier_cli.health_checks.findings import fine, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment_notifier_cli.health_checks.context import DoctorContext
    from deployment_notifier_cli.health_checks.findings import Finding


def role(context: DoctorContext) -> Iterator[Finding]:
    """Examine whether the policies of the function's role allow what the function calls."""
    identity, topic = context.stack.identity, context.stack.topic_arn
    table = f"arn:{identity.partition}:dynamodb:{identity.region}:{identity.account}:table/{identity.table_name}"
    needed = [
        ([topic], ["sns:Publish"]),
        ([table], ["dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
        ([f"{table}/index/Queue"], ["dynamodb:Query"]),
    ]
    for name, profile in PROFILES.items():
        # Some of a source's actions apply to a deployment, others to no resource.
        arn = deployment_arn(name, "1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901", identity)
        needed.append(([*([arn] if arn else []), "*"], [*profile.required_actions]))
    iam = context.operator.aws.client("iam")
    role_arn = context.operator.configuration["Role"]
    denied = [action for resources, actions in needed for action in _denied(iam, role_arn, actions, resources)]
    if denied:
        yield wrong(
            "Permissions",
            f"The function's role {role_arn} does not allow {', '.join(denied)}.",
            "Find the change of its policies, its permissions boundary or a service control policy, and revert it.",
            *context.restore(),
        )
    else:
        yield fine("Permissions", "The function's role allows what the function needs.")


def _denied(iam: Any, role_arn: str, actions: list[str], resources: list[str]) -> list[str]:  # noqa: ANN401 - as `client`
    """The actions that the role's policies allow on none of the resources."""
    allowed = set[str]()
    for resource in resources:
        results = iam.simulate_principal_policy(PolicySourceArn=role_arn, ActionNames=actions, ResourceArns=[resource])[
            "EvaluationResults"
        ]
        allowed |= {each["EvalActionName"] for each in results if each["EvalDecision"] == "allowed"}
    return [action for action in actions if action not in allowed]
