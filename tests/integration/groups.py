"""What tests of groups share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment_notifier.model import Kind, Policy
from local.simulator import Error, Fault, Misbehaviour, Operation

if TYPE_CHECKING:
    from tests.integration.world import World

REPORTS = "ListBulkDeploymentDetailedReports"
NO_CORE = Error("The group has no core.", (("GG-303", "You need a core."),))
NO_ROLE = Error("No service role.")
EVERYTHING = Policy(frozenset(Kind))


def sweeps(world: World, minutes: int, policy: Policy | None = None) -> list[tuple[int, str]]:
    """A sweep each minute: what came, and when."""
    came = []
    for minute in range(minutes):
        world.sweep(policy=policy)
        came += [(minute, "+".join([each["data"]["kind"], *each["data"]["also"]])) for each in world.received()]
        world.advance(minutes=1)
    return came


def spoil_reports(world: World, kind: str, **about: Any) -> int:  # noqa: ANN401 - the fields of Fault
    """Let calls for reports misbehave."""
    return world.simulator.fault(Fault(Misbehaviour(kind), operation=Operation.LIST_REPORTS, **about))
