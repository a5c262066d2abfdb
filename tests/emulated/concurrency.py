"""Sweeps that run at the same time, each in a container of its own, or are held up while others go on."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from tests.emulated.history import faults
from tests.emulated.interceptor import Call, Moment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from concurrent.futures import Future

    from deployment_notifier.report import Report
    from tests.emulated.emulators import Container
    from tests.emulated.interceptor import Hook
    from tests.emulated.stack import EmulatedStack

_SECONDS = 30.0
"""After which a test gives up."""


def meet_after(operations: Collection[str], number: int) -> Hook:
    """Hold each sweep up after some of its calls until all sweeps are there: they know the same, and act at once."""
    barrier = threading.Barrier(number)

    def hook(call: Call, moment: Moment) -> None:
        if call.name in operations and moment is Moment.AFTER:
            barrier.wait(_SECONDS)

    return hook


def sweep_at_once(
    stack: EmulatedStack, containers: list[Container], hook: Hook, *, workers: int = 1, in_order: bool = True
) -> list[Report]:
    """Run a sweep in each container at the same time."""
    for container in containers:
        container.interceptor.hook = hook
    run = partial(stack.sweep, workers=workers, in_order=in_order)
    with ThreadPoolExecutor(len(containers)) as pool:
        reports = list(pool.map(run, containers))
    for report in reports:
        assert faults(report) == 0, report.as_dict()
    return reports


@contextlib.contextmanager
def paused(
    stack: EmulatedStack, container: Container, name: str, moment: Moment, about: str = "rollout"
) -> Iterator[Callable[[], Report]]:
    """Run a sweep that is held up at one of its calls while the block runs, as Lambda freezes a container.

    Args:
        stack: the stack.
        container: what runs the sweep; others can run sweeps meanwhile.
        name: the operation at which it is held up, the first time that it comes there,
        moment: at which moment of that call,
        about: and what the call is about.

    Yields:
        A function that lets the sweep go on, waits for its end and returns its report. The block's end does so itself.
    """
    reached, go_on = threading.Event(), threading.Event()

    def hook(call: Call, at: Moment) -> None:
        if (call.name, call.about, at) == (name, about, moment) and not reached.is_set():
            reached.set()
            go_on.wait(_SECONDS)

    container.interceptor.hook = hook
    with ThreadPoolExecutor(1) as pool:
        sweep: Future[Report] = pool.submit(stack.sweep, container)

        def resume() -> Report:
            go_on.set()
            return sweep.result(_SECONDS)

        try:
            assert reached.wait(_SECONDS), "the sweep does not come to where it should be held up"
            yield resume
            resume()
        finally:
            go_on.set()
