"""A sweep that is held up in the middle while others go on, as a frozen container is."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from deployment_notifier.report import Report
    from tests.reliability.calls import Call, Moment
    from tests.reliability.world import Container, World

_SECONDS = 30.0
"""After which a test gives up."""


@contextlib.contextmanager
def paused(
    world: World, container: Container, operation: str, moment: Moment, about: str = "rollout"
) -> Iterator[Callable[[], Report]]:
    """Run a sweep that sleeps at one of its calls while the block goes on.

    Args:
        world: the world.
        container: what runs the sweep; others can run sweeps meanwhile.
        operation: where it sleeps, the first time that it comes there,
        moment: at which moment of that call,
        about: and what the call is about.

    Yields:
        A function that wakes the sweep, waits for its end and returns its report. At its end the block does so itself.
    """
    reached, go_on = threading.Event(), threading.Event()

    def hook(call: Call, at: Moment) -> None:
        if (call.operation, call.about, at) == (operation, about, moment) and not reached.is_set():
            reached.set()
            go_on.wait(_SECONDS)

    container.tap.hook = hook
    with ThreadPoolExecutor(1) as pool:
        sweep: Future[Report] = pool.submit(world.sweep, container)

        def wake() -> Report:
            go_on.set()
            return sweep.result(_SECONDS)

        try:
            assert reached.wait(_SECONDS), "the sweep does not come to where it should be held up"
            yield wake
            wake()
        finally:
            go_on.set()
