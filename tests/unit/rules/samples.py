"""Short forms of what the rules take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from deployment_notifier.model import (
    Alert,
    CheckFailed,
    FailureReason,
    Kind,
    Metrics,
    Observation,
    Phase,
    Policy,
    ResultsScan,
    ResultsSummary,
    UnknownDeployment,
    Watch,
)
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK

if TYPE_CHECKING:
    from collections.abc import Iterable

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TRAITS = GREENGRASS_BULK.traits
NEW = Watch("d1", "greengrass-bulk")
EVERYTHING = Policy(alert_on=frozenset(Kind))
PHASES = {"Completed": Phase.COMPLETED, "Stopped": Phase.STOPPED, "Failed": Phase.FAILED}
UNKNOWN = UnknownDeployment("BadRequestException (400): unknown id")
NO_ANSWER = CheckFailed("ReadTimeoutError")


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def saw(status: str, progress: int | None = None, failures: int | None = None, retries: int = 0) -> Observation:
    return Observation(
        status, PHASES.get(status, Phase.ONGOING), Metrics({"RetryAttempts": retries}, progress, failures)
    )


def results(succeeded: int = 0, failed: int = 0, unfinished: int = 0) -> ResultsSummary:
    reasons = (FailureReason("GG-303", "no core", failed),) if failed else ()
    return ResultsSummary(succeeded, failed, unfinished, reasons)


def scan(minute: float, *counts: int, next_page: str | None = None, started: float | None = None) -> ResultsScan:
    """A scan of one page that was read at a minute; complete unless there is a next page."""
    return ResultsScan(at(minute if started is None else started), at(minute), results(*counts), next_page, pages=1)


def kinds_of(alerts: Iterable[Alert]) -> str:
    """The kinds of alerts, such as `FAILED+INVALID_RECORDS, LOST`."""
    return ", ".join("+".join([alert.kind, *alert.also]) for alert in alerts)
