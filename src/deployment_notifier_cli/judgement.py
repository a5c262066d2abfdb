"""What the stack's policy would decide about one answer of a source, without doing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployment_notifier.model import Kind, Observation, Phase, Refusal, Severity
from deployment_notifier.rules import decide

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.model import Decision, Outcome, Policy, Watch
    from deployment_notifier.sources.port import Source


@dataclass(frozen=True, slots=True)
class Judgement:
    """One check, and what a sweep would make of it.

    Attributes:
        before: what is known; a new watch where none is active.
        source_answers: whether the source answered anything.
        unsent: kinds that apply, but that the stack's `AlertOn` leaves out.
    """

    before: Watch
    outcome: Outcome
    source_answers: bool
    decision: Decision
    unsent: tuple[Kind, ...]

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look: no answer, a failed deployment, or an alert that is more than information."""
        if not isinstance(self.outcome, Observation) or self.outcome.phase is Phase.FAILED:
            return True
        alert = self.decision.alert
        return alert is not None and alert.severity is not Severity.INFO


def judge(watch: Watch, source: Source, policy: Policy, now: datetime) -> Judgement:
    """Ask the source, and decide as a sweep would that checked only this deployment.

    Args:
        watch: what is known.
        source: is asked once; once more, for its listing, where it refuses the id.
        policy: the stack's.
        now: the present.
    """
    outcome = source.observe(watch.deployment_id)
    answers = isinstance(outcome, Observation) or (isinstance(outcome, Refusal) and source.answers())
    decision = decide(watch, outcome, policy, now, source_answers=answers)
    everything = replace(policy, alert_on=frozenset(Kind))
    all_kinds = _kinds(decide(watch, outcome, everything, now, source_answers=answers))
    unsent = tuple(kind for kind in all_kinds if kind not in policy.alert_on)
    return Judgement(watch, outcome, answers, decision, unsent)


def _kinds(decision: Decision) -> tuple[Kind, ...]:
    return (decision.alert.kind, *decision.alert.also) if decision.alert else ()
