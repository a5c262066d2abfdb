"""The demonstration itself: starts the deployments, and shows what the deployed stack makes of them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from deployment_notifier.model import Kind, StackIdentity
from local import stack as stacks
from local.demo.history import Histories, StatusChange
from local.demo.outcome import Outcome
from local.demo.push import Push
from local.demo.screen import Screen
from local.demo.script import PARTS, PUSHED, SECONDS, SWEEP_EVERY_SECONDS
from local.demo.sweeps import Sweeps
from local.ministack import ACCOUNT, REGION
from local.project import PROJECT
from local.simulator import Operation
from local.subscriber import Subscriber

if TYPE_CHECKING:
    from local.demo.channel import Channel
    from local.simulator import Simulator
    from local.stack import Stack

_DEPLOYED = f"""
Deployed. The stack's own schedule sweeps once a minute; to keep this short, the
function is also invoked every {SWEEP_EVERY_SECONDS} seconds. Now four deployments of Greengrass V2
to thing groups start, and three bulk deployments of V1, all at once (AWS would
run the latter one after the other). Nobody registers them:
the stack finds them by itself.
"""

_LOOK_EVERY_SECONDS = 0.5
_ARRIVAL_SECONDS = 15.0
"""How long the last alerts may take from the topic to the queue and the channel."""


class Play:
    """One run.

    Args:
        simulator: plays Greengrass.
        endpoint: the emulator's URL.
        stack: the deployed stack.
        channel: where its Slack function posts.
    """

    def __init__(self, simulator: Simulator, endpoint: str, stack: Stack, channel: Channel) -> None:
        session = stacks.session()
        self._simulator = simulator
        # Only sweeps list deployments; the function for device events does not.
        self._sweeps = Sweeps(session, endpoint, stack, lambda: simulator.count(Operation.LIST_DEPLOYMENTS))
        self._histories = Histories(session.client("dynamodb", endpoint_url=endpoint), stack.table_name)
        self._subscriber = Subscriber(session, endpoint, stack)
        self._push = Push(session, endpoint, str(stack.device_events_queue_url))
        self._channel = channel
        self._outcome = Outcome()
        self._messages: dict[str, dict[str, Any]] = {}
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._screen = Screen(
            self._names, StackIdentity("aws", REGION, ACCOUNT, stack.function_name, stack.table_name, stack.name)
        )

    def run(self) -> bool:
        """Run it to its end; returns whether all that was expected was seen."""
        self._start()
        push = self._push
        push.start()
        event = json.loads((PROJECT / "events" / "schedule.json").read_text(encoding="utf-8"))
        with self._screen.console.status("") as status:
            while self._screen.seconds < SECONDS and not (self._is_over and self._sweeps.schedule_was_seen):
                if not push.is_waiting:
                    self._sweeps.invoke_if_due(event)
                if text := push.send_if_due(self._ids[PUSHED.name]):
                    self._screen.line(self._ids[PUSHED.name], Text(text, "bold"))
                self._look()
                status.update(self._progress())
                time.sleep(_LOOK_EVERY_SECONDS)
            ends = time.monotonic() + _ARRIVAL_SECONDS
            while not self._outcome.is_complete and time.monotonic() < ends:
                time.sleep(_LOOK_EVERY_SECONDS)
                self._look()
        return self._summarize()

    @property
    def _is_over(self) -> bool:
        """Whether all has come that must; a deployment of Greengrass V2 stays active."""
        return all(
            part.expected <= self._outcome.kinds(self._ids[part.name])
            and (part.is_fleet or self._histories.has_ended(self._ids[part.name]))
            for part in PARTS
        )

    def _start(self) -> None:
        self._screen.console.print(_DEPLOYED)
        for part in PARTS:
            if part.is_fleet:
                deployment_id = self._simulator.play_fleet(part.scenario, target=part.name)
            else:
                deployment_id = self._simulator.play(part.scenario, tags={"fleet": part.name})
            self._ids[part.name] = deployment_id
            self._names[deployment_id] = part.name
            self._histories.follow(deployment_id)
        for part, deployment_id in zip(PARTS, self._names, strict=True):
            self._screen.line(deployment_id, Text(f"{deployment_id}  ").append(f"({part.scenario})", "dim"))

    def _look(self) -> None:
        """Show what is new."""
        for text in self._sweeps.news():
            self._screen.line(None, Text(text, "bold"))
        for event in self._histories.new_events():
            if isinstance(event, StatusChange):
                self._screen.status_change(event)
            else:
                self._outcome.add(event)
                self._screen.alert(event)
                if event.deployment_id == self._ids[PUSHED.name]:
                    self._push.note_alert()
        self._outcome.received.update(event["id"] for event in self._subscriber.new_events())
        self._messages.update(self._channel.new_messages())
        for alert_id in self._messages.keys() & self._outcome.alerts.keys() - self._outcome.posted:
            self._outcome.posted.add(alert_id)
            self._screen.posted(self._outcome.alerts[alert_id], self._messages[alert_id])

    def _progress(self) -> str:
        return "processed: " + ", ".join(
            f"{name} {self._histories.progress(deployment_id) or '-'}" for deployment_id, name in self._names.items()
        )

    def _summarize(self) -> bool:
        console = self._screen.console
        console.print("\nWhat was seen:")
        table = Table.grid(padding=(0, 2, 0, 0))
        for (deployment_id, name), part in zip(self._names.items(), PARTS, strict=True):
            seen = self._outcome.kinds(deployment_id)
            table.add_row(f"  {name}", part.scenario, ", ".join(kind for kind in Kind if kind in seen) or "no alert")
        console.print(table)
        console.print(f"  Sweeps by this demonstration: {self._sweeps.invocations}, beside those of the schedule.")
        problems = [
            *self._outcome.problems(self._names),
            *(f"Slack would have refused a message: {why}" for why in self._channel.refused),
        ]
        if waiting := self._histories.pending():
            problems.append(f"alerts of {waiting} deployments were not published")
        if self._push.seconds is None:
            problems.append(f"{PUSHED.name}: the event of a failed device did not lead to an alert by itself")
        else:
            console.print(f"  From the event of a failed device to its alert: {self._push.seconds:.0f} seconds.")
        if not self._sweeps.schedule_was_seen:
            problems.append("the stack's own schedule did not start a sweep")
        if problems:
            console.print(Text("\nWhat went wrong:\n  " + "\n  ".join(problems), "bold red"), soft_wrap=True)
            return False
        count = len(self._outcome.alerts)
        console.print(Text(f"\nAll {count} alerts arrived, in Slack and in a subscribed queue.", "green"))
        return True
