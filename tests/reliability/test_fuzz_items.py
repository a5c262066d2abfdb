"""Whatever stands in the table: a sweep reports what it can't read, goes on, and writes nothing DynamoDB refuses."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

from deployment_notifier.model import Kind
from tests.reliability.exploring import exploring
from tests.reliability.nasty import numbers, texts
from tests.reliability.wire import Wire
from tests.reliability.wired import Notifier

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = dict[str, Any]

LARGEST_BYTES = 300_000
"""An item that somebody fills to DynamoDB's very limit leaves no room for what a sweep adds."""

strings = st.one_of(
    texts,
    st.sampled_from(
        [
            "Running",
            "Failed",
            "greengrass-bulk",
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
    st.just({"B": "AAEC"}),  # as it stands on the wire: base64
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


def good(kind: str) -> Mapping[str, Value]:
    """A sound value of each attribute that the product writes, taken from what it wrote itself."""
    return next(dict(item) for item in written() if kind in (item["Record"]["S"][-5:], item["Record"]["S"]))


@cache
def written() -> tuple[dict[str, Any], ...]:
    notifier = Notifier(Wire())
    notifier.watch("d-1", "d-2")
    answer = {
        "BulkDeploymentStatus": "Running",
        "BulkDeploymentMetrics": {"RecordsProcessed": 1, "InvalidInputRecords": 2, "RetryAttempts": 3},
        "ErrorMessage": "No.",
        "ErrorDetails": [{"DetailedErrorCode": "E", "DetailedErrorMessage": "No."}],
        "CreatedAt": "2026-11-23T10:00:00.000Z",
        "tags": {"team": "edge"},
    }
    notifier.wire.answers["d-1"] = (200, json.dumps(answer).encode())
    notifier.wire.answers["d-2"] = (500, b"")
    # In the end all checks fail, so that there is a source in trouble too.
    notifier.wire.listing = (500, b"")
    notifier.sweep()
    notifier.wire.answers = dict.fromkeys(notifier.wire.answers, (500, b""))
    notifier.sweep()
    # As the alerts stood before they were published.
    alerts = [dict(item) | {"Queue": {"S": "DELIVER"}} for item in notifier.wire.table.items.values() if "Kind" in item]
    for alert in alerts:
        for name in ("PublishedAt", "MessageId", "ExpiresAt"):
            alert.pop(name, None)
    return (*alerts, *(dict(item) for item in notifier.wire.table.items.values() if "Kind" not in item))


@st.composite
def items(draw: st.DrawFn, kind: str) -> Mapping[str, Value]:
    """An item of a queue, some attributes missing and some of any type; its keys are strings, as the schema says."""
    item = dict(good(kind))
    fixed = {"DeploymentId", "Record", "Queue"}
    for name in draw(st.sets(st.sampled_from(sorted(set(item) - fixed)), max_size=2)):
        del item[name]
    extra = {"LeaseUntil", "LeaseOwner", "NotBefore", "Attempts", "Version", "EndedBecause", "Source", "Since"}
    for name in draw(st.sets(st.sampled_from(sorted((set(item) | extra) - fixed)), max_size=2)):
        # As often of its own type as of any.
        held = item.get(name, {"N": "1"})
        item[name] = draw(strings if "S" in held else values if draw(st.booleans()) else st.just(held))
    identifier = draw(st.sampled_from(["d-1", "source:greengrass-bulk", "source:", "<!here>", "x" * 2048, "é\n\u202e"]))
    item["DeploymentId"] = {"S": identifier}
    # Mostly as they were, or little would be read further than its key.
    if draw(st.integers(0, 9)) == 0:
        item["Record"] = {"S": draw(st.sampled_from(RECORDS))}
    if draw(st.integers(0, 9)) == 0:
        item["Queue"] = {"S": draw(st.sampled_from(["CHECK", "DELIVER"]))}
    return item


@cache
def shared_wire() -> Wire:
    return Wire()


@exploring(examples=300)
@given(
    found=st.lists(st.one_of(items("WATCH"), items("ALERT"), items("SOURCE")), min_size=1, max_size=3),
    status=st.sampled_from(["Running", "Failed"]),
)
def test_no_item_stops_a_sweep_or_leads_to_one_that_dynamodb_refuses(
    found: list[Mapping[str, Value]], status: str
) -> None:
    wire = shared_wire()
    wire.reset()
    notifier = Notifier(wire)
    answer = json.dumps({"BulkDeploymentStatus": status, "BulkDeploymentMetrics": {"InvalidInputRecords": 4}}).encode()
    assume(all(len(json.dumps(item)) < LARGEST_BYTES for item in found))
    for item in found:
        notifier.put(item)
        wire.answers[item["DeploymentId"]["S"]] = (200, answer)
    wire.table.broken_rules.clear()  # what was put is the test's own doing
    notifier.watch("sound")
    wire.answers["sound"] = (200, b'{"BulkDeploymentStatus": "Failed"}')
    for _ in range(2):
        report = notifier.sweep()
        assert report.errors == 0
        assert report.table_failures == 0
        # What waits is known to wait, or to be unreadable; nothing stays in a queue unseen.
        assert notifier.waiting() <= report.undelivered + report.unreadable
        notifier.clock.advance(minutes=61)
    assert notifier.transitions("sound") == ["Failed"]
    told = [item for (owner, _), item in wire.table.items.items() if owner == "sound" and "Kind" in item]
    assert [(item["Kind"]["S"], "PublishedAt" in item) for item in told] == [("FAILED", True)]
    assert not wire.broken_rules
    assert not wire.table.broken_rules


def test_an_alert_whose_key_this_program_would_write_otherwise_is_not_passed_over_in_silence() -> None:
    notifier = Notifier(Wire())
    notifier.put(dict(good("ALERT")) | {"Record": {"S": "EVENT#2026-11-23T11:04:00+01:00#2-ALERT"}})
    report = notifier.sweep()
    assert (report.published, report.undelivered, report.unreadable) in {(1, 0, 0), (0, 1, 0), (0, 0, 1)}


def test_a_trouble_without_a_version_is_taken_away_by_a_request_that_dynamodb_takes() -> None:
    notifier = Notifier(Wire())
    trouble = dict(good("SOURCE"))
    del trouble["Version"]
    notifier.put(trouble)
    notifier.watch("sound")
    notifier.wire.answers["sound"] = (200, b'{"BulkDeploymentStatus": "Running"}')
    notifier.sweep()
    assert not notifier.wire.broken_rules
    assert ("source:greengrass-bulk", "SOURCE") not in notifier.wire.table.items
