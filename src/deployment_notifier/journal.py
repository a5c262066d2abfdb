"""What a sweep notes while its threads are at work: counts for the report, and a line in the log for each event."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from deployment_notifier.report import Report

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterable

    from deployment_notifier.errors import TableError
    from deployment_notifier.table import Unreadable


class Journal:
    """The notes of one sweep.

    Args:
        log: takes the lines.

    Attributes:
        report: the counts.
        lock: to be held by whoever changes what threads share.
    """

    def __init__(self, log: logging.Logger) -> None:
        self.log = log
        self.report = Report()
        self.lock = threading.Lock()

    def count(self, name: str, by: int = 1) -> None:
        """Add to a count of the report."""
        with self.lock:
            setattr(self.report, name, getattr(self.report, name) + by)

    def table_failed(self, what: str, error: TableError, deployment_id: str | None = None) -> None:
        """A call to DynamoDB has failed."""
        self.count("table_failures")
        self.log.error(what, extra={"deployment_id": deployment_id, "error": str(error)})

    def unreadable(self, found: Iterable[Unreadable]) -> None:
        """Items of the table can't be read."""
        for item in found:
            self.count("unreadable")
            about = {"deployment_id": item.deployment_id, "record": item.record, "reason": item.reason}
            self.log.error("item can't be read", extra=about)

    def guarded(self, step: Callable[[], None], about: str) -> None:
        """Do a step; a fault of this program in it is noted, and never stops the others.

        Args:
            step: what to do.
            about: what to say of it in the log.
        """
        try:
            step()
        except Exception:
            self.count("errors")
            self.log.exception("fault in this program", extra={"about": about})
