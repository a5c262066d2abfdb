"""Who sweeps: the deployed schedule once a minute, and between its ticks the demonstration itself."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3

    from local.stack import Stack

_SCHEDULE_SECONDS = 60
_SCHEDULE_TICK_SECONDS = 12  # MiniStack looks every 10 s whether a schedule is due


class SweepError(Exception):
    """The function failed; the message holds what it said."""


class Sweeps:
    """Invokes the deployed function, and tells its own sweeps from the schedule's.

    Args:
        session: makes clients of the emulator.
        endpoint: the emulator's URL.
        stack: the deployed stack.
        every: seconds between two invocations.
        calls: how many calls have reached Greengrass.
    """

    def __init__(
        self, session: boto3.Session, endpoint: str, stack: Stack, every: float, calls: Callable[[], int]
    ) -> None:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=90)
        self._lambda = session.client("lambda", endpoint_url=endpoint, config=config)
        self._function_name = stack.function_name
        self._every = every
        self._calls = calls
        self._known_calls = calls()
        self._created = time.monotonic()
        self._last = -every
        self.invocations = 0
        self.schedule_was_seen = False

    def look(self) -> None:
        """See whether calls have come while nothing was invoked here: they are of a sweep of the schedule's own."""
        self.schedule_was_seen |= self._calls() > self._known_calls

    @property
    def waits_for_schedule(self) -> bool:
        """Whether the schedule's first tick is due, so that we keep still to see it."""
        age = time.monotonic() - self._created
        return not self.schedule_was_seen and (
            _SCHEDULE_SECONDS - _SCHEDULE_TICK_SECONDS < age < _SCHEDULE_SECONDS + _SCHEDULE_TICK_SECONDS
        )

    def invoke_if_due(self, event: dict[str, Any]) -> None:
        """Invoke the function if it is time to.

        Raises:
            SweepError: the function failed.
        """
        if self.waits_for_schedule or time.monotonic() - self._last < self._every:
            return
        self.look()
        self._last = time.monotonic()
        answer = self._lambda.invoke(FunctionName=self._function_name, Payload=json.dumps(event).encode())
        said = answer["Payload"].read().decode()
        self._known_calls = self._calls()
        self.invocations += 1
        if "FunctionError" in answer:
            raise SweepError(f"The function failed: {said[:2000]}")
