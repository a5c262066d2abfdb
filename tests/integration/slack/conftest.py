"""A stand-in for Slack that listens on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.slack import SlackStandIn

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shared_slack() -> Iterator[SlackStandIn]:
    with SlackStandIn() as slack:
        yield slack


@pytest.fixture
def slack(shared_slack: SlackStandIn) -> SlackStandIn:
    shared_slack.clear()
    return shared_slack
