"""The scenarios with a name: what `make run` plays and a person can start by hand.

At speed 1 each takes about 100 seconds, so that a whole demonstration fits into two minutes. A stall lasts longer than
a minute, the shortest that the notifier's settings call a stall.

The bulk deployment's error is one of those that "Create bulk deployments for groups" lists (V1 developer guide,
"Troubleshoot input file errors"), the groups' are those of its "Troubleshooting AWS IoT Greengrass". AWS documents no
detailed codes: they are made up, but for GG-303.
"""

from __future__ import annotations

from typing import Final

from local.simulator.scenario import Error, FailingGroups, Metrics, Misbehaviour, Scenario, Step

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


def _ramp(start: float, end: float, before: Metrics, after: Metrics, status: str = "Running") -> tuple[Step, ...]:
    """Steps, two seconds apart, over which the counts go evenly from one state to another (the last step has it)."""
    number = max(1, round((end - start) / _EVERY_SECONDS))

    def between(low: int | None, high: int | None, part: float) -> int:
        return (low or 0) + int(((high or 0) - (low or 0)) * part)

    return tuple(
        Step(
            start + (end - start) * index / number,
            status,
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


def _interrupted(*misbehaviours: Misbehaviour) -> tuple[Step, ...]:
    """The calls about a deployment misbehave for 60 seconds, shared evenly; after that it goes on and completes."""
    half, whole = Metrics(20, 0, 1), Metrics(40, 0, 3)
    each = 60 / len(misbehaviours)
    return (
        *_rollout(24, half),
        *(Step(26 + each * index, "Running", half, None, how) for index, how in enumerate(misbehaviours)),
        *_ramp(86, 94, Metrics(36, 0, 3), whole),
        Step(96, "Completed", whole),
    )


_SCENARIOS: Final = (
    Scenario(
        "completes",
        "everything goes well: 40 records, Completed, every group succeeds",
        (*_rollout(90, Metrics(40, 0, 3)), Step(92, "Completed", Metrics(40, 0, 3))),
        group_seconds=_ENDS_WITH_STATUS,
    ),
    Scenario(
        "fails",
        "Failed with error details after 60 s, 12 of 40 records processed",
        (*_rollout(58, Metrics(12, 1, 5)), Step(60, "Failed", Metrics(12, 1, 5), INVALID_INPUT_FILE)),
        (FailingGroups(2, NO_SERVICE_ROLE),),
    ),
    Scenario(
        "invalid-records",
        "invalid records pile up to 25 of 60, then Completed",
        (
            *_rollout(20, Metrics(12, 0, 1)),
            *_ramp(24, 90, Metrics(14, 1, 1), Metrics(60, 25, 4)),
            Step(94, "Completed", Metrics(60, 25, 4)),
        ),
        group_seconds=_ENDS_WITH_STATUS,
    ),
    Scenario(
        "stalls-and-resumes",
        "no progress from second 12 to 88 but retries, then it goes on and is Completed",
        (
            *_rollout(12, Metrics(14, 0, 0)),
            *_ramp(16, 84, Metrics(14, 0, 1), Metrics(14, 0, 30)),
            *_ramp(88, 98, Metrics(18, 0, 30), Metrics(40, 0, 31)),
            Step(100, "Completed", Metrics(40, 0, 31)),
        ),
        group_seconds=_ENDS_WITH_STATUS,
    ),
    Scenario(
        "stopped",
        "it is stopped half-way: Stopping at 50 s, Stopped at 60 s",
        (
            *_rollout(48, Metrics(22, 0, 1)),
            Step(50, "Stopping", Metrics(22, 0, 1)),
            Step(60, "Stopped", Metrics(23, 0, 1)),
        ),
    ),
    Scenario(
        "groups-fail",
        "Completed after 60 s, but 13 of 60 groups fail for three reasons, the last at 100 s; 2 never finish",
        (*_rollout(58, Metrics(60, 0, 2)), Step(60, "Completed", Metrics(60, 0, 2))),
        (FailingGroups(8, NO_CORE), FailingGroups(3, PROCESS_START), FailingGroups(2, NO_PERMISSION)),
        group_seconds=42,
        unfinished=2,
    ),
    Scenario(
        "large-fleet",
        "10,000 groups, Completed after 60 s; 300 fail for four reasons, the last at 100 s",
        (*_rollout(58, Metrics(10_000, 0, 240)), Step(60, "Completed", Metrics(10_000, 0, 240))),
        (
            FailingGroups(141, NO_CORE),
            FailingGroups(87, NO_SERVICE_ROLE),
            FailingGroups(44, PROCESS_START),
            FailingGroups(28, NO_PERMISSION),
        ),
        group_seconds=42,
    ),
    Scenario(
        "becomes-unknown",
        "Running, and from 30 s on the service does not know it: 400 BadRequestException",
        (*_rollout(28, Metrics(12, 0, 0)), Step(30, misbehaviour=Misbehaviour.UNKNOWN, metrics=Metrics(12, 0, 0))),
    ),
    Scenario(
        "throttled",
        "each call about it is throttled for 60 s (429), then it is Completed",
        _interrupted(Misbehaviour.THROTTLED),
    ),
    Scenario(
        "server-errors",
        "each call about it is answered 500 for 60 s, then it is Completed",
        _interrupted(Misbehaviour.SERVER_ERROR),
    ),
    Scenario(
        "nonsense",
        "for 60 s the answers are no API answers: HTML, cut JSON, wrong types, missing fields, nothing",
        _interrupted(
            Misbehaviour.HTML,
            Misbehaviour.TRUNCATED,
            Misbehaviour.WRONG_TYPES,
            Misbehaviour.MISSING_FIELDS,
            Misbehaviour.EMPTY_BODY,
        ),
    ),
    Scenario(
        "down",
        "the connection is closed without an answer for 60 s, then it is Completed",
        _interrupted(Misbehaviour.CLOSED),
    ),
)

SCENARIOS: Final = {scenario.name: scenario for scenario in _SCENARIOS}
"""The named scenarios, by name."""
