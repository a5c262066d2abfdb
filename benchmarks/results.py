"""What a whole run has measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.sweeps import Sweeps


@dataclass(frozen=True, slots=True)
class Start:
    """One package's cold start.

    Attributes:
        milliseconds: of each start.
        mebibytes: the size of its zip.
    """

    milliseconds: Sequence[float]
    mebibytes: float

    @property
    def median(self) -> float:
        """The median, in milliseconds."""
        return median(self.milliseconds)


@dataclass(frozen=True, slots=True)
class ColdStart:
    """The cold start of the package against that of plain `sam build`.

    Attributes:
        python: the interpreter's version.
        is_runtime: whether it is the function's own Python, for which byte code is built.
        plain: as pip leaves it.
        built: as src/Makefile builds it.
        without_byte_code: the same without byte code.
    """

    python: str
    is_runtime: bool
    plain: Start
    built: Start
    without_byte_code: Start


@dataclass(frozen=True, slots=True)
class Latency:
    """From a status change to its alert in a subscriber's queue, in seconds, of each alert.

    Attributes:
        swept: of bulk deployments of Greengrass V1, which a sweep a minute finds.
        pushed: of deployments of Greengrass V2, for which a device's event comes.
        lost: the alerts that did not come.
    """

    swept: Sequence[float]
    pushed: Sequence[float]
    lost: int = 0


@dataclass(slots=True)
class Results:
    """What was measured; empty where a part was not asked for."""

    sweeps: Sweeps = field(default_factory=dict)
    latency: Latency | None = None
    cold_start: ColdStart | None = None
