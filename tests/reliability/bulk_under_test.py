"""Greengrass V1 in the state machine: bulk deployments, whose groups' results are followed after their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st

from tests.harness.fake_dynamodb import error
from tests.reliability.reference_model import CheckAnswer, Words
from tests.reliability.source_under_test import SourceUnderTest, is_error, outages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tests.harness.fake_dynamodb import Item
    from tests.harness.notifier_harness import NotifierHarness
    from tests.reliability.reference_model import Choices
    from tests.reliability.runs import Run
    from tests.reliability.source_under_test import Answer

_STATUS, _REPORTS = "get_bulk_deployment_status", "list_bulk_deployment_detailed_reports"
_PHASES = {"Failed": "FAILED", "Stopped": "STOPPED", "Completed": "COMPLETED"}
_NAMES = ("RecordsProcessed", "InvalidInputRecords", "RetryAttempts")
_REFUSED = error(_STATUS, "BadRequestException", "The id is not known.")
_GONE = error(_STATUS, "ResourceNotFoundException", "No such thing.", 404)
_FAILURES = outages(_STATUS, "TooManyRequestsException")
_COUNTS = ("Failed", "Unfinished", "Succeeded")
_NONE: Mapping[str, Any] = {"Failed": {"N": "0"}}

_metrics = st.fixed_dictionaries({}, optional=dict.fromkeys(_NAMES, st.integers(0, 7) | st.sampled_from([60, 2**53])))
_observations = st.builds(
    lambda status, counts, message: {
        "BulkDeploymentStatus": status,
        "BulkDeploymentMetrics": counts,
        **({"ErrorMessage": message} if message else {}),
    },
    # Mostly one that goes on, or every story would be short.
    st.sampled_from([*_PHASES, "Stopping", "Paused", "failed", *["Running"] * 3, *["Initializing"] * 2]),
    _metrics,
    st.sampled_from([None, None, "Cannot read the input file.", "<!channel> *b* \u202e"]),
)


class BulkUnderTest(SourceUnderTest):
    """Bulk deployments."""

    name = "greengrass-bulk"
    words = Words("INVALID_RECORDS", progress=_NAMES[:1], failures=_NAMES[1:2])
    operations = ("list_bulk_deployments", _STATUS, _REPORTS)
    counts_key = "BulkDeploymentMetrics"
    count_names = st.sampled_from(["RecordsProcessed", "InvalidInputRecords", "InvalidInputRecords", "RetryAttempts"])
    running: ClassVar[Mapping[str, Any]] = {"BulkDeploymentStatus": "Running"}
    failed: ClassVar[Mapping[str, Any]] = {"BulkDeploymentStatus": "Failed"}
    answers = st.one_of(
        _observations, _observations, _observations, st.sampled_from([_REFUSED, _REFUSED, _GONE, *_FAILURES, {}])
    )
    targets_answers = st.builds(
        lambda status, counts: {"BulkDeploymentStatus": status, "BulkDeploymentMetrics": counts},
        st.sampled_from(["Completed", "Completed", "Failed", "Stopped"]),
        _metrics,
    )
    outages = (_REFUSED, *_FAILURES)
    errors = (_REFUSED, _GONE, *_FAILURES)

    def __init__(self, harness: NotifierHarness, choices: Choices) -> None:
        super().__init__(harness, choices)
        self._ever_failed: dict[str, set[int]] = {}

    def set_targets(self, deployment_id: str, succeeded: int, failed: int, unfinished: int) -> None:
        self.harness.greengrass.set_groups(deployment_id, succeeded=succeeded, failed=failed, unfinished=unfinished)
        groups = self.harness.greengrass.deployments[deployment_id].groups
        now_failed = {number for number, (status, _) in enumerate(groups) if status == "Failure"}
        self._ever_failed.setdefault(deployment_id, set()).update(now_failed)

    def listed_since(self, since: datetime) -> set[str]:
        known = self.harness.greengrass.deployments.items()
        return {name for name, each in known if each.is_listed and each.created > since}

    def look_at_the_end(self, followed: set[str]) -> None:
        for deployment_id in followed:
            item = self.harness.table.items.get((deployment_id, "WATCH"))
            groups = self.harness.greengrass.deployments[deployment_id].groups
            failed = sum(status == "Failure" for status, _ in groups)
            assert item is None or int(item["Results"]["M"]["Failed"]["N"]) == failed, f"{failed} groups failed: {item}"

    def kinds_of_results(self, new: Item, old: Item, alert: Item, *, is_lost: bool) -> set[str]:
        """Return the kinds that follow from the results, by what was stored of them in a watch."""
        deployment_id, kinds = new["DeploymentId"]["S"], set[str]()
        results = alert.get("Results", new.get("Results", {})).get("M", {})
        failed, unfinished, succeeded = (int(results.get(name, {"N": 0})["N"]) for name in _COUNTS)
        notified, before = (int(item.get("NotifiedFailedTargets", {"N": 0})["N"]) for item in (new, old))
        if notified != before:
            kinds.add("GROUPS_FAILED")
            if not before < notified <= len(self._ever_failed.get(deployment_id, ())):
                self.wrong.append(f"{notified} failed groups of {deployment_id} after {before}")
            if "Results" in alert and failed != notified:
                self.wrong.append(f"{alert['Record']} speaks of {failed} failed groups, and the watch of {notified}")
        partial = new.get("FollowUp", {}).get("M", {}).get("PartialScan", {}).get("M", {})
        part = partial.get("Results", {"M": {}})["M"]
        if sum(int(part.get(name, {"N": 0})["N"]) for name in _COUNTS) > int(new.get("Progress", {"N": 2**53})["N"]):
            part = {}  # more than there are records: it says nothing yet
        known = max(int(each["Failed"]["N"]) for each in (part, results, _NONE) if each)
        has_ended = "EndedBecause" in new
        if (known and not notified) or (has_ended and failed > notified):
            self.wrong.append(
                f"{max(known, failed)} groups of {deployment_id} have failed, but {notified} are reported"
            )
        if not has_ended or new.get("Status", {}).get("S") not in _PHASES:
            return kinds
        if new["Status"]["S"] == "Completed":
            kinds.add("COMPLETED")
        expected = max(0, int(new.get("Progress", {"N": 0})["N"]) - int(new.get("Failures", {"N": 0})["N"]))
        is_unknown = "Progress" not in new and not results
        is_incomplete = is_unknown or unfinished > 0 or expected > failed + unfinished + succeeded
        if self.choices.follow_results and not is_lost and is_incomplete:
            kinds.add("RESULTS_INCOMPLETE")
        return kinds

    def _set(self, deployment_id: str, answer: Answer) -> None:
        self.harness.greengrass.answer(deployment_id, answer)

    def _note_check(self, run: Run, operation: str, arguments: Mapping[str, Any], answer: object) -> None:
        deployment_id, is_failure = arguments["BulkDeploymentId"], isinstance(answer, Exception)
        is_refused = is_error(answer, 404) or is_error(answer, 400, "BadRequestException")
        if operation == _STATUS:
            run.checks[deployment_id] = CheckAnswer(is_refused=is_refused) if is_failure else _read(answer)
        elif deployment_id not in run.checks:
            run.checks[deployment_id] = CheckAnswer(is_refused=is_refused, is_scan=True, pages=not is_failure)

    def _listed_in(self, page: Mapping[str, Any]) -> set[str]:
        return {entry["BulkDeploymentId"] for entry in page["BulkDeployments"]}


def _read(answer: Any) -> CheckAnswer:  # noqa: ANN401 - what the fake answers
    reported = answer.get("BulkDeploymentMetrics") or {}
    counts = tuple((name, reported[name]) for name in _NAMES if name in reported)
    status = answer.get("BulkDeploymentStatus")
    return CheckAnswer(status, _PHASES.get(status, "ONGOING"), counts, answer.get("ErrorMessage"))
