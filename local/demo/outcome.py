"""What came of the demonstration: which alerts were decided, and which of them arrived where."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from local.demo.script import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deployment_notifier.model import Alert, Kind


class Outcome:
    """Collects what was seen, and says what is missing.

    Attributes:
        alerts: the alerts that were decided, by id.
        received: the ids of those that arrived in a subscribed queue.
        posted: the ids of those that were posted to the Slack channel.
    """

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}
        self.received: set[str] = set()
        self.posted: set[str] = set()
        self._kinds: defaultdict[str, set[Kind]] = defaultdict(set)

    def add(self, alert: Alert) -> None:
        """Note an alert that was decided."""
        self.alerts[alert.id] = alert
        self._kinds[alert.deployment_id] |= {alert.kind, *alert.also}

    def kinds(self, deployment_id: str) -> set[Kind]:
        """The kinds of alerts about a deployment."""
        return self._kinds[deployment_id]

    @property
    def is_complete(self) -> bool:
        """Whether each alert has arrived in both places."""
        return self.alerts.keys() <= self.received & self.posted

    def problems(self, names: Mapping[str, str]) -> Iterator[str]:
        """What was expected and not seen.

        Args:
            names: what each deployment is called, by its id.
        """
        ids = {name: deployment_id for deployment_id, name in names.items()}
        for part in PARTS:
            missing = part.expected - self.kinds(ids[part.name])
            yield from (f"{part.name}: the alert {kind} did not come" for kind in sorted(missing))
        for place, arrived in (("the subscribed queue", self.received), ("Slack", self.posted)):
            yield from (f"{place} did not get {alert_id}" for alert_id in sorted(self.alerts.keys() - arrived))
