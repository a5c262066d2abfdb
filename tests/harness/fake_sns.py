"""An SNS topic in memory, and what a program reads from its messages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.harness import sns_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Published:
    """One message that SNS took.

    Attributes:
        arguments: those of `Publish`.
        at: when it was published.
        id: the alert's id.
        kinds: its kind, and the others that applied.
        data: what the event says.
    """

    arguments: Mapping[str, Any]
    at: datetime
    id: str
    kinds: tuple[str, ...]
    data: Mapping[str, Any]

    @property
    def deployment_id(self) -> str:
        """The deployment, or `source:` and a source's name."""
        return self.id.rpartition("/")[0]

    @property
    def is_minimal(self) -> bool:
        """Whether it is the minimal form of the alert."""
        return "could not be sent in full" in json.loads(self.arguments["Message"])["default"]

    def __str__(self) -> str:
        """Return its kinds, such as `GROUPS_FAILED+COMPLETED`."""
        return "+".join(self.kinds)


def read_message(arguments: Mapping[str, Any], at: datetime) -> Published:
    """Return what a message says."""
    event = json.loads(json.loads(arguments["Message"])["sqs"])
    data = event["data"]
    return Published(arguments, at, event["id"], (data["kind"], *data["also"]), data)


class FakeSns:
    """A topic.

    Attributes:
        published: what it took, in order.
        refuses: looks at each message, and returns the error to raise; None takes it.
        broken_rules: what SNS would have refused.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.published: list[Published] = []
        self.refuses: Callable[[Published], Exception | None] = lambda _: None
        self.broken_rules: list[str] = []

    def publish(self, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's
        """Publish one message."""
        message = read_message(arguments, self._clock())
        error = self.refuses(message)
        if error is not None:
            raise error
        self.broken_rules += sns_rules.broken_rules(arguments)
        self.published.append(message)
        return {"MessageId": f"m-{len(self.published)}"}
