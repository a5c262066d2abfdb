"""A deployed notifier on moto, and an operator who types commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from deployment_notifier_cli.operator_session import Operator
from local.simulator import Simulator
from tests.integration.cli.operated_stack import START, Clients, OperatedStack
from tests.integration.cli.terminal import OperatorClients, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """Its time does not move until a test moves it."""
    with Simulator(clock=lambda: 0.0, today=lambda: START) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def clients(simulator: Simulator) -> Clients:
    with mock_aws():
        return Clients(simulator)


@pytest.fixture(scope="session")
def operator_clients() -> OperatorClients:
    return OperatorClients()


@pytest.fixture
def stack(simulator: Simulator, clients: Clients) -> Iterator[OperatedStack]:
    simulator.reset()
    with mock_aws():
        yield OperatedStack(simulator, clients)


@pytest.fixture
def terminal(
    stack: OperatedStack, operator_clients: OperatorClients, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Terminal]:
    monkeypatch.setattr(Operator, "now", staticmethod(lambda: stack.now))
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal(stack, operator_clients)
    yield terminal
    terminal.assert_actions_are_known()
