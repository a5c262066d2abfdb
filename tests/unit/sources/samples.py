"""What a service may answer, and Greengrass's source with a real client that is answered so."""

from __future__ import annotations

import boto3
from hypothesis import strategies as st

from deployment_notifier.sources.greengrass_bulk import CLIENT_CONFIG, GreengrassBulk
from tests.wire import answer_with, fail_with

ID = "3f1c9a62-5f0e-4a53-9d0f-1b7f6a0f3c11"

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


def source_answering(status: int, body: bytes, error_type: str | None = None) -> GreengrassBulk:
    """The source with a real client, below which every request gets this answer."""
    client = boto3.client("greengrass", config=CLIENT_CONFIG)
    answer_with(client, status, body, {"x-amzn-ErrorType": error_type} if error_type else None)
    return GreengrassBulk(client)


def source_failing(error: Exception) -> GreengrassBulk:
    """The source with a real client that can't send."""
    client = boto3.client("greengrass", config=CLIENT_CONFIG)
    fail_with(client, error)
    return GreengrassBulk(client)
