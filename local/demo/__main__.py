"""`make run`: builds and deploys the real stack to an emulator, and starts bulk deployments for it to find."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.table import Table
from rich.text import Text

from deployment_notifier.model import Kind, Place
from local import stack as stacks
from local.demo.channel import PARAMETER, Channel
from local.demo.screen import Screen
from local.demo.script import PARAMETERS, PARTS, SECONDS, SWEEP_EVERY_SECONDS
from local.demo.story import Story, Subscriber
from local.demo.sweeps import SweepError, Sweeps
from local.demo.witness import Witness
from local.environments import PROJECT
from local.ministack import ACCOUNT, REGION, MiniStack, MiniStackError
from local.progress import ProgressLine
from local.simulator import Operation, Simulator
from local.slack import SlackStandIn

if TYPE_CHECKING:
    from types import FrameType

    from local.stack import Stack

INTRODUCTION = """
Greengrass deployment notifier: a demonstration on this machine, with no AWS account.

This is the real thing: this project's 'sam build' and 'sam deploy', into an AWS
emulator (MiniStack). Only Greengrass and Slack are simulated: five bulk
deployments play in about two minutes, and their alerts arrive in a Slack channel.
Everything is deleted afterwards; Ctrl-C stops it.
"""

_DEPLOYED = f"""
Deployed. The stack's own schedule sweeps once a minute; to keep this short, the
function is also invoked every {SWEEP_EVERY_SECONDS} seconds. Now five bulk deployments are
started, just by StartBulkDeployment. The stack finds them by itself:
"""

CLOSING = """
Try next:
  make test     run every check and test
  make local    call the function yourself, by 'sam local invoke'
  make deploy   deploy it to your own account (README.md says what it asks)
What is played, and what must come of it, stands in local/demo/script.py.
"""


_LOOK_EVERY_SECONDS = 0.5
_ARRIVAL_SECONDS = 15.0
"""How long the last alerts may take from their publishing to the ends of their ways."""


def main() -> int:
    """Run the demonstration.

    Returns:
        The exit status: 0 when every expected alert came, 1 when one did not or something failed, 130 for Ctrl-C.
    """
    signal.signal(signal.SIGTERM, _terminated)
    print(INTRODUCTION)
    try:
        return _run()
    except KeyboardInterrupt:
        print("\nStopped; everything that was started is stopped and deleted.")
        return 130
    except (MiniStackError, stacks.StackError, SweepError) as error:
        print(f"\n{error}\n\nEverything that was started is stopped and deleted.", file=sys.stderr)
    except (BotoCoreError, ClientError) as error:
        print(f"\nThe emulator did not do what was asked: {error}", file=sys.stderr)
    return 1


def _terminated(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run() -> int:
    with contextlib.ExitStack() as running:
        simulator = running.enter_context(Simulator(several=True))
        slack = running.enter_context(SlackStandIn())
        channel = Channel(slack)
        with ProgressLine("1/3  sam build: the packages of the two functions") as progress:
            stacks.build(progress)
        with ProgressLine("2/3  starting MiniStack, an AWS emulator"):
            ministack = running.enter_context(MiniStack())
            channel.keep_url(stacks.session(), ministack.endpoint)
        with ProgressLine("3/3  sam deploy: table, topic, functions, schedule, alarms") as progress:
            parameters = PARAMETERS | {"GreengrassEndpointUrl": simulator.url, "SlackWebhookParameter": PARAMETER}
            stack = stacks.deploy(ministack.endpoint, progress, parameters=parameters)
        return Play(simulator, ministack.endpoint, stack, channel).run()


def _calls_of_sweeps(simulator: Simulator) -> int:
    """How many calls have come from the function, whoever started it: to start deployments is this program's part."""
    return simulator.count() - simulator.count(Operation.START)


class Play:
    """Starts the bulk deployments, and shows what the stack makes of them.

    Args:
        simulator: plays Greengrass.
        endpoint: the emulator's URL.
        stack: the deployed stack.
        channel: where its Slack function posts.
    """

    def __init__(self, simulator: Simulator, endpoint: str, stack: Stack, channel: Channel) -> None:
        session = stacks.session()
        self._greengrass = session.client("greengrass", endpoint_url=simulator.url)
        self._sweeps = Sweeps(session, endpoint, stack, SWEEP_EVERY_SECONDS, lambda: _calls_of_sweeps(simulator))
        self._story = Story(session, endpoint, stack)
        self._subscriber = Subscriber(session, endpoint, stack)
        self._channel = channel
        self._messages: dict[str, dict[str, Any]] = {}
        self._witness = Witness()
        self._names: dict[str, str] = {}
        self._screen = Screen(self._names, Place("aws", REGION, ACCOUNT, stack.function_name, stack.table_name))
        self._said = set[str]()

    def run(self) -> int:
        """Play it to its end; returns the exit status."""
        self._start()
        event = json.loads((PROJECT / "events" / "schedule.json").read_text(encoding="utf-8"))
        with self._screen.console.status("") as status:
            while self._screen.seconds < SECONDS and not (self._story.is_over and self._sweeps.schedule_was_seen):
                self._sweeps.invoke_if_due(event)
                self._look()
                status.update(self._progress())
                time.sleep(_LOOK_EVERY_SECONDS)
            # What was published last may still be on its way.
            ends = time.monotonic() + _ARRIVAL_SECONDS
            while not self._witness.is_everything_arrived and time.monotonic() < ends:
                time.sleep(_LOOK_EVERY_SECONDS)
                self._look()
        return self._conclude()

    def _start(self) -> None:
        self._screen.console.print(_DEPLOYED)
        for part in PARTS:
            # The simulator plays the scenario that the input file is named after.
            deployment_id = self._greengrass.start_bulk_deployment(
                ExecutionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/{part.name}",
                InputFileUri=f"s3://{part.name}/{part.scenario}.jsonl",
                tags={"fleet": part.name},
            )["BulkDeploymentId"]
            self._names[deployment_id] = part.name
            self._story.follow(deployment_id)
        for part, deployment_id in zip(PARTS, self._names, strict=True):
            self._screen.line(deployment_id, Text(f"{deployment_id}  ").append(f"({part.scenario})", "dim"))

    def _look(self) -> None:
        """Show what is new."""
        self._sweeps.look()
        if self._sweeps.waits_for_schedule:
            self._say_once("keeping still: the stack's own schedule is due", "dim")
        if self._sweeps.schedule_was_seen:
            self._say_once("the stack's own schedule has started a sweep", "bold")
        for moment in self._story.new_moments():
            if moment.alert is not None:
                self._witness.saw(moment.alert)
                self._screen.alert(moment.alert)
            elif moment.to_status is not None:
                self._screen.transition(
                    moment.deployment_id, moment.from_status, moment.to_status, settles=moment.settles
                )
        self._witness.received.update(event["id"] for event in self._subscriber.new_events())
        self._messages.update(self._channel.new_messages())
        for alert_id in self._messages.keys() & self._witness.alerts.keys() - self._witness.posted:
            self._witness.posted.add(alert_id)
            self._screen.posted(self._witness.alerts[alert_id], self._messages[alert_id])

    def _say_once(self, text: str, style: str) -> None:
        if text not in self._said:
            self._said.add(text)
            self._screen.line(None, Text(text, style))

    def _progress(self) -> str:
        """How many records each deployment has got through, within the columns of a narrow terminal."""

        def of(deployment_id: str) -> str:
            processed = self._story.watches[deployment_id].get("RecordsProcessed", {}).get("N", "-")
            return f"{self._names[deployment_id]} {processed}"

        return f"records: {', '.join(map(of, self._names))}"

    def _conclude(self) -> int:
        """Print what was seen, and what was not though it should have been."""
        console = self._screen.console
        console.print("\nWhat was seen:")
        table = Table.grid(padding=(0, 2, 0, 0))
        for (deployment_id, name), part in zip(self._names.items(), PARTS, strict=True):
            told = self._witness.kinds(deployment_id)
            table.add_row(f"  {name}", part.scenario, ", ".join(kind for kind in Kind if kind in told) or "no alert")
        console.print(table)
        schedule = "the schedule's own and " if self._sweeps.schedule_was_seen else ""
        console.print(f"  Sweeps: {schedule}{self._sweeps.invocations} by this demonstration.")
        problems = list(self._witness.problems(self._names))
        problems += [f"Slack would have refused a message: {why}" for why in self._channel.refused]
        if waiting := self._story.undelivered():
            problems.append(f"{waiting} alerts were not published")
        if not self._sweeps.schedule_was_seen:
            problems.append("the stack's own schedule did not start a sweep")
        if problems:
            console.print(Text("\nWhat went wrong:\n  " + "\n  ".join(problems), "bold red"), soft_wrap=True)
            return 1
        count = len(self._witness.alerts)
        console.print(
            Text(f"\nEvery alert came: all {count} arrived in Slack and in a queue that subscribes.", "green")
        )
        print(CLOSING)
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
