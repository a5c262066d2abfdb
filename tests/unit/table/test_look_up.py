"""Looking up many deployments: in a stub, since an emulator reads all keys at once."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from deployment_notifier.errors import TableError
from deployment_notifier.table import Watches, items
from tests.wire import answer_with


def answer(found: list[str], left: list[str]) -> dict[str, Any]:
    unread = {"t": {"Keys": [items.watch_key(name) for name in left], "ConsistentRead": True}} if left else {}
    return {"Responses": {"t": [{"DeploymentId": {"S": name}} for name in found]}, "UnprocessedKeys": unread}


class LookUp:
    """Looks deployments up in a stub that gives these answers, and keeps the requests."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        client = boto3.client("dynamodb")
        self.watches = Watches(client, "t", 90)
        self.requests: list[dict[str, Any]] = []
        client.meta.events.register(
            "before-parameter-build.dynamodb", lambda params, **_: self.requests.append(params["RequestItems"]["t"])
        )
        stub = Stubber(client)
        for each in answers:
            stub.add_response("batch_get_item", each)
        stub.activate()


def test_each_hundred_is_one_consistent_read_and_none_is_made_for_nothing() -> None:
    look_up = LookUp(*[answer([], [])] * 3)
    assert len(look_up.watches.without_watch({str(number) for number in range(250)})) == 250
    assert [len(request["Keys"]) for request in look_up.requests] == [100, 100, 50]
    assert {request["ConsistentRead"] for request in look_up.requests} == {True}, "it sees what another sweep wrote"
    assert LookUp().watches.without_watch(set()) == set()


def test_keys_that_dynamodb_left_unread_are_asked_for_again() -> None:
    look_up = LookUp(answer(["a"], ["b", "c"]), answer(["b"], ["c"]), answer([], []))
    assert look_up.watches.without_watch({"a", "b", "c"}) == {"c"}
    assert [len(request["Keys"]) for request in look_up.requests] == [3, 2, 1]


def test_without_time_only_what_was_read_is_known() -> None:
    look_up = LookUp(answer(["a"], ["b"]))
    verdicts = iter([True, False])
    assert look_up.watches.without_watch({"a", "b", "c"}, lambda: next(verdicts)) == {"c"}
    assert LookUp().watches.without_watch({"a"}, lambda: False) == set()


def test_a_table_that_never_reads_everything_is_an_error_and_not_an_endless_loop() -> None:
    with pytest.raises(TableError, match="too many keys unread"):
        LookUp(*[answer([], ["a"])] * 200).watches.without_watch({"a"})


@pytest.mark.parametrize("body", [b"{}", b'{"Responses": {}}', b'{"Responses": {"t": [{}]}}'])
def test_an_answer_that_is_not_dynamodbs_is_a_table_error(body: bytes) -> None:
    """Something else may answer with success; a deployment that has a watch must not seem to have none."""
    client = boto3.client("dynamodb")
    answer_with(client, 200, body)
    with pytest.raises(TableError):
        Watches(client, "t", 90).without_watch({"a"})
