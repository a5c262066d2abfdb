"""Answers below a real client, for what an emulator never says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.client import BaseClient


class _Raw:
    """The body of an answer, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> list[bytes]:
        """The body in one piece."""
        return [self._body]


def answer_with(client: BaseClient, status: int, body: bytes, headers: dict[str, str] | None = None) -> list[str]:
    """Let each request of a client have this answer, and none be sent.

    Returns:
        The URLs of the requests, which grows with each.
    """
    sent: list[str] = []

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        sent.append(request.url)
        raw: Any = _Raw(body)
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers or {}), raw)

    hook: Any = answer  # botocore's types know no handler that answers
    client.meta.events.register("before-send", hook)
    return sent


def fail_with(client: BaseClient, error: Exception | Callable[[], Exception]) -> list[str]:
    """Let each request of a client fail before it is sent.

    Returns:
        The URLs of the requests, which grows with each.
    """
    sent: list[str] = []

    def fail(request: AWSPreparedRequest, **_: object) -> None:
        sent.append(request.url)
        raise error() if callable(error) else error

    client.meta.events.register("before-send", fail)
    return sent
