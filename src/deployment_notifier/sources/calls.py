"""Calls to a source's service: their turn under a rate limit, and errors as outcomes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, SSLError

from deployment_notifier.model import CheckFailed, UnknownDeployment
from deployment_notifier.sources import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployment_notifier.rate_limiter import RateLimiter

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=4, retries={"total_max_attempts": 1}, max_pool_connections=10)
"""The settings of a source's clients: the next sweep is the retry, and no check may delay a sweep."""

SECONDS_PER_CALL = 8.0
"""The longest that one call can take: connect and read, each at its time-out (6 s); a second attempt follows only a
first one that failed within a second; and the longest wait for a turn."""

_AT_ONCE = 1.0
"""Seconds within which a connection that was already closed fails."""

_CLOSED = (ConnectionClosedError, SSLError)
"""What botocore makes of a closed connection; the second if TLS finds it closed while it still writes."""


class Calls:
    """Makes calls to one service.

    Args:
        limiter: spreads the calls.
        is_unknown: whether an error says that there is no such deployment.
        clock: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        limiter: RateLimiter,
        is_unknown: Callable[[ClientError], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limiter = limiter
        self._is_unknown = is_unknown
        self._clock = clock

    def ask(self, call: Callable[[], Mapping[str, object]]) -> Mapping[str, object] | UnknownDeployment | CheckFailed:
        """Make a call that only reads, and return its answer or why there is none.

        Args:
            call: the call.
        """
        self._limiter.wait()
        started = self._clock()
        try:
            return self._once(call)
        except _CLOSED as error:
            # A connection that the other side had closed shows that at once: a second attempt costs nothing but a new
            # connection.
            if self._clock() - started > _AT_ONCE:
                return CheckFailed(reason_of(error))
        try:
            return self._once(call)
        except _CLOSED as error:
            return CheckFailed(reason_of(error))

    def _once(self, call: Callable[[], Mapping[str, object]]) -> Mapping[str, object] | UnknownDeployment | CheckFailed:
        try:
            return call()
        except _CLOSED:
            raise
        except ClientError as error:
            reason = reason_of(error)
            return UnknownDeployment(reason) if self._is_unknown(error) else CheckFailed(reason)
        except Exception as error:  # noqa: BLE001 - what botocore makes of a garbled body is of any type
            return CheckFailed(reason_of(error))


def reason_of(error: Exception) -> str:
    """Return what went wrong, with the code and the HTTP status, by which the messages know the usual causes."""
    if isinstance(error, ClientError):
        fields = error.response.get("Error", {})
        http_status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", "no status")
        text = f"{fields.get('Code', 'Error')} ({http_status}): {fields.get('Message', '')}"
    else:
        text = f"{type(error).__name__}: {error}"
    return sanitize.text(text) or type(error).__name__
