"""`make run`: builds and deploys the real stack to an emulator, and plays four bulk deployments to it."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from deployment_notifier.model import Kind, Place
from local import stack as stacks
from local.demo.screen import Screen
from local.demo.script import PARAMETERS, PARTS, SECONDS, SWEEP_EVERY_SECONDS
from local.demo.story import Story, Subscriber
from local.demo.sweeps import SweepError, Sweeps
from local.environments import PROJECT
from local.ministack import ACCOUNT, REGION, MiniStack, MiniStackError
from local.progress import ProgressLine
from local.simulator import Simulator

if TYPE_CHECKING:
    from types import FrameType

    from local.stack import Stack

INTRODUCTION = """
Greengrass deployment notifier: a demonstration on this machine, with no AWS account.

This is the real thing: this project's 'sam build' and 'sam deploy', into an AWS
emulator (MiniStack). Only Greengrass itself is simulated: four bulk deployments
play in about two minutes. Everything is deleted afterwards; Ctrl-C stops it.
"""

CLOSING = """
Try next:
  make test                            run every test
  sam build && sam deploy --guided     deploy it to your own account (README.md says what it asks)
  local/demo/script.py                 change what is played, and what must come of it
"""


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
        with ProgressLine("1/3  sam build: the function's package") as progress:
            stacks.build(progress)
        with ProgressLine("2/3  starting MiniStack, an AWS emulator"):
            ministack = running.enter_context(MiniStack())
        with ProgressLine("3/3  sam deploy: table, topic, function, schedule, alarms") as progress:
            parameters = PARAMETERS | {"GreengrassEndpointUrl": simulator.url}
            stack = stacks.deploy(ministack.endpoint, progress, parameters=parameters)
        sweeps = Sweeps(stacks.session(), ministack.endpoint, stack, SWEEP_EVERY_SECONDS, simulator.count)
        return _play(simulator, ministack.endpoint, stack, sweeps)


def _play(simulator: Simulator, endpoint: str, stack: Stack, sweeps: Sweeps) -> int:
    story = Story(stacks.session(), endpoint, stack)
    subscriber = Subscriber(stacks.session(), endpoint, stack)
    names: dict[str, str] = {}
    place = Place("aws", REGION, ACCOUNT, stack.function_name, stack.table_name)
    screen = Screen(names, place)
    screen.console.print(
        f"\nDeployed. The stack's own schedule sweeps once a minute; to keep this short,\n"
        f"the function is also invoked every {SWEEP_EVERY_SECONDS} seconds. Four bulk deployments start now:\n"
    )
    for part in PARTS:
        deployment_id = simulator.play(part.scenario, tags={"fleet": part.name})
        names[deployment_id] = part.name
        story.watch(deployment_id)
        screen.line(deployment_id, f"{deployment_id}  ({part.scenario})")
    schedule_event = json.loads((PROJECT / "events" / "schedule.json").read_text(encoding="utf-8"))

    told: defaultdict[str, set[Kind]] = defaultdict(set)
    received: set[str] = set()
    published: set[str] = set()
    said = {"waiting": False, "schedule": False}
    with screen.console.status("") as status:
        while screen.seconds < SECONDS:
            sweeps.invoke_if_due(schedule_event)
            sweeps.look()
            if sweeps.waits_for_schedule and not said["waiting"]:
                said["waiting"] = True
                screen.line(None, Text("keeping still: the stack's own schedule is due", style="dim"))
            if sweeps.schedule_was_seen and not said["schedule"]:
                said["schedule"] = True
                screen.line(None, Text("the stack's own schedule has started a sweep", style="bold"))
            for moment in story.new_moments():
                if moment.alert is not None:
                    told[moment.deployment_id] |= {moment.alert.kind, *moment.alert.also}
                    published.add(moment.alert.id)
                    screen.alert(moment.alert)
                elif moment.to_status is not None:
                    screen.transition(moment.deployment_id, moment.from_status, moment.to_status)
            received.update(event["id"] for event in subscriber.new_events())
            status.update(_progress(story, names))
            time.sleep(0.5)

    return _conclude(screen, names, told, published - received, story.undelivered(), sweeps)


def _progress(story: Story, names: dict[str, str]) -> str:
    def of(deployment_id: str) -> str:
        item = story.watches[deployment_id]
        processed = item.get("RecordsProcessed", {}).get("N", "-")
        return f"{names[deployment_id]}: {item.get('Status', {}).get('S', 'not seen')}, {processed} records"

    return "   ".join(of(deployment_id) for deployment_id in names)


def _conclude(
    screen: Screen,
    names: dict[str, str],
    told: dict[str, set[Kind]],
    not_received: set[str],
    undelivered: int,
    sweeps: Sweeps,
) -> int:
    """Print what was seen, and what was not though it should have been."""
    problems = []
    screen.console.print("\nWhat was seen:")
    for (deployment_id, name), part in zip(names.items(), PARTS, strict=True):
        kinds = told[deployment_id]
        screen.console.print(
            f"  {name:<12} {part.scenario:<20} {', '.join(k for k in Kind if k in kinds) or 'no alert'}"
        )
        problems += [f"{name}: the alert {kind} did not come" for kind in sorted(part.expected - kinds)]
    if not_received:
        problems.append(f"the subscriber did not get {', '.join(sorted(not_received))}")
    if undelivered:
        problems.append(f"{undelivered} alerts were not published")
    if not sweeps.schedule_was_seen:
        problems.append("the stack's own schedule did not start a sweep")
    schedule = "the schedule's own and " if sweeps.schedule_was_seen else ""
    screen.console.print(f"  Sweeps: {schedule}{sweeps.invocations} by this demonstration.")
    if problems:
        screen.console.print(Text("\nWhat went wrong:\n  " + "\n  ".join(problems), style="bold red"))
        return 1
    screen.console.print(Text("\nEvery alert came, and a subscriber of the topic got each one.", style="green"))
    print(CLOSING)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
