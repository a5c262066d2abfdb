"""The sweeps: those of the deployed schedule once a minute, and between them those that the demonstration starts."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from local.demo.script import SWEEP_EVERY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import boto3

    from local.stack import Stack

_SCHEDULE_SECONDS = 60
_SCHEDULE_TICK_SECONDS = 12  # MiniStack looks every 10 s whether a schedule is due


class SweepError(Exception):
    """The function failed; the message holds its answer."""


class Sweeps:
    """Invokes the deployed function, and distinguishes its own sweeps from the schedule's.

    Args:
        session: makes clients of the emulator.
        endpoint: the emulator's URL.
        stack: the deployed stack.
        calls: how many calls of the function have reached Greengrass.
    """

    def __init__(self, session: boto3.Session, endpoint: str, stack: Stack, calls: Callable[[], int]) -> None:
        config = Config(retries={"total_max_attempts": 1}, read_timeout=90)
        self._lambda = session.client("lambda", endpoint_url=endpoint, config=config)
        self._function_name = stack.function_name
        self._calls = calls
        self._known_calls = calls()
        self._created = time.monotonic()
        self._last = -1.0 * SWEEP_EVERY_SECONDS
        self._was_waiting = False
        self.invocations = 0
        self.schedule_was_seen = False

    def news(self) -> Iterator[str]:
        """What is new about the schedule. Calls that come while nothing is invoked here are a sweep of its own."""
        if self._waits_for_schedule and not self._was_waiting:
            self._was_waiting = True
            yield "no more invocations for a moment: the stack's own schedule is due"
        if not self.schedule_was_seen and self._calls() > self._known_calls:
            self.schedule_was_seen = True
            yield "the stack's own schedule has started a sweep"

    @property
    def _waits_for_schedule(self) -> bool:
        due = abs(time.monotonic() - self._created - _SCHEDULE_SECONDS) < _SCHEDULE_TICK_SECONDS
        return due and not self.schedule_was_seen

    def invoke_if_due(self, event: dict[str, Any]) -> None:
        """Invoke the function if it is time to.

        Raises:
            SweepError: the function failed.
        """
        if self._waits_for_schedule or time.monotonic() - self._last < SWEEP_EVERY_SECONDS:
            return
        self._last = time.monotonic()
        answer = self._lambda.invoke(FunctionName=self._function_name, Payload=json.dumps(event).encode())
        payload = answer["Payload"].read().decode()
        self._known_calls = self._calls()
        self.invocations += 1
        if "FunctionError" in answer:
            raise SweepError(f"The function failed: {payload[:2000]}")
