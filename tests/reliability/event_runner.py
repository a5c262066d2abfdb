"""Runs events against the notifier harness, with every call of every sweep under the oracle's eyes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from deployment_notifier.deadline import Deadline
from deployment_notifier.device_events import check_reported
from deployment_notifier.model import Kind
from deployment_notifier.sweep import sweep
from tests.harness.fake_fleet import failures_on_devices
from tests.harness.fault_injection import ANSWER_LOST, SERVICES_OF, THROTTLED, Call
from tests.harness.notifier_harness import NotifierHarness
from tests.reliability.events import (
    DeleteWatch,
    Event,
    FaultKind,
    InjectedFault,
    MoveClock,
    PutWatch,
    RunSweep,
    SetFault,
    SetResponse,
    SetTargets,
)
from tests.reliability.oracle import LEASE, Oracle
from tests.reliability.runs import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from deployment_notifier.report import Report
    from tests.harness.fake_sns import Published
    from tests.reliability.reference_model import Choices
    from tests.reliability.source_under_test import SourceUnderTest

_REPEATED = {"query", "update_item", "transact_write_items", "put_item", "batch_get_item"}
"""The calls that botocore repeats by itself."""


class SimulatedCrash(BaseException):
    """The process of a sweep ends: nothing of it goes on."""


class EventRunner:
    """A notifier to which anything can happen.

    Attributes:
        refuses: looks at each message, and returns the error that SNS raises; None takes it.
        source: the source whose deployments it watches.
        oracle: watches what is done.
    """

    def __init__(self, source: type[SourceUnderTest], choices: Choices, page_size: int | None = None) -> None:
        self.harness = NotifierHarness(
            sources=(source.name,),
            rate=1e9,
            discover_within_hours=choices.discover_within_hours,
            alert_on=frozenset(Kind(kind) for kind in choices.alert_on),
            thresholds={Kind(source.words.failures_kind): choices.threshold},
            stalled_after_minutes=choices.stalled_after,
            unchecked_after_minutes=choices.unchecked_after,
            follow_results_minutes=choices.follow_results,
        )
        self.harness.table.page_size = page_size
        self.source = source(self.harness, choices)
        self.oracle = Oracle(self.source)
        self.refuses: Callable[[Published], Exception | None] = lambda _: None
        self._latest = self.harness.clock.now
        self._runs: list[Run] = []
        self.numbers = itertools.count(1)

    def happen(self, event: Event) -> Report | None:  # noqa: C901 - a case for each event
        """Let something happen; a sweep that survives returns its report."""
        clock, source = self.harness.clock, self.source
        match event:
            case RunSweep():
                return self._sweep(event)
            case MoveClock(seconds):
                self.set_clock(clock.now + timedelta(seconds=seconds))
                for run in self._runs:
                    run.saw_jump = True
            case PutWatch(deployment_id):
                self.set_clock(clock.now)
                if deployment_id not in source.service.deployments:
                    source.set_answer(deployment_id, source.running)
                key = {"DeploymentId": {"S": deployment_id}, "Record": {"S": "WATCH"}}
                named = {"Queue": {"S": "CHECK"}, "Source": {"S": source.name}}
                self.harness.put(self.oracle.note_put(key | named))
            case DeleteWatch(deployment_id):
                self.set_clock(clock.now)
                key = {"DeploymentId": {"S": deployment_id}, "Record": {"S": "WATCH"}}
                self.harness.table.delete_item(TableName="deployments", Key=key)
                self.oracle.lives.pop(deployment_id, None)
            case SetResponse(deployment_id, answer):
                source.set_answer(deployment_id, answer)
            case SetTargets(deployment_id, succeeded, failed, unfinished):
                if deployment_id in source.service.deployments:
                    source.set_targets(deployment_id, succeeded, failed, unfinished)
            case SetFault(operation, error):
                source.service.instead.pop(operation, None)
                if error is not None:
                    source.service.instead[operation] = error
        return None

    def set_clock(self, at: datetime) -> None:
        """Set the clock; a time at which something was stored already is passed over by a second.

        A watch can't be deleted and put again within the very millisecond in which a sweep wrote it.
        """
        while at in self.oracle.used_times:
            at += timedelta(seconds=1)
        self.harness.clock.now = at
        self._latest = max(self._latest, at)

    def settle(self) -> None:
        """Let everything work again, and sweep until nothing is left to do; then nothing may be missing."""
        self.refuses, self.harness.table.lag = lambda _: None, 0
        self.source.repair()
        followed = {key[0] for key, item in self.harness.table.items.items() if "FollowUp" in item}
        self.set_clock(self._latest)
        for number in range(20):
            # Longer than any lease and any pause.
            self.happen(MoveClock(31 * 60))
            self.happen(RunSweep())
            self.oracle.look()
            items = self.harness.table.items.values()
            # A listing that broke off is finished by the first sweep, and the next one lists all.
            if number and not self.oracle.waiting and not any("FollowUp" in item for item in items):
                break
        self.oracle.look_at_the_end(followed)

    def _sweep(self, plan: RunSweep) -> Report | None:
        run = Run(plan, f"sweep-{next(self.numbers)}", leased_until=self.harness.clock.now + LEASE)
        for other in self._runs:
            run.is_alone = other.is_alone = False
        self._runs.append(run)
        app = self.harness.build(CallInterceptor(self, run))
        lag = self.harness.table.lag
        try:
            with self.harness.in_one_thread():
                deadline = Deadline(lambda: run.remaining)
                if plan.reported:
                    messages = failures_on_devices(plan.reported, self.harness.clock.now)
                    report, _ = check_reported(app, messages, deadline, run.owner)
                else:
                    report = sweep(app, deadline, run.owner)
        except SimulatedCrash:
            return None
        finally:
            run.is_over = True
            self._runs.remove(run)
        if not run.is_dead:
            self.oracle.note_report(run, report, lag)
        return report


class CallInterceptor:
    """Takes every call of one sweep's clients: injects its faults, and reports to the oracle."""

    def __init__(self, runner: EventRunner, run: Run) -> None:
        self._runner = runner
        self._run = run
        self._harness = runner.harness
        self._oracle = runner.oracle

    def __call__(self, service: str, operation: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - boto3's
        """Make one call."""
        if operation == "close":
            return None
        call = Call(service, operation, arguments, 0)
        source = self._runner.source
        if service not in SERVICES_OF[source.name]:
            return {"publish": self._publish}.get(operation, self._dynamodb)(call)
        try:
            answer = self._pass(call, self._harness.carry_out(call))
        except Exception as error:  # noqa: BLE001 - raised again below
            answer = error
        # What an event asks for is decided now; what a sweep decides, perhaps later.
        self._run.decided_at = self._harness.clock.now
        source.note_answer(self._run, operation, arguments, answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _publish(self, call: Call) -> Any:  # noqa: ANN401 - boto3's
        sns = self._harness.sns

        def carry_out() -> Any:  # noqa: ANN401 - boto3's
            def refuses(message: Published) -> Exception | None:
                error = self._runner.refuses(message)
                if error is not None and message.is_minimal:
                    self._run.refused.add(message.id)
                return error

            sns.refuses = refuses
            answer = self._harness.carry_out(call)()
            self._oracle.note_publish(self._run, sns.published[-1])
            return answer

        answer = self._pass(call, carry_out)
        self._run.published += 1
        return answer

    def _dynamodb(self, call: Call) -> Any:  # noqa: ANN401 - boto3's
        run, oracle, table = self._run, self._oracle, self._harness.table
        if call.operation == "transact_write_items":
            actions = [next(iter(write.items())) for write in call.arguments["TransactItems"]]
            # botocore chooses one, under which it can repeat the call.
            token = f"token-{next(self._runner.numbers)}"
            call = replace(call, arguments={**call.arguments, "ClientRequestToken": token})
        else:
            actions = [("Update", call.arguments)] if call.operation == "update_item" else []
        keys = [action["Key"] for verb, action in actions if verb != "Put"]
        written = [key["DeploymentId"]["S"] for key in keys if key["Record"]["S"] in {"WATCH", "SOURCE"}]
        run.tried_to_store.update(written)
        discovered = call.arguments["Item"]["DeploymentId"]["S"] if call.operation == "put_item" else None

        def carry_out() -> Any:  # noqa: ANN401 - boto3's
            arguments = dict(call.arguments)
            if discovered is not None:
                arguments["Item"] = oracle.note_put(arguments["Item"], run)
            before = table.items
            answer = getattr(table, call.operation)(**arguments)
            if written and table.items is not before:
                oracle.note_write(run, actions, before)
            return answer

        answer = self._pass(call, carry_out)
        if call.operation == "query" and call.arguments["ExpressionAttributeValues"] == {":Queue": {"S": "CHECK"}}:
            oracle.note_read(run, answer["Items"])
        if call.operation == "get_item":
            oracle.note_read(run, [answer["Item"]] if answer else [])
        if discovered is not None:
            oracle.note_discovered(run, discovered)
        if written and written[0].startswith("source:"):
            run.source = oracle.source
        run.stored_transitions += any(
            "To" in action.get("Item", {}) and "Kind" not in action["Item"] for _, action in actions
        )
        return answer

    def _pass(self, call: Call, carry_out: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the call returns
        run = self._run
        if run.is_dead:
            raise SimulatedCrash
        names = (f"call {run.calls['call']}", f"{call.operation} {run.calls[call.operation]}")
        fault = next((run.plan.faults[name] for name in names if name in run.plan.faults), None)
        run.calls.update(("call", call.operation))
        run.remaining -= run.plan.seconds_per_call
        run.called_at = self._harness.clock.now
        if not run.plan.reported:
            run.decided_at = run.called_at
        if fault is None:
            return carry_out()
        run.met_fault = True
        self._before(call, fault)
        answer = carry_out()
        match fault.kind:
            case FaultKind.CRASH_AFTER:
                self._crash()
            case FaultKind.ANSWER_LOST:
                for sent in self._oracle.sent[-1:]:
                    sent.answer_lost |= sent.by is run
                raise ANSWER_LOST.error(call)
            case FaultKind.CARRIED_OUT_TWICE if call.operation in _REPEATED:
                answer = carry_out()
        return answer

    def _before(self, call: Call, fault: InjectedFault) -> None:
        match fault.kind:
            case FaultKind.CRASH_BEFORE:
                self._crash()
            case FaultKind.THROTTLED:
                raise THROTTLED.error(call)
            case FaultKind.PAUSED:
                for event in fault.meanwhile:
                    self._runner.happen(event)

    def _crash(self) -> NoReturn:
        self._run.is_dead = True
        raise SimulatedCrash
