"""Whole sweeps in emulated AWS, in several containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.emulated.fixtures import emulators, stack

if TYPE_CHECKING:
    from tests.emulated.emulators import Container, Emulators
    from tests.emulated.stack import EmulatedStack

__all__ = ["emulators", "stack"]


@pytest.fixture
def others(emulators: Emulators, stack: EmulatedStack) -> list[Container]:
    """Containers beside the one of the stack."""
    return [container for container in emulators.containers(4) if container is not stack.container]


@pytest.fixture
def other(others: list[Container]) -> Container:
    return others[0]
