"""What the function's role in `template.yaml` allows, and what a call needs."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from local.ministack import ACCOUNT, REGION
from tests.emulated.stack import TABLE, TOPIC_ARN
from tests.template import load_template, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.emulated.interceptor import Call

_NO_CALL_OF_OURS = (
    "WriteOwnLog",
    "DependentActionsOnJobs",
    "DependentActionsOnThings",
    "DependentActionsOnThingGroups",
)
"""The statements that AWS itself may use, and no client of ours."""

TABLE_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"
DEPLOYMENTS = f"arn:aws:greengrass:{REGION}:{ACCOUNT}:/greengrass/bulk/deployments/"
V2_DEPLOYMENTS = f"arn:aws:greengrass:{REGION}:{ACCOUNT}:deployments:"
CORE_DEVICES = f"arn:aws:greengrass:{REGION}:{ACCOUNT}:coreDevices:"
JOBS = f"arn:aws:iot:{REGION}:{ACCOUNT}:job/"

NAMES = {
    "Table": TABLE,
    "Table.Arn": TABLE_ARN,
    "AlertTopic": TOPIC_ARN,
    "NotifierLogGroup.Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:notifier:*",
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
}
"""What names in the template stand for."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One action on one resource; the resource of one that a policy grants may hold `*`."""

    action: str
    resource: str

    def covers(self, needed: Permission) -> bool:
        """Whether this permission includes another one."""
        return needed.action == self.action and fnmatchcase(needed.resource, self.resource)


def granted() -> list[Permission]:
    """Each action on each resource that the role allows, except for those that no call of the function needs."""
    properties = load_template()["Resources"]["NotifierRole"]["Properties"]
    assert not properties.get("ManagedPolicyArns"), "a managed policy allows more than this file can see"
    return [
        Permission(action, resource)
        for policy in resolve(properties["Policies"], NAMES)
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Sid") not in _NO_CALL_OF_OURS
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]


def needed(call: Call) -> Iterator[Permission]:
    """The permissions that a call needs.

    Facts from the Service Authorization Reference: `Query` on an index needs the index; TransactWriteItems has no
    action of its own; ListBulkDeployments and ListDeployments take no resource. Greengrass V1 and V2 share the prefix
    `greengrass`.
    """
    match call.name:
        case "Query" | "BatchGetItem" | "PutItem" | "UpdateItem":
            index = call.parameters.get("IndexName")
            yield Permission(call.operation, TABLE_ARN + (f"/index/{index}" if index else ""))
        case "TransactWriteItems":
            for write in call.parameters["TransactItems"]:
                yield from (Permission(f"dynamodb:{kind}Item", TABLE_ARN) for kind in write)
        case "Publish":
            yield Permission("sns:Publish", call.parameters["TopicArn"])
        case "GetBulkDeploymentStatus" | "ListBulkDeploymentDetailedReports":
            yield Permission(call.operation, DEPLOYMENTS + call.parameters["BulkDeploymentId"])
        case "GetDeployment":
            yield Permission("greengrass:GetDeployment", V2_DEPLOYMENTS + call.parameters["deploymentId"])
        case "ListEffectiveDeployments":
            device = call.parameters["coreDeviceThingName"]
            yield Permission("greengrass:ListEffectiveDeployments", CORE_DEVICES + device)
        case "DescribeJob" | "ListJobExecutionsForJob":
            yield Permission(call.operation, JOBS + call.parameters["jobId"])
        case _:
            yield Permission(call.operation.replace("greengrassv2:", "greengrass:"), "*")


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
