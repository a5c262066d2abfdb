"""How fast and how long: the calls per second that a source allows itself, and a sweep's time budget."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Pace:
    """Spreads calls evenly in time, for all threads together.

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
        """Wait for this call's turn. Threads that wait have turns one interval apart."""
        with self._lock:
            turn = max(self._next, self._clock())
            self._next = turn + self._interval
        delay = turn - self._clock()
        if delay > 0:
            self._sleep(delay)

    def longest_wait(self, threads: int) -> float:
        """How long a call can have to wait for its turn, in seconds, when so many threads call."""
        return threads * self._interval


class Budget:
    """The time that a sweep may still use.

    Args:
        remaining: gives the seconds until Lambda ends the invocation.
    """

    def __init__(self, remaining: Callable[[], float]) -> None:
        self._remaining = remaining
        self.total = remaining()

    def allows(self, seconds: float) -> bool:
        """Whether something that takes up to so many seconds would end in time."""
        return self._remaining() >= seconds
