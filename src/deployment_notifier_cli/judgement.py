"""What the stack's policy would decide about one answer of a source, without doing it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployment_notifier.groups import read_groups
from deployment_notifier.model import GroupPass, Kind, Observation, Phase, Refusal, Severity
from deployment_notifier.pace import Pace
from deployment_notifier.rules import decide
from deployment_notifier.rules.groups import best_tally
from deployment_notifier.sources.port import ListPage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from deployment_notifier.model import Decision, Failure, GroupTally, Outcome, Policy, Watch
    from deployment_notifier.sources.port import Source

_MOST_PAGES = 20
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """One check, and what a sweep would make of it.

    Attributes:
        before: what is known; a new watch where none is active.
        outcome: what the source answered; about a deployment that settles, what a pass over its groups found.
        groups: how a first pass over the groups went, along with the observation of a terminal status; else None.
        source_answers: whether the source answered anything.
        unsent: kinds that apply, but that the stack's `AlertOn` leaves out.
    """

    before: Watch
    outcome: Outcome | GroupPass
    groups: GroupPass | Refusal | Failure | None
    source_answers: bool
    decision: Decision
    unsent: tuple[Kind, ...]

    @property
    def found(self) -> GroupPass | None:
        """The pass over the groups, if one was made."""
        return next((each for each in (self.outcome, self.groups) if isinstance(each, GroupPass)), None)

    @property
    def tally(self) -> GroupTally | None:
        """What is known best about the groups."""
        return best_tally(self.found, self.before)

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look: no answer, a failure of it or of groups, an alert of more than information."""
        if not isinstance(self.outcome, Observation | GroupPass):
            return True
        settling = self.before.settling
        phase = self.outcome.phase if isinstance(self.outcome, Observation) else settling.phase if settling else None
        if phase is Phase.FAILED or (self.tally is not None and self.tally.failed):
            return True
        alert = self.decision.alert
        return alert is not None and alert.severity is not Severity.INFO


def patience(
    source: Source, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
) -> Callable[[], bool]:
    """For how long a person who waits is kept: `read_groups` asks it before each call.

    Args:
        source: states the pace, which is kept because others of the account share its quota.
        clock: a monotonic clock, in seconds.
        sleep: waits for some seconds.
    """
    pace = Pace(source.calls_per_second, clock, sleep)
    ends_at = clock() + _PATIENCE_SECONDS
    left = _MOST_PAGES

    def may_call() -> bool:
        nonlocal left
        if left == 0 or clock() >= ends_at:
            return False
        left -= 1
        pace.wait()
        return True

    return may_call


def judge(watch: Watch, source: Source, policy: Policy, now: datetime, may_call: Callable[[], bool]) -> Judgement:
    """Ask the source, and decide as a sweep would that checked only this deployment.

    Args:
        watch: what is known.
        source: is asked as a sweep asks it; once more, for its listing, where it refuses the id.
        policy: the stack's.
        now: the present.
        may_call: is asked before each call for the results of groups.
    """
    groups: GroupPass | Refusal | Failure | None = None
    outcome: Outcome | GroupPass
    if watch.settling is not None:
        outcome = read_groups(source, watch.deployment_id, watch.settling.begun, may_call)
    else:
        outcome = source.observe(watch.deployment_id)
        if isinstance(outcome, Observation) and outcome.phase.is_terminal and outcome.status != watch.status:
            groups = read_groups(source, watch.deployment_id, None, may_call)
    answers = isinstance(outcome, Observation | GroupPass) or (
        isinstance(outcome, Refusal) and isinstance(source.list_page(None), ListPage)
    )
    first = groups if isinstance(groups, GroupPass) else None
    decision = decide(watch, outcome, policy, now, source_answers=answers, groups=first)
    everything = replace(policy, alert_on=frozenset(Kind))
    all_kinds = _kinds(decide(watch, outcome, everything, now, source_answers=answers, groups=first))
    unsent = tuple(kind for kind in all_kinds if kind not in policy.alert_on)
    return Judgement(watch, outcome, groups, answers, decision, unsent)


def _kinds(decision: Decision) -> tuple[Kind, ...]:
    return (decision.alert.kind, *decision.alert.also) if decision.alert else ()
