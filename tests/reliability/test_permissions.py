"""The role of template.yaml lets the function do all that it does, and each of its permissions is needed.

MiniStack enforces them for DynamoDB and SNS. No emulator does for Greengrass: there the policy is held against the
calls that botocore recorded. What the role may write to its log is used by Lambda itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local.ministack import ACCOUNT, REGION, MiniStack
from local.stack import session
from tests.integration.role import allowed_uses
from tests.reliability.calls import Call
from tests.reliability.scenarios import SCENARIOS
from tests.reliability.story import alert_ids, story
from tests.reliability.world import TABLE, TOPIC_ARN, Cloud, World
from tests.template import load_template, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.simulator import Simulator
    from tests.integration.role import AllowedUse
    from tests.reliability.scenarios import Scenario

_ROLE = "notifier-role"


PERMISSIONS = allowed_uses(TABLE, TOPIC_ARN, ACCOUNT, REGION)
ENFORCED = [permission for permission in PERMISSIONS if permission.action.startswith(("dynamodb:", "sns:"))]


class Role:
    """A notifier under a role, on an emulator that refuses what no policy allows."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        # botocore signs with what this object holds at the time, so it can be given the keys of another session.
        as_role = session()
        self._credentials: Any = as_role.get_credentials()
        self.container = cloud.container(as_role)
        self._iam = cloud.owner.client("iam", endpoint_url=cloud.ministack.endpoint)
        self._sts = cloud.owner.client("sts", endpoint_url=cloud.ministack.endpoint)

    def world(self, permissions: list[AllowedUse]) -> World:
        """A new world whose notifier has these permissions and no other."""
        self.container.tap.start()
        world = World(self._cloud, self.container)
        self._protect_the_topic()
        owner = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        arn = self._iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=_policy([owner]))["Role"]["Arn"]
        allowed = [{"Effect": "Allow", "Action": each.action, "Resource": each.resource} for each in permissions]
        self._iam.put_role_policy(RoleName=_ROLE, PolicyName="Notifier", PolicyDocument=_policy(allowed))
        keys = self._sts.assume_role(RoleArn=arn, RoleSessionName="sweep")["Credentials"]
        self._credentials.access_key = keys["AccessKeyId"]
        self._credentials.secret_key = keys["SecretAccessKey"]
        self._credentials.token = keys["SessionToken"]
        return world

    def _protect_the_topic(self) -> None:
        """Give the topic the template's policy, but for what it says of plain HTTP, which is what is spoken here."""
        policy = load_template()["Resources"]["AlertTopicPolicy"]["Properties"]["PolicyDocument"]
        names = {
            "AlertTopic": TOPIC_ARN,
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
        }
        kept = [
            statement
            for statement in resolve(policy["Statement"], names)
            if "aws:SecureTransport" not in json.dumps(statement)
        ]
        self._cloud.sns.set_topic_attributes(TopicArn=TOPIC_ARN, AttributeName="Policy", AttributeValue=_policy(kept))

    def close(self) -> None:
        self.container.close()
        self._iam.close()
        self._sts.close()


def _policy(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(scope="module")
def role(simulator: Simulator) -> Iterator[Role]:
    with MiniStack({"AUTH": "true"}) as ministack:
        cloud = Cloud(ministack, simulator, session())
        role = Role(cloud)
        yield role
        role.close()
        cloud.close()


def goes_well(world: World, scenario: Scenario) -> bool:
    """Whether a scenario leads to the alerts that it must, and each is published and marked."""
    for _ in scenario.play(world):
        world.sweep()
    return (
        story(world).told == scenario.tells
        and not alert_ids(world, pending=True)
        and sorted(world.published()) == sorted(alert_ids(world))
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_role_allows_all_that_the_function_does(role: Role, scenario: Scenario) -> None:
    assert goes_well(role.world(PERMISSIONS), scenario)


@pytest.mark.parametrize("missing", ENFORCED, ids=lambda missing: missing.action)
def test_without_one_permission_something_fails(role: Role, missing: AllowedUse) -> None:
    rest = [permission for permission in PERMISSIONS if permission != missing]
    assert not all(goes_well(role.world(rest), scenario) for scenario in SCENARIOS)


def test_the_role_may_call_greengrass_as_the_function_does_and_not_otherwise(world: World) -> None:
    calls = set[Call]()
    for scenario in SCENARIOS:
        played = World(world.cloud)
        for _ in scenario.play(played):
            played.sweep()
        calls |= {call for call in played.container.tap.calls if call.operation.startswith("greengrass:")}

    allowed = [permission for permission in PERMISSIONS if permission.action.startswith("greengrass:")]
    assert {call.operation for call in calls} == {permission.action for permission in allowed}
    for call in calls:
        assert any(each.covers(call.operation, _greengrass_resource(call)) for each in allowed), call


def _greengrass_resource(call: Call) -> str:
    """The resource that a call is authorised on, as the Service Authorization Reference has it for Greengrass V1."""
    if not call.about:
        return "*"
    return f"arn:aws:greengrass:{REGION}:{ACCOUNT}:/greengrass/bulk/deployments/{call.about}"
