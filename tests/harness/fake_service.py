"""What the fakes of all sources share: a test sets what is answered, for one operation or for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True)
class RawAnswer:
    """An HTTP answer that no working service gives; for clients on the wire."""

    status: int
    body: bytes

    def __repr__(self) -> str:
        """Return a text that can be read in a failed test."""
        return f"RawAnswer({self.status}, {self.body[:1000]!r})"


Answer = Mapping[str, Any] | RawAnswer | Exception


class FakeService:
    """The deployments of one account and region.

    Attributes:
        page_size: the most entries of a page.
        instead: what operations answer instead, by name.
        outage: raised instead of every answer; None while it works.
    """

    def __init__(self, clock: Callable[[], datetime], page_size: int) -> None:
        self._clock = clock
        self._listed: list[str] | None = None
        self.page_size = page_size
        self.instead: dict[str, Answer] = {}
        self.outage: Exception | None = None

    def _answered(self, operation: str, answer: Answer) -> Any:  # noqa: ANN401 - boto3's
        answer = self.outage or self.instead.get(operation, answer)
        if isinstance(answer, Exception):
            raise answer
        return answer
