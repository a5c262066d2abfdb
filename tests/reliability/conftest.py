"""MiniStack and the Greengrass simulator, started once and emptied for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.ministack import MiniStack
from local.simulator import Simulator
from local.stack import session
from tests.reliability.world import START, Cloud, World

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    # Two results a page, so that a few groups or deployments make several.
    with Simulator(clock=lambda: 0.0, today=lambda: START, page_size=2) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def cloud(simulator: Simulator) -> Iterator[Cloud]:
    with MiniStack() as ministack:
        cloud = Cloud(ministack, simulator, session())
        yield cloud
        cloud.close()


@pytest.fixture
def world(cloud: Cloud) -> World:
    return World(cloud)
