"""The scenarios with a name: what `make run` plays and a person can start by hand.

Each takes about 100 seconds, so that a whole demonstration fits into two minutes. A stall lasts longer than
a minute, the shortest that the notifier's settings call a stall.

The bulk deployment's error is one of those that "Create bulk deployments for groups" lists (V1 developer guide,
"Troubleshoot input file errors"), the groups' are those of its "Troubleshooting AWS IoT Greengrass". AWS documents no
detailed codes: they are made up, but for GG-303.
"""

from __future__ import annotations

from typing import Final

from local.simulator.scenario import Error, FailingGroups, Metrics, Scenario, Step

_EVERY_SECONDS: Final = 2.0
_ENDS_WITH_STATUS: Final = 2.0
"""The last group ends with the status, so that the notifier needs no second scan of the results."""

_INITIALIZING: Final = Step(0, "Initializing")

NO_CORE: Final = Error(
    "Deployment failed: the group has no Greengrass core.",
    (("GG-303", "You need a Greengrass Core in this Group before you can deploy."),),
)
NO_SERVICE_ROLE: Final = Error(
    "Greengrass is not authorized to assume the Service Role associated with this account.",
    (("NotAuthorized", "TES service role is not associated with this account."),),
)
PROCESS_START: Final = Error(
    "Deployment of type NewDeployment failed error: process start failed: container_linux.go:259: starting container "
    'process caused "process_linux.go:250: running exec setns process for init caused \\"wait: no child processes\\""',
)
NO_PERMISSION: Final = Error(
    "Deployment of type NewDeployment failed error: Error while processing. group config is invalid: "
    "112 or [119 0] don't have rw permission on the file: /dev/ttyACM0",
    (("InvalidGroupConfig", "112 or [119 0] don't have rw permission on the file: /dev/ttyACM0"),),
)

INVALID_INPUT_FILE: Final = Error(
    "InvalidInputFile: Missing GroupId at line number: 13",
    (("InvalidInputFile", "Missing GroupId at line number: 13"),),
)


def _ramp(start: float, end: float, before: Metrics, after: Metrics) -> tuple[Step, ...]:
    """Steps, two seconds apart, over which the counts go evenly from one state to another (the last step has it)."""
    number = max(1, round((end - start) / _EVERY_SECONDS))

    def between(low: int | None, high: int | None, part: float) -> int:
        return (low or 0) + int(((high or 0) - (low or 0)) * part)

    return tuple(
        Step(
            start + (end - start) * index / number,
            "Running",
            Metrics(
                between(before.processed, after.processed, index / number),
                between(before.invalid, after.invalid, index / number),
                between(before.retries, after.retries, index / number),
            ),
        )
        for index in range(number + 1)
    )


def _rollout(end: float, after: Metrics) -> tuple[Step, ...]:
    """A start that goes well: Initializing, then Running from second 4 to `end`."""
    return (_INITIALIZING, *_ramp(4, end, Metrics(), after))


_SCENARIOS: Final = (
    # Everything goes well: 40 records, Completed, every group succeeds.
    Scenario(
        "completes",
        (*_rollout(90, Metrics(40, 0, 3)), Step(92, "Completed", Metrics(40, 0, 3))),
        group_seconds=_ENDS_WITH_STATUS,
    ),
    # Failed with error details after 60 s, 12 of 40 records processed.
    Scenario(
        "fails",
        (*_rollout(58, Metrics(12, 1, 5)), Step(60, "Failed", Metrics(12, 1, 5), INVALID_INPUT_FILE)),
        (FailingGroups(2, NO_SERVICE_ROLE),),
    ),
    # Invalid records pile up to 25 of 60, then Completed.
    Scenario(
        "invalid-records",
        (
            *_rollout(20, Metrics(12, 0, 1)),
            *_ramp(24, 90, Metrics(14, 1, 1), Metrics(60, 25, 4)),
            Step(94, "Completed", Metrics(60, 25, 4)),
        ),
        group_seconds=_ENDS_WITH_STATUS,
    ),
    # No progress from second 12 to 88 but retries, then it goes on and is Completed.
    Scenario(
        "stalls-and-resumes",
        (
            *_rollout(12, Metrics(14, 0, 0)),
            *_ramp(16, 84, Metrics(14, 0, 1), Metrics(14, 0, 30)),
            *_ramp(88, 98, Metrics(18, 0, 30), Metrics(40, 0, 31)),
            Step(100, "Completed", Metrics(40, 0, 31)),
        ),
        group_seconds=_ENDS_WITH_STATUS,
    ),
    # Completed after 60 s, but 13 of 60 groups fail for three reasons, the last at 100 s; 2 never finish.
    Scenario(
        "groups-fail",
        (*_rollout(58, Metrics(60, 0, 2)), Step(60, "Completed", Metrics(60, 0, 2))),
        (FailingGroups(8, NO_CORE), FailingGroups(3, PROCESS_START), FailingGroups(2, NO_PERMISSION)),
        group_seconds=42,
        unfinished=2,
    ),
    # 10,000 groups, Completed after 60 s; 300 fail for four reasons, the last at 100 s.
    Scenario(
        "large-fleet",
        (*_rollout(58, Metrics(10_000, 0, 240)), Step(60, "Completed", Metrics(10_000, 0, 240))),
        (
            FailingGroups(141, NO_CORE),
            FailingGroups(87, NO_SERVICE_ROLE),
            FailingGroups(44, PROCESS_START),
            FailingGroups(28, NO_PERMISSION),
        ),
        group_seconds=42,
    ),
)

SCENARIOS: Final = {scenario.name: scenario for scenario in _SCENARIOS}
"""The named scenarios, by name."""
