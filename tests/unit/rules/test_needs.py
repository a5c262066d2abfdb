"""Which deployments a sweep asks about, and when it asks for the results of their targets as well."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from deployment_notifier.model import Kind, Metrics, Observation, Phase, Policy, ResultsFollowUp, Watch
from deployment_notifier.rules import is_due, needs_results
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from tests.cases import cases
from tests.unit.rules.samples import EVERYTHING, START

V2 = Watch("d1", "greengrass-v2", status="ACTIVE")
RESTING = replace(V2, is_resting=True, has_rested=True)
FOLLOWED = replace(V2, status="Completed", follow_up=ResultsFollowUp(Phase.COMPLETED, START, 1, START))
SECOND = timedelta(seconds=1)


@cases(
    "watch, listed, is_missing, due",
    ("a new one", Watch("d1", "greengrass-v2"), "ACTIVE", False, True),
    ("one under way", V2, "ACTIVE", False, True),
    ("one under way that is not listed", V2, None, False, True),
    ("one at rest", RESTING, "ACTIVE", False, False),
    ("one at rest, of which the listing says nothing", RESTING, None, False, False),
    ("one at rest with another status", RESTING, "CANCELED", False, True),
    ("one at rest that a complete listing lacks", RESTING, None, True, True),
    ("one at rest whose last check failed", replace(RESTING, failing_since=START), "ACTIVE", False, True),
    ("results that are due", FOLLOWED, None, False, True),
    (
        "results that are not due",
        replace(FOLLOWED, follow_up=ResultsFollowUp(Phase.COMPLETED, START, 1, START + SECOND)),
        None,
        True,
        False,
    ),
)
def test_which_deployments_are_asked_about(watch: Watch, listed: str | None, is_missing: bool, due: bool) -> None:
    assert is_due(watch, listed, is_missing=is_missing, now=START) == due


def seen(phase: Phase = Phase.ONGOING, status: str = "ACTIVE", failures: int = 0) -> Observation:
    return Observation(status, phase, Metrics({}, 9, failures))


@cases(
    "changes, answer, policy, needed",
    ("no failure", {}, seen(), {}, False),
    ("a first failure", {}, seen(failures=1), {}, True),
    ("below the threshold", {}, seen(failures=1), {"thresholds": {Kind.DEVICES_FAILED: 2}}, False),
    ("failures that were reported", {"notified_failures": 1, "highest_progress": 9}, seen(failures=1), {}, False),
    ("twice as many", {"notified_failures": 1}, seen(failures=2), {}, True),
    ("an alert that nobody wants", {}, seen(failures=1), {"alert_on": frozenset({Kind.STALLED})}, False),
    ("a deployment that fails", {}, seen(Phase.FAILED, "FAILED"), {}, True),
    ("one that completes", {}, seen(Phase.COMPLETED, "COMPLETED"), {}, False),
    ("one that was superseded", {}, seen(Phase.SUPERSEDED, "INACTIVE", 3), {}, False),
)
def test_reasons_of_failing_devices_are_asked_for_only_for_an_alert_about_failures(
    changes: dict[str, Any], answer: Observation, policy: dict[str, Any], needed: bool
) -> None:
    watch = replace(V2, progress_at=START, **changes)
    chosen: Policy = replace(EVERYTHING, **policy)
    assert needs_results(watch, answer, chosen, GREENGRASS_V2.traits, START) == needed
