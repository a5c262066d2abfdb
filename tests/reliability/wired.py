"""The notifier as `handler.build` wires it, on the wire of `wire.py` and a clock that a test moves."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.retries.standard import ExponentialBackoff

from deployment_notifier.delivery import Delivery
from deployment_notifier.model import Kind, Policy
from deployment_notifier.pace import Budget, Pace
from deployment_notifier.sources.greengrass_bulk import GreengrassBulk
from deployment_notifier.sweep import Sweep
from deployment_notifier.table import Outbox, Watches
from tests.fakes import PLACE, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pytest

    from deployment_notifier.report import Report
    from tests.reliability.wire import Wire

TIMEOUT_SECONDS = 50.0
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"

_LOG = logging.getLogger("wired")
_LOG.disabled = True


@dataclass
class Notifier:
    """A notifier that sweeps when it is told to.

    Attributes:
        seconds: what each sweep took.
    """

    wire: Wire
    clock: Clock = field(default_factory=Clock)
    policy: Policy = field(default_factory=lambda: Policy(alert_on=frozenset(Kind), settle_minutes=0))
    seconds: list[float] = field(default_factory=list)
    _sweeps: int = 0

    def __post_init__(self) -> None:
        self.wire.pass_seconds = self.clock.advance

    def watch(self, *deployment_ids: str) -> None:
        """Put the watches of deployments, as a person does."""
        for deployment_id in deployment_ids:
            self.put({"DeploymentId": {"S": deployment_id}, "Record": {"S": "WATCH"}, "Queue": {"S": "CHECK"}})

    def put(self, item: Mapping[str, Any]) -> None:
        """Put any item."""
        self.wire.table.put_item(TableName="deployments", Item=item)

    def sweep(self) -> Report:
        """Run one sweep, with one thread, under Lambda's time-out."""
        self.wire.count.clear()
        self._sweeps += 1
        start = self.clock.now

        def remaining() -> float:
            return TIMEOUT_SECONDS - (self.clock.now - start).total_seconds()

        report = self._wired().run(Budget(remaining), f"sweep-{self._sweeps}")
        self.seconds.append((self.clock.now - start).total_seconds())
        return report

    def sweep_each_minute(self, minutes: int, meanwhile: Callable[[int], None] = lambda _: None) -> list[Report]:
        """Run sweeps as the schedule starts them, each a minute after the last.

        Args:
            minutes: how many.
            meanwhile: is told the number of each before it runs.
        """
        reports = []
        for minute in range(minutes):
            start = self.clock.now
            meanwhile(minute)
            reports.append(self.sweep())
            self.clock.now = max(start + timedelta(minutes=1), self.clock.now)
        return reports

    def alerts(self) -> list[tuple[str, str]]:
        """The alerts that the table holds: id and kind, in the order of their time."""
        found = [(key[1], key[0], item["Kind"]["S"]) for key, item in self.wire.table.items.items() if "Kind" in item]
        return [(f"{deployment_id}/{record[6:-8]}", kind) for record, deployment_id, kind in sorted(found)]

    def waiting(self) -> int:
        """How many alerts are not published."""
        return sum(item.get("Queue") == {"S": "DELIVER"} for item in self.wire.table.items.values())

    def transitions(self, deployment_id: str) -> list[str]:
        """The statuses that the table tells of, in order."""
        found = sorted((key[1], item) for key, item in self.wire.table.items.items() if key[0] == deployment_id)
        return [item["To"]["S"] for record, item in found if record.endswith("#1-TRANSITION")]

    def _wired(self) -> Sweep:
        outbox = Outbox(self.wire.dynamodb, "deployments", 90)
        source = GreengrassBulk(self.wire.greengrass)
        return Sweep(
            watches=Watches(self.wire.dynamodb, "deployments", 90),
            outbox=outbox,
            delivery=Delivery(outbox, self.wire.sns, TOPIC, PLACE, self.clock, _LOG),
            sources={source.name: source},
            policy=self.policy,
            clock=self.clock,
            log=_LOG,
            paces={source.name: Pace(5.0, clock=lambda: self.clock.seconds, sleep=self.clock.advance)},
            workers=1,
            shuffle=lambda watches: watches.sort(key=lambda watch: watch.deployment_id),
        )


def time_passes(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Let botocore's pauses between attempts go by on a clock, as long as they can get."""

    class Time:
        @staticmethod
        def sleep(seconds: float) -> None:
            clock.advance(seconds)

    def longest(backoff: Any, context: Any) -> float:  # noqa: ANN401 - botocore has no types
        # The pause is drawn between 0 and its bound.
        monkeypatch.setattr(backoff, "_random", lambda: 1.0)
        return delay_amount(backoff, context)

    delay_amount = ExponentialBackoff.delay_amount
    monkeypatch.setattr("botocore.endpoint.time", Time)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", longest)
