"""What is played, which alerts must come of it, and which of them are shown in full."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from deployment_notifier.model import Kind
from local.simulator.fleet import FLEET_SCENARIOS


@dataclass(frozen=True, slots=True)
class Part:
    """One deployment of the demonstration.

    Attributes:
        name: what the timeline calls it; for Greengrass V2 the thing group that it deploys to.
        scenario: the simulator's scenario.
        expected: the kinds that must come, whatever the moments at which sweeps happen to look.
    """

    name: str
    scenario: str
    expected: frozenset[Kind]

    @property
    def is_fleet(self) -> bool:
        """Whether it is a deployment of Greengrass V2, which stays active; else a bulk deployment of V1."""
        return self.scenario in FLEET_SCENARIOS


PARTS = (
    Part("LINE7", "fleet-fails", frozenset({Kind.DEVICES_FAILED, Kind.COMPLETED})),
    Part("LINE8", "fleet-completes", frozenset({Kind.COMPLETED})),
    Part("PACKING", "fleet-aborted", frozenset({Kind.FAILED, Kind.DEVICES_FAILED})),
    Part("PAINT", "fleet-hangs", frozenset({Kind.STALLED})),
    Part("gateways", "fails", frozenset({Kind.FAILED})),
    Part("cameras", "invalid-records", frozenset({Kind.INVALID_RECORDS, Kind.COMPLETED})),
    Part("door-locks", "groups-fail", frozenset({Kind.GROUPS_FAILED, Kind.COMPLETED})),
)

PUSHED = PARTS[0]
"""The deployment of which the first failed device is reported by an event, before a sweep looks."""

PUSHED_AFTER_SECONDS = 10.5
"""When that event is sent: by then the first device of the scenario has failed."""

PARAMETERS = {
    "AlertOn": "DEFAULT,COMPLETED",
    "InvalidRecordsThreshold": "5",
    "StalledAfterMinutes": "1",
    "FollowResultsMinutes": "1",
}
"""The template's parameters for the demonstration: the good news too, and short spans."""


class Form(Enum):
    """As what an alert is shown in full."""

    EMAIL = auto()
    SLACK = auto()


SHOWN = {Kind.DEVICES_FAILED: Form.SLACK, Kind.FAILED: Form.EMAIL, Kind.GROUPS_FAILED: Form.SLACK}
"""The kinds of which the first alert is shown in full; of the others just the subject, so that all can be read."""

SECONDS = 160
"""When it ends at the latest. It ends sooner where all has come: the last groups settle after 120 seconds."""

SWEEP_EVERY_SECONDS = 5
"""How often the demonstration invokes the function itself; deployed for real, the schedule does so each minute."""
