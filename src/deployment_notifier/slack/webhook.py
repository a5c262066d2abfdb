"""One post to a Slack webhook, and what Slack's answer means.

Slack's answers: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (Handling errors) and
https://docs.slack.dev/apis/web-api/rate-limits. The URL is a secret, and both urllib3's errors and its log have it, so
neither goes any further than this file.
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
"""Kept after a wait and a post, to say how it went."""

# Slack allows a post a second, so a second is what to wait where it doesn't say.
_LEAST_WAIT_SECONDS = 1.0
_PAYLOAD_AT_FAULT = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
_WORD = re.compile(r"[a-z_]{1,64}")
_LONGEST_ANSWER = 1_024


def make_pool() -> urllib3.PoolManager:
    """The connections, which outlive one invocation; `Webhook` uses one at a time."""
    # At DEBUG, which one setting of Lambda's gives to all loggers, urllib3 logs the path of each request, which is the
    # secret, and botocore the decrypted parameter.
    for name in ("urllib3", "botocore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return urllib3.PoolManager(num_pools=1, timeout=_TIMEOUT, retries=False)


class Webhook:
    """Posts messages.

    Args:
        pool: of `make_pool`.
        sleep: waits for some seconds.
    """

    def __init__(self, pool: urllib3.PoolManager, sleep: Callable[[float], None]) -> None:
        self._pool = pool
        self._sleep = sleep

    def post(self, url: str, message: dict[str, Any], remaining: Callable[[], float]) -> None:
        """Post one message; returns once Slack has taken it.

        Where Slack says that it is too busy, this waits as told, as often as there is time.

        Args:
            url: the webhook's.
            message: as `json.dumps` takes it.
            remaining: the seconds until Lambda ends the invocation.

        Raises:
            UnavailableError: Slack is too busy for the time that is left, has trouble of its own, or did not answer. In
                the last case it may have taken the message all the same.
            PayloadError: it refuses this message.
            WebhookError: it refuses whatever comes to this URL.
        """
        body = json.dumps(message, ensure_ascii=False).encode()
        while True:
            response = self._send(url, body)
            if response.status == HTTPStatus.OK:
                return
            if response.status != HTTPStatus.TOO_MANY_REQUESTS:
                raise _refusal(response)
            wait = _wait_seconds(response)
            if remaining() < wait + SECONDS_PER_POST + _SPARE_SECONDS:
                raise UnavailableError(f"Slack is too busy: it says to wait for {wait:g} s, which is more than is left")
            self._sleep(wait)

    def _send(self, url: str, body: bytes) -> BaseHTTPResponse:
        try:
            # No redirect is followed: the webhook's address is Slack's own, and the message is for nobody else.
            return self._pool.request(
                "POST", url, body=body, headers={"Content-Type": "application/json; charset=utf-8"}, redirect=False
            )
        except (HTTPError, OSError, ValueError) as error:
            failure = type(error).__name__
        # Raised out here, so that the error whose text has the address is not even its context.
        raise UnavailableError(f"Slack did not answer ({failure})")


def _refusal(response: BaseHTTPResponse) -> UnavailableError | PayloadError | WebhookError:
    answer = f"Slack answered {response.status} {_word(response)}"
    if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status == HTTPStatus.REQUEST_TIMEOUT:
        return UnavailableError(answer)
    if response.status in _PAYLOAD_AT_FAULT:
        return PayloadError(answer)
    return WebhookError(answer)


def _word(response: BaseHTTPResponse) -> str:
    """Slack's word for what is wrong, such as `no_service`; what else a body may hold is not for the log."""
    word = response.data[:_LONGEST_ANSWER].decode("ascii", "replace").strip()
    return word if _WORD.fullmatch(word) else "(without a word of Slack's)"


def _wait_seconds(response: BaseHTTPResponse) -> float:
    told = response.headers.get("Retry-After", "")
    return max(float(told), _LEAST_WAIT_SECONDS) if re.fullmatch(r"[0-9]{1,9}", told) else _LEAST_WAIT_SECONDS
