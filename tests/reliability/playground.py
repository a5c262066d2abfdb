"""A world in which sweeps meet whatever can happen, under the eyes of a witness.

Sweeps are the real ones, wired as `handler.build` wires them, to clients that are fakes. Each call of a client passes a
gate, where a mishap can wait for it.
"""

from __future__ import annotations

import itertools
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from botocore.exceptions import ClientError, ReadTimeoutError

from deployment_notifier.delivery import Delivery
from deployment_notifier.model import Kind, Place, Policy
from deployment_notifier.pace import Budget, Pace
from deployment_notifier.sources.greengrass_bulk import GreengrassBulk
from deployment_notifier.sweep import Sweep
from deployment_notifier.table import Outbox, Watches
from tests.reliability.fake_dynamodb import FakeTable, error
from tests.reliability.happenings import Answering, Deleting, Event, Fate, Jumping, Mishap, Putting, Sweeping
from tests.reliability.model_of_section_4 import Choices, Said
from tests.reliability.witness import LEASE, START, Run, Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from deployment_notifier.report import Report

PLACE = Place("aws", "eu-west-1", "123456789012", "notifier", "deployments")
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"

_REPEATED = {"query", "update_item", "transact_write_items"}
"""The calls that botocore repeats by itself."""

_LOG = logging.getLogger("playground")
_LOG.disabled = True


class DeathError(BaseException):
    """The process of a sweep has ended: nothing of it goes on."""


class Playground:
    """Everything that a sweep meets, and what it does.

    Attributes:
        now: the time that every clock shows.
        answers: what Greengrass answers, by deployment; an exception is raised.
        outage: raised instead of every answer of Greengrass; None while it works.
        sns: what SNS does: None takes everything; an error is raised; a function may look at the arguments first.
        witness: sees what is done.
    """

    def __init__(self, choices: Choices, page_size: int | None = None) -> None:
        self.choices = choices
        self.now = START
        self.table = FakeTable()
        self.table.page_size = page_size
        self.answers: dict[str, Mapping[str, Any] | Exception] = {}
        self.outage: Exception | None = None
        self.sns: Callable[[Mapping[str, Any]], None] | Exception | None = None
        self.witness = Witness(choices, self.table)
        self._latest = START
        self._runs: list[Run] = []
        self._numbers = itertools.count(1)

    def happen(self, event: Event) -> Report | None:
        """Let something happen; a sweep that lives returns its report."""
        match event:
            case Sweeping():
                return self._sweep(event)
            case Jumping(seconds):
                self.set_clock(self.now + timedelta(seconds=seconds))
                for run in self._runs:
                    run.saw_jump = True
            case Putting(deployment_id):
                self._put(deployment_id)
            case Deleting(deployment_id):
                self.table.delete_item(
                    TableName="deployments", Key={"DeploymentId": {"S": deployment_id}, "Record": {"S": "WATCH"}}
                )
                self.witness.lives.pop(deployment_id, None)
            case Answering(deployment_id, answer):
                self.answers[deployment_id] = answer
        return None

    def set_clock(self, at: datetime) -> None:
        """Let the clocks show a time; one at which something was stored already is passed over by a second.

        A person can't delete and put a watch again within the very millisecond in which a sweep wrote it.
        """
        while at in self.witness.used_times:
            at += timedelta(seconds=1)
        self.now = at
        self._latest = max(self._latest, at)

    def _put(self, deployment_id: str) -> None:
        self.set_clock(self.now)
        number = str(next(self._numbers))
        self.witness.note_put(deployment_id, number)
        self.answers.setdefault(deployment_id, {"BulkDeploymentStatus": "Initializing"})
        self.table.put_item(
            TableName="deployments",
            Item={
                "DeploymentId": {"S": deployment_id},
                "Record": {"S": "WATCH"},
                "Queue": {"S": "CHECK"},
                # What somebody notes in an item of their own stays there, so that the model knows which put it was.
                "Life": {"N": number},
            },
        )

    def _sweep(self, plan: Sweeping) -> Report | None:
        run = Run(plan, f"sweep-{next(self._numbers)}", leased_until=self.now + LEASE)
        self._runs.append(run)
        clients: Any = _Clients(self, run)
        outbox = Outbox(clients, "deployments", 90)
        source = GreengrassBulk(clients)
        sweep = Sweep(
            watches=Watches(clients, "deployments", 90),
            outbox=outbox,
            delivery=Delivery(outbox, clients, TOPIC, PLACE, lambda: self.now, _LOG),
            sources={source.name: source},
            policy=Policy(
                frozenset(Kind(kind) for kind in self.choices.alert_on),
                self.choices.threshold,
                self.choices.stalled_after,
                self.choices.unchecked_after,
                # Groups are not followed here: the model would need a second life. test_crash_matrix.py has them.
                settle_minutes=0,
            ),
            clock=lambda: self.now,
            log=_LOG,
            paces={source.name: Pace(1000.0, clock=lambda: 0.0, sleep=lambda _: None)},
            workers=1,
            shuffle=lambda watches: watches.sort(key=lambda watch: watch.deployment_id),
        )
        lag = self.table.lag
        try:
            report = sweep.run(Budget(lambda: run.remaining), run.owner)
        except DeathError:
            return None
        finally:
            run.is_over = True
            self._runs.remove(run)
        if not run.is_dead:
            self.witness.note_report(run, report, self.now, lag)
        return report

    def pass_gate(self, run: Run, operation: str, carry_out: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever a call returns
        """Carry out one call of a sweep, unless a mishap waits for it."""
        if run.is_dead:
            raise DeathError
        mishap = self._mishap_of(run, operation)
        run.calls.update(("call", operation))
        run.remaining -= run.plan.seconds_per_call
        run.decided_at = self.now
        if mishap is None:
            return carry_out()
        run.met_mishap = True
        self._before(run, mishap)
        answer = carry_out()
        match mishap.fate:
            case Fate.DIES_AFTER:
                _die(run)
            case Fate.ANSWER_LOST:
                for published in self.witness.published[-1:]:
                    published.answer_lost = published.by is run
                raise ReadTimeoutError(endpoint_url="https://example")
            case Fate.CARRIED_OUT_TWICE if operation in _REPEATED:
                answer = carry_out()
        return answer

    @staticmethod
    def _mishap_of(run: Run, operation: str) -> Mishap | None:
        names = (f"call {run.calls['call']}", f"{operation} {run.calls[operation]}")
        return next((run.plan.mishaps[name] for name in names if name in run.plan.mishaps), None)

    def _before(self, run: Run, mishap: Mishap) -> None:
        match mishap.fate:
            case Fate.DIES_BEFORE:
                _die(run)
            case Fate.THROTTLED:
                raise error("Call", "ThrottlingException", "Rate exceeded")
            case Fate.PAUSES:
                for event in mishap.meanwhile:
                    self.happen(event)

    def settle(self) -> None:
        """Let everything work again, and sweep until nothing waits; then nothing may be missing."""
        self.outage = self.sns = None
        self.table.lag = 0
        self.set_clock(self._latest)
        for _ in range(20):
            # Longer than any lease and any rest.
            self.happen(Jumping(31 * 60))
            self.happen(Sweeping())
            self.witness.look()
            if not self.witness.waiting:
                break
        self.witness.look_at_the_end()


class _Clients:
    """The three AWS clients of one sweep, behind the playground's gate."""

    def __init__(self, playground: Playground, run: Run) -> None:
        self._playground = playground
        self._run = run

    def query(self, **arguments: Any) -> Any:  # noqa: ANN401 - boto3's
        answer = self._pass("query", lambda: self._playground.table.query(**arguments))
        if arguments["ExpressionAttributeValues"] == {":Queue": {"S": "CHECK"}}:
            self._playground.witness.note_read(self._run, answer["Items"])
        return answer

    def update_item(self, **arguments: Any) -> Any:  # noqa: ANN401 - boto3's
        is_watch = arguments["Key"]["Record"]["S"] == "WATCH"
        if is_watch:
            self._run.tried_to_store.add(arguments["Key"]["DeploymentId"]["S"])

        def carry_out() -> Any:  # noqa: ANN401 - boto3's
            before = self._playground.table.items
            answer = self._playground.table.update_item(**arguments)
            if is_watch:
                self._playground.witness.note_write(self._run, [("Update", arguments)], before)
            return answer

        return self._pass("update_item", carry_out)

    def transact_write_items(self, **arguments: Any) -> Any:  # noqa: ANN401 - boto3's
        actions = [next(iter(write.items())) for write in arguments["TransactItems"]]
        key = next(action["Key"] for verb, action in actions if verb != "Put")
        self._run.tried_to_store.add(key["DeploymentId"]["S"])
        done = False

        def carry_out() -> Any:  # noqa: ANN401 - boto3's
            nonlocal done
            if done:  # the token under which botocore repeats it
                return {}
            before = self._playground.table.items
            answer = self._playground.table.transact_write_items(**arguments)
            done = True
            self._playground.witness.note_write(self._run, actions, before)
            return answer

        answer = self._pass("transact_write_items", carry_out)
        if any(
            action.get("Item", {}).get("Record", {}).get("S", "").endswith("#1-TRANSITION") for _, action in actions
        ):
            self._run.stored_transitions += 1
        return answer

    def get_bulk_deployment_status(self, *, BulkDeploymentId: str) -> Any:  # noqa: ANN401, N803 - boto3's
        def carry_out() -> Any:  # noqa: ANN401 - boto3's
            answer = self._playground.outage or self._playground.answers[BulkDeploymentId]
            if isinstance(answer, Exception):
                raise answer
            return answer

        try:
            answer = self._pass("get_bulk_deployment_status", carry_out)
        except Exception as reason:
            status = reason.response["ResponseMetadata"]["HTTPStatusCode"] if isinstance(reason, ClientError) else None
            code = reason.response["Error"]["Code"] if isinstance(reason, ClientError) else None
            refused = status == 404 or (status == 400 and code == "BadRequestException")
            self._run.said[BulkDeploymentId] = Said(refused=refused)
            raise
        self._run.said[BulkDeploymentId] = _read(answer)
        return answer

    def list_bulk_deployments(self, **_: Any) -> Any:  # noqa: ANN401 - boto3's
        def carry_out() -> Any:  # noqa: ANN401 - boto3's
            if self._playground.outage:
                raise self._playground.outage
            return {"BulkDeployments": []}

        answer = self._pass("list_bulk_deployments", carry_out)
        self._run.listed = True
        return answer

    def list_bulk_deployment_detailed_reports(self, **_: Any) -> Any:  # noqa: ANN401 - boto3's
        return self._pass("list_bulk_deployment_detailed_reports", lambda: {"Deployments": []})

    def publish(self, **arguments: Any) -> Any:  # noqa: ANN401 - boto3's
        def carry_out() -> Any:  # noqa: ANN401 - boto3's
            sns = self._playground.sns
            if isinstance(sns, Exception):
                raise sns
            if sns is not None:
                sns(arguments)
            self._playground.witness.note_publish(self._run, arguments)
            return {"MessageId": f"message-{len(self._playground.witness.published)}"}

        answer = self._pass("publish", carry_out)
        self._run.published += 1
        return answer

    def _pass(self, operation: str, carry_out: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever a call returns
        return self._playground.pass_gate(self._run, operation, carry_out)


def _read(answer: Mapping[str, Any]) -> Said:
    counts = answer.get("BulkDeploymentMetrics") or {}
    return Said(
        answer.get("BulkDeploymentStatus"),
        counts.get("RecordsProcessed"),
        counts.get("InvalidInputRecords"),
        counts.get("RetryAttempts"),
        answer.get("ErrorMessage"),
    )


def _die(run: Run) -> NoReturn:
    run.is_dead = True
    raise DeathError
