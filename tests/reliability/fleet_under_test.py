"""Greengrass V2 in the state machine: deployments whose job counts devices, that rest, and of which events speak."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st

from tests.harness.fake_dynamodb import error
from tests.reliability.reference_model import CheckAnswer, Words
from tests.reliability.source_under_test import SourceUnderTest, is_error, outages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tests.harness.fake_dynamodb import Item
    from tests.reliability.runs import Run
    from tests.reliability.source_under_test import Answer

_STATUS, _JOB = "get_deployment", "describe_job"
_REFUSED = error(_STATUS, "ValidationException", "The id is not valid.")
_GONE = error(_STATUS, "ResourceNotFoundException", "No such thing.", 404)
_FAILURES = outages(_STATUS, "ThrottlingException")

_COUNT = "numberOf{}Things".format
_PROGRESS = tuple(map(_COUNT, ("Succeeded", "Failed", "TimedOut", "Rejected", "Canceled", "Removed")))
_devices = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(0, 7) | st.just(60)
        for name in ("queued", "in_progress", "in_progress", "succeeded", "failed", "timed_out", "rejected", "removed")
    },
)
_observations = st.builds(
    lambda status, devices, comment, is_latest: {
        "deploymentStatus": status,
        "devices": devices,
        "comment": comment,
        "is_latest": is_latest,
    },
    # Mostly one that goes on, or every story would be short.
    st.sampled_from([*["ACTIVE"] * 7, "COMPLETED", "CANCELED", "FAILED", "INACTIVE", "Paused"]),
    _devices,
    st.sampled_from([None, None, "Job was ABORTED because its criteria were met"]),
    st.sampled_from([True, True, True, False]),
)


class FleetUnderTest(SourceUnderTest):
    """Deployments to thing groups."""

    name = "greengrass-v2"
    words = Words(
        "DEVICES_FAILED",
        progress=_PROGRESS,
        failures=_PROGRESS[1:3],
        unfinished=(_COUNT("Queued"), _COUNT("InProgress")),
        is_continuous=True,
    )
    operations = ("list_deployments", _STATUS, _JOB, "list_job_executions_for_job", "list_effective_deployments")
    counts_key = "devices"
    count_names = st.sampled_from(["failed", "failed", "succeeded", "in_progress", "queued"])
    running: ClassVar[Mapping[str, Any]] = {"deploymentStatus": "ACTIVE", "devices": {"in_progress": 1}}
    failed: ClassVar[Mapping[str, Any]] = {"deploymentStatus": "FAILED", "devices": {"failed": 1}}
    answers = st.one_of(_observations, _observations, _observations, st.sampled_from([_REFUSED, _GONE, *_FAILURES, {}]))
    targets_answers = st.builds(lambda devices: {"deploymentStatus": "ACTIVE", "devices": devices}, _devices)
    outages = (_REFUSED, *_FAILURES)
    errors = (_REFUSED, _GONE, *_FAILURES)
    reported = st.sampled_from([(), (), ("d-1",), ("d-1", "d-2")])

    def set_targets(self, deployment_id: str, succeeded: int, failed: int, unfinished: int) -> None:
        devices = {"succeeded": succeeded, "failed": failed, "in_progress": unfinished}
        known = self.set_answers.get(deployment_id)
        if isinstance(known, dict) and known:
            self.set_answer(deployment_id, known | {"devices": devices})

    def listed_since(self, since: datetime) -> set[str]:
        known = self.harness.fleet.deployments.items()
        return {
            name
            for name, each in known
            if each.fields["isLatestForTarget"] and each.fields["creationTimestamp"] > since.timestamp()
        }

    def look_at_the_end(self, followed: set[str]) -> None:
        assert not followed

    def kinds_of_results(self, new: Item, old: Item, alert: Item, *, is_lost: bool) -> set[str]:  # noqa: ARG002 - as the base class has it
        """Return nothing, since the counts come with the status; but an alert has the count of failures, too."""
        known, told = new.get("Failures"), alert.get("Results", {}).get("M", {}).get("Failed")
        if known and told and told != known:
            self.wrong.append(f"{alert['Record']} speaks of {told} devices, not of {known}")
        return set()

    def _set(self, deployment_id: str, answer: Answer) -> None:
        if answer is _GONE and deployment_id in self.harness.fleet.deployments:
            self.harness.fleet.delete(deployment_id)
        elif isinstance(answer, Exception) or not answer:
            self.harness.fleet.answer(deployment_id, answer)
        else:
            self.harness.fleet.deploy(
                deployment_id,
                answer["deploymentStatus"],
                comment=answer.get("comment"),
                is_latest=answer.get("is_latest", True),
                **answer["devices"],
            )

    def _note_check(self, run: Run, operation: str, arguments: Mapping[str, Any], answer: object) -> None:
        if operation == _STATUS:
            run.checks[arguments["deploymentId"]] = _read(answer, run.known_status(arguments["deploymentId"]))
        elif operation == _JOB:
            deployment_id = arguments["jobId"].removeprefix("job-")
            known = run.known_status(deployment_id)
            # Without a call of its own, the status is as it is listed, and that is as it was known.
            seen = run.checks.get(deployment_id) or CheckAnswer(known, _phase({"deploymentStatus": known}))
            run.checks[deployment_id] = _counted(seen, answer)

    def _listed_in(self, page: Mapping[str, Any]) -> set[str]:
        return {entry["deploymentId"] for entry in page["deployments"]}


def _phase(fields: Mapping[str, Any]) -> str:
    status = fields["deploymentStatus"]
    if status == "INACTIVE" or (status == "CANCELED" and not fields.get("isLatestForTarget", True)):
        return "SUPERSEDED"
    return {"CANCELED": "STOPPED", "COMPLETED": "COMPLETED", "FAILED": "FAILED"}.get(status, "ONGOING")


def _read(answer: Any, known: str | None) -> CheckAnswer:  # noqa: ANN401 - what the fake answers
    """Return what GetDeployment means for a deployment with a known status."""
    if known is not None and is_error(answer, 404):
        return CheckAnswer("DELETED", "STOPPED")
    if isinstance(answer, Exception):
        return CheckAnswer(
            is_refused=known is None and (is_error(answer, 404) or is_error(answer, 400, "ValidationException"))
        )
    return CheckAnswer(answer["deploymentStatus"], _phase(answer)) if answer else CheckAnswer()


def _counted(seen: CheckAnswer, answer: Any) -> CheckAnswer:  # noqa: ANN401 - what the fake answers
    """Return what DescribeJob adds to a status."""
    if isinstance(answer, Exception):
        return seen if is_error(answer, 404) else CheckAnswer()
    job = answer["job"]
    counts: dict[str, int] = job["jobProcessDetails"]
    phase, error_text = seen.phase, None
    is_begun = any(counts[name] for name in _PROGRESS) or not counts[_COUNT("Queued")]
    if phase == "ONGOING" and is_begun and not counts[_COUNT("InProgress")]:
        phase = "RESTING"
    if (phase in ("STOPPED", "FAILED") or seen.status == "CANCELED") and "ABORTED" in job.get("comment", ""):
        phase, error_text = "FAILED", job["comment"]
    return replace(seen, phase=phase, counts=tuple(counts.items()), error=error_text)
