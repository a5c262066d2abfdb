"""The stack, built and deployed once for all tests that look at what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local import stack
from local.ministack import MiniStack
from local.simulator import Simulator
from tests.deployment.deployed import Deployed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _say_nothing(status: str) -> None:
    """Tests show no progress."""


@pytest.fixture(scope="session")
def ministack() -> Iterator[MiniStack]:
    """An emulated AWS that nothing has been deployed to but by the fixtures below."""
    with MiniStack() as running:
        yield running


@pytest.fixture(scope="session")
def greengrass() -> Iterator[Simulator]:
    """The Greengrass that the deployed function asks; its time stands still until a test advances it."""
    with Simulator(clock=lambda: 0.0) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def package() -> Path:
    """The folder with the function's package, as `sam build` makes it."""
    stack.build(_say_nothing)
    return stack.PACKAGE


@pytest.fixture(scope="session")
def deployed_stack(package: Path, ministack: MiniStack, greengrass: Simulator) -> Deployed:
    """The stack, with the function asking the simulator; deployed once, so leave its settings as they are."""
    assert package.is_dir()
    made = stack.deploy(ministack.endpoint, _say_nothing, parameters={"GreengrassEndpointUrl": greengrass.url})
    return Deployed(made, ministack.endpoint, stack.session(), greengrass)


@pytest.fixture(scope="session")
def second_stack(deployed_stack: Deployed) -> Deployed:
    """A stack of another name and other settings, beside the first in the same account and region."""
    made = stack.deploy(
        deployed_stack.endpoint,
        _say_nothing,
        name="second",
        parameters={
            "AlertEmail": "ops@example.com",
            "AlertOn": "DEFAULT,STOPPED",
            "CheckEveryMinutes": "5",
            "Architecture": "x86_64",
        },
    )
    return Deployed(made, deployed_stack.endpoint, deployed_stack.session, deployed_stack.greengrass)
