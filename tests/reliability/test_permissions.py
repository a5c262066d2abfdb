"""The role of template.yaml allows what the function does, and each of its permissions is needed.

Every other test adds its own calls: the fixture `stack` compares them with the role.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.ministack import ACCOUNT, MiniStack
from local.stack import session
from tests.emulated.emulators import Emulators
from tests.emulated.history import alert_ids, read_history
from tests.emulated.role import CORE_DEVICES, DEPLOYMENTS, JOBS, NAMES, V2_DEPLOYMENTS, granted, needed
from tests.emulated.scenarios import SCENARIOS
from tests.emulated.stack import TOPIC_ARN, EmulatedStack
from tests.template import load_template, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.emulated.role import Permission
    from tests.emulated.scenarios import Scenario

_ROLE = "notifier-role"


def test_the_role_allows_each_call_and_nothing_else(emulators: Emulators) -> None:
    used: set[Permission] = set()
    for scenario in SCENARIOS:
        stack = EmulatedStack(emulators)
        for _ in scenario.run(stack):
            stack.sweep()
        used |= {permission for call in stack.container.interceptor.calls for permission in needed(call)}

    role = granted()
    assert not [each for each in used if not any(permission.covers(each) for permission in role)], "not allowed"
    assert not [permission for permission in role if not any(permission.covers(each) for each in used)], "not used"
    # Ids of deployments, jobs and devices are not known in advance, and listing deployments takes no resource.
    unknown = {f"{prefix}*" for prefix in (DEPLOYMENTS, V2_DEPLOYMENTS, CORE_DEVICES, JOBS)}
    assert {permission.resource for permission in role if "*" in permission.resource} == unknown | {"*"}


class Role:
    """A notifier under a role, on an emulator that refuses DynamoDB and SNS what no policy allows."""

    def __init__(self, emulators: Emulators) -> None:
        self._emulators = emulators
        # botocore signs with what this object holds at the time, so it can be given the keys of another session.
        as_role = session()
        self._credentials: Any = as_role.get_credentials()
        self.container = emulators.container(as_role)
        self._iam = emulators.owner.client("iam", endpoint_url=emulators.ministack.endpoint)
        self._sts = emulators.owner.client("sts", endpoint_url=emulators.ministack.endpoint)

    def stack(self, permissions: list[Permission]) -> EmulatedStack:
        """A new stack whose notifier has these permissions and no others."""
        self.container.interceptor.reset()
        stack = EmulatedStack(self._emulators, self.container)
        self._protect_the_topic()
        owner = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        arn = self._iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=_policy([owner]))["Role"]["Arn"]
        allowed = [{"Effect": "Allow", "Action": each.action, "Resource": each.resource} for each in permissions]
        self._iam.put_role_policy(RoleName=_ROLE, PolicyName="Notifier", PolicyDocument=_policy(allowed))
        keys = self._sts.assume_role(RoleArn=arn, RoleSessionName="sweep")["Credentials"]
        self._credentials.access_key = keys["AccessKeyId"]
        self._credentials.secret_key = keys["SecretAccessKey"]
        self._credentials.token = keys["SessionToken"]
        return stack

    def _protect_the_topic(self) -> None:
        """Give the topic the template's policy, except for what it says of plain HTTP, which is used here."""
        policy = load_template()["Resources"]["AlertTopicPolicy"]["Properties"]["PolicyDocument"]
        kept = [
            statement
            for statement in resolve(policy["Statement"], NAMES)
            if "aws:SecureTransport" not in json.dumps(statement)
        ]
        self._emulators.sns.set_topic_attributes(
            TopicArn=TOPIC_ARN, AttributeName="Policy", AttributeValue=_policy(kept)
        )

    def close(self) -> None:
        self.container.close()
        self._iam.close()
        self._sts.close()


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def role() -> Iterator[Role]:
    with MiniStack({"AUTH": "true"}) as ministack:
        emulators = Emulators(ministack)
        role = Role(emulators)
        yield role
        role.close()
        emulators.close()


def goes_well(stack: EmulatedStack, scenario: Scenario) -> bool:
    """Whether a scenario leads to the alerts that it must, and each is published and marked."""
    for _ in scenario.run(stack):
        stack.sweep()
    return (
        read_history(stack).alerts == scenario.alerts
        and not alert_ids(stack, pending=True)
        and sorted(stack.published()) == sorted(alert_ids(stack))
    )


def test_under_the_role_everything_goes_well(role: Role) -> None:
    for scenario in SCENARIOS:
        assert goes_well(role.stack(granted()), scenario), scenario.name


@pytest.mark.parametrize(
    "missing",
    [permission for permission in granted() if permission.action.startswith(("dynamodb:", "sns:"))],
    ids=lambda missing: missing.action,
)
def test_without_one_permission_something_fails(role: Role, missing: Permission) -> None:
    rest = [permission for permission in granted() if permission != missing]
    assert not all(goes_well(role.stack(rest), scenario) for scenario in SCENARIOS)
