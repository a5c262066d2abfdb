"""`check`: what AWS answers, and what the next sweep would do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.text import Text

from deployment_notifier.messages.event import encode_error, encode_metrics, encode_targets
from deployment_notifier.messages.formatting import capitalized, duration, moment
from deployment_notifier.messages.target_results import summary
from deployment_notifier.model import CheckFailed, Kind, Observation, Phase, ResultsScan, UnknownDeployment
from deployment_notifier.sources.registry import profile_of
from deployment_notifier_cli.console import open_console, print_advice, safe_line
from deployment_notifier_cli.json_output import follow_up
from deployment_notifier_cli.views.event_lines import alert_name, error_lines
from deployment_notifier_cli.views.results_lines import (
    alert_of,
    counts_in_short,
    due,
    movement,
    name_in_short,
    reason_lines,
    targets_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from deployment_notifier.model import Alert, Decision
    from deployment_notifier_cli.operator_session import Operator
    from deployment_notifier_cli.preview import Preview


def print_preview(operator: Operator, preview: Preview) -> None:
    """Print a preview."""
    console, watch = open_console(), preview.watch
    noun = capitalized(profile_of(watch.source).noun)
    details = preview.check.answer.details if isinstance(preview.check.answer, Observation) else {}
    name = name_in_short(replace(watch, details={**watch.details, **details}))
    title = f"{noun} {watch.deployment_id}{f' ({name})' if name else ''}, asked at {moment(preview.at)}"
    console.print(safe_line(title, "bold"), soft_wrap=True)
    for text in _answer(preview):
        console.print(text, soft_wrap=True)
    following, title = watch.follow_up, "With this answer the next sweep would:"
    if not preview.is_watched:
        title = "It is not watched. If it were, the next sweep would:"
    elif following is not None and following.next_scan_at > preview.at:
        title = f"With this answer the next scan, {due(following.next_scan_at, preview.at)}, would:"
    console.print(Text(f"\n{title}", "bold"))
    for text in _consequences(preview):
        console.print(Text("  - ").append_text(text), soft_wrap=True)
    if not preview.is_watched and not isinstance(preview.check.answer, UnknownDeployment):
        print_advice(console, operator.hint("watch", watch.deployment_id), "\nTo watch it: ")
    console.print(Text("\nNothing was changed. AWS was asked with your credentials, not the function's.", "dim"))


def _answer(preview: Preview) -> Iterator[Text]:
    watch = preview.watch
    match preview.check.answer:
        case ResultsScan():
            yield safe_line(
                f"{watch.status}, which is final; so the results of its {targets_of(watch.source)} were read"
            )
        case Observation() as seen:
            yield from _observed(preview, seen)
        case UnknownDeployment(reason):
            yield safe_line(f"{profile_of(watch.source).service} does not know this id: {reason}", "red")
        case failure:
            yield safe_line(f"AWS gave no usable answer: {failure.reason}", "red")
    if preview.scan is None:
        return
    alert = _alert(preview)
    if results := summary(alert):
        yield Text(f"{capitalized(targets_of(watch.source))}: {results}")
    for line in reason_lines(alert):
        yield Text("  ").append_text(line)
    if not preview.scan.is_complete:
        yield Text("Not all were read, for lack of time; a sweep reads the rest.", "yellow")


def _observed(preview: Preview, seen: Observation) -> Iterator[Text]:
    watch = preview.watch
    state = movement(replace(watch, status=seen.status, is_resting=seen.phase is Phase.RESTING))
    state = f", {state}" if state and not seen.phase.is_terminal else ""
    stored = f" (stored: {watch.status})" if watch.status not in (None, seen.status) else ""
    yield safe_line(f"{seen.status}{state}{stored}")
    if counts := counts_in_short(watch.source, seen.metrics):
        yield Text(counts)
    for line in error_lines(seen.error):
        yield Text("  ").append_text(line)
    if preview.check.scan_error:
        yield safe_line(f"Results could not be read: {preview.check.scan_error}", "red")


def _alert(preview: Preview) -> Alert:
    watch = preview.decision.watch if preview.decision else preview.watch
    return alert_of(replace(watch, results=preview.results))


def _consequences(preview: Preview) -> Iterator[Text]:
    decision, outage = preview.decision, preview.source.outage
    if decision is None:
        is_notified = outage is not None and outage.is_notified
        yield _wait(preview, Kind.SOURCE_UNREACHABLE, outage.since if outage else None, is_notified=is_notified)
        return
    if decision.transition is not None:
        before = decision.transition.from_status or "nothing"
        yield safe_line(f"record the change from {before} to {decision.transition.to_status}")
    if decision.alert is not None:
        yield Text("send the alert ").append_text(alert_name(decision.alert))
    for kind in preview.muted:
        yield Text(f"not send {kind}, which the stack's AlertOn leaves out")
    if text := _next_state(preview, decision):
        yield text


def _next_state(preview: Preview, decision: Decision) -> Text | None:
    targets, following = targets_of(preview.watch.source), decision.watch.follow_up
    if not decision.watch.is_active:
        return safe_line(f"stop watching it, because it is {decision.watch.ended_because}")
    if isinstance(preview.check.answer, UnknownDeployment | CheckFailed):
        kind = Kind.LOST if isinstance(preview.check.answer, UnknownDeployment) else Kind.UNCHECKED
        is_notified = kind is Kind.UNCHECKED and decision.watch.notified_unchecked
        return _wait(preview, kind, preview.watch.failing_since, is_notified=is_notified)
    if following is not None and following.partial_scan is not None:
        return Text(f"read the results of the remaining {targets}")
    if following is not None:
        return Text(f"follow the results of its {targets}; next scan {due(following.next_scan_at, preview.at)}")
    if decision.transition or decision.alert or preview.muted:
        return None
    is_changed = decision.watch != preview.watch
    return Text("store the new counts and send no alert" if is_changed else "do nothing: all is as stored")


def _wait(preview: Preview, kind: Kind, since: datetime | None, *, is_notified: bool) -> Text:
    """What a sweep does about a failure that an alert reports once it lasts."""
    if is_notified:
        return Text(f"wait for an answer: {kind} is sent once")
    left = (since or preview.at) + timedelta(minutes=preview.policy.unchecked_after_minutes) - preview.at
    return Text(f"wait: {kind} follows if this lasts {duration(left)} more")


def preview_json(preview: Preview) -> dict[str, Any]:
    """Return the same for programs."""
    answer, decision, watch = preview.check.answer, preview.decision, preview.watch
    seen = answer if isinstance(answer, Observation) else None
    alert = decision.alert if decision else None
    names = {Observation: "status", ResultsScan: "results", UnknownDeployment: "unknown"}
    return {
        "deploymentId": watch.deployment_id,
        "active": preview.is_watched,
        "answer": names.get(type(answer), "failed"),
        "status": seen.status if seen else None,
        "metrics": encode_metrics(watch.source, seen.metrics) if seen else None,
        "error": encode_error(seen.error) if seen else None,
        "targets": encode_targets(_alert(preview)) if preview.scan else None,
        "allResultsRead": preview.scan.is_complete if preview.scan else None,
        "reason": preview.check.scan_error if isinstance(answer, Observation | ResultsScan) else answer.reason,
        "sourceAnswers": decision is not None,
        "storedStatus": watch.status,
        "followUp": follow_up(watch.follow_up),
        "wouldRecord": bool(decision and decision.transition),
        "wouldAlert": {"kind": alert.kind, "also": list(alert.also), "severity": alert.severity} if alert else None,
        "leftOutByAlertOn": list(preview.muted),
        "wouldEnd": bool(decision and not decision.watch.is_active),
    }
