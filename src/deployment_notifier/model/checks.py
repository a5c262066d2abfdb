"""One check of one deployment: what was asked, and the answer."""

from __future__ import annotations

from dataclasses import dataclass

from deployment_notifier.model.deployments import CheckFailed, Observation, UnknownDeployment, Watch
from deployment_notifier.model.results import ResultsScan

Unanswered = UnknownDeployment | CheckFailed


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        watch: what was known of the deployment before.
        answer: its status; for a deployment that has ended a scan of its results; or why there is neither.
        first_scan: a first scan of the results, made along with a status that has just become terminal.
        scan_error: why there is no first scan although one was tried.
    """

    watch: Watch
    answer: Observation | ResultsScan | Unanswered
    first_scan: ResultsScan | None = None
    scan_error: str | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the source answered."""
        return isinstance(self.answer, Observation | ResultsScan)
