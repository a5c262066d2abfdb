"""The simulator as a server: its control API, many calls at once, and how it ends."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError

from local.simulator import Simulator
from tests.integration.simulator.contract import new_client

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_greengrass import GreengrassClient


def control(simulator: Simulator, method: str, path: str = "", content: object = None) -> tuple[int, Any]:
    """A call to the control API: the HTTP status and the parsed answer."""
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, f"/_simulator{path}", None if content is None else json.dumps(content))
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_the_control_api_adds_bulk_deployments(simulator: Simulator, client: GreengrassClient) -> None:
    added = {"scenario": "fails", "deployment_id": "d-1", "age_seconds": 60, "tags": {"team": "line-3"}}
    assert control(simulator, "POST", "/deployments", added) == (200, {"deployment_id": "d-1"})

    answer = client.get_bulk_deployment_status(BulkDeploymentId="d-1")

    assert (answer["BulkDeploymentStatus"], answer["tags"]) == ("Failed", {"team": "line-3"})


def test_the_control_api_adds_deployments_of_greengrass_v2(simulator: Simulator, session: boto3.Session) -> None:
    added = {"scenario": "fleet-fails", "deployment_id": "d-2", "age_seconds": 60, "target": "LINE8"}
    assert control(simulator, "POST", "/deployments", added) == (200, {"deployment_id": "d-2"})

    client = session.client("greengrassv2", endpoint_url=simulator.url)

    assert client.get_deployment(deploymentId="d-2")["deploymentName"] == "LINE8-software"


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "said"),
    [
        ("POST", "/deployments", {"scenario": "nothing-like-it"}, 400, "no scenario 'nothing-like-it', but: fleet-"),
        ("POST", "/deployments", {}, 400, "no scenario '', but: "),
        ("POST", "/deployments", {"scenario": "fails", "often": 3}, 400, "often"),
        ("POST", "/deployments", ["fails"], 400, "object"),
        ("GET", "/nothing-like-it", None, 404, "there is no GET"),
    ],
)
def test_the_control_api_says_what_is_wrong_with_a_request(
    method: str, path: str, content: object, status: int, said: str, simulator: Simulator
) -> None:
    answered, body = control(simulator, method, path, content)
    assert answered == status
    assert said in body["error"]


def test_a_path_outside_the_api_is_refused_and_recorded(simulator: Simulator) -> None:
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=30)
    connection.request("GET", "/greengrass/groups")
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 403
    assert response.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert [(call.operation, call.status) for call in simulator.calls] == [(None, 403)]


def test_calls_at_once_are_all_answered_and_counted(simulator: Simulator, session: boto3.Session) -> None:
    deployments = [simulator.play("completes") for _ in range(20)]
    client = new_client(session, simulator.url)
    with ThreadPoolExecutor(20) as threads:
        asked = [it for it in deployments for _ in range(5)]
        list(threads.map(lambda it: client.get_bulk_deployment_status(BulkDeploymentId=it), asked))
    client.close()
    assert Counter(call.deployment_id for call in simulator.calls) == dict.fromkeys(deployments, 5)


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
        while not simulator.calls:
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
        assert control(again, "GET", "/nothing")[0] == 404
