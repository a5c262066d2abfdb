"""The table in memory does what moto does, for every call that this project makes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from deployment_notifier.errors import ConflictError
from deployment_notifier.model import (
    Alert,
    Decision,
    Kind,
    Metrics,
    Outage,
    SourceDecision,
    SourceState,
    Transition,
    Watch,
    from_milliseconds,
)
from deployment_notifier.table import Lease, Outbox, PendingAlert, Watches
from tests.harness.fake_dynamodb import FakeTable, key_of
from tests.harness.hypothesis_settings import exploring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AT = datetime(2026, 11, 23, 10, 4, tzinfo=UTC)
IDS = st.sampled_from(["d-1", "d-2"])
VERSIONS = st.integers(0, 3)
Step = tuple[str, Any]

watches = st.builds(Watch, IDS, st.just("greengrass-bulk"), version=VERSIONS)
alerts = st.builds(
    lambda identifier, version: Alert(identifier, from_milliseconds(version), "greengrass-bulk", Kind.FAILED),
    IDS,
    st.integers(1, 4),
)
leases = st.builds(
    lambda owner, minutes: Lease(owner, AT + timedelta(minutes=minutes)), st.sampled_from("ab"), st.integers(0, 2)
)
states = st.builds(SourceState, st.just("greengrass-bulk"), version=VERSIONS, answering_since=st.none() | st.just(AT))


@st.composite
def commits(draw: st.DrawFn) -> Step:
    before = draw(watches)
    version = before.version + 1
    at = from_milliseconds(version)
    ends = draw(st.booleans())
    after = replace(
        before,
        version=version,
        status="Running",
        metrics=Metrics({"RetryAttempts": draw(st.integers(0, 9))}, None, 2**53),
        ended_because="LOST" if ends else None,
        tags=draw(st.dictionaries(st.sampled_from("kl"), st.sampled_from(["", "v"]))),
    )
    transition = Transition(before.deployment_id, at, before.status, "Running") if draw(st.booleans()) else None
    alert = Alert(before.deployment_id, at, "greengrass-bulk", Kind.FAILED) if draw(st.booleans()) else None
    return "commit", (before, Decision(after, transition, alert), draw(st.none() | leases))


@st.composite
def source_commits(draw: st.DrawFn) -> Step:
    before = draw(states)
    version = before.version + 1
    after = replace(before, version=version, outage=draw(st.none() | st.just(Outage(AT, is_notified=True))))
    alert = Alert("source:greengrass-bulk", from_milliseconds(version), "greengrass-bulk", Kind.SOURCE_RECOVERED)
    return "commit_source", (before, SourceDecision(after, draw(st.none() | st.just(alert))), draw(st.none() | leases))


steps: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        commits(),
        commits(),
        source_commits(),
        st.tuples(st.just("put"), IDS),
        st.tuples(st.just("delete"), IDS),
        st.tuples(st.just("start"), IDS),
        st.tuples(st.just("get"), IDS),
        st.tuples(st.just("without_watch"), st.sets(IDS, min_size=1)),
        st.tuples(
            st.just("acquire"), st.tuples(alerts, leases, st.integers(0, 3).map(lambda m: AT + timedelta(minutes=m)))
        ),
        st.tuples(st.just("mark_published"), st.tuples(alerts, st.just("m-1"), st.just(AT))),
        st.tuples(st.just("mark_failed"), st.tuples(alerts.map(PendingAlert), leases, st.just("no"), st.just(AT))),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def moto_client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.Session("testing", "testing", region_name="eu-west-1").client("dynamodb")


def make_table(client: Any) -> None:  # noqa: ANN401 - a boto3 client
    if "t-1" in client.list_tables()["TableNames"]:
        client.delete_table(TableName="t-1")
    client.create_table(
        TableName="t-1",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("DeploymentId", "Record", "Queue")
        ],
        KeySchema=[
            {"AttributeName": "DeploymentId", "KeyType": "HASH"},
            {"AttributeName": "Record", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "Queue",
                "KeySchema": [
                    {"AttributeName": "Queue", "KeyType": "HASH"},
                    {"AttributeName": "DeploymentId", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def outcome(client: Any, step: Step) -> object:  # noqa: ANN401 - a client
    name, given_ = step
    watches, outbox = Watches(client, "t-1", 90), Outbox(client, "t-1", 90)
    key = {"DeploymentId": {"S": given_}, "Record": {"S": "WATCH"}} if isinstance(given_, str) else {}
    calls: dict[str, Callable[[], object]] = {
        "put": lambda: len(client.put_item(TableName="t-1", Item=key | {"Queue": {"S": "CHECK"}})) * 0,
        "delete": lambda: len(client.delete_item(TableName="t-1", Key=key)) * 0,
        "start": lambda: watches.start(given_, "greengrass-bulk"),
        "get": lambda: watches.get(given_),
        "without_watch": lambda: watches.without_watch(given_),
        "commit": lambda: watches.commit(*given_),
        "commit_source": lambda: watches.commit_source(*given_),
        "acquire": lambda: outbox.acquire(*given_),
        "mark_published": lambda: outbox.mark_published(*given_),
        "mark_failed": lambda: outbox.mark_failed(*given_),
    }
    try:
        return calls[name]()
    except ConflictError:
        return "conflict"


@exploring(examples=40)
@given(steps)
def test_it_answers_as_moto_does_and_holds_the_same(moto_client: Any, steps: list[Step]) -> None:  # noqa: ANN401 - a boto3 client
    make_table(moto_client)
    fake = FakeTable()
    for step in steps:
        assert outcome(fake, step) == outcome(moto_client, step), step
    there = moto_client.scan(TableName="t-1")["Items"]
    assert fake.items == {key_of(item): item for item in there}
    for queue in ("CHECK", "DELIVER"):
        question = {
            "TableName": "t-1",
            "IndexName": "Queue",
            "KeyConditionExpression": "#Queue = :Queue",
            "ExpressionAttributeNames": {"#Queue": "Queue"},
            "ExpressionAttributeValues": {":Queue": {"S": queue}},
        }
        found = {key_of(item) for item in fake.query(**question)["Items"]}
        assert found == {key_of(item) for item in moto_client.query(**question)["Items"]}
    assert not fake.broken_rules
