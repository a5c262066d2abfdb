"""The items: each value of the model is read as it was written, and what cannot be read is named."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.errors import ItemError
from deployment_notifier.model import (
    Alert,
    Error,
    ErrorDetail,
    FailureReason,
    Kind,
    Metrics,
    Outage,
    PartialListing,
    Phase,
    ResultsFollowUp,
    ResultsScan,
    ResultsSummary,
    SourceState,
    Transition,
    Watch,
    from_milliseconds,
    milliseconds,
    timestamp,
)
from deployment_notifier.table import items
from deployment_notifier.table.attributes import written_all
from tests.fakes import START

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

HISTORY_DAYS = 90

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
required_texts = texts.filter(bool)
counts = st.integers(0, 2**53)
versions = st.integers(1, milliseconds(datetime(2200, 1, 1, tzinfo=UTC)))

BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "str": required_texts,
    "int": counts,
    "bool": st.booleans(),
    "datetime": versions.map(from_milliseconds),
    "Kind": st.sampled_from(Kind),
    "Phase": st.sampled_from(Phase),
    "tuple[str, ...]": st.lists(texts, max_size=3).map(tuple),
    "tuple[Kind, ...]": st.lists(st.sampled_from(Kind), max_size=3).map(tuple),
    "Mapping[str, str]": st.dictionaries(texts, texts, max_size=3),
    "Mapping[str, int]": st.dictionaries(texts, counts, max_size=3),
}
"""What a field may hold, by its type. A field that is forgotten in the table fails here, and not in production."""


def any_of(cls: type[T], **changes: st.SearchStrategy[Any]) -> st.SearchStrategy[T]:
    """Any value of a class of the model."""
    holds: dict[str, Any] = {}
    for field in fields(cls):  # type: ignore[arg-type] # each is a dataclass
        name, _, optional = str(field.type).partition(" | ")
        strategy = texts if name == "str" and optional else BY_TYPE[name]
        holds[field.name] = st.none() | strategy if optional else strategy
    made = st.builds(cls, **holds | changes)
    BY_TYPE[cls.__name__] = made
    BY_TYPE[f"tuple[{cls.__name__}, ...]"] = st.lists(made, max_size=3).map(tuple)
    return made


any_of(Metrics)
any_of(ErrorDetail)
BY_TYPE["Error"] = any_of(Error).filter(lambda error: error.message is not None or bool(error.details))
any_of(FailureReason)
any_of(ResultsSummary)
any_of(ResultsScan, next_page=required_texts)  # only a scan with a next page is stored
any_of(ResultsFollowUp)
any_of(Outage)
any_of(PartialListing)
watches = any_of(Watch, version=versions)
states = any_of(SourceState, version=versions)
alerts = any_of(Alert)
transitions = any_of(Transition)


def watch_item(watch: Watch) -> dict[str, Any]:
    return items.watch_key(watch.deployment_id) | written_all(items.watch_attributes(watch, HISTORY_DAYS))


def state_item(state: SourceState) -> dict[str, Any]:
    return items.source_key(state.source) | written_all(items.state_attributes(state))


@given(watches, states, alerts, transitions)
def test_a_value_is_read_as_it_was_written(
    watch: Watch, state: SourceState, alert: Alert, transition: Transition
) -> None:
    assert items.read_watch(watch_item(watch)) == watch
    assert items.read_state(state_item(state)) == state
    assert items.read_alert(items.alert_item(alert)) == alert
    assert items.read_transition(items.transition_item(transition, HISTORY_DAYS)) == transition


def test_what_is_active_is_queued_and_what_has_ended_expires() -> None:
    version = milliseconds(START)
    written = {
        "active": watch_item(Watch("an-id", "s", version)),
        "ended": watch_item(Watch("an-id", "s", version, ended_because="Failed")),
        "state": state_item(SourceState("s", version)),
        "alert": items.alert_item(Alert("an-id", START, "s", Kind.FAILED)),
        "transition": items.transition_item(Transition("an-id", START, None, "Failed"), HISTORY_DAYS),
    }
    expires_at = {"N": str(int((START + timedelta(days=HISTORY_DAYS)).timestamp()))}
    assert {name: (item.get("Queue"), item.get("ExpiresAt")) for name, item in written.items()} == {
        "active": ({"S": "CHECK"}, None),
        "ended": (None, expires_at),
        "state": ({"S": "CHECK"}, None),
        "alert": ({"S": "DELIVER"}, None),
        "transition": (None, expires_at),
    }
    assert written["alert"]["Severity"] == {"S": "critical"}


def test_the_bare_item_that_registers_a_deployment_is_a_watch() -> None:
    item = json.loads('{"DeploymentId": {"S": "an-id"}, "Record": {"S": "WATCH"}, "Queue": {"S": "CHECK"}}')
    assert items.read_watch(item) == Watch("an-id", "greengrass-bulk")


def test_a_watch_that_was_queued_again_by_hand_is_active() -> None:
    item = watch_item(Watch("an-id", "greengrass-bulk", version=5, status="Failed", ended_because="Failed"))
    assert items.read_watch(item | {"Queue": {"S": "CHECK"}}).is_active


def test_an_alert_sorts_after_the_transition_that_caused_it_and_before_what_comes_next() -> None:
    transition = items.transition_item(Transition("an-id", START, None, "Failed"), HISTORY_DAYS)
    alert = items.alert_item(Alert("an-id", START, "greengrass-bulk", Kind.FAILED))
    later = items.transition_item(Transition("an-id", START + timedelta(milliseconds=1), None, "Running"), HISTORY_DAYS)
    assert [item["Record"]["S"] for item in (transition, alert, later)] == [
        f"EVENT#{timestamp(START)}#1-TRANSITION",
        f"EVENT#{timestamp(START)}#2-ALERT",
        f"EVENT#{timestamp(START + timedelta(milliseconds=1))}#1-TRANSITION",
    ]


# What cannot be read

_RESULTS = ResultsSummary(1, 2, 3, (FailureReason("GG-303", "no core", 2, ("a",)),))
_SCAN = ResultsScan(START, START, _RESULTS, "page 2", 1, ("5eed",))
_OUTAGE = Outage(START, is_notified=True, last_error="down")
_METRICS = Metrics({"RecordsProcessed": 7}, 7, 7, 7, 7)
_WATCH = Watch(
    *("an-id", "s", 1, "Running", _METRICS, "boom", "then", {"team": "a"}, 7, START, START),
    details={"deploymentName": "a name"},
    is_resting=True,
    has_rested=True,
    notified_completed=True,
    notified_failures=7,
    notified_failures_at=START,
    notified_stalled=True,
    notified_unchecked=True,
    follow_up=ResultsFollowUp(Phase.COMPLETED, START, 3, START, _SCAN),
    results=_RESULTS,
    notified_failed_targets=7,
)
_STATE = SourceState("s", 1, START, _OUTAGE, _OUTAGE, START, START, PartialListing(START, START, "page 2"))
_ERROR = Error("boom", (ErrorDetail("GG-303", "no core"),))
_ALERT = Alert(
    *("an-id", START, "s", Kind.FAILED, (Kind.STALLED,), "Running", "Failed", _METRICS, _ERROR, "then", {"team": "a"}),
    since=START,
    results=_RESULTS,
    details={"deploymentName": "a name"},
    is_followed=True,
)
FULL = {
    "watch": (items.read_watch, watch_item(_WATCH)),
    "state": (items.read_state, state_item(_STATE)),
    "alert": (items.read_alert, items.alert_item(_ALERT)),
}
each_item = pytest.mark.parametrize("name", FULL)

NOT_READ = {"Queue", "Severity", "ExpiresAt", "Record"}
"""For the index, for people and for DynamoDB; a record is read by its name."""


def places(value: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any] | list[Any], Any]]:
    """Each attribute of an item, also in maps and lists: its path, and where it is."""
    for key in [key for key in value if path or key not in NOT_READ]:
        here = f"{path}{key}"
        yield here, value, key
        for code, inner in value[key].items():
            if code == "M":
                yield from places(inner, f"{here}.")
            elif code == "L":
                for index, entry in enumerate(inner):
                    yield here, inner, index
                    yield from places(entry.get("M", {}), f"{here}.")


def error_of(name: str, item: dict[str, Any]) -> str | None:
    read: Any = FULL[name][0]
    try:
        read(item)
    except ItemError as error:
        return str(error)
    return None


@each_item
def test_an_attribute_of_a_wrong_type_is_named_with_its_path(name: str) -> None:
    number = len(list(places(FULL[name][1])))
    assert number > 10
    for place in range(number):
        item = deepcopy(FULL[name][1])
        path, container, key = list(places(item))[place]
        container[key] = {"B": b"bytes"}
        assert (error_of(name, item) or "").startswith(f"{path} holds a value of the type B; it should hold ")


@each_item
def test_an_attribute_that_is_missing_is_named_or_none(name: str) -> None:
    required = set[str]()
    for place in range(len(list(places(FULL[name][1])))):
        item = deepcopy(FULL[name][1])
        path, container, key = list(places(item))[place]
        del container[key]
        error = error_of(name, item)
        if error is not None:
            assert error.startswith(f"{path} is missing; it should hold ")
            required.add(path)
    results = {f"Results.{count}" for count in ("Succeeded", "Failed", "Unfinished", "Reasons.Count")}
    scan = {"StartedAt", "ReadAt", "NextPage", "Pages", *results}
    follow_up = {"Phase", "Since", "Scans", "NextScanAt", *(f"PartialScan.{each}" for each in scan)}
    assert (
        required
        == {
            "watch": {"DeploymentId", *results, *(f"FollowUp.{each}" for each in follow_up)},
            "state": {
                *("DeploymentId", "Outage.Since", "ListingOutage.Since"),
                *(f"PartialListing.{each}" for each in ("StartedAt", "ReadAt", "NextPage")),
            },
            "alert": {"DeploymentId", "Kind", *results},
        }[name]
    )


_LARGEST_TIME = milliseconds(datetime.max.replace(tzinfo=UTC))


# The largest has no next one; 0 means none, so that no condition would ever hold for one that is stored.
@pytest.mark.parametrize("version", [0, _LARGEST_TIME, _LARGEST_TIME + 1, 10**18 - 1])
@pytest.mark.parametrize("name", ["watch", "state"])
def test_a_version_that_has_no_next_one_is_an_error_that_names_it(name: str, version: int) -> None:
    """It becomes the time of the next event, so it would else be a fault in the rules at each sweep."""
    error = error_of(name, FULL[name][1] | {"Version": {"N": str(version)}})
    assert (error or "").startswith("Version holds ")


@pytest.mark.parametrize(
    "record",
    [
        "WATCH",
        "EVENT#yesterday#2-ALERT",
        f"EVENT#{timestamp(START)}#1-TRANSITION",
        # The time in the key is the alert's identity: one that is written otherwise could be neither leased nor marked.
        "EVENT#2026-11-23T10:04:00Z#2-ALERT",
        "EVENT#2026-11-23T11:04:00.123+01:00#2-ALERT",
        "EVENT#2026-11-23#2-ALERT",
    ],
)
def test_an_alert_under_another_key_than_its_time_makes_cannot_be_read(record: str) -> None:
    assert (error_of("alert", FULL["alert"][1] | {"Record": {"S": record}}) or "").startswith("Record holds ")


def test_a_state_under_another_key_than_a_sources_cannot_be_read() -> None:
    assert "source:<name>" in (error_of("state", FULL["state"][1] | {"DeploymentId": {"S": "s"}}) or "")


def test_a_second_kind_that_is_no_longer_known_does_not_withhold_an_alert() -> None:
    item = items.alert_item(replace(_ALERT, also=(Kind.STALLED,)))
    item["Also"]["L"].insert(0, {"S": "EXPLODED"})
    assert items.read_alert(item).also == (Kind.STALLED,)
