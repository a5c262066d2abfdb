"""Events of failed devices on the deployed stack: from the queue to an alert in the inbox of a subscriber."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from local.ministack import ACCOUNT, REGION
from local.simulator.fleet import NO_SPACE, Devices, FleetScenario, FleetStep
from tests.template import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.deployment.deployed import Deployed

# ListDeployments shows only the latest revision for each target, so no sweep finds this deployment, but the event does.
UNLISTED = FleetScenario(
    "unlisted",
    (FleetStep(0, Devices(queued=30, succeeded=8, failed=2), is_latest=False),),
    (NO_SPACE,),
)


@pytest.fixture
def inbox(deployed_stack: Deployed) -> Iterator[str]:
    """A queue that is subscribed to the alert topic."""
    with deployed_stack.subscribed_queue("device-events-inbox") as url:
        yield url


@pytest.fixture
def events(deployed_stack: Deployed) -> str:
    """The queue that the stack's output names."""
    stacks = deployed_stack.session.client("cloudformation", endpoint_url=deployed_stack.endpoint)
    outputs = stacks.describe_stacks(StackName=deployed_stack.stack.name)["Stacks"][0].get("Outputs", [])
    return next(each["OutputValue"] for each in outputs if each["OutputKey"] == "DeviceEventsQueueUrl")


def event(deployment_id: str, device: int, at: datetime) -> str:
    """The event of one failed device; a repeated one has the time of the first."""
    return json.dumps(
        {
            "version": "0",
            "id": f"cd4d811e-ab12-322b-8255-{device:012}",
            "detail-type": "Greengrass V2 Effective Deployment Status Change",
            "source": "aws.greengrass",
            "account": ACCOUNT,
            "region": REGION,
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "resources": [f"arn:aws:greengrass:{REGION}:{ACCOUNT}:coreDevices:LINE7-core-{device:03}"],
            "detail": {"deploymentId": deployment_id, "coreDeviceExecutionStatus": "FAILED", "reason": NO_SPACE.reason},
        }
    )


def alerts(deployed: Deployed, inbox: str, deployment_id: str, seconds: float) -> list[str]:
    """The kinds of the deployment's alerts that arrive until the first one, or for some seconds."""
    kinds: list[str] = []
    until = time.monotonic() + seconds
    while not kinds and time.monotonic() < until:
        for message in deployed.queues.receive_message(QueueUrl=inbox, WaitTimeSeconds=1).get("Messages", []):
            body = json.loads(message["Body"])
            if body["subject"] == deployment_id:
                kinds.append(body["data"]["kind"])
            deployed.queues.delete_message(QueueUrl=inbox, ReceiptHandle=message["ReceiptHandle"])
    return kinds


def wait_until_empty(deployed: Deployed, queue: str) -> None:
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    until = time.monotonic() + 60
    while True:
        counts = deployed.queues.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        if not any(int(count) for count in counts.values()):
            return
        assert time.monotonic() < until, f"still in the queue: {counts}"
        time.sleep(0.2)


def test_a_failing_device_is_an_alert_in_seconds_and_once_however_often_its_event_comes(
    deployed_stack: Deployed, inbox: str, events: str
) -> None:
    deployment_id, at = deployed_stack.greengrass.play_fleet(UNLISTED), datetime.now(UTC)

    deployed_stack.queues.send_message(QueueUrl=events, MessageBody=event(deployment_id, 0, at))

    assert alerts(deployed_stack, inbox, deployment_id, seconds=60) == ["DEVICES_FAILED"]

    deployed_stack.queues.send_message(QueueUrl=events, MessageBody="rubbish")
    for device in range(25):
        deployed_stack.queues.send_message(QueueUrl=events, MessageBody=event(deployment_id, device % 2, at))
    wait_until_empty(deployed_stack, events)
    assert alerts(deployed_stack, inbox, deployment_id, seconds=3) == []


def test_the_rule_matches_what_aws_sends(deployed_stack: Deployed) -> None:
    """The emulator takes no event of a source of AWS's, but says which rule would."""
    client = deployed_stack.session.client("events", endpoint_url=deployed_stack.endpoint)
    pattern = json.dumps(load_template()["Resources"]["DeviceEventsRule"]["Properties"]["EventPattern"])
    sent = json.loads(event("4f38f1a7-3dd0-42a1-af48-2b1c3d4e5f60", 1, datetime.now(UTC)))

    def matches(status: str) -> bool:
        detail = {**sent["detail"], "coreDeviceExecutionStatus": status}
        answer = client.test_event_pattern(EventPattern=pattern, Event=json.dumps({**sent, "detail": detail}))
        return bool(answer["Result"])

    assert [status for status in ("FAILED", "REJECTED", "SUCCEEDED", "COMPLETED", "CANCELED") if matches(status)] == [
        "FAILED",
        "REJECTED",
    ]
