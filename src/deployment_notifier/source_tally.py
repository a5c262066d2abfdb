"""How the calls to one source go during a sweep."""

from __future__ import annotations

from dataclasses import dataclass, field

from deployment_notifier.model import Failure, Refusal, Tally, Watch

Unanswered = Refusal | Failure


@dataclass(slots=True)
class SourceTally:
    """Counts that grow while a sweep goes on; whoever changes them holds the sweep's lock.

    Attributes:
        watched: active watches.
        checks: checks of a deployment that were made.
        answered: how often they brought an observation or a page of reports.
        listed: whether the source has listed its deployments; None where it was not asked to.
        unanswered: the others, which wait for what the whole sweep says about the source.
    """

    watched: int = 0
    checks: int = 0
    answered: int = 0
    listed: bool | None = None
    last_error: str | None = None
    unanswered: list[tuple[Watch, Unanswered]] = field(default_factory=list)

    @property
    def needs_listing(self) -> bool:
        """Whether only a listing can tell if the ids or the reports are wrong, or the region or the API."""
        asks = self._refused > 0 or any(watch.settling for watch, _ in self.unanswered)
        return not self.answered and self.listed is None and asks

    @property
    def final(self) -> Tally:
        """What the rules decide on.

        A refusal is an answer of a source that is seen to work. A listing alone makes no source work whose every
        check fails: else there would be an alert for each deployment, and none for the source.
        """
        answered = self.answered + (self._refused if self.listed else 0)
        if self.checks == 0 and self.listed:
            answered = 1
        return Tally(self.watched, self.checks + (self.listed is not None), answered, self.last_error)

    @property
    def _refused(self) -> int:
        return sum(isinstance(outcome, Refusal) for _, outcome in self.unanswered)
