"""`make run`: builds and deploys the real stack to an emulator, and starts deployments of Greengrass for it to find."""

from __future__ import annotations

import contextlib
import sys

from botocore.exceptions import BotoCoreError, ClientError

from local import stack as stacks
from local.demo.channel import PARAMETER, Channel
from local.demo.play import Play
from local.demo.script import PARAMETERS
from local.demo.sweeps import SweepError
from local.ministack import MiniStack, MiniStackError
from local.progress import ProgressLine
from local.signals import interrupt_on_termination
from local.simulator import Simulator
from local.slack import SlackStandIn

INTRODUCTION = """
Greengrass deployment notifier: a demonstration on this machine, with no AWS account.

This is the real thing: this project's 'sam build' and 'sam deploy', into an AWS
emulator (MiniStack). Only Greengrass and Slack are simulated: four deployments
of Greengrass V2 and three bulk deployments of V1 run in about two minutes, and
their alerts arrive in a Slack channel.
Everything is deleted afterwards; Ctrl-C stops it.
"""

CLOSING = """
Try next:
  make local    use the command line, and run the functions by 'sam local invoke'
  make test     run all checks and tests
  make deploy   deploy it to your own account (README.md says what it asks)
local/demo/script.py says what was run, and which alerts must come of it.
"""


def main() -> int:
    """Run the demonstration.

    Returns:
        The exit status: 0 when every expected alert came, 1 when one did not or something failed, 130 for Ctrl-C.
    """
    interrupt_on_termination()
    print(INTRODUCTION)
    try:
        is_well = _run()
    except KeyboardInterrupt:
        print("\nStopped; everything that was started is stopped and deleted.")
        return 130
    except (MiniStackError, stacks.StackError, SweepError) as error:
        print(f"\n{error}\n\nEverything that was started is stopped and deleted.", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"\nThe emulator did not do what was asked: {error}", file=sys.stderr)
        return 1
    if is_well:
        print(CLOSING)
    return 0 if is_well else 1


def _run() -> bool:
    with contextlib.ExitStack() as running:
        simulator = running.enter_context(Simulator())
        slack = running.enter_context(SlackStandIn())
        channel = Channel(slack)
        with ProgressLine("1/3  sam build: the packages of the functions") as progress:
            stacks.build(progress)
        with ProgressLine("2/3  starting MiniStack, an AWS emulator"):
            ministack = running.enter_context(MiniStack())
            channel.keep_url(stacks.session(), ministack.endpoint)
        with ProgressLine("3/3  sam deploy: table, topic, functions, schedule, queue") as progress:
            parameters = PARAMETERS | {"GreengrassEndpointUrl": simulator.url, "SlackWebhookParameter": PARAMETER}
            stack = stacks.deploy(ministack.endpoint, progress, parameters=parameters)
        return Play(simulator, ministack.endpoint, stack, channel).run()


if __name__ == "__main__":
    raise SystemExit(main())
