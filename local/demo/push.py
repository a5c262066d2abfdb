"""The event of a failed device, which Greengrass V2 sends and the deployed stack waits for."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from local.demo.script import PUSHED, PUSHED_AFTER_SECONDS
from local.ministack import ACCOUNT, REGION

if TYPE_CHECKING:
    import boto3

_SWEEP_SECONDS = 3.0
"""A sweep may take so long, so none is started just before the event."""

_PATIENCE_SECONDS = 20.0
"""How long its alert may take: Lambda collects events for 5 seconds."""


class Push:
    """Sends one event, and waits for what the stack makes of it without a sweep.

    The emulator takes no event from a source of AWS's, so it is put into the queue, as the stack's rule does.

    Args:
        session: makes clients of the emulator.
        endpoint: the emulator's URL.
        queue_url: the stack's output `DeviceEventsQueueUrl`.
    """

    def __init__(self, session: boto3.Session, endpoint: str, queue_url: str) -> None:
        self._sqs = session.client("sqs", endpoint_url=endpoint)
        self._queue_url = queue_url
        self._due = time.monotonic()
        self._sent: float | None = None
        self.seconds: float | None = None
        """From the event to its alert; None if there was none before the next sweep."""

    def start(self) -> None:
        """Note that the deployment has started now."""
        self._due = time.monotonic() + PUSHED_AFTER_SECONDS

    @property
    def is_waiting(self) -> bool:
        """Whether its alert is awaited, so that no sweep should be started."""
        if self.seconds is not None:
            return False
        return -_SWEEP_SECONDS < time.monotonic() - self._due < _PATIENCE_SECONDS

    def send_if_due(self, deployment_id: str) -> str | None:
        """Send the event once it is time to; returns what to say of it."""
        if self._sent is not None or time.monotonic() < self._due:
            return None
        self._sent = time.monotonic()
        device = f"{PUSHED.name}-core-000"
        event = {
            "version": "0",
            "id": "cd4d811e-ab12-322b-8255-872ce65b1bc8",
            "detail-type": "Greengrass V2 Effective Deployment Status Change",
            "source": "aws.greengrass",
            "account": ACCOUNT,
            "region": REGION,
            "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "resources": [f"arn:aws:greengrass:{REGION}:{ACCOUNT}:coreDevices:{device}"],
            "detail": {"deploymentId": deployment_id, "coreDeviceExecutionStatus": "FAILED"},
        }
        self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(event))
        return f"Greengrass V2 sends an event: the deployment failed on {device}"

    def note_alert(self) -> None:
        """Note that the deployment's alert was decided."""
        if self._sent is not None and self.is_waiting:
            self.seconds = time.monotonic() - self._sent
