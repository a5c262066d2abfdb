"""What a month of sweeps costs, from what one of them uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import prices

if TYPE_CHECKING:
    from benchmarks.measure import Measured

SWEEPS_A_MONTH = 43_800
"""One a minute."""

MEMORY_GB = 256 / 1024
"""The functions' `MemorySize`."""

PLATFORM_LOG_BYTES = 350
"""Lambda's own lines START, END and REPORT of one invocation."""

ALARMS = 9
"""The alarms of the template without Slack."""

_GB = 10**9


@dataclass(frozen=True, slots=True)
class Use:
    """What one sweep uses.

    Attributes:
        read_units, write_units: DynamoDB's request units.
        seconds: how long the function runs.
        publishes: the messages published to SNS.
        log_bytes: what is written to the log, without Lambda's own lines.
        metrics: the custom metrics that are written.
        alarms: the alarms that look at them.
    """

    read_units: float
    write_units: float
    seconds: float
    publishes: float = 0.0
    log_bytes: int = 0
    metrics: int = 0
    alarms: int = 0

    @classmethod
    def of(cls, measured: Measured, *, alarms: int = 0) -> Use:
        """Return what a measured sweep used."""
        return cls(
            read_units=measured.backend["read_units"],
            write_units=measured.backend["write_units"],
            seconds=measured.seconds,
            publishes=measured.calls.get("sns:Publish", 0),
            log_bytes=measured.log_bytes,
            metrics=len(measured.metrics),
            alarms=alarms,
        )


@dataclass(frozen=True, slots=True)
class Bill:
    """Dollars a month, by service."""

    dynamodb: float
    aws_lambda: float
    sns: float
    cloudwatch: float

    @property
    def total(self) -> float:
        """Everything together."""
        return self.dynamodb + self.aws_lambda + self.sns + self.cloudwatch


def month(use: Use) -> Bill:
    """Return what a month costs in which every sweep uses this.

    Args:
        use: what one sweep uses.
    """
    sweeps = SWEEPS_A_MONTH
    return Bill(
        dynamodb=dynamodb(use) * sweeps,
        aws_lambda=prices.INVOCATION.of(sweeps) + prices.DURATION.of(use.seconds * MEMORY_GB * sweeps),
        sns=prices.PUBLISH.of(use.publishes * sweeps),
        cloudwatch=prices.METRIC.of(use.metrics)
        + prices.ALARM.of(use.alarms)
        + prices.LOGS.of((use.log_bytes + PLATFORM_LOG_BYTES) * sweeps / _GB),
    )


def dynamodb(use: Use) -> float:
    """Return DynamoDB's price of one sweep, in dollars."""
    return prices.READ.of(use.read_units) + prices.WRITE.of(use.write_units)
