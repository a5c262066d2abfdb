"""What a service may answer, and Greengrass's source with a real client that is answered so."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import boto3
from hypothesis import strategies as st

from deployment_notifier.model import Watch
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.sources.calls import CLIENT_CONFIG
from deployment_notifier.sources.greengrass_bulk.client import GreengrassBulk
from tests.wire import answer_with, fail_with

if TYPE_CHECKING:
    from mypy_boto3_greengrass import GreengrassClient

ID = "3f1c9a62-5f0e-4a53-9d0f-1b7f6a0f3c11"
WATCH = Watch(ID, "greengrass-bulk")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.just("x" * 10_000),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=10), inner, max_size=30),
    max_leaves=10,
)
"""Any JSON."""

details = st.lists(
    values | st.fixed_dictionaries({}, optional={"DetailedErrorCode": values, "DetailedErrorMessage": values}),
    max_size=30,
)
"""What `ErrorDetails` may hold."""


def assert_bounded_text(text: str | None, limit: int = 4096) -> None:
    """It can be stored: within a limit in bytes of UTF-8."""
    assert text is None or (isinstance(text, str) and len(text.encode()) <= limit)


@cache
def _session() -> boto3.Session:
    return boto3.Session("testing", "testing", region_name="eu-west-1")


def new_client() -> GreengrassClient:
    """A real client; making a session takes longer than most of these tests."""
    return _session().client("greengrass", config=CLIENT_CONFIG)


def source_with(client: GreengrassClient) -> GreengrassBulk:
    """The source with a client, and no wait between two calls."""
    return GreengrassBulk(client, RateLimiter(10**6))


def source_answering(status: int, body: bytes, error_type: str | None = None) -> GreengrassBulk:
    """The source with a real client, below which every request gets this answer."""
    client = new_client()
    answer_with(client, status, body, {"x-amzn-ErrorType": error_type} if error_type else None)
    return source_with(client)


def source_failing(error: Exception) -> GreengrassBulk:
    """The source with a real client that cannot send."""
    client = new_client()
    fail_with(client, error)
    return source_with(client)
