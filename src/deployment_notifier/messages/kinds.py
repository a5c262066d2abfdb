"""What is said of each kind of alert. Its severity, and whether it is on by default, are in `model/alerts.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.messages import next_steps
from deployment_notifier.messages.formatting import capitalized, counted
from deployment_notifier.messages.next_steps import Step
from deployment_notifier.model import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from deployment_notifier.messages.alert_words import AlertWords


@dataclass(frozen=True, slots=True)
class KindText:
    """The texts of one kind, without text from outside.

    Attributes:
        title: what follows the deployment's id, or the service's name, in the title.
        explanation: what it means, as sentences.
        steps: what to do, at most four; None for a step that does not apply.
        also: the clause about it in an alert of another kind that applied at the same moment.
        since: the label of `Alert.since`.
        is_about_checks: whether it reports failing checks, so that status and counts are the last known.
    """

    title: Callable[[AlertWords], str]
    explanation: Callable[[AlertWords], str]
    steps: Callable[[AlertWords], Iterable[Step | None]]
    also: Callable[[AlertWords], str]
    since: str = "Since"
    is_about_checks: bool = False


def _sentences(*parts: str | None) -> str:
    return " ".join(filter(None, parts))


def _not_reached(words: AlertWords) -> str | None:
    results, traits = words.results, words.profile.traits
    if results and not traits.follows_results and results.failed == results.total:
        return None  # as with a single device
    return f"{capitalized(words.targets)} that it did not reach keep their old version."


def _outlook(words: AlertWords) -> str | None:
    """What becomes of the results that are not final; None if all are, or if another part of the alert says it."""
    if words.may_fail_more:
        return f"Results are still followed: one more alert follows at the end if more {words.targets} fail."
    if words.incomplete() is None or Kind.RESULTS_INCOMPLETE in words.alert.also:
        return None
    return f"Results are no longer followed: {words.incomplete()}."


def _completed_note(words: AlertWords) -> str | None:
    """What a status that sounds like success does not say; None for any other status."""
    profile = words.profile
    if profile.completed_means is None or not profile.is_completed(words.alert.to_status):
        return None
    return (
        f"The status {profile.completed_status} only means that {profile.completed_means}, not that every"
        f" {words.target} got the new version."
    )


def _correct(causes: str | None) -> Step:
    return Step(f"Correct the cause. Common causes: {causes}." if causes else "Correct the cause.")


def _failures_explanation(words: AlertWords) -> str:
    outlook = (
        f"The {words.noun} has ended."
        if words.is_final
        else f"The {words.noun} continues. Another alert follows when the count has doubled, and at the end if it has"
        " grown."
    )
    return _sentences(f"It has {words.failures}.", words.profile.failures_note, outlook)


def _failures_steps(words: AlertWords) -> Iterable[Step | None]:
    yield next_steps.show_failed_targets(words, f"See which {words.targets} failed, and why")
    if not words.is_final:
        yield next_steps.stop(words, "If all fail for the same reason, stop it")
    yield _correct(words.profile.failures_causes)
    yield next_steps.start_another(words, "" if words.is_final else "Wait until this one has ended. ")


def _devices_failed(words: AlertWords) -> str:
    results = words.results
    if results is None or not results.total:
        return f"{words.failures}"
    return f"{results.failed:,} of {counted(results.total, words.targets)} failed"


def _broken(words: AlertWords) -> str | None:
    """Say that targets may not work any more; None if no reason says it."""
    reasons = words.results.reasons if words.results else ()
    if any(mark in (reason.message or "") for reason in reasons for mark in words.profile.broken_marks):
        return f"Some {words.targets} were not rolled back and may not work."
    return None


def _devices_explanation(words: AlertWords) -> str:
    results = words.results
    others = ""
    if results:
        unfinished = f", {results.unfinished:,} not finished" if results.unfinished else ""
        others = f" ({results.succeeded:,} succeeded{unfinished})"
    note = _sentences(words.profile.failures_note, "Another alert follows when the count has doubled.")
    failed = f"{capitalized(_devices_failed(words))}{others}."
    return _sentences(failed, _broken(words), None if words.is_final else note)


def _devices_steps(words: AlertWords) -> Iterable[Step | None]:
    yield next_steps.show_failed_targets(words, f"See which {words.targets} failed")
    yield next_steps.show_reason(words)
    if not words.is_final:
        yield next_steps.stop(words, "If all fail for the same reason, cancel it")
    yield next_steps.start_another(words, "Correct the cause. ")


def _failed_targets_explanation(words: AlertWords) -> str:
    failed = f"Some {words.targets} failed."
    if words.results and words.results.failed:
        total = words.results.total + words.missing
        failed = f"{words.results.failed:,} of {counted(total, words.targets)} failed."
    return _sentences(failed, words.profile.failed_targets_note, _completed_note(words), _outlook(words))


def _failed_targets_steps(words: AlertWords) -> Iterable[Step | None]:
    yield next_steps.show_failed_targets(words, f"See all {words.targets} that failed, and why")
    yield Step("Correct the causes, the most frequent first.")
    if not words.are_results_final:
        yield Step(f"List them again before you start another {words.noun}: more may have failed by then.")
    yield next_steps.start_another(words)


def _incomplete_title(words: AlertWords) -> str:
    unfinished = words.results.unfinished if words.results else 0
    if unfinished and words.missing:
        return f": {counted(unfinished, words.targets)} unfinished, {words.missing:,} unknown"
    if unfinished:
        return f": {counted(unfinished, words.targets)} did not finish"
    return f": results of {counted(words.missing, words.targets) if words.missing else words.targets} unknown"


def _completed_title(words: AlertWords) -> str:
    results = words.results
    if results and results.failed:
        return f" completed, but {words.failed}"
    if results and words.are_results_final:
        return f" completed: {counted(results.succeeded, words.targets)} succeeded"
    if results and results.unfinished:
        return f" completed, {counted(results.unfinished, words.targets)} unfinished"
    return " completed"


def _completed_explanation(words: AlertWords) -> str:
    results, completed = words.results, f"The {words.noun} completed"
    if results is None or not results.total:
        text = _sentences(f"{completed}.", _completed_note(words), f"Some {words.targets} may have failed.")
    elif results.failed:
        text = _sentences(f"{completed}, but {words.failed}.", words.profile.failed_targets_note, _outlook(words))
    elif words.are_results_final:
        text = f"{completed}, and no {words.target} failed."
    else:
        text = _sentences(f"{completed}, but how some {words.targets} ended is not known.", _outlook(words))
    if not words.alert.metrics.failures:
        return text
    return _sentences(text, f"It has {words.failures}.", words.profile.failures_note)


def _completed_steps(words: AlertWords) -> Iterable[Step | None]:
    if words.results and words.results.failed:
        yield from _failed_targets_steps(words)
    elif words.are_results_final and not words.alert.metrics.failures:
        yield Step("Nothing to do.")
    else:
        yield next_steps.show_failed_targets(words, f"See which {words.targets} failed, if any")
        yield Step(f"If some failed, correct the cause and start another {words.noun} with only those {words.targets}.")


def _stalled_steps(words: AlertWords) -> Iterable[Step | None]:
    hint = words.profile.stall_hints.get((words.alert.to_status or "").lower())
    yield next_steps.show_status(words, "See whether it has progressed since:")
    yield Step(hint) if hint else None
    yield next_steps.show_failed_targets(words, f"See whether {words.targets} have failed, and why")
    yield next_steps.stop(words, "If it will not progress, stop it")


def _resumed(words: AlertWords) -> str:
    return "is no longer stalled" if words.profile.traits.is_continuous else "is progressing again"


def _resumed_explanation(words: AlertWords) -> str:
    now = f"It {_resumed(words)}."
    if words.profile.traits.is_continuous:
        now = f"The {words.noun} has ended." if words.is_final else f"No {words.target} is in progress any more."
    return f"{now} It had made no progress{words.since}."


def _outage_steps(words: AlertWords) -> Iterable[Step | None]:
    yield next_steps.likely_cause(words)
    yield next_steps.support_note(words)
    yield next_steps.list_deployments(words, "Send a request yourself. If it succeeds, the fault is in the notifier:")


KIND_TEXTS = {
    Kind.FAILED: KindText(
        title=lambda _: " failed",
        explanation=lambda w: _sentences(f"The {w.noun} ended with an error.", _broken(w), _not_reached(w)),
        steps=lambda w: (
            next_steps.show_status(w, "Read AWS's whole error:"),
            next_steps.show_failed_targets(w, f"See which {w.targets} failed, and why"),
            next_steps.show_reason(w),
            _correct(w.profile.failure_causes),
            next_steps.start_another(w),
        ),
        also=lambda _: "it failed",
    ),
    Kind.INVALID_RECORDS: KindText(
        title=lambda w: f" {'ended with' if w.is_final else 'has'} {w.failures}",
        explanation=_failures_explanation,
        steps=_failures_steps,
        also=lambda w: f"it has {w.failures}",
    ),
    Kind.DEVICES_FAILED: KindText(
        title=lambda w: f": {_devices_failed(w)}",
        explanation=_devices_explanation,
        steps=_devices_steps,
        also=_devices_failed,
    ),
    Kind.GROUPS_FAILED: KindText(
        title=lambda w: f": {w.failed}",
        explanation=_failed_targets_explanation,
        steps=_failed_targets_steps,
        also=lambda w: w.failed,
    ),
    Kind.RESULTS_INCOMPLETE: KindText(
        title=_incomplete_title,
        explanation=lambda w: (
            f"The {w.noun} has ended and its results are no longer followed, but"
            f" {w.incomplete() or 'some are unknown'}. These {w.targets} may fail without an alert."
        ),
        steps=lambda w: (
            next_steps.show_failed_targets(w, f"See which {w.targets} have failed by now"),
            next_steps.watch(w, "Follow the results again:"),
        ),
        also=lambda w: f"results are no longer followed, but {w.incomplete() or 'some are unknown'}",
    ),
    Kind.STALLED: KindText(
        title=lambda w: f" has made no progress{w.lasting('for')}",
        explanation=lambda w: f"It has made no progress{w.since}. It may be slow, or it may never end by itself.",
        steps=_stalled_steps,
        also=lambda _: "it makes no progress",
        since="No progress since",
    ),
    Kind.STOPPED: KindText(
        title=lambda _: " was stopped",
        explanation=lambda w: _sentences(f"The {w.noun} was stopped before its end.", _not_reached(w)),
        steps=lambda w: (
            next_steps.find_who_stopped_it(w),
            next_steps.show_failed_targets(w, f"See which {w.targets} failed before that"),
            next_steps.start_another(w),
        ),
        also=lambda _: "it was stopped",
    ),
    Kind.COMPLETED: KindText(
        title=_completed_title,
        explanation=_completed_explanation,
        steps=_completed_steps,
        also=lambda _: "it completed",
    ),
    Kind.RESUMED: KindText(
        title=lambda w: f" {_resumed(w)}{w.lasting('after')}",
        explanation=_resumed_explanation,
        steps=lambda w: (next_steps.show_status(w, "Nothing to do. To see its status:"),),
        also=lambda w: f"it {_resumed(w)}",
        since="No progress since",
    ),
    Kind.LOST: KindText(
        title=lambda _: " is unknown to AWS, no longer checked",
        explanation=lambda w: (
            f"AWS has rejected this id{w.since}, while it answers other requests: the {w.noun} was deleted, or the id"
            " is wrong. It is no longer checked."
        ),
        steps=lambda w: (
            next_steps.list_deployments(w, "Compare the id with those that AWS lists:"),
            Step("If it was deleted on purpose, there is nothing to do."),
            next_steps.watch(w, "If the id is right, watch it again:"),
        ),
        also=lambda _: "its id is unknown to AWS, and it is no longer checked",
        since="Rejected since",
        is_about_checks=True,
    ),
    Kind.UNCHECKED: KindText(
        title=lambda w: f" could not be checked{w.lasting('for')}",
        explanation=lambda w: (
            f"Every check of it has failed{w.since}, while others succeed. Until a check succeeds, it can fail without"
            " an alert."
        ),
        steps=lambda w: (
            next_steps.likely_cause(w),
            next_steps.show_status(w, "Check it yourself until then:"),
            next_steps.show_log(w),
        ),
        also=lambda _: "its checks fail",
        since="Failing since",
        is_about_checks=True,
    ),
    Kind.SOURCE_UNREACHABLE: KindText(
        title=lambda w: f" could not be checked{w.lasting('for')}",
        explanation=lambda w: (
            f"No request to {w.profile.service} has succeeded{w.since}. Until one does, {w.noun}s in this account and"
            " region can fail or stall without an alert."
        ),
        steps=lambda w: (*_outage_steps(w), next_steps.run_doctor(w)),
        also=lambda _: "no check succeeds",
        since="Failing since",
        is_about_checks=True,
    ),
    Kind.SOURCE_RECOVERED: KindText(
        title=lambda w: f" can be checked again{w.lasting('after')}",
        explanation=lambda w: (
            f"{capitalized(w.profile.service)} answers again. No request had succeeded{w.since}. Changes in the"
            " meantime are reported in alerts of their own."
        ),
        steps=lambda _: (Step("Nothing to do."),),
        also=lambda _: "checks succeed again",
        since="Failed since",
        is_about_checks=True,
    ),
    Kind.DISCOVERY_FAILED: KindText(
        title=lambda w: f" deployments could not be listed{w.lasting('for')}",
        explanation=lambda w: (
            f"{capitalized(w.noun)}s could not be listed{w.since}, so new ones are not found and can fail without an"
            " alert. Those already watched are still checked."
        ),
        steps=lambda w: (
            *_outage_steps(w),
            next_steps.watch(w, f"Until then, watch each new {w.noun} by its id:"),
        ),
        also=lambda _: "deployments cannot be listed",
        since="Failing since",
        is_about_checks=True,
    ),
    Kind.DISCOVERY_RECOVERED: KindText(
        title=lambda w: f" deployments can be listed again{w.lasting('after')}",
        explanation=lambda w: (
            f"{capitalized(w.noun)}s can be listed again. They could not be listed{w.since}. Those created in the"
            " meantime are found now."
        ),
        steps=lambda _: (Step("Nothing to do."),),
        also=lambda _: "deployments can be listed again",
        since="Failed since",
        is_about_checks=True,
    ),
}
"""The texts by kind."""
