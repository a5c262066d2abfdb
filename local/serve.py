"""`make local`: the deployed stack on this machine, for the command line and for `sam local invoke`."""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import shutil
import sys
import time
from typing import TYPE_CHECKING

from local import stack as stacks
from local.ministack import REGION, MiniStack, MiniStackError, require_free_port
from local.progress import ProgressLine
from local.project import PROJECT, program
from local.signals import interrupt_on_termination
from local.simulator import Simulator
from local.slack import SlackStandIn, render
from local.subscriber import Subscriber

if TYPE_CHECKING:
    from local.stack import Stack

AWS_PORT = 4566
GREENGRASS_PORT = 8555
SLACK_PORT = 8556
LOOPBACK = "127.0.0.1"
HOST_OF_A_CONTAINER = "host.docker.internal"
"""How a container that SAM starts calls this machine."""

SLACK_PARAMETER = "/notifier/slack-webhook"
SLACK_PARAMETER_OF_A_CONTAINER = f"{SLACK_PARAMETER}-for-containers"

VARIABLES = PROJECT / ".local" / "env.json"
"""What `sam local invoke --env-vars` reads: the deployed functions' own variables, with addresses for a container."""

NEXT = """
The stack {stack} runs on this machine, and its schedule starts a sweep each minute:
  AWS emulator {aws}, Greengrass {greengrass}, Slack {slack}, all on {bind}
  function {function}
  table    {table}
  topic    {topic}
Three deployments have been started: one of Greengrass V2 to a thing group whose devices fail, and two bulk
deployments of V1: one that fails in a minute, and one with failing groups. The first sweep finds them within a minute.
(AWS would run the two bulk deployments one after the other.)

In another terminal, in this folder:

  export AWS_ENDPOINT_URL={endpoint} AWS_ENDPOINT_URL_GREENGRASS={greengrass_url}
  export AWS_ENDPOINT_URL_GREENGRASSV2={greengrass_url} AWS_ENDPOINT_URL_IOT={greengrass_url}
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION={region} AWS_DEFAULT_REGION={region}
  unset AWS_PROFILE AWS_SESSION_TOKEN
  alias deployment-notifier='PYTHONPATH=src .venvs/dev/bin/python -m deployment_notifier_cli'

  deployment-notifier doctor
  deployment-notifier list --all
  deployment-notifier test-alert

Run a function in a container (this needs Docker):

  {sam} local invoke NotifierFunction{architecture} --env-vars .local/env.json --event events/schedule.json
  {sam} local invoke DeviceEventsFunction{architecture} --env-vars .local/env.json --event events/device-events.json
  {sam} local invoke SlackFunction{architecture} --env-vars .local/env.json --event events/sns-slack.json
{linux}
Start another deployment of V2
(fleet-fails, fleet-completes, fleet-hangs, fleet-offline, fleet-aborted, fleet-superseded, thing-fails):

  curl -d '{{"scenario": "fleet-fails", "target": "LINE8"}}' {greengrass_url}/_simulator/deployments

Or of V1 (completes, invalid-records, stalls-and-resumes, groups-fail, large-fleet, fails):

  curl -d '{{"scenario": "completes"}}' {greengrass_url}/_simulator/deployments

Alerts are shown here. Ctrl-C stops and deletes everything.
"""

LINUX = f"""
On Linux a container can't reach {LOOPBACK} of this machine. If the function finds no connection, start again with
'make local BIND=0.0.0.0'. Other machines can then reach these services, too, unless a firewall keeps them out.
"""


def main() -> int:
    """Run until the user stops it."""
    interrupt_on_termination()
    try:
        _run(_arguments().bind)
    except KeyboardInterrupt:
        print("\nStopped; everything that was started has ended.")
        return 0
    except (MiniStackError, stacks.StackError) as error:
        print(f"\n{error}", file=sys.stderr)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.serve", description=__doc__)
    parser.add_argument(
        "--bind",
        default=LOOPBACK,
        choices=[LOOPBACK, "0.0.0.0"],  # noqa: S104 - for whoever asks for it
        help="address to listen on (default: %(default)s); with 0.0.0.0 other machines can use these services",
    )
    return parser.parse_args()


def _run(bind: str) -> None:
    for port, purpose in ((GREENGRASS_PORT, "Greengrass"), (SLACK_PORT, "Slack"), (AWS_PORT, "the AWS emulator")):
        require_free_port(port, bind, purpose)
    with contextlib.ExitStack() as running:
        simulator = running.enter_context(Simulator(port=GREENGRASS_PORT, host=bind))
        slack = running.enter_context(SlackStandIn(SLACK_PORT, host=bind))
        with ProgressLine("1/3  starting the AWS emulator"):
            ministack = running.enter_context(MiniStack(port=AWS_PORT, host=bind))
        with ProgressLine("2/3  sam build") as progress:
            stacks.build(progress)
        _keep_webhook(ministack.endpoint, slack)
        parameters = {"GreengrassEndpointUrl": simulator.url, "SlackWebhookParameter": SLACK_PARAMETER}
        with ProgressLine("3/3  sam deploy") as progress:
            stack = stacks.deploy(ministack.endpoint, progress, parameters=parameters)
        running.callback(VARIABLES.unlink, missing_ok=True)
        write_variables(ministack.endpoint, stack)
        subscriber = Subscriber(stacks.session(), ministack.endpoint, stack)
        simulator.play_fleet("fleet-fails", deployment_id=_deployment_of_the_event())
        for scenario in ("fails", "groups-fail"):
            simulator.play(scenario)
        print(_next(bind, ministack.endpoint, simulator.url, stack), flush=True)
        _show(subscriber, slack)


def _deployment_of_the_event() -> str:
    """The deployment that the example of an event is about, so that a function that gets it finds it."""
    example = json.loads((PROJECT / "events" / "device-events.json").read_text(encoding="utf-8"))
    deployment_id: str = json.loads(example["Records"][0]["body"])["detail"]["deploymentId"]
    return deployment_id


def _keep_webhook(endpoint: str, slack: SlackStandIn) -> None:
    """Store the webhook's URL where the Slack function reads it: the deployed one, and one in a container."""
    client = stacks.session().client("ssm", endpoint_url=endpoint)
    client.put_parameter(Name=SLACK_PARAMETER, Value=slack.url, Type="SecureString")
    url = slack.url.replace(LOOPBACK, HOST_OF_A_CONTAINER)
    client.put_parameter(Name=SLACK_PARAMETER_OF_A_CONTAINER, Value=url, Type="SecureString")


def write_variables(endpoint: str, stack: Stack) -> None:
    """Write `VARIABLES`."""
    client = stacks.session().client("lambda", endpoint_url=endpoint)
    names = {
        "NotifierFunction": stack.function_name,
        "DeviceEventsFunction": stacks.device_events_function(endpoint, stack.name),
        "SlackFunction": stack.slack_function_name,
    }
    variables = {}
    for logical_id, name in names.items():
        deployed = client.get_function_configuration(FunctionName=str(name))["Environment"]["Variables"]
        own = {"AWS_ENDPOINT_URL": endpoint}
        if "SLACK_WEBHOOK_PARAMETER" in deployed:
            own["SLACK_WEBHOOK_PARAMETER"] = SLACK_PARAMETER_OF_A_CONTAINER
        variables[logical_id] = {
            key: value.replace("//localhost:", f"//{LOOPBACK}:").replace(f"//{LOOPBACK}:", f"//{HOST_OF_A_CONTAINER}:")
            for key, value in (deployed | own).items()
        }
    VARIABLES.parent.mkdir(exist_ok=True)
    VARIABLES.write_text(json.dumps(variables, indent=2), encoding="utf-8")


def _next(bind: str, endpoint: str, greengrass_url: str, stack: Stack) -> str:
    return NEXT.format(
        stack=stack.name,
        aws=AWS_PORT,
        greengrass=GREENGRASS_PORT,
        slack=SLACK_PORT,
        bind=bind,
        function=stack.function_name,
        table=stack.table_name,
        topic=stack.alert_topic_arn,
        endpoint=endpoint,
        greengrass_url=greengrass_url,
        region=REGION,
        sam="sam" if shutil.which("sam") else program("sam", "sam").relative_to(PROJECT),
        # The stack is for arm64 by default, for which a PC has no processor.
        architecture=" --parameter-overrides Architecture=x86_64" if platform.machine() in ("x86_64", "AMD64") else "",
        linux=LINUX if bind == LOOPBACK and sys.platform == "linux" else "",
    )


def _show(subscriber: Subscriber, slack: SlackStandIn) -> None:
    shown = 0
    while True:
        for event in subscriber.new_events():
            data = event["data"]
            print(f"ALERT {data['kind']} ({data['severity']}) of {event['subject']}", flush=True)
        for received in slack.received[shown:]:
            shown += 1
            print(f"Slack got:\n{render(received.payload)}", flush=True)
        time.sleep(1)


if __name__ == "__main__":
    raise SystemExit(main())
