"""The domain as frozen values: what a source reports, what the table remembers, what an alert says.

Nothing here imports anything else of this project, so the rules can take these values and return them. All times are
timezone-aware `datetime` values in UTC.
"""

from deployment_notifier.model.alerts import DEFAULT_KINDS, Alert, Kind, Severity
from deployment_notifier.model.checks import Check, Unanswered
from deployment_notifier.model.decisions import Decision, Policy, SourceDecision, SourceTraits, Transition
from deployment_notifier.model.deployments import (
    CheckFailed,
    Error,
    ErrorDetail,
    Metrics,
    Observation,
    Outcome,
    Phase,
    UnknownDeployment,
    Watch,
)
from deployment_notifier.model.results import (
    FailureReason,
    ResultsFollowUp,
    ResultsScan,
    ResultsSummary,
    TargetPhase,
    TargetResult,
    missing_results,
)
from deployment_notifier.model.source_state import Listing, Outage, PartialListing, SourceState, SourceStats, source_id
from deployment_notifier.model.stack_identity import DEFAULT_STACK_NAME, StackIdentity
from deployment_notifier.model.times import from_milliseconds, milliseconds, next_version, timestamp

__all__ = [
    "DEFAULT_KINDS",
    "DEFAULT_STACK_NAME",
    "Alert",
    "Check",
    "CheckFailed",
    "Decision",
    "Error",
    "ErrorDetail",
    "FailureReason",
    "Kind",
    "Listing",
    "Metrics",
    "Observation",
    "Outage",
    "Outcome",
    "PartialListing",
    "Phase",
    "Policy",
    "ResultsFollowUp",
    "ResultsScan",
    "ResultsSummary",
    "Severity",
    "SourceDecision",
    "SourceState",
    "SourceStats",
    "SourceTraits",
    "StackIdentity",
    "TargetPhase",
    "TargetResult",
    "Transition",
    "Unanswered",
    "UnknownDeployment",
    "Watch",
    "from_milliseconds",
    "milliseconds",
    "missing_results",
    "next_version",
    "source_id",
    "timestamp",
]
