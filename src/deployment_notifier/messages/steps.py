"""What to do next, kind by kind: short steps, with commands that can be pasted as they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.messages.causes import likely_cause, support_note
from deployment_notifier.messages.groups import are_settled, known_groups
from deployment_notifier.messages.references import command, is_final, reference
from deployment_notifier.messages.text import shell_argument
from deployment_notifier.model import Alert, Kind, Place

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        text: a sentence without text from outside; it ends with a colon where a command follows.
        command: for a POSIX shell; what came from outside is quoted in it.
    """

    text: str
    command: str | None = None


def steps(alert: Alert, place: Place) -> tuple[Step, ...]:
    """What to do about this alert, in order.

    Args:
        alert: cleaned; its texts appear only as quoted arguments of commands.
        place: for the region and the names in the commands.
    """
    return tuple(_ADVICE[alert.kind](_Advice(alert, place)))


def history_command(alert: Alert, place: Place) -> str:
    """Shows all that the table holds about this deployment or source, in order."""
    values = json.dumps({":id": {"S": alert.deployment_id}}, ensure_ascii=False)
    return (
        f"aws dynamodb query --table-name {shell_argument(place.table_name)} --key-condition-expression"
        f" 'DeploymentId = :id' --expression-attribute-values {shell_argument(values)}"
        f" --region {shell_argument(place.region)}"
    )


class _Advice:
    """The steps of one alert; a step whose command the source does not have is left out or says it in words."""

    def __init__(self, alert: Alert, place: Place) -> None:
        self._alert = alert
        self._place = place
        self._words = reference(alert.source)

    def _run(self, text: str, template: str | None) -> Iterator[Step]:
        """A step with one of the source's commands; none where the source has no such command."""
        found = command(template, self._alert.deployment_id, self._place)
        if found is not None:
            yield Step(text, found)

    def _look(self, text: str) -> Iterator[Step]:
        """Look at the deployment: by command, or in the console where the source has none."""
        found = command(self._words.status_command, self._alert.deployment_id, self._place)
        yield Step(f"{text} look at the {self._words.noun} in the AWS console.") if found is None else Step(text, found)

    def _again(self) -> Iterator[Step]:
        text = f"Start a new {self._words.noun} with just the {self._words.target} that lack the new version"
        start = command(self._words.start_command, self._alert.deployment_id, self._place)
        if start is None:
            yield Step(f"{text}.")
        else:
            yield Step(f"{text}; an ended one cannot be continued. Put in your role and input file:", start)

    def completed(self) -> Iterator[Step]:
        tally = known_groups(self._alert)
        if tally is not None and tally.failed:
            yield from self.groups_failed()
        elif are_settled(self._alert) and not self._alert.metrics.invalid_input_records:
            yield Step("Nothing to do.")
        else:
            yield from self._look_for_failed()

    def _look_for_failed(self) -> Iterator[Step]:
        yield from self._run(
            f"See which {self._words.target} failed; an empty list means none so far:", self._words.targets_command
        )
        yield Step(
            f"If some {self._words.target} failed, correct the cause and start a new {self._words.noun} with just them."
        )

    def resumed(self) -> Iterator[Step]:
        yield from self._look("Nothing to do. To see where it is now:")

    def source_recovered(self) -> Iterator[Step]:
        yield Step("Nothing to do. What the function met meanwhile is in its log:", self._log())

    def failed(self) -> Iterator[Step]:
        yield from self._look("See its status and AWS's whole error:")
        yield from self._run(f"See which {self._words.target} failed, and why:", self._words.targets_command)
        causes = self._words.failure_causes
        yield Step("Remove the cause." if causes is None else f"Remove the cause. Usual ones: {causes}.")
        yield from self._again()

    def invalid_records(self) -> Iterator[Step]:
        yield from self._run(f"See which {self._words.target} failed, and why:", self._words.targets_command)
        if is_final(self._alert.source, self._alert.to_status):
            yield Step("Correct the records, versions or permissions that these errors name.")
        else:
            yield from self._run(
                "If they share one error, the rest will likely fail too. Then stop the rollout:",
                self._words.stop_command,
            )
            yield Step("Correct the records, versions or permissions; wait until this one has ended.")
        yield from self._again()

    def groups_failed(self) -> Iterator[Step]:
        yield from self._run(f"See all {self._words.target} that failed, and why:", self._words.targets_command)
        yield Step("Correct what the errors name, the most frequent first.")
        if not are_settled(self._alert):
            yield Step(f"Look again before you start anew: {self._words.target} that have not finished may fail too.")
        yield from self._again()

    def stalled(self) -> Iterator[Step]:
        yield from self._look("See whether it has moved since:")
        hint = self._words.stall_hints.get((self._alert.to_status or "").lower())
        if hint is not None:
            yield Step(hint)
        yield from self._run(f"See whether {self._words.target} have failed, and why:", self._words.targets_command)
        yield from self._run(
            "If it will not move, stop it (no other can start in this account and region while it runs):",
            self._words.stop_command,
        )

    def stopped(self) -> Iterator[Step]:
        if self._words.stop_event is not None:
            yield Step(
                "If you do not know who stopped it, ask CloudTrail:",
                "aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,"
                f"AttributeValue={self._words.stop_event} --region {shell_argument(self._place.region)}",
            )
        yield from self._run(f"See which {self._words.target} failed before that:", self._words.targets_command)
        yield from self._again()

    def lost(self) -> Iterator[Step]:
        yield from self._run("Compare the id with those that AWS has:", self._words.list_command)
        item = {
            "DeploymentId": {"S": self._alert.deployment_id},
            "Record": {"S": "WATCH"},
            "Queue": {"S": "CHECK"},
            "Source": {"S": self._alert.source},
        }
        yield Step(
            "If it was deleted on purpose, nothing is to do. If the id is right after all, watch it again:",
            f"aws dynamodb put-item --table-name {shell_argument(self._place.table_name)}"
            f" --item {shell_argument(json.dumps(item, ensure_ascii=False))}"
            f" --region {shell_argument(self._place.region)}",
        )

    def unchecked(self) -> Iterator[Step]:
        yield from self._look("Look at it yourself, now and until checks succeed:")
        yield Step(f"Likely cause: {likely_cause(self._alert)}.")
        yield Step("See what the function met:", self._log())

    def source_unreachable(self) -> Iterator[Step]:
        yield from self._run(
            "Ask AWS yourself. If this works, the trouble is the function's; else it is AWS's or the account's:",
            self._words.list_command,
        )
        note = support_note(self._alert)
        if note is not None:
            yield Step(f"{note}.")
        yield Step(f"Likely cause by the error: {likely_cause(self._alert)}.")
        yield Step("See what the function met:", self._log())
        yield Step("Until it is over, look at running rollouts by hand.")

    def _log(self) -> str:
        """The last hour of the log, whose group's name the stack leaves to CloudFormation: so the function is asked."""
        region = shell_argument(self._place.region)
        group = (
            f"aws lambda get-function-configuration --function-name {shell_argument(self._place.function_name)}"
            f" --region {region} --query LoggingConfig.LogGroup --output text"
        )
        return f'aws logs tail "$({group})" --since 1h --region {region}'


_ADVICE = {
    Kind.FAILED: _Advice.failed,
    Kind.INVALID_RECORDS: _Advice.invalid_records,
    Kind.GROUPS_FAILED: _Advice.groups_failed,
    Kind.STALLED: _Advice.stalled,
    Kind.STOPPED: _Advice.stopped,
    Kind.COMPLETED: _Advice.completed,
    Kind.RESUMED: _Advice.resumed,
    Kind.LOST: _Advice.lost,
    Kind.UNCHECKED: _Advice.unchecked,
    Kind.SOURCE_UNREACHABLE: _Advice.source_unreachable,
    Kind.SOURCE_RECOVERED: _Advice.source_recovered,
}
