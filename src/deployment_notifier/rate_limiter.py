"""The rate at which a source is called."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class RateLimiter:
    """Spreads calls evenly in time, over all threads together.

    Args:
        calls_per_second: the rate.
        clock: a monotonic clock, in seconds.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        calls_per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / calls_per_second
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the turn of this call. The turns of waiting threads are one interval apart."""
        with self._lock:
            turn = max(self._next, self._clock())
            self._next = turn + self._interval
        delay = turn - self._clock()
        if delay > 0:
            self._sleep(delay)
