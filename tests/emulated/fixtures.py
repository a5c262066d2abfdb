"""MiniStack and the simulator, started once a process, and a new stack for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.ministack import MiniStack
from tests.emulated.emulators import Emulators
from tests.emulated.role import granted, needed
from tests.emulated.stack import EmulatedStack

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def emulators() -> Iterator[Emulators]:
    with MiniStack() as ministack:
        emulators = Emulators(ministack)
        yield emulators
        emulators.close()


@pytest.fixture
def stack(emulators: Emulators) -> Iterator[EmulatedStack]:
    """A new stack; when the test has ended, the function's role must have allowed every call of its sweeps."""
    stack = EmulatedStack(emulators)
    yield stack
    role = granted()
    for permission in {each for call in stack.container.interceptor.calls for each in needed(call)}:
        assert any(each.covers(permission) for each in role), f"the role does not allow {permission}"
