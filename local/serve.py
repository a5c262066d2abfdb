"""`make local`: what `sam local invoke` needs around the function, where events/local-env.json says it is."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from local import stack as stacks
from local.demo.story import Subscriber
from local.environments import PROJECT
from local.ministack import MiniStack, MiniStackError
from local.progress import ProgressLine
from local.simulator import Simulator
from local.slack import SlackStandIn, render
from local.stack import Stack
from local.template import load_template

if TYPE_CHECKING:
    from types import FrameType

AWS_PORT = 4566
GREENGRASS_PORT = 8555
SLACK_PORT = 8556
LOOPBACK = "127.0.0.1"

NEXT = """
Running: an AWS emulator on port {aws}, Greengrass on {greengrass}, Slack on {slack} (bound to {bind}).
Two bulk deployments have just been started: one that fails in a minute, one that leaves groups behind.

Type in another terminal:

  sam build
  sam local invoke NotifierFunction --config-env local --event events/schedule.json
  sam local invoke SlackFunction --config-env local --event events/sns-slack.json

Each invocation is one sweep; alerts are shown here as they come.
On a PC with an Intel or AMD processor add --parameter-overrides Architecture=x86_64.
To start another deployment (or completes, invalid-records, stalls-and-resumes, groups-fail, large-fleet):

  curl -d '{{"scenario": "fails"}}' http://127.0.0.1:{greengrass}/_simulator/deployments

Ctrl-C ends everything.
"""

LINUX = """
SAM runs the function in a container. On Linux a container can't reach 127.0.0.1 of its host: if it finds no connection,
start this with BIND=172.17.0.1, the address of Docker's bridge (ip -4 address show docker0).
"""


def main() -> int:
    """Run the services until somebody ends them."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        return _run(arguments.bind)
    except KeyboardInterrupt:
        print("\nStopped; everything that was started has ended.")
        return 0
    except MiniStackError as error:
        print(f"\n{error}", file=sys.stderr)
    except OSError as error:
        print(f"\nA port could not be bound ({error}). Is another 'make local' running?", file=sys.stderr)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.serve", description=__doc__)
    parser.add_argument(
        "--bind",
        default=LOOPBACK,
        metavar="ADDRESS",
        help="address to listen on (default: %(default)s). Whoever reaches another address can use these services.",
    )
    return parser.parse_args()


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(bind: str) -> int:
    with contextlib.ExitStack() as running:
        simulator = running.enter_context(Simulator(port=GREENGRASS_PORT, host=bind, several=True))
        slack = running.enter_context(SlackStandIn(SLACK_PORT, host=bind))
        with ProgressLine("Starting the AWS emulator"):
            ministack = running.enter_context(MiniStack(port=AWS_PORT, host=bind))
        stack = _make_resources(ministack.endpoint, slack)
        subscriber = Subscriber(stacks.session(), ministack.endpoint, stack)
        for scenario in ("fails", "groups-fail"):
            simulator.play(scenario)
        print(
            NEXT.format(
                aws=AWS_PORT,
                greengrass=GREENGRASS_PORT,
                slack=SLACK_PORT,
                bind=bind,
            )
        )
        if bind == LOOPBACK and sys.platform == "linux":
            print(LINUX)
        shown = 0
        while True:
            for event in subscriber.new_events():
                data = event["data"]
                print(f"ALERT {data['kind']} ({data['severity']}) of {event['subject']}", flush=True)
            for received in slack.received[shown:]:
                shown += 1
                print(f"Slack got:\n{render(received.payload)}", flush=True)
            time.sleep(1)


def _make_resources(endpoint: str, slack: SlackStandIn) -> Stack:
    """Make the table as the template has it, and what else events/local-env.json names."""
    variables = json.loads((PROJECT / "events" / "local-env.json").read_text(encoding="utf-8"))
    names = variables["NotifierFunction"] | variables["SlackFunction"]
    session = stacks.session()

    def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes clients of any service
        return session.client(service, endpoint_url=endpoint)  # type: ignore[call-overload] # the name is no literal

    properties = load_template()["Resources"]["Table"]["Properties"]
    wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    client("dynamodb").create_table(TableName=names["TABLE_NAME"], **{name: properties[name] for name in wanted})
    topic = client("sns").create_topic(Name=names["ALERT_TOPIC_ARN"].rpartition(":")[2])["TopicArn"]
    client("sqs").create_queue(QueueName=names["UNDELIVERED_QUEUE_URL"].rpartition("/")[2])
    # The function runs in a container, so it reaches the stand-in by the container's name for this machine.
    webhook = slack.url.replace(LOOPBACK, "host.docker.internal")
    client("ssm").put_parameter(Name=names["SLACK_WEBHOOK_PARAMETER"], Value=webhook, Type="SecureString")
    return Stack("local", "NotifierFunction", names["TABLE_NAME"], topic)


if __name__ == "__main__":
    raise SystemExit(main())
