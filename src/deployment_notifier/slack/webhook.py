"""One post to a Slack webhook, and the meaning of Slack's response.

Slack's responses: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (Handling errors) and
https://docs.slack.dev/apis/web-api/rate-limits. The URL is a secret, and urllib3's errors and log contain it, so
neither leaves this file.
"""

from __future__ import annotations

import json
import logging
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.exceptions import HTTPError

from deployment_notifier.slack.errors import PayloadError, UnavailableError, WebhookError

if TYPE_CHECKING:
    from collections.abc import Callable

    from urllib3 import BaseHTTPResponse

SECONDS_PER_POST = 12.0
"""The longest that one post can take: connect and read, each at its time-out."""

_TIMEOUT = urllib3.Timeout(connect=2, read=10)
_SPARE_SECONDS = 3.0
"""Kept after a wait and a post, to report the outcome."""

# Slack allows one post a second.
_SHORTEST_WAIT_SECONDS = 1.0
_PAYLOAD_AT_FAULT = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
_REASON = re.compile(r"[a-z_]{1,64}")
_REASON_BYTES = 1_024


def create_pool() -> urllib3.PoolManager:
    """Create the connection pool, which outlives one invocation; `Webhook` uses one connection at a time."""
    # At DEBUG, which one setting of Lambda's gives to all loggers, urllib3 logs the path of each request, which is the
    # secret, and botocore the decrypted parameter.
    for name in ("urllib3", "botocore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Without retries no redirect is followed either: the message is for Slack only.
    return urllib3.PoolManager(num_pools=1, timeout=_TIMEOUT, retries=False)


class Webhook:
    """Posts messages.

    Args:
        pool: from `create_pool`.
        sleep: waits for some seconds.
    """

    def __init__(self, pool: urllib3.PoolManager, sleep: Callable[[float], None]) -> None:
        self._pool = pool
        self._sleep = sleep

    def post(self, url: str, message: dict[str, Any], remaining: Callable[[], float]) -> None:
        """Post one message; return once Slack has taken it.

        If Slack is too busy, wait for as long as it says and post again, while there is time.

        Args:
            url: the webhook's URL.
            message: as `json.dumps` takes it.
            remaining: returns the seconds until Lambda ends the invocation.

        Raises:
            UnavailableError: Slack is too busy for the time that is left, has a fault of its own, or did not answer.
                In the last case it may have taken the message.
            PayloadError: Slack refuses this message.
            WebhookError: Slack refuses every message to this URL.
        """
        body = json.dumps(message, ensure_ascii=False).encode()
        # Lambda froze the function since the last message. A post over a connection that died meanwhile fails, Lambda
        # tries again only after a minute, and it is not known whether Slack got it.
        self._pool.clear()
        while True:
            response = self._send(url, body)
            if response.status == HTTPStatus.OK:
                return
            if response.status != HTTPStatus.TOO_MANY_REQUESTS:
                raise _error(response)
            wait = _wait_seconds(response)
            if remaining() < wait + SECONDS_PER_POST + _SPARE_SECONDS:
                raise UnavailableError(f"Slack is too busy: it asks to wait {wait:g} s, which is more than is left")
            self._sleep(wait)

    def _send(self, url: str, body: bytes) -> BaseHTTPResponse:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            return self._pool.request("POST", url, body=body, headers=headers)
        except (HTTPError, OSError, ValueError) as error:
            failure = type(error).__name__
        # Raised outside of the handler, so that the error whose text has the URL does not become its context.
        raise UnavailableError(f"Slack did not answer ({failure})")


def _error(response: BaseHTTPResponse) -> UnavailableError | PayloadError | WebhookError:
    text = f"Slack answered {response.status} {_reason(response)}"
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status == HTTPStatus.REQUEST_TIMEOUT:
        return UnavailableError(text)
    if response.status in _PAYLOAD_AT_FAULT:
        return PayloadError(text)
    return WebhookError(text)


def _reason(response: BaseHTTPResponse) -> str:
    """Return Slack's word for the fault, such as `no_service`; any other text may quote the URL, so it is left out."""
    word = response.data[:_REASON_BYTES].decode("ascii", "replace").strip()
    return word if _REASON.fullmatch(word) else "(no reason given)"


def _wait_seconds(response: BaseHTTPResponse) -> float:
    value = response.headers.get("Retry-After", "")
    return max(float(value), _SHORTEST_WAIT_SECONDS) if re.fullmatch(r"[0-9]{1,9}", value) else _SHORTEST_WAIT_SECONDS
