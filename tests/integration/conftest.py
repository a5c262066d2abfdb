"""Whole sweeps on moto, with Greengrass by the simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from local.simulator import Simulator
from tests.conftest import REGION
from tests.fakes import START
from tests.integration.aws_calls import uses
from tests.integration.clients import Clients
from tests.integration.role import allowed_uses
from tests.integration.world import ACCOUNT, TABLE, World

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    """Its time stands still until a test lets it go on."""
    with Simulator(clock=lambda: 0.0, today=lambda: START) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def shared_clients(shared_simulator: Simulator) -> Iterator[Clients]:
    """The clients; without moto they would reach nothing, since their credentials are none."""
    with mock_aws():
        clients = Clients(shared_simulator)
    yield clients
    clients.close()


@pytest.fixture
def world(shared_simulator: Simulator, shared_clients: Clients) -> Iterator[World]:
    """A new world; when the test has ended, the function's role must have allowed every call that sweeps made."""
    shared_simulator.reset()
    with mock_aws():
        world = World(shared_simulator, shared_clients)
        yield world
        world.close()
    role = allowed_uses(TABLE, world.topic_arn, ACCOUNT, REGION)
    for call in world.all_calls:
        for use in uses(call, ACCOUNT, REGION):
            assert any(allowed.covers(*use) for allowed in role), f"the role does not allow {use}"
