"""Whatever is in the table: a sweep reports what it can't read, goes on, and writes nothing that DynamoDB refuses."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deployment_notifier.model import Kind
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from tests.harness.fault_injection import DENIED, SERVICES_OF
from tests.harness.hostile_text import numbers, texts
from tests.harness.hypothesis_settings import exploring
from tests.harness.notifier_harness import NotifierHarness

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = dict[str, Any]

LARGEST_BYTES = 300_000
"""An item that is filled to DynamoDB's limit leaves no room for what a sweep adds."""

strings = st.one_of(
    texts,
    st.sampled_from(
        [
            "Running",
            "Failed",
            "ACTIVE",
            "greengrass-bulk",
            "greengrass-v2",
            "2026-11-23T10:00:00.000Z",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "2026-11-23",
            "1e3",
            *Kind,
        ]
    ),
).map(lambda text: {"S": text.encode(errors="replace")[:40_000].decode(errors="ignore")})
"""What DynamoDB can hold, so no halves of surrogate pairs."""
scalars: st.SearchStrategy[Value] = st.one_of(
    strings,
    numbers.map(lambda number: {"N": number}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"NULL": True}),
    st.just({"B": "AAEC"}),  # as it is on the wire: base64
    st.just({"SS": ["a", "b"]}),
    st.just({"NS": ["1", "2"]}),
)
values: st.SearchStrategy[Value] = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda held: {"L": held})
        | st.dictionaries(st.sampled_from(["Code", "Message", "k"]), inner, max_size=3).map(lambda held: {"M": held})
    ),
    max_leaves=5,
)

RECORDS = (
    "WATCH",
    "SOURCE",
    "OTHER",
    "EVENT##2-ALERT",
    "EVENT#never#2-ALERT",
    "EVENT#2026-11-23T11:04:00+01:00#2-ALERT",
    "EVENT#0001-01-01T00:00:00+23:59#2-ALERT",
)


BULK = GREENGRASS_BULK.name
sources = pytest.mark.parametrize("source", SERVICES_OF)


def good(kind: str, source: str = BULK) -> Mapping[str, Value]:
    """A sound value of each attribute that the product writes, taken from what it wrote itself."""
    return next(dict(item) for item in written(source) if kind in (item["Record"]["S"][-5:], item["Record"]["S"]))


@cache
def written(source: str) -> tuple[dict[str, Any], ...]:
    harness = NotifierHarness(sources=(source,))
    (play_bulk if source == BULK else play_fleet)(harness)
    # In the end everything fails.
    harness.faults.fault = lambda call: DENIED if call.service in SERVICES_OF[source] else None
    harness.sweep()
    # As the alerts were before they were published.
    gone = {"PublishedAt", "MessageId", "ExpiresAt"}
    alerts = [
        {name: value for name, value in item.items() if name not in gone} | {"Queue": {"S": "DELIVER"}}
        for item in harness.table.items.values()
        if "Kind" in item
    ]
    return (*alerts, *(dict(item) for item in harness.table.items.values() if "Kind" not in item))


def play_fleet(harness: NotifierHarness) -> None:
    """A deployment of Greengrass V2 whose devices fail, and which then rests."""
    harness.fleet.deploy("d-1", in_progress=1, failed=3).fields["tags"] = {"team": "edge"}
    harness.sweep()
    harness.fleet.deploy("d-1", failed=4)
    harness.sweep()


def play_bulk(harness: NotifierHarness) -> None:
    """A bulk deployment whose groups fail; the results are read in part."""
    answer = {
        "BulkDeploymentStatus": "Running",
        "BulkDeploymentMetrics": {"RecordsProcessed": 9, "InvalidInputRecords": 2, "RetryAttempts": 3},
        "ErrorMessage": "No.",
        "ErrorDetails": [{"DetailedErrorCode": "E", "DetailedErrorMessage": "No."}],
        "CreatedAt": "2026-11-23T10:00:00.000Z",
        "tags": {"team": "edge"},
    }
    harness.greengrass.answer("d-1", answer)
    harness.sweep()
    harness.greengrass.answer("d-1", answer | {"BulkDeploymentStatus": "Completed"})
    harness.greengrass.page_size = 2
    harness.greengrass.set_groups("d-1", succeeded=1, failed=3)
    harness.faults.fault = lambda call: DENIED if call.service == "greengrass" and call.number >= 4 else None
    harness.sweep()


@st.composite
def items(draw: st.DrawFn, source: str) -> Mapping[str, Value]:
    """An item of a queue, some attributes missing and some of any type; its keys are strings, as the schema says."""
    item = dict(good(draw(st.sampled_from(["WATCH", "ALERT", "SOURCE"])), source))
    fixed = {"DeploymentId", "Record", "Queue"}
    for name in draw(st.sets(st.sampled_from(sorted(set(item) - fixed)), max_size=2)):
        del item[name]
    extra = {"LeaseUntil", "LeaseOwner", "NotBefore", "Attempts", "Version", "EndedBecause", "Source", "Since"}
    for name in draw(st.sets(st.sampled_from(sorted((set(item) | extra) - fixed)), max_size=2)):
        # As often of its own type as of any.
        held = item.get(name, {"N": "1"})
        item[name] = draw(strings if "S" in held else values if draw(st.booleans()) else st.just(held))
    identifier = draw(st.sampled_from(["d-1", f"source:{source}", "source:", "<!here>", "x" * 1024, "é\n\u202e"]))
    item["DeploymentId"] = {"S": identifier}
    # Mostly as they were, or little would be read further than its key.
    if draw(st.integers(0, 9)) == 0:
        item["Record"] = {"S": draw(st.sampled_from(RECORDS))}
    if draw(st.integers(0, 9)) == 0:
        item["Queue"] = {"S": draw(st.sampled_from(["CHECK", "DELIVER"]))}
    return item


@exploring(examples=200)
@given(data=st.data(), is_ended=st.booleans())
@sources
def test_no_item_stops_a_sweep_or_leads_to_one_that_dynamodb_refuses(
    source: str, data: st.DataObject, is_ended: bool
) -> None:
    harness = NotifierHarness(on_wire=True, sources=(source,))
    found = data.draw(st.lists(items(source), min_size=1, max_size=3))
    assume(all(len(json.dumps(item)) < LARGEST_BYTES for item in found))
    for item in found:
        harness.put(item)
        deploy(harness, source, item["DeploymentId"]["S"], is_ended=is_ended)
    harness.table.broken_rules.clear()  # what was put is the test's own doing
    harness.watch("sound", source=source)
    deploy(harness, source, "sound", is_ended=True)
    for _ in range(2):
        report = harness.sweep()
        assert report.errors == 0
        assert report.table_failures == 0
        # What waits is known to wait, or to be unreadable; nothing stays in a queue unseen.
        assert harness.waiting() <= report.undelivered + report.unreadable
        harness.clock.advance(minutes=61)
    assert harness.transitions("sound") == ["Failed" if source == BULK else "FAILED"]
    assert harness.published("sound")[0].startswith("FAILED")
    assert not harness.broken_rules()


def deploy(harness: NotifierHarness, source: str, deployment_id: str, *, is_ended: bool) -> None:
    """Let a deployment that is not listed have failures, and perhaps have failed as a whole."""
    if source == BULK:
        harness.greengrass.deploy(deployment_id, "Failed" if is_ended else "Running", invalid=4).is_listed = False
    else:
        harness.fleet.deploy(deployment_id, "FAILED" if is_ended else "ACTIVE", is_latest=False, failed=4)


def test_an_alert_with_a_key_that_this_program_does_not_write_is_counted_as_unreadable() -> None:
    harness = NotifierHarness()
    harness.put(dict(good("ALERT")) | {"Record": {"S": "EVENT#2026-11-23T11:04:00+01:00#2-ALERT"}})
    report = harness.sweep()
    assert (report.published, report.undelivered, report.unreadable) == (0, 0, 1)


@pytest.mark.parametrize("queue", ["CHECK", "DELIVER"])
def test_items_that_cannot_be_read_are_counted_in_both_queues(queue: str) -> None:
    harness = NotifierHarness()
    harness.put({"DeploymentId": {"S": "d-1"}, "Record": {"S": "nonsense"}, "Queue": {"S": queue}})
    assert harness.sweep().unreadable == 1


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("ALERT", {"LeaseUntil": {"NULL": True}}),
        ("ALERT", {"PublishedAt": {"NULL": True}}),
        ("ALERT", {"PublishedAt": {"S": "2026-11-23T10:00:00.000Z"}}),
        ("WATCH", {"Version": {"NULL": True}}),
        ("SOURCE", {"Version": {"NULL": True}}),
    ],
    ids=str,
)
def test_an_item_that_no_condition_would_ever_admit_is_counted_as_unreadable(
    kind: str, attribute: Mapping[str, Value]
) -> None:
    harness = NotifierHarness(discover_within_hours=0)
    harness.put({**good(kind), **attribute})
    report = harness.sweep()
    assert (report.unreadable, report.conflicts) == (1, 0)


def test_a_state_of_the_source_without_a_version_is_written_by_a_request_that_dynamodb_takes() -> None:
    harness = NotifierHarness()
    state = dict(good("SOURCE"))
    del state["Version"]
    harness.put(state)
    harness.greengrass.deploy("sound")
    harness.sweep()
    assert not harness.broken_rules()
