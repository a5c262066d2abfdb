"""A deployed stack on moto, and an operator who types commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployment_notifier_cli.options import Operator
from tests.integration.cli.terminal import Line, Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.world import World


@pytest.fixture(scope="session")
def line() -> Line:
    return Line()


@pytest.fixture
def terminal(world: World, line: Line, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setattr(Operator, "now", staticmethod(world.clock))
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal(world, line)
    yield terminal
    terminal.close()
