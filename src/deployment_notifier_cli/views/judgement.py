"""`check`: what the source says now, and what the stack would make of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.text import Text

from deployment_notifier.messages import event
from deployment_notifier.messages.groups import are_settled, counts
from deployment_notifier.messages.references import reference
from deployment_notifier.messages.text import duration, moment
from deployment_notifier.model import Failure, GroupPass, Kind, Observation, Refusal
from deployment_notifier_cli.views import groups, plain
from deployment_notifier_cli.views.events import SEVERITY_STYLES, error_lines
from deployment_notifier_cli.views.paper import line, number, paper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from deployment_notifier.model import Policy
    from deployment_notifier_cli.judgement import Judgement


def show(judgement: Judgement, policy: Policy, now: datetime, *, is_active: bool) -> None:
    """Print a judgement.

    Args:
        judgement: what would be decided.
        policy: the stack's.
        now: the present.
        is_active: whether the sweeps check this deployment.
    """
    console = paper()
    watch = judgement.before
    noun = reference(watch.source).noun.capitalize()
    console.print(line(f"{noun} {watch.deployment_id}, asked at {moment(now)}", "bold"), soft_wrap=True)
    for text in _answer(judgement, now):
        console.print(text, soft_wrap=True)
    console.print(Text(f"\n{_title(judgement, now, is_active=is_active)}", "bold"))
    for text in _consequences(judgement, policy, now):
        console.print(Text("  - ").append(text), soft_wrap=True)
    console.print(Text("\nNothing was written. The source was asked with your credentials, not the function's.", "dim"))


def _title(judgement: Judgement, now: datetime, *, is_active: bool) -> str:
    settling = judgement.before.settling
    if not is_active:
        return "It is not watched. If it were, from now on:"
    if settling is not None and settling.next_pass_at > now:
        return f"The next look at its groups, {groups.due(settling.next_pass_at, now)}, would with this answer:"
    return "The next sweep would, with this answer:"


def _answer(judgement: Judgement, now: datetime) -> Iterator[Text]:
    match judgement.outcome:
        case GroupPass():
            yield line(f"{judgement.before.status}, which is final; so its groups were asked for")
        case Observation() as seen:
            stored = judgement.before.status
            was = f" (stored: {stored})" if stored is not None and stored != seen.status else ""
            yield line(f"{seen.status}{was}")
            counts = seen.metrics
            yield Text(
                f"Processed {number(counts.records_processed)}, invalid {number(counts.invalid_input_records)},"
                f" retries {number(counts.retry_attempts)}"
            )
            for each in error_lines(seen.error):
                yield Text("  ").append(each)
            if isinstance(judgement.groups, Refusal | Failure):
                yield line(f"The source gave no results of groups: {judgement.groups.reason}", "red")
        case Refusal(reason):
            yield line(f"The source does not take this id: {reason}", "red")
        case failure:
            yield line(f"The source gave no usable answer: {failure.reason}", "red")
    if judgement.found is not None:
        yield from _groups(judgement, now)


def _groups(judgement: Judgement, now: datetime) -> Iterator[Text]:
    told = groups.told_of(replace(judgement.decision.watch, groups=judgement.tally), now)
    known = counts(told)
    if known is not None:
        yield Text(f"{reference(judgement.before.source).target.capitalize()}: {known}")
    for each in groups.reason_lines(told):
        yield Text("  ").append(each)
    if judgement.found is not None and not judgement.found.is_complete:
        yield Text("Not all were read, for lack of time; a sweep goes on where it breaks off.", "yellow")


def _consequences(judgement: Judgement, policy: Policy, now: datetime) -> Iterator[Text]:
    decision = judgement.decision
    if decision.transition is not None:
        before = decision.transition.from_status or "nothing"
        yield line(f"record the transition from {before} to {decision.transition.to_status}")
    if (alert := decision.alert) is not None:
        also = f", also {', '.join(alert.also)}" if alert.also else ""
        text = Text("alert ").append(alert.kind, SEVERITY_STYLES[alert.severity])
        yield text.append(f" ({alert.severity}){also}")
    for kind in judgement.unsent:
        yield Text(f"keep silent about {kind}: the stack's AlertOn leaves it out")
    settling = decision.watch.settling
    if not isinstance(judgement.outcome, Observation | GroupPass):
        yield from _unanswered(judgement, policy, now)
    elif not decision.watch.is_active:
        yield line(f"stop watching it: {_why_ended(judgement, policy, now)}")
    elif settling is not None and settling.begun is not None:
        yield Text("read the results of the remaining groups")
    elif settling is not None:
        yield Text(f"follow its groups; next look {groups.due(settling.next_pass_at, now)}")
    elif decision.transition is None and decision.alert is None and not judgement.unsent:
        changed = decision.watch != judgement.before
        yield Text("store the new numbers, and alert nobody" if changed else "do nothing: all is as stored")


def _why_ended(judgement: Judgement, policy: Policy, now: datetime) -> str:
    watch = judgement.decision.watch
    if are_settled(groups.told_of(watch, now)):
        return f"{watch.ended_because} is final, and so is how each of its groups ended"
    if policy.settle_minutes == 0:
        return f"{watch.ended_because} is final, and groups are not followed (SettleMinutes is 0)"
    return f"{watch.ended_because} is final, and its groups were followed for {policy.settle_minutes} min"


def _unanswered(judgement: Judgement, policy: Policy, now: datetime) -> Iterator[Text]:
    since = judgement.before.failing_since or now
    left = max(timedelta(), since + timedelta(minutes=policy.unchecked_after_minutes) - now)
    if not judgement.source_answers:
        yield Text(
            f"hold it against the source: {Kind.SOURCE_UNREACHABLE} when nothing at all is answered for"
            f" {policy.unchecked_after_minutes} min, else {Kind.UNCHECKED}"
        )
    elif judgement.decision.alert is None and not judgement.unsent:
        kind = Kind.LOST if isinstance(judgement.outcome, Refusal) else Kind.UNCHECKED
        yield Text(f"wait: {kind} follows if this lasts {duration(left)} more")
    elif isinstance(judgement.outcome, Refusal):
        yield Text("stop watching it")


def as_json(judgement: Judgement, *, is_active: bool) -> dict[str, Any]:
    """The same for programs."""
    outcome, decision = judgement.outcome, judgement.decision
    seen = outcome if isinstance(outcome, Observation) else None
    alert = decision.alert
    return {
        "deploymentId": judgement.before.deployment_id,
        "active": is_active,
        "answer": "groups" if isinstance(outcome, GroupPass) else type(outcome).__name__.lower(),
        "status": seen.status if seen else None,
        "metrics": event.metrics(seen.metrics) if seen else None,
        "error": event.error(seen.error) if seen else None,
        "groups": event.groups(judgement.tally),
        "allGroupsRead": judgement.found.is_complete if judgement.found else None,
        "reason": None if isinstance(outcome, Observation | GroupPass) else outcome.reason,
        "sourceAnswers": judgement.source_answers,
        "storedStatus": judgement.before.status,
        "settling": plain.settling(judgement.before.settling),
        "wouldTransition": decision.transition is not None,
        "wouldAlert": {"kind": alert.kind, "also": list(alert.also), "severity": alert.severity} if alert else None,
        "leftOutByAlertOn": list(judgement.unsent),
        "wouldEnd": not decision.watch.is_active,
    }
