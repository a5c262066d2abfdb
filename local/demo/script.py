"""What is played, and which alerts must come of it."""

from __future__ import annotations

from dataclasses import dataclass

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
    Part("pumps", "stalls-and-resumes", frozenset({Kind.STALLED, Kind.RESUMED, Kind.COMPLETED})),
)

PARAMETERS = {
    "AlertOn": "DEFAULT,COMPLETED",
    "InvalidRecordsThreshold": "5",
    "StalledAfterMinutes": "1",
}
"""The template's parameters for the demonstration: the good news too, and the shortest stall."""

SECONDS = 106
"""How long the longest scenario takes, and one sweep more."""

SWEEP_EVERY_SECONDS = 5
"""How often the demonstration invokes the function itself; deployed for real, the schedule does so each minute."""
