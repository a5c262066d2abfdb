"""The simulator as a server: its time, its control API, its command line, and how it ends."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError

from local.simulator import SCENARIOS, Simulator
from local.simulator.fleet import FLEET_SCENARIOS
from tests.integration.simulator.contract import new_client

if TYPE_CHECKING:
    import boto3


def control(simulator: Simulator, method: str, path: str = "", content: object = None) -> tuple[int, Any]:
    """A call to the control API: the HTTP status and the parsed answer."""
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, f"/_simulator{path}", None if content is None else json.dumps(content))
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_time_goes_at_the_given_speed() -> None:
    clock = iter([100.0, 102.0, 103.0])
    simulator = Simulator(speed=10, clock=lambda: next(clock))
    try:
        assert simulator.now == 20
        simulator.advance(5)
        assert simulator.now == 35
    finally:
        simulator.stop()


def test_the_control_api_adds_and_lists_deployments(simulator: Simulator) -> None:
    status, added = control(
        simulator,
        "POST",
        "/deployments",
        {"scenario": "fails", "deployment_id": "d-1", "age_seconds": 60, "tags": {"team": "line-3"}},
    )
    assert (status, added) == (200, {"deployment_id": "d-1"})
    status, state = control(simulator, "GET")
    assert state["deployments"] == {"d-1": "Failed"}
    assert state["scenarios"].keys() == (SCENARIOS | FLEET_SCENARIOS).keys()


def test_the_control_api_adds_deployments_of_greengrass_v2(simulator: Simulator, session: boto3.Session) -> None:
    added = {"scenario": "fleet-fails", "deployment_id": "d-2", "age_seconds": 60, "target": "LINE8"}
    assert control(simulator, "POST", "/deployments", added) == (200, {"deployment_id": "d-2"})

    client = session.client("greengrassv2", endpoint_url=simulator.url)

    assert client.get_deployment(deploymentId="d-2")["deploymentName"] == "LINE8-software"


def test_the_control_api_sets_and_clears_faults_and_counts_calls(simulator: Simulator, session: boto3.Session) -> None:
    client = new_client(session, simulator.url)
    deployment = simulator.play("completes")

    def status() -> int:
        try:
            client.get_bulk_deployment_status(BulkDeploymentId=deployment)
        except client.exceptions.ClientError as error:
            return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
        return 200

    _, fault = control(simulator, "POST", "/faults", {"kind": "throttled", "deployment_id": deployment})
    assert status() == 429
    control(simulator, "DELETE", f"/faults/{fault['fault_id']}")
    assert status() == 200
    control(simulator, "POST", "/faults", {"kind": "server-error"})
    control(simulator, "POST", "/faults", {"kind": "unavailable"})
    assert status() == 503
    control(simulator, "DELETE", "/faults")
    assert status() == 200
    assert control(simulator, "GET", "/calls") == (
        200,
        {"total": 4, "by_operation": {"GetBulkDeploymentStatus": 4}, "by_deployment": {deployment: 4}},
    )
    client.close()


def test_the_control_api_advances_and_resets(simulator: Simulator) -> None:
    simulator.play("fails", deployment_id="d-1")
    control(simulator, "POST", "/advance", {"seconds": 60})
    _, state = control(simulator, "GET")
    assert (state["seconds"], state["deployments"]) == (60, {"d-1": "Failed"})
    control(simulator, "POST", "/reset")
    _, state = control(simulator, "GET")
    assert (state["seconds"], state["deployments"]) == (0, {})


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/deployments", {"scenario": "nothing-like-it"}, 400),
        ("POST", "/deployments", {}, 400),
        ("POST", "/faults", {"kind": "nothing-like-it"}, 400),
        ("POST", "/faults", {"kind": "throttled", "operation": "DeleteEverything"}, 400),
        ("POST", "/faults", {"kind": "throttled", "often": 3}, 400),
        ("POST", "/advance", ["60"], 400),
        ("GET", "/nothing-like-it", None, 404),
    ],
)
def test_the_control_api_says_what_is_wrong_with_a_request(
    method: str, path: str, content: object, status: int, simulator: Simulator
) -> None:
    answered, body = control(simulator, method, path, content)
    assert answered == status
    assert body["error"]


def test_a_path_outside_the_api_is_refused_and_recorded(simulator: Simulator) -> None:
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/greengrass/groups")
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 403
    assert response.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert [(call.operation, call.request.path) for call in simulator.calls] == [(None, "/greengrass/groups")]


def test_calls_at_once_are_all_answered_and_counted(simulator: Simulator, session: boto3.Session) -> None:
    deployments = [simulator.play("completes") for _ in range(20)]
    client = new_client(session, simulator.url)
    with ThreadPoolExecutor(20) as threads:
        asked = [it for it in deployments for _ in range(5)]
        list(threads.map(lambda it: client.get_bulk_deployment_status(BulkDeploymentId=it), asked))
    client.close()
    assert {simulator.count(deployment_id=it) for it in deployments} == {5}


def test_a_call_that_hangs_holds_up_no_other_and_ends_with_the_simulator(session: boto3.Session) -> None:
    ended = threading.Event()

    def hang() -> None:
        with pytest.raises(ConnectionClosedError):
            client.get_bulk_deployment_status(BulkDeploymentId=hanging)
        ended.set()

    with Simulator() as simulator:
        hanging, well = simulator.play("completes"), simulator.play("completes")
        simulator.fault("silent", deployment_id=hanging)
        client = new_client(session, simulator.url)
        thread = threading.Thread(target=hang)
        thread.start()
        while not simulator.count(deployment_id=hanging):
            time.sleep(0.001)
        client.get_bulk_deployment_status(BulkDeploymentId=well)
        assert not ended.is_set()
    thread.join(5)
    assert ended.is_set()
    client.close()


def test_stopping_ends_every_thread_and_frees_the_port(session: boto3.Session) -> None:
    before = set(threading.enumerate())
    with Simulator() as simulator:
        port = int(simulator.url.rsplit(":", 1)[1])
        client = new_client(session, simulator.url)
        client.list_bulk_deployments()  # whose connection is kept open
        assert len(set(threading.enumerate()) - before) == 2
    assert set(threading.enumerate()) <= before
    client.close()
    with Simulator(port=port) as again:
        assert control(again, "GET")[0] == 200


def test_the_command_line_serves_and_ends_when_it_is_terminated() -> None:
    arguments = [sys.executable, "-m", "local.simulator", "--port", "0", "--speed", "10", "--play", "fails"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own arguments
        assert process.stdout is not None
        try:
            url = process.stdout.readline().split()[3].rstrip(",")
            assert process.stdout.readline().endswith(" plays fails\n")
            connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)
            connection.request("GET", "/greengrass/bulk/deployments")
            assert len(json.loads(connection.getresponse().read())["BulkDeployments"]) == 1
            connection.close()
            assert "200  ListBulkDeployments" in process.stdout.readline()
        finally:
            process.terminate()
        assert process.wait(30) == 0


def test_the_command_line_says_that_a_port_is_taken(simulator: Simulator) -> None:
    port = simulator.url.rsplit(":", 1)[1]
    arguments = [sys.executable, "-m", "local.simulator", "--port", port]
    done = subprocess.run(  # noqa: S603 - our own arguments
        arguments, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr == f"can't listen on port {port} of 127.0.0.1: Address already in use\n"
