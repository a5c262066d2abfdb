"""Next steps: short sentences, with commands that can be pasted as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.messages import probable_cause
from deployment_notifier.messages.escape import shell_argument
from deployment_notifier.messages.shell_commands import log_command, notifier_command, source_command
from deployment_notifier.model import Kind

if TYPE_CHECKING:
    from deployment_notifier.messages.alert_words import AlertWords


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        text: a sentence without text from outside; it ends with a colon if a command follows.
        command: for a POSIX shell; what came from outside is quoted in it.
    """

    text: str
    command: str | None = None


def _source_step(words: AlertWords, text: str, template: str | None) -> Step | None:
    command = source_command(template, words.alert, words.identity)
    return None if command is None else Step(text, command)


def _noted_step(words: AlertWords, text: str, note: str | None, template: str | None) -> Step | None:
    return _source_step(words, f"{text} ({note}):" if note else f"{text}:", template)


def show_status(words: AlertWords, text: str) -> Step:
    """Look at the deployment: by command, or in the console if its source has no command for it."""
    step = _source_step(words, text, words.profile.status_command)
    return step or Step(f"{text.removesuffix(':')}: look at the {words.noun} in the AWS console.")


def show_failed_targets(words: AlertWords, text: str) -> Step | None:
    """List the targets that failed."""
    return _noted_step(words, text, words.profile.targets_note, words.profile.targets_command)


def list_deployments(words: AlertWords, text: str) -> Step | None:
    """List all deployments."""
    return _source_step(words, text, words.profile.list_command)


def stop(words: AlertWords, text: str) -> Step | None:
    """Stop the deployment."""
    return _noted_step(words, text, words.profile.stop_note, words.profile.stop_command)


def show_reason(words: AlertWords) -> Step | None:
    """Show why one of the targets failed."""
    return _source_step(words, f"See why on one {words.target}:", words.profile.device_command)


def start_another(words: AlertWords, first: str = "") -> Step:
    """Deploy to the targets that lack the new version."""
    if words.profile.retry_step:
        return Step(f"{first}{words.profile.retry_step}")
    text = f"{first}Start another {words.noun} with only the {words.targets} that lack the new version"
    note = f"; {words.profile.start_note}" if words.profile.start_note else ""
    step = _source_step(words, f"{text} (replace the words in capitals{note}):", words.profile.start_command)
    return step or Step(f"{text}.")


def find_who_stopped_it(words: AlertWords) -> Step | None:
    """Ask CloudTrail."""
    event = words.profile.stop_event
    if event is None:
        return None
    return Step(
        "If you do not know who stopped it, look it up in CloudTrail:",
        f"aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue={event}"
        f" --region {shell_argument(words.identity.region)}",
    )


def watch(words: AlertWords, text: str) -> Step:
    """Watch the deployment again; another one in the case of an alert about a source."""
    wanted = "ID" if words.alert.kind.is_about_source else words.alert.deployment_id
    return Step(text, notifier_command(words.identity, "watch", wanted))


def likely_cause(words: AlertWords) -> Step:
    """Name the usual cause of the error."""
    return Step(f"Likely cause: {probable_cause.probable_cause(words.alert)}")


def support_note(words: AlertWords) -> Step | None:
    """Say that AWS no longer supports the source."""
    note = probable_cause.support_note(words.alert)
    return None if note is None else Step(note)


def show_log(words: AlertWords) -> Step:
    """Read the function's log."""
    return Step("See the function's log:", log_command(words.identity))


def run_doctor(words: AlertWords) -> Step:
    """Examine the stack."""
    return Step("Check the notifier itself:", notifier_command(words.identity, "doctor"))


def show_history(words: AlertWords) -> Step:
    """Show all that is stored about the deployment or the source."""
    return Step("History:", notifier_command(words.identity, "show", words.alert.deployment_id))


def silence(words: AlertWords) -> Step:
    """Stop alerts about this deployment; once nothing more comes about it, alerts of this kind."""
    alert = words.alert
    has_ended = alert.kind is Kind.LOST or (words.is_final and not alert.is_followed)
    if alert.kind.is_about_source or has_ended:
        return Step(f"To silence alerts of this kind, leave {alert.kind} out of the stack's parameter AlertOn.")
    return Step(
        f"To silence alerts about this {words.noun}:", notifier_command(words.identity, "unwatch", alert.deployment_id)
    )
