"""ARNs and console links."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from deployment_notifier.sources.registry import profile_of

if TYPE_CHECKING:
    from deployment_notifier.model import StackIdentity

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html names the partitions.
CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
"""The domain of the AWS console in each partition."""


def deployment_arn(source: str, deployment_id: str, identity: StackIdentity) -> str | None:
    """Return a deployment's ARN, percent-encoded where the id has what no URI may have; None if its source has none."""
    template = profile_of(source).arn
    if not template:
        return None
    encoded = quote(deployment_id, safe=":._~-")
    return template.format(partition=identity.partition, region=identity.region, account=identity.account, id=encoded)


def function_arn(identity: StackIdentity) -> str:
    """Return the ARN of the notifier's own function."""
    return f"arn:{identity.partition}:lambda:{identity.region}:{identity.account}:function:{identity.function_name}"


def console_link(source: str, identity: StackIdentity) -> str | None:
    """Return the console's page about a source's deployments; None in a partition whose console is not known."""
    path, domain = profile_of(source).console_path, CONSOLES.get(identity.partition)
    if path is None or domain is None:
        return None
    return f"https://{identity.region}.{domain}{path.format(region=identity.region)}"
