"""What the function's role in `template.yaml` allows."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.template import load_template, resolve

_LOG = "WriteOwnLog"
"""The statement that Lambda itself uses, and no client of ours."""


@dataclass(frozen=True, slots=True)
class AllowedUse:
    """One action on one resource that a statement allows; the resource may hold `*`."""

    action: str
    resource: str

    def covers(self, action: str, resource: str) -> bool:
        """Whether a use is allowed by this."""
        return action == self.action and fnmatchcase(resource, self.resource)


def allowed_uses(table: str, topic_arn: str, account: str, region: str) -> list[AllowedUse]:
    """Each action on each resource that the role allows, but for writing the function's own log.

    Args:
        table: the table's name.
        topic_arn: the alert topic.
        account: the account's id.
        region: the region.
    """
    names = {
        "Table": table,
        "Table.Arn": f"arn:aws:dynamodb:{region}:{account}:table/{table}",
        "AlertTopic": topic_arn,
        "NotifierLogGroup.Arn": f"arn:aws:logs:{region}:{account}:log-group:notifier:*",
        "AWS::Partition": "aws",
        "AWS::Region": region,
        "AWS::AccountId": account,
    }
    properties = load_template()["Resources"]["NotifierRole"]["Properties"]
    assert not properties.get("ManagedPolicyArns"), "a managed policy allows more than this file can see"
    return [
        AllowedUse(action, resource)
        for policy in resolve(properties["Policies"], names)
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Sid") != _LOG
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
