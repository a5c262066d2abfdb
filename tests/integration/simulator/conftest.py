"""A simulator whose time only a test moves, and a real boto3 client for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest

from local.simulator import Simulator
from tests.integration.simulator.contract import Recorder, new_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_greengrass import GreengrassClient

TODAY = datetime(2026, 11, 23, 10, 4, 0, 123_000, tzinfo=UTC)


@pytest.fixture(scope="session")
def shared() -> Iterator[Simulator]:
    with Simulator(clock=lambda: 0.0, today=lambda: TODAY) as simulator:
        yield simulator


@pytest.fixture
def simulator(shared: Simulator) -> Simulator:
    shared.reset()
    return shared


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    return boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture(scope="session")
def client(shared: Simulator, session: boto3.Session) -> Iterator[GreengrassClient]:
    client = new_client(session, shared.url)
    yield client
    client.close()


@pytest.fixture
def recorder(client: GreengrassClient) -> Iterator[Recorder]:
    with Recorder(client) as recorder:
        yield recorder
