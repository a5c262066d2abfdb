from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.errors import ItemError
from deployment_notifier.model import (
    Alert,
    Error,
    ErrorDetail,
    GroupError,
    GroupPass,
    GroupTally,
    Kind,
    Metrics,
    Phase,
    Settling,
    SourceHealth,
    Transition,
    Watch,
    from_milliseconds,
    milliseconds,
    timestamp,
)
from deployment_notifier.table import items
from deployment_notifier.table.attributes import Reader, written_all
from tests.fakes import START

if TYPE_CHECKING:
    from deployment_notifier.table.attributes import Plain

HISTORY_DAYS = 90

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
needed_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
counts = st.integers(0, 2**53)
times = st.integers(0, milliseconds(datetime(2200, 1, 1, tzinfo=UTC))).map(from_milliseconds)
versions = st.integers(1, milliseconds(datetime(2200, 1, 1, tzinfo=UTC)))
tags = st.dictionaries(texts, texts, max_size=3)
metrics = st.builds(Metrics, st.none() | counts, st.none() | counts, st.none() | counts)
details = st.lists(st.builds(ErrorDetail, st.none() | texts, st.none() | texts), max_size=3).map(tuple)
errors = st.builds(Error, texts, details) | st.builds(Error, st.none(), details.filter(bool))
group_errors = st.builds(
    GroupError, st.none() | texts, st.none() | texts, counts, st.lists(texts, max_size=3).map(tuple)
)
tallies = st.builds(GroupTally, counts, counts, counts, st.lists(group_errors, max_size=3).map(tuple))
settlings = st.builds(
    Settling,
    phase=st.sampled_from(Phase),
    since=times,
    passes=counts,
    next_pass_at=times,
    # A pass that is complete is never stored.
    begun=st.none() | st.builds(GroupPass, tallies, st.none() | texts),
)
watches = st.builds(
    Watch,
    deployment_id=needed_texts,
    source=needed_texts,
    version=versions,
    status=st.none() | texts,
    metrics=metrics,
    error_message=st.none() | texts,
    created_at=st.none() | texts,
    tags=tags,
    highest_records_processed=counts,
    progress_at=st.none() | times,
    failing_since=st.none() | times,
    told_invalid_records=counts,
    told_stalled=st.booleans(),
    told_unchecked=st.booleans(),
    settling=st.none() | settlings,
    groups=st.none() | tallies,
    told_failed_groups=counts,
    ended_because=st.none() | needed_texts,
)
alerts = st.builds(
    Alert,
    deployment_id=needed_texts,
    at=times,
    source=needed_texts,
    kind=st.sampled_from(Kind),
    also=st.lists(st.sampled_from(Kind), max_size=3).map(tuple),
    from_status=st.none() | texts,
    to_status=st.none() | texts,
    metrics=metrics,
    error=st.none() | errors,
    created_at=st.none() | texts,
    tags=tags,
    since=st.none() | times,
    groups=st.none() | tallies,
)


def watch_item(watch: Watch) -> dict[str, Any]:
    return items.watch_key(watch.deployment_id) | written_all(items.watch_attributes(watch, HISTORY_DAYS))


@given(watches)
def test_a_watch_is_read_as_it_was_written(watch: Watch) -> None:
    assert items.read_watch(watch_item(watch)) == watch


@given(watches)
def test_just_an_active_watch_is_queued_and_just_an_ended_one_expires(watch: Watch) -> None:
    item = watch_item(watch)

    assert item.get("Queue") == ({"S": "CHECK"} if watch.is_active else None)
    if watch.is_active:
        assert "ExpiresAt" not in item
    else:
        ended = from_milliseconds(watch.version)
        assert int(item["ExpiresAt"]["N"]) == int((ended + timedelta(days=HISTORY_DAYS)).timestamp())


def test_each_field_of_a_watch_is_stored() -> None:
    """A field that is added to the model and forgotten in the table fails here, not in production."""
    watch = Watch("an-id", "a-source", version=1)
    other: dict[str, Any] = {
        "source": "another",
        "version": 5,
        "status": "Running",
        "metrics": Metrics(1, 2, 3),
        "error_message": "x",
        "created_at": "y",
        "tags": {"a": "b"},
        "highest_records_processed": 4,
        "progress_at": START,
        "failing_since": START,
        "told_invalid_records": 2,
        "told_stalled": True,
        "told_unchecked": True,
        "settling": Settling(Phase.COMPLETED, START, 3, START, GroupPass(GroupTally(1, 2, 3), "page 2")),
        "groups": GroupTally(1, 2, 3, (GroupError("GG-303", "no core", 2, ("a", "b")),)),
        "told_failed_groups": 2,
        "ended_because": "Failed",
    }
    for field in fields(Watch):
        if field.name != "deployment_id":
            changed = replace(watch, **{field.name: other[field.name]})
            assert items.read_watch(watch_item(changed)) == changed


def test_the_bare_item_of_the_design_is_a_watch() -> None:
    item = json.loads('{"DeploymentId": {"S": "an-id"}, "Record": {"S": "WATCH"}, "Queue": {"S": "CHECK"}}')

    assert items.read_watch(item) == Watch("an-id", "greengrass-bulk")


def test_a_watch_that_was_queued_again_by_hand_is_active() -> None:
    item = watch_item(Watch("an-id", "greengrass-bulk", version=5, status="Failed", ended_because="Failed"))

    assert items.read_watch(item | {"Queue": {"S": "CHECK"}}).is_active


@given(st.builds(SourceHealth, needed_texts, times, versions, st.booleans(), st.none() | texts))
def test_a_sources_trouble_is_read_as_it_was_written(health: SourceHealth) -> None:
    item = items.source_key(health.source) | written_all(items.health_attributes(health))

    assert item["Queue"] == {"S": "CHECK"}
    assert items.read_health(item) == health


@given(alerts)
def test_an_alert_is_read_as_it_was_written(alert: Alert) -> None:
    assert items.read_alert(items.alert_item(alert)) == alert


@given(alerts)
def test_an_alert_waits_in_its_queue_and_does_not_expire(alert: Alert) -> None:
    item = items.alert_item(alert)

    assert item["Queue"] == {"S": "DELIVER"}
    assert item["Severity"] == {"S": alert.severity}
    assert "ExpiresAt" not in item


@given(
    st.builds(
        Transition,
        deployment_id=needed_texts,
        at=times,
        from_status=st.none() | texts,
        to_status=texts,
        metrics=metrics,
        error=st.none() | errors,
    )
)
def test_a_transition_holds_all_there_is_and_expires(transition: Transition) -> None:
    item = items.transition_item(transition, HISTORY_DAYS)
    reader = Reader(item)

    assert item["DeploymentId"]["S"] == transition.deployment_id
    assert item["Record"]["S"] == f"EVENT#{timestamp(transition.at)}#1-TRANSITION"
    assert reader.text("From") == transition.from_status
    assert reader.text("To") == transition.to_status
    assert (
        Metrics(reader.count("RecordsProcessed"), reader.count("InvalidInputRecords"), reader.count("RetryAttempts"))
        == transition.metrics
    )
    assert reader.text("ErrorMessage") == (transition.error.message if transition.error else None)
    assert len(reader.insides("ErrorDetails")) == (len(transition.error.details) if transition.error else 0)
    assert int(item["ExpiresAt"]["N"]) == int((transition.at + timedelta(days=HISTORY_DAYS)).timestamp())
    assert "Queue" not in item
    assert items.read_transition(item) == transition


def test_an_alert_stands_after_the_transition_that_caused_it_and_before_what_comes_next() -> None:
    transition = items.transition_item(Transition("an-id", START, None, "Failed"), HISTORY_DAYS)
    alert = items.alert_item(Alert("an-id", START, "greengrass-bulk", Kind.FAILED))
    later = items.transition_item(Transition("an-id", START + timedelta(milliseconds=1), None, "Running"), HISTORY_DAYS)

    records = [item["Record"]["S"] for item in (transition, alert, later)]

    assert records == sorted(records)


_WRONG: dict[str, dict[str, Any]] = {
    "Source": {"N": "1"},
    "Status": {"N": "1"},
    "RecordsProcessed": {"S": "many"},
    "InvalidInputRecords": {"N": "-1"},
    "RetryAttempts": {"N": "1.5"},
    "ErrorMessage": {"L": []},
    "CreatedAt": {"N": "1700000000"},
    "Tags": {"S": "team=ops"},
    "HighestRecordsProcessed": {"BOOL": True},
    "ProgressAt": {"S": "yesterday"},
    "FailingSince": {"N": "1700000000"},
    "ToldInvalidRecords": {"S": "1"},
    "ToldStalled": {"S": "true"},
    "ToldUnchecked": {"N": "1"},
    "Settling": {"S": "soon"},
    "Groups": {"L": []},
    "ToldFailedGroups": {"S": "1"},
    "Version": {"S": "1"},
}


@pytest.mark.parametrize(("name", "value"), _WRONG.items())
def test_a_watch_with_an_attribute_of_a_wrong_type_is_an_error_that_names_it(name: str, value: dict[str, Any]) -> None:
    item = watch_item(Watch("an-id", "greengrass-bulk", version=1)) | {name: value}

    with pytest.raises(ItemError, match=f"^{name} holds "):
        items.read_watch(item)


_SETTLING: Any = items.watch_attributes(
    Watch(
        "an-id",
        "greengrass-bulk",
        settling=Settling(
            Phase.COMPLETED,
            START,
            3,
            START,
            GroupPass(GroupTally(1, 2, 3, (GroupError("GG-303", "no core", 2, ("a",)),)), "page 2"),
        ),
    ),
    HISTORY_DAYS,
)["Settling"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("Phase",), None),
        (("Phase",), "EXPLODED"),
        (("Since",), None),
        (("Since",), "yesterday"),
        (("Passes",), None),
        (("Passes",), "one"),
        (("NextPassAt",), None),
        (("NextPassAt",), 5),
        (("Begun",), "page 2"),
        (("Begun", "ResumeAt"), 2),
        (("Begun", "Groups", "Failed"), None),
        (("Begun", "Groups", "Errors"), {"Count": 1}),
        (("Begun", "Groups", "Errors", 0, "Count"), None),
        (("Begun", "Groups", "Errors", 0, "Groups"), "a"),
    ],
)
def test_a_settling_watch_that_cannot_be_read_is_an_error_that_names_the_attribute_with_its_path(
    path: tuple[str | int, ...], value: Plain | None
) -> None:
    changed = deepcopy(_SETTLING)
    inside: Any = changed
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    item = watch_item(Watch("an-id", "greengrass-bulk", version=1)) | written_all({"Settling": changed})
    named = ".".join(["Settling", *(step for step in path if isinstance(step, str))])

    with pytest.raises(ItemError, match=f"^{named} (holds|is missing)"):
        items.read_watch(item)


_LARGEST_TIME = milliseconds(datetime.max.replace(tzinfo=UTC))


# The largest has no next one; 0 stands for none, so that no condition would ever hold for one that is stored.
@pytest.mark.parametrize("version", [0, _LARGEST_TIME, _LARGEST_TIME + 1, 10**18 - 1])
def test_a_version_that_has_no_next_one_is_an_error_that_names_it(version: int) -> None:
    """It becomes the time of the next event, so it would else be a fault in the rules at each sweep."""
    with pytest.raises(ItemError, match=r"^Version holds "):
        items.read_watch(watch_item(Watch("an-id", "greengrass-bulk", version=1)) | {"Version": {"N": str(version)}})
    with pytest.raises(ItemError, match=r"^Version holds "):
        items.read_health(
            items.source_key("greengrass-bulk")
            | written_all(items.health_attributes(SourceHealth("greengrass-bulk", START, version=1)))
            | {"Version": {"N": str(version)}}
        )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"FailingSince": None}, "FailingSince"),
        ({"FailingSince": {"S": "yesterday"}}, "FailingSince"),
        ({"Told": {"S": "no"}}, "Told"),
        ({"LastError": {"N": "1"}}, "LastError"),
        ({"Version": {"S": "1"}}, "Version"),
        ({"DeploymentId": {"S": "greengrass-bulk"}}, "source:<name>"),
    ],
)
def test_a_sources_trouble_that_cannot_be_read_is_an_error_that_names_the_attribute(
    changes: dict[str, Any], named: str
) -> None:
    item = (
        items.source_key("greengrass-bulk")
        | written_all(items.health_attributes(SourceHealth("greengrass-bulk", START, version=1)))
        | changes
    )

    with pytest.raises(ItemError, match=named):
        items.read_health({name: value for name, value in item.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"Kind": None}, "Kind"),
        ({"Kind": {"S": "EXPLODED"}}, "Kind"),
        ({"Kind": {"N": "1"}}, "Kind"),
        ({"Also": {"S": "STALLED"}}, "Also"),
        ({"Since": {"S": "yesterday"}}, "Since"),
        ({"Tags": {"L": []}}, "Tags"),
        ({"ErrorDetails": {"S": "GG-303"}}, "ErrorDetails"),
        ({"RecordsProcessed": {"S": "7"}}, "RecordsProcessed"),
        ({"Record": {"S": "WATCH"}}, "Record"),
        ({"Record": {"S": "EVENT#yesterday#2-ALERT"}}, "Record"),
        # The time in the key is the alert's identity: of one that is written otherwise nothing would be found again,
        # neither to lease nor to mark it.
        ({"Record": {"S": "EVENT#2026-11-23T10:04:00Z#2-ALERT"}}, "Record"),
        ({"Record": {"S": "EVENT#2026-11-23T11:04:00.123+01:00#2-ALERT"}}, "Record"),
        ({"Record": {"S": "EVENT#2026-11-23#2-ALERT"}}, "Record"),
    ],
)
def test_an_alert_that_cannot_be_read_is_an_error_that_names_the_attribute(changes: dict[str, Any], named: str) -> None:
    item = items.alert_item(Alert("an-id", START, "greengrass-bulk", Kind.FAILED)) | changes

    with pytest.raises(ItemError, match=named):
        items.read_alert({name: value for name, value in item.items() if value is not None})


def test_a_second_kind_that_is_not_known_any_more_does_not_withhold_an_alert() -> None:
    item = items.alert_item(Alert("an-id", START, "greengrass-bulk", Kind.FAILED, also=(Kind.STALLED,)))
    item["Also"]["L"].insert(0, {"S": "EXPLODED"})

    assert items.read_alert(item).also == (Kind.STALLED,)
