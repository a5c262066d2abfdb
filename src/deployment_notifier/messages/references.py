"""What is particular to a source: its words, its ARNs, its CLI commands, its console. A new source is a new entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from deployment_notifier.messages.text import shell_argument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment_notifier.model import Place


@dataclass(frozen=True, slots=True)
class Reference:
    """The words of one source. Templates take `{id}`, `{region}` and, for the ARN, `{partition}` and `{account}`.

    Attributes:
        noun: what one of its deployments is called.
        service: what all of them are called together.
        arn: the template of a deployment's ARN; None where there is none.
        completed_status: the one that says that every record was processed, whatever became of it.
        final_statuses: those after which a deployment does nothing more, in lower case.
        status_command: shows one deployment; likewise `targets_command` its failed targets, `stop_command` stops
            it, `start_command` starts another, `list_command` lists all.
        target: what a deployment deploys to, in the plural.
        stop_event: CloudTrail's name for a stop.
        console_path: behind the console's domain.
        console_way: the way there by menus, for when the link has moved.
        failure_causes: the usual ones, as one sentence.
        stall_hints: status in lower case -> why a deployment may stand still in it.
        required_actions: the IAM actions that the notifier needs.
        support_ended: the day on which AWS ended support, if it has.
        support_note: what follows from that.
    """

    noun: str
    service: str | None = None
    target: str = "devices"
    arn: str | None = None
    completed_status: str = "Completed"
    final_statuses: frozenset[str] = frozenset({"completed", "succeeded", "stopped", "canceled", "failed"})
    status_command: str | None = None
    targets_command: str | None = None
    stop_command: str | None = None
    start_command: str | None = None
    list_command: str | None = None
    stop_event: str | None = None
    console_path: str | None = None
    console_way: str | None = None
    failure_causes: str | None = None
    stall_hints: Mapping[str, str] = field(default_factory=dict)
    required_actions: str | None = None
    support_ended: date | None = None
    support_note: str | None = None


# Statuses, counts and causes: the API reference of GetBulkDeploymentStatus and StartBulkDeployment.
_GREENGRASS_BULK = Reference(
    noun="bulk deployment",
    service="Greengrass V1 bulk deployments",
    target="groups",
    arn="arn:{partition}:greengrass:{region}:{account}:/greengrass/bulk/deployments/{id}",
    final_statuses=frozenset({"completed", "stopped", "failed"}),
    status_command="aws greengrass get-bulk-deployment-status --bulk-deployment-id {id} --region {region}",
    targets_command=(
        "aws greengrass list-bulk-deployment-detailed-reports --bulk-deployment-id {id} --region {region}"
        " --query \"Deployments[?DeploymentStatus=='Failure'].[GroupArn,ErrorMessage]\""
    ),
    stop_command="aws greengrass stop-bulk-deployment --bulk-deployment-id {id} --region {region}",
    start_command=(
        "aws greengrass start-bulk-deployment --execution-role-arn ROLE_ARN --input-file-uri S3_URI --region {region}"
    ),
    list_command="aws greengrass list-bulk-deployments --region {region}",
    stop_event="StopBulkDeployment",
    console_path="/iot/home?region={region}#/greengrass/v1/groups",
    console_way="AWS IoT > Manage > Greengrass devices > Groups (V1)",
    failure_causes=(
        "the execution role may not read the input file in S3, or may not do greengrass:CreateDeployment for its"
        " groups; the input file is not one JSON record a line in UTF-8, or is over 100 MB"
    ),
    stall_hints={
        "initializing": "While Initializing, AWS reads the input file from S3: see that file and execution role exist.",
        "running": "While Running, a rising count of retries means that AWS throttles the group deployments.",
        "stopping": "While Stopping, AWS ends what it has begun; there is nothing to stop a second time.",
    },
    required_actions=(
        "greengrass:GetBulkDeploymentStatus, greengrass:ListBulkDeployments or"
        " greengrass:ListBulkDeploymentDetailedReports"
    ),
    support_ended=date(2026, 10, 7),
    support_note=(
        "AWS ended support for Greengrass V1 on 2026-10-07. If your own call fails too, the API is gone for this"
        " account: no retry helps, move to Greengrass V2 and delete this stack"
    ),
)

_REFERENCES = {"greengrass-bulk": _GREENGRASS_BULK}

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html names the partitions.
CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def reference(source: str) -> Reference:
    """The words of a source; plain ones for a source that has no entry here."""
    return _REFERENCES.get(source) or Reference(noun="deployment")


def is_final(source: str, status: str | None) -> bool:
    """Whether a deployment in this status does nothing more."""
    return status is not None and status.lower() in reference(source).final_statuses


def is_completed(source: str, status: str | None) -> bool:
    """Whether this status says that every record was processed."""
    return status is not None and status.lower() == reference(source).completed_status.lower()


def deployment_arn(source: str, deployment_id: str, place: Place) -> str | None:
    """A deployment's ARN, percent-encoded where the id has what no URI may have; None for a source without ARNs."""
    template = reference(source).arn
    if template is None:
        return None
    encoded = quote(deployment_id, safe=":._~-")
    return template.format(partition=place.partition, region=place.region, account=place.account, id=encoded)


def function_arn(place: Place) -> str:
    """The ARN of the notifier's own function."""
    return f"arn:{place.partition}:lambda:{place.region}:{place.account}:function:{place.function_name}"


def command(template: str | None, deployment_id: str, place: Place) -> str | None:
    """A command that can be pasted into a shell; None where the source has none for this."""
    if template is None:
        return None
    return template.format(id=shell_argument(deployment_id), region=shell_argument(place.region))


def console_link(source: str, place: Place) -> str | None:
    """Where the source's deployments can be looked at; None for a partition whose console is not known."""
    path, domain = reference(source).console_path, CONSOLES.get(place.partition)
    if path is None or domain is None:
        return None
    return f"https://{place.region}.{domain}{path.format(region=place.region)}"
