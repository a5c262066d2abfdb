"""Sweeps that run at the same time, each in a container of its own."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from tests.reliability.calls import Call, Moment
from tests.reliability.story import faults

if TYPE_CHECKING:
    from collections.abc import Collection

    from deployment_notifier.report import Report
    from tests.reliability.calls import Hook
    from tests.reliability.world import Container, World


def meets_after(operations: Collection[str], number: int) -> Hook:
    """Hold each sweep up after some of its calls until all sweeps are there: they know the same, and act at once."""
    barrier = threading.Barrier(number)

    def hook(call: Call, moment: Moment) -> None:
        if call.operation in operations and moment is Moment.AFTER:
            barrier.wait(30)

    return hook


def sweep_at_once(
    world: World, containers: list[Container], hook: Hook, *, workers: int = 1, in_order: bool = True
) -> list[Report]:
    """Run a sweep in each container at the same time."""
    for container in containers:
        container.tap.hook = hook
    run = partial(world.sweep, workers=workers, in_order=in_order)
    with ThreadPoolExecutor(len(containers)) as pool:
        reports = list(pool.map(run, containers))
    for report in reports:
        assert faults(report) == 0, report
    return reports
