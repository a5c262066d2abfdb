"""From a change of status to its alert in a subscriber's queue, on the stack that `make local` deploys.

The stack is the real one, built and deployed by SAM to an emulator; only Greengrass is simulated. Bulk deployments of
Greengrass V1 fail at moments that are spread evenly over two periods of the stack's own schedule, which starts every
sweep. Deployments of Greengrass V2 have a failing device each, and its event is put into the stack's queue, as the
stack's rule does: the emulator takes no event from a source of AWS's.
"""

from __future__ import annotations

import contextlib
import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from benchmarks.results import Latency
from local import stack as stacks
from local.ministack import ACCOUNT, REGION, MiniStack
from local.simulator import Simulator
from local.simulator.fleet import Devices, FailingDevices, FleetScenario, FleetStep
from local.simulator.scenario import Metrics, Scenario, Step
from local.subscriber import Subscriber

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.progress import Report

SWEPT = 24
PUSHED = 24
_SPREAD_SECONDS = 120.0
"""Two periods of the schedule."""

_FIRST_SECONDS = 10.0
_PATIENCE_SECONDS = 100.0
"""After the last change: a period, a sweep and what the emulator's scheduler is late."""

_LOOK_EVERY_SECONDS = 0.1


def measure(report: Report) -> Latency:
    """Deploy the stack, let deployments fail, and wait for their alerts.

    Args:
        report: is told how far it is.
    """
    with contextlib.ExitStack() as running:
        simulator = running.enter_context(Simulator())
        stacks.build(report)
        ministack = running.enter_context(MiniStack())
        parameters = {"GreengrassEndpointUrl": simulator.url}
        stack = stacks.deploy(ministack.endpoint, report, parameters=parameters)
        subscriber = Subscriber(stacks.session(), ministack.endpoint, stack)
        sqs = stacks.session().client("sqs", endpoint_url=ministack.endpoint)
        return _play(simulator, subscriber, sqs, str(stack.device_events_queue_url), report)


def _play(simulator: Simulator, subscriber: Subscriber, sqs: Any, queue_url: str, report: Report) -> Latency:  # noqa: ANN401 - boto3's
    started = time.monotonic()
    due_at: dict[str, float] = {}
    swept = [simulator.play(_bulk(at)) for at in _moments(SWEPT)]
    due_at |= dict(zip(swept, _moments(SWEPT), strict=True))
    pushed = [simulator.play_fleet(_fleet(at), target=f"LINE{at:.0f}") for at in _moments(PUSHED)]
    due_at |= dict(zip(pushed, _moments(PUSHED), strict=True))
    to_send = sorted(pushed, key=due_at.__getitem__)
    arrived: dict[str, float] = {}
    ends = _FIRST_SECONDS + _SPREAD_SECONDS + _PATIENCE_SECONDS
    while len(arrived) < len(due_at) and time.monotonic() - started < ends:
        now = time.monotonic() - started
        while to_send and due_at[to_send[0]] <= now:
            sqs.send_message(QueueUrl=queue_url, MessageBody=_event(to_send.pop(0)))
        for subject in _subjects(subscriber):
            if subject in due_at:
                arrived.setdefault(subject, time.monotonic() - started)
        report(f"{len(arrived)} of {len(due_at)} alerts have arrived")
        time.sleep(_LOOK_EVERY_SECONDS)
    took = {each: at - due_at[each] for each, at in arrived.items()}
    return Latency(
        swept=[took[each] for each in swept if each in took],
        pushed=[took[each] for each in pushed if each in took],
        lost=len(due_at) - len(arrived),
    )


def _moments(count: int) -> Iterator[float]:
    """When each of some deployments fails, in seconds since the start."""
    return (_FIRST_SECONDS + _SPREAD_SECONDS * number / count for number in range(count))


def _bulk(fails_at: float) -> Scenario:
    steps = (Step(0, "Running", Metrics(4)), Step(fails_at, "Failed", Metrics(4)))
    return Scenario("bench", steps, group_seconds=1.0)


def _fleet(fails_at: float) -> FleetScenario:
    steps = (FleetStep(0, Devices(in_progress=4)), FleetStep(fails_at, Devices(in_progress=3, failed=1)))
    return FleetScenario("bench", steps, (FailingDevices(1, "No space left on the device"),))


def _subjects(subscriber: Subscriber) -> Iterator[str]:
    for event in subscriber.new_events():
        yield str(event["subject"]).rpartition("/")[2].rpartition(":")[2]


def _event(deployment_id: str) -> str:
    """What Greengrass V2 sends when a deployment has failed on a device."""
    return json.dumps(
        {
            "version": "0",
            "id": f"bench-{deployment_id}",
            "detail-type": "Greengrass V2 Effective Deployment Status Change",
            "source": "aws.greengrass",
            "account": ACCOUNT,
            "region": REGION,
            "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "resources": [f"arn:aws:greengrass:{REGION}:{ACCOUNT}:coreDevices:{deployment_id}-core-000"],
            "detail": {"deploymentId": deployment_id, "coreDeviceExecutionStatus": "FAILED"},
        }
    )
