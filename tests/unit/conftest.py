"""Unit tests run with sockets off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_socket

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def no_sockets() -> Iterator[None]:
    """Any attempt to open a socket fails the test."""
    pytest_socket.disable_socket()
    yield
    pytest_socket.enable_socket()
