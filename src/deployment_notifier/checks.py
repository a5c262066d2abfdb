"""A sweep's checks: ask the source about one deployment, decide, store, deliver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.dispatch import SECONDS_PER_DELIVERY
from deployment_notifier.errors import ConflictError, TableError
from deployment_notifier.groups import read_groups
from deployment_notifier.model import Failure, GroupPass, Observation, Refusal
from deployment_notifier.rules import decide
from deployment_notifier.source_tally import Unanswered
from deployment_notifier.table import SECONDS_PER_WRITE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from deployment_notifier.dispatch import Dispatch
    from deployment_notifier.journal import Journal
    from deployment_notifier.model import Outcome, Policy, Settling, Watch
    from deployment_notifier.source_tally import SourceTally
    from deployment_notifier.sources.port import Source
    from deployment_notifier.table import Watches


class Checks:
    """The checks of one source in one sweep.

    Args:
        source: whom to ask.
        watches: the table.
        dispatch: delivers alerts.
        journal: takes notes.
        policy: the operator's thresholds and choices.
        clock: the present, in UTC.
        may_call: waits for the source's pace; False where a call, and then so many seconds or what the end of the sweep
            needs, might not end in time.
        tally: how the calls to this source go.
    """

    def __init__(  # noqa: PLR0913 - what it is wired to
        self,
        *,
        source: Source,
        watches: Watches,
        dispatch: Dispatch,
        journal: Journal,
        policy: Policy,
        clock: Callable[[], datetime],
        may_call: Callable[[float], bool],
        tally: SourceTally,
    ) -> None:
        self._source = source
        self._watches = watches
        self._dispatch = dispatch
        self._journal = journal
        self._policy = policy
        self._clock = clock
        self._may_call = may_call
        self._tally = tally

    def check(self, watch: Watch) -> None:
        """Check one deployment: its status, or after a terminal one its groups.

        What is decided on an observation is stored and delivered here. Without an answer, the watch waits in the
        tally: whether that is the deployment's trouble or the source's is known when all have been asked.
        """
        if watch.settling is not None:
            self._check_groups(watch, watch.settling)
            return
        if not self._may_call(SECONDS_PER_WRITE):
            self._journal.count("deferred")
            return
        outcome = self._source.observe(watch.deployment_id)
        self._note(watch, outcome)
        if isinstance(outcome, Observation):
            ends = outcome.phase.is_terminal and outcome.status != watch.status
            groups = self._read_groups(watch, None) if ends else None
            if isinstance(groups, Unanswered):
                about = {"deployment_id": watch.deployment_id, "reason": groups.reason[:500]}
                self._journal.log.warning("groups can't be read yet", extra=about)
                groups = None
            self.decide(watch, outcome, groups=groups)

    def decide(
        self,
        watch: Watch,
        outcome: Outcome | GroupPass,
        *,
        source_answers: bool = True,
        source_lists: bool = False,
        groups: GroupPass | None = None,
    ) -> None:
        """Decide on an outcome, store the decision and deliver its alert; the arguments are those of the rules."""
        decision = decide(
            watch,
            outcome,
            self._policy,
            self._clock(),
            source_answers=source_answers,
            source_lists=source_lists,
            groups=groups,
        )
        if decision.watch == watch:
            if not isinstance(outcome, Unanswered):
                self._journal.count("accomplished")
            return
        lease = self._dispatch.lease
        about = {"deployment_id": watch.deployment_id}
        try:
            self._watches.commit(watch, decision, lease)
        except ConflictError:
            self._journal.count("conflicts")
            self._journal.log.info("somebody else was first", extra=about)
            return
        except TableError as error:
            self._journal.table_failed("a decision can't be stored", error, watch.deployment_id)
            return
        self._journal.count("accomplished")
        if decision.transition is not None:
            self._journal.count("transitions")
            statuses = {"from": decision.transition.from_status, "to": decision.transition.to_status}
            self._journal.log.info("transition", extra={**about, **statuses})
        if decision.alert is not None:
            self._dispatch.deliver_new(decision.alert, lease)

    def _check_groups(self, watch: Watch, settling: Settling) -> None:
        if self._clock() < settling.next_pass_at:
            return
        found = self._read_groups(watch, settling.begun)
        if found is None:
            self._journal.count("deferred")
            # When its time is up, what is due is told with what is known, whether or not a sweep has time for groups.
            self.decide(watch, Failure("There was no time"), source_answers=False, source_lists=True)
            return
        self._note(watch, found)
        if isinstance(found, GroupPass):
            self.decide(watch, found)

    def _read_groups(self, watch: Watch, begun: GroupPass | None) -> GroupPass | Unanswered | None:
        """Read the results of groups as far as time allows that an alert be published at once; None for no time."""
        calls = 0

        def may_call() -> bool:
            nonlocal calls
            if calls == 1:
                # A page has come, so the source works, and less time must be kept for telling that it does not.
                with self._journal.lock:
                    self._tally.answered += 1
            allowed = self._may_call(SECONDS_PER_DELIVERY)
            calls += allowed
            return allowed

        found = read_groups(self._source, watch.deployment_id, begun, may_call)
        if calls == 0:
            return None
        self._journal.count("passes")
        return found

    def _note(self, watch: Watch, outcome: Outcome | GroupPass) -> None:
        if not isinstance(outcome, Unanswered):
            with self._journal.lock:
                self._tally.checks += 1
                self._tally.answered += 1
            self._journal.count("checked")
            return
        with self._journal.lock:
            self._tally.checks += 1
            self._tally.last_error = outcome.reason
            self._tally.unanswered.append((watch, outcome))
        word = "refused" if isinstance(outcome, Refusal) else "failed"
        self._journal.count(word)
        about = {"deployment_id": watch.deployment_id, "reason": outcome.reason[:500]}
        self._journal.log.warning("check %s", word, extra=about)
