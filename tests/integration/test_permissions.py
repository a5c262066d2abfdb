"""The function's role allows what the code calls, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from local.simulator import Misbehaviour
from tests.conftest import REGION
from tests.integration.aws_calls import uses
from tests.integration.role import allowed_uses
from tests.integration.world import ACCOUNT, TABLE, World, at

if TYPE_CHECKING:
    from tests.integration.role import AllowedUse


@pytest.fixture
def used(world: World) -> set[tuple[str, str]]:
    """The actions and resources of everything that sweeps do; every other test adds its own check (conftest.py)."""
    world.discover_within = timedelta(hours=24)
    world.start("groups-fail")
    world.play(at(0), at(1, processed=5), at(2, processed=5, invalid=1), at(3, "Failed"), deployment_id="fails")
    world.play(at(0), at(2, misbehaviour=Misbehaviour.UNKNOWN), deployment_id="lost")
    world.play(at(0), at(1, misbehaviour=Misbehaviour.THROTTLED), deployment_id="unchecked")
    world.play(at(0, "Completed"), deployment_id="completes")
    world.play(at(0), deployment_id="goes-on")
    for minute in range(60):
        match minute:
            case 3:
                world.break_sns()
            case 6:
                world.mend_sns()
            case 20:
                world.simulator.fault("unknown")
            case 40:
                world.simulator.clear()
        world.sweep()
        world.advance(minutes=1)
    kinds = set(world.kinds_received())
    assert kinds >= {"FAILED", "INVALID_RECORDS", "GROUPS_FAILED", "LOST", "UNCHECKED"}
    assert kinds >= {"SOURCE_UNREACHABLE", "SOURCE_RECOVERED"}
    return {use for call in world.all_calls for use in uses(call, ACCOUNT, REGION)}


@pytest.fixture
def role(world: World) -> list[AllowedUse]:
    return allowed_uses(TABLE, world.topic_arn, ACCOUNT, REGION)


def test_the_role_allows_each_call_and_each_of_its_statements_is_used(
    used: set[tuple[str, str]], role: list[AllowedUse]
) -> None:
    not_allowed = {use for use in used if not any(allowed.covers(*use) for allowed in role)}
    not_used = [allowed for allowed in role if not any(allowed.covers(*use) for use in used)]

    assert not not_allowed
    assert not not_used
    assert {allowed.action for allowed in role} == {action for action, _ in used}


def test_each_action_is_allowed_on_as_little_as_can_be(role: list[AllowedUse], world: World) -> None:
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{TABLE}"
    deployments = f"arn:aws:greengrass:{REGION}:{ACCOUNT}:/greengrass/bulk/deployments/*"

    assert {(allowed.action, allowed.resource) for allowed in role} == {
        ("dynamodb:Query", f"{table}/index/Queue"),
        ("dynamodb:BatchGetItem", table),
        ("dynamodb:PutItem", table),
        ("dynamodb:UpdateItem", table),
        ("dynamodb:DeleteItem", table),
        ("sns:Publish", world.topic_arn),
        ("greengrass:GetBulkDeploymentStatus", deployments),
        ("greengrass:ListBulkDeploymentDetailedReports", deployments),
        # Listing takes no resource.
        ("greengrass:ListBulkDeployments", "*"),
    }
