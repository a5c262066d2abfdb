"""What is played, which alerts must come of it, and which of them are shown in full."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from deployment_notifier.model import Kind


@dataclass(frozen=True, slots=True)
class Part:
    """One bulk deployment of the demonstration.

    Attributes:
        name: what the timeline calls it.
        scenario: the simulator's scenario.
        expected: the kinds that must come, whatever the moments at which sweeps happen to look.
    """

    name: str
    scenario: str
    expected: frozenset[Kind]


PARTS = (
    Part("thermostats", "completes", frozenset({Kind.COMPLETED})),
    Part("gateways", "fails", frozenset({Kind.FAILED})),
    Part("cameras", "invalid-records", frozenset({Kind.INVALID_RECORDS, Kind.COMPLETED})),
    Part("door-locks", "groups-fail", frozenset({Kind.GROUPS_FAILED, Kind.COMPLETED})),
    Part("pumps", "stalls-and-resumes", frozenset({Kind.STALLED, Kind.RESUMED, Kind.COMPLETED})),
)

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


SHOWN = {Kind.INVALID_RECORDS: Form.SLACK, Kind.FAILED: Form.EMAIL, Kind.GROUPS_FAILED: Form.SLACK}
"""The kinds of which the first alert is shown in full; of the others just the subject, so that all can be read."""

SECONDS = 160
"""When it ends at the latest. It ends sooner where all deployments have: the last groups settle after 120 seconds."""

SWEEP_EVERY_SECONDS = 5
"""How often the demonstration invokes the function itself; deployed for real, the schedule does so each minute."""
