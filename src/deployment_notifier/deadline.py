"""The time of a sweep: how long each step can take, and whether there is still time for one.

A step is started only if it would end in time even at its longest: a sweep that Lambda stops in the middle repeats
work, and a thread that Lambda freezes wakes up in the next invocation with an old view of the world. Each figure is in
seconds and follows from the time-outs of the clients; tests/unit/test_deadline.py compares them with the clients and
the sources, and their sum with the function's `Timeout` in template.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WRITE = 6.5
"""One call to DynamoDB: three attempts at their time-outs of 2 s each, with the pauses between them."""

PUBLISH = 7.25
"""One call to SNS: the wait for its turn, then connect and read, each at its time-out."""

PUBLISH_ALERT = PUBLISH + PUBLISH + WRITE
"""Publish a stored and leased alert: the full message, the minimal one if SNS refuses the full one, and the mark."""

PUBLISH_PENDING = WRITE + PUBLISH_ALERT + WRITE
"""Lease and publish an alert of an earlier sweep. The last part is left to the checks, which need up to 29 seconds to
start: without it, a long queue would leave them no time."""

APPLY = WRITE
"""Store the decision on a check. Its alert is published if there is still time for that, else by the next sweep."""

CONCLUDE = WRITE
"""Store what the sweep found out about a source."""

CHECK_RESERVE = APPLY + CONCLUDE
"""What must be left after a call to a source: its decision is stored, and what the round says about the source."""


class Deadline:
    """The end of a sweep.

    Args:
        remaining: returns the seconds until Lambda ends the invocation.
    """

    def __init__(self, remaining: Callable[[], float]) -> None:
        self._remaining = remaining
        self.total = remaining()

    @property
    def left(self) -> float:
        """Seconds until Lambda ends the invocation."""
        return self._remaining()

    def allows(self, seconds: float) -> bool:
        """Return whether a step that takes up to this many seconds would end in time."""
        return self.left >= seconds
