"""Whatever AWS does, for however long: nothing is lost, and the report is true. The clients are boto3's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from deployment_notifier import publisher
from deployment_notifier.messages import Message
from tests.harness.fault_injection import (
    ANSWER_LOST,
    DENIED,
    FAULTS,
    NO_CONNECTION,
    REFUSED,
    SERVICES_OF,
    THROTTLED,
    Call,
    Fault,
)
from tests.harness.notifier_harness import SECONDS, NotifierHarness

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment_notifier.report import Report

FIRST, LAST = 5, 18
"""The minutes in which the fault begins and ends: longer than `UncheckedAfterMinutes`."""
MINUTES = 28
BULK_STORY: dict[int, dict[str, tuple[Any, ...]]] = {
    # minute -> status, records processed and invalid; groups that succeeded, failed and are unfinished
    0: {"d-1": ("Running", 1, 0), "d-2": ("Running", 1, 0), "d-3": ("Initializing", 0, 0)},
    4: {"d-3": ("Running", 1, 0)},
    7: {"d-1": ("Failed", 2, 0, 1, 1, 0), "d-2": ("Running", 5, 3)},
    9: {"d-3": ("Completed", 9, 0, 4, 0, 5)},
    12: {"d-3": ("Completed", 9, 0, 6, 3, 0)},
    20: {"d-2": ("Running", 6, 6)},
    22: {"d-2": ("Stopped", 6, 7)},
}
FLEET_STORY: dict[int, dict[str, tuple[str, dict[str, Any]]]] = {
    # minute -> status; devices, and what else changes
    0: {
        "d-1": ("ACTIVE", {"queued": 5, "in_progress": 1}),
        "d-2": ("ACTIVE", {"queued": 10, "in_progress": 2}),
        "d-3": ("ACTIVE", {"queued": 4}),
    },
    4: {"d-3": ("ACTIVE", {"queued": 3, "in_progress": 1})},
    7: {
        "d-1": ("CANCELED", {"canceled": 4, "failed": 2, "comment": "Job was ABORTED"}),
        "d-2": ("ACTIVE", {"queued": 5, "in_progress": 2, "succeeded": 2, "failed": 3}),
    },
    9: {"d-3": ("ACTIVE", {"succeeded": 4})},
    12: {"d-3": ("ACTIVE", {"succeeded": 4, "in_progress": 1})},
    13: {"d-3": ("ACTIVE", {"succeeded": 5})},
    20: {"d-2": ("ACTIVE", {"queued": 2, "in_progress": 2, "succeeded": 2, "failed": 6})},
    22: {"d-2": ("CANCELED", {"canceled": 3, "succeeded": 2, "failed": 7})},
}


def tell_bulk(harness: NotifierHarness, minute: int) -> None:
    for deployment_id, (status, processed, invalid, *groups) in BULK_STORY.get(minute, {}).items():
        harness.greengrass.deploy(deployment_id, status, processed=processed, invalid=invalid)
        if groups:
            succeeded, failed, unfinished = groups
            harness.greengrass.set_groups(deployment_id, succeeded=succeeded, failed=failed, unfinished=unfinished)


def tell_fleet(harness: NotifierHarness, minute: int) -> None:
    for deployment_id, (status, changes) in FLEET_STORY.get(minute, {}).items():
        harness.fleet.deploy(deployment_id, status, **changes)


@dataclass(frozen=True)
class Expected:
    """What a source's story leads to.

    Attributes:
        tell: plays a minute of the story.
        failures: the kind about failures while a deployment goes on.
        results: the failed targets that the last alert about a deployment counts, and the kind that names them.
        transitions: the statuses of each deployment.
        active: the deployments that are still checked at the end.
    """

    tell: Callable[[NotifierHarness, int], None]
    failures: str
    results: dict[str, tuple[str, int]]
    transitions: dict[str, list[str]]
    active: tuple[str, ...] = ()


SOURCES = {
    "greengrass-bulk": Expected(
        tell_bulk,
        "INVALID_RECORDS",
        {"d-1": ("GROUPS_FAILED", 1), "d-3": ("GROUPS_FAILED", 3)},
        {
            "d-1": ["Running", "Failed"],
            "d-2": ["Running", "Stopped"],
            "d-3": ["Initializing", "Running", "Completed"],
        },
    ),
    "greengrass-v2": Expected(
        tell_fleet,
        "DEVICES_FAILED",
        {"d-1": ("DEVICES_FAILED", 2), "d-2": ("DEVICES_FAILED", 7)},
        {"d-1": ["ACTIVE", "CANCELED"], "d-2": ["ACTIVE", "CANCELED"], "d-3": ["ACTIVE"]},
        active=("d-3",),
    ),
}
"""By the source's name; a new source is one more."""

FEW = (THROTTLED, Fault("carried out, then 500", is_carried_out=True), NO_CONNECTION, ANSWER_LOST, DENIED)
"""One of each sort, where all would take too long."""

faults = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
few = pytest.mark.parametrize("fault", FEW, ids=lambda fault: fault.name)
sources = pytest.mark.parametrize("source", SOURCES)


def play(source: str, fault: Callable[[Call], Fault | None]) -> tuple[NotifierHarness, list[Report]]:
    """Play the story with a fault; two deployments are registered by hand, and the third is discovered."""
    harness = NotifierHarness(on_wire=True, sources=(source,))

    def meanwhile(minute: int) -> None:
        SOURCES[source].tell(harness, minute)
        harness.faults.fault = fault if FIRST <= minute < LAST else lambda _: None

    harness.watch("d-1", "d-2", source=source)
    return harness, harness.sweep_each_minute(MINUTES, meanwhile)


def assert_promises(harness: NotifierHarness, reports: list[Report], outages: str = "") -> None:
    """Assert that each alert came, once if it reports an event, and with `outages` those kinds about the source."""
    (source,) = harness.app.sources
    expected = SOURCES[source]
    alerts = [item for item in harness.table.items.values() if "Kind" in item]
    kinds = Counter(kind["S"] for item in alerts for kind in (item["Kind"], *item["Also"]["L"]))
    about_source = [kind for kind in kinds.elements() if kind.startswith(("SOURCE", "DISCOVERY"))]
    assert sorted(about_source) == sorted(f"{outages}_{end}" for end in ENDS.get(outages, ()))
    assert kinds["FAILED"] == kinds["COMPLETED"] == kinds["STOPPED"] == 1
    assert kinds[expected.failures] >= 1
    assert not kinds["RESULTS_INCOMPLETE"]
    assert {name: harness.transitions(name) for name in expected.transitions} == expected.transitions
    for deployment_id, (kind, failed) in expected.results.items():
        last = [each for each in harness.sns.published if each.deployment_id == deployment_id][-1]
        # Of V2, the counts of the job stand even if the failing devices cannot be read.
        count = (last.data["targets"] or {"failed": last.data["metrics"]["numberOfFailedThings"]})["failed"]
        assert (kind in last.kinds, count) == (True, failed)
    assert harness.queued("CHECK") == [*expected.active, f"source:{source}"]
    assert harness.waiting() == 0
    assert {each.id for each in harness.sns.published} == {alert_id for alert_id, _ in harness.alerts()}
    assert not harness.broken_rules()
    assert max(harness.durations) <= SECONDS
    assert sum(report.errors for report in reports) == 0


ENDS = {"SOURCE": ("UNREACHABLE", "RECOVERED"), "DISCOVERY": ("FAILED", "RECOVERED")}


@faults
@sources
def test_an_outage_of_a_source_is_one_alert_and_one_recovery(source: str, fault: Fault) -> None:
    harness, reports = play(source, lambda call: fault if call.service in SERVICES_OF[source] else None)
    assert_promises(harness, reports, "SOURCE")
    unreachable = next(each for each in harness.sns.published if "SOURCE_UNREACHABLE" in each.kinds)
    assert unreachable.data["error"]["message"]
    for report in reports[FIRST:LAST]:
        assert report.failed == report.watches > 0
        assert (report.checked, report.failed_listings, report.unreachable_sources) == (0, 1, 1)
        assert not report.table_failures
        assert not report.publish_failures
    assert not any(report.is_useless for report in reports)


@faults
@sources
def test_an_outage_of_the_table_loses_nothing_and_fails_the_function(source: str, fault: Fault) -> None:
    harness, reports = play(source, lambda call: fault if call.service == "dynamodb" else None)
    assert_promises(harness, reports)
    for number, report in enumerate(reports):
        is_down = FIRST <= number < LAST
        assert (report.is_useless, bool(report.table_failures)) == (is_down, is_down)
        assert (report.oldest_undelivered_seconds is None) == is_down
    # What was published while DynamoDB worked is marked; nothing was published while it did not.
    assert len(harness.sns.published) == len(harness.alerts())


@faults
@sources
def test_an_outage_of_sns_delays_alerts_and_shows_in_their_age(source: str, fault: Fault) -> None:
    harness, reports = play(source, lambda call: fault if call.service == "sns" else None)
    assert_promises(harness, reports)
    if not fault.is_carried_out:
        assert len(harness.sns.published) == len(harness.alerts())
    during = reports[FIRST:LAST]
    assert sum(report.publish_failures for report in during) >= 1
    # The first alert of the story is two minutes after the fault began.
    assert all(report.undelivered for report in during[2:])
    ages = [report.oldest_undelivered_seconds or 0 for report in during]
    assert ages == sorted(ages)
    assert ages[-1] >= 60 * (LAST - 1 - 7) - 2  # whole seconds, cut off; and a check waits for its turn
    assert not any(report.is_useless for report in reports)


@few
@pytest.mark.parametrize(
    ("source", "service", "number", "outages"),
    [
        *((source, "dynamodb", number, "") for source in SOURCES for number in (1, 2, 3)),
        *((source, "sns", 1, "") for source in SOURCES),
        # The listing is the first call; it alone is no proof that the source works.
        ("greengrass-bulk", "greengrass", 1, "SOURCE"),
        ("greengrass-bulk", "greengrass", 2, ""),
        ("greengrass-bulk", "greengrass", 3, ""),
        ("greengrass-v2", "greengrassv2", 1, ""),
        ("greengrass-v2", "iot", 0, "SOURCE"),
        ("greengrass-v2", "iot", 1, ""),
        ("greengrass-v2", "iot", 2, ""),
    ],
)
def test_a_fault_that_begins_in_the_middle_of_each_sweep_loses_nothing(
    source: str, fault: Fault, service: str, number: int, outages: str
) -> None:
    harness, reports = play(source, lambda call: fault if call.service == service and call.number >= number else None)
    assert_promises(harness, reports, outages)
    assert any(report.table_failures for report in reports) == (service == "dynamodb")


@few
@pytest.mark.parametrize(
    ("source", "service", "number", "outages"),
    [
        *((source, service, number, "") for source in SOURCES for service, number in (("dynamodb", 0), ("sns", 0))),
        *((source, "dynamodb", 2, "") for source in SOURCES),
        ("greengrass-bulk", "greengrass", 0, "DISCOVERY"),
        ("greengrass-bulk", "greengrass", 2, ""),
        ("greengrass-v2", "greengrassv2", 0, "DISCOVERY"),
        ("greengrass-v2", "greengrassv2", 1, ""),
        ("greengrass-v2", "iot", 0, ""),
        ("greengrass-v2", "iot", 1, ""),
    ],
)
def test_one_fault_in_each_sweep_loses_nothing(
    source: str, fault: Fault, service: str, number: int, outages: str
) -> None:
    harness, reports = play(source, lambda call: fault if (call.service, call.number) == (service, number) else None)
    assert_promises(harness, reports, outages)


@faults
@sources
def test_an_outage_of_everything_loses_nothing_and_fails_the_function(source: str, fault: Fault) -> None:
    harness, reports = play(source, lambda _: fault)
    assert_promises(harness, reports)
    assert all(report.is_useless for report in reports[FIRST:LAST])


@pytest.mark.parametrize("code", ["InvalidParameter", "ParameterValueInvalid", "ValidationException"])
def test_an_alert_that_sns_refuses_as_it_is_goes_out_in_its_minimal_form(code: str) -> None:
    # The codes of Publish's errors about the request itself, as botocore's service model has them.
    refusal = Fault("refused", status=400, codes={"sns": code}, seconds=0.05)
    assert_minimal_form_is_published(lambda call: refusal if (call.service, call.number) == ("sns", 0) else None)


def test_an_alert_that_boto3_refuses_goes_out_in_its_minimal_form() -> None:
    no_text: Any = None
    with mock.patch.object(publisher, "render", return_value=Message(no_text, no_text, {})):
        assert_minimal_form_is_published(lambda _: None)


def test_an_alert_that_cannot_be_rendered_goes_out_in_its_minimal_form() -> None:
    with mock.patch.object(publisher, "render", side_effect=RuntimeError("a fault")):
        assert_minimal_form_is_published(lambda _: None, errors=1)


def assert_minimal_form_is_published(fault: Callable[[Call], Fault | None], errors: int = 0) -> None:
    harness = NotifierHarness(on_wire=True)
    harness.greengrass.deploy("d-1", "Failed")
    harness.faults.fault = fault
    report = harness.sweep()
    assert (report.published, report.errors, report.publish_failures, harness.waiting()) == (1, errors, 0, 0)
    (message,) = harness.sns.published
    assert message.is_minimal
    assert not harness.broken_rules()


def test_an_alert_that_sns_refuses_in_both_forms_holds_back_no_other() -> None:
    harness = NotifierHarness()
    harness.greengrass.deploy("bad", "Failed")
    harness.sns.refuses = lambda message: REFUSED.error(Call("sns", "publish", {}, 0)) if "bad" in message.id else None
    harness.sweep()
    harness.greengrass.deploy("good", "Failed")
    harness.sweep_each_minute(2)
    assert harness.published() == ["FAILED"]
    assert harness.waiting() == 1


@pytest.mark.parametrize("answer", [{}, {"Count": 0}], ids=str)
def test_an_answer_without_items_is_no_empty_queue(answer: dict[str, int]) -> None:
    harness = NotifierHarness(on_wire=True)
    harness.greengrass.deploy("d-1", "Failed")
    harness.watch("d-1")
    harness.table.query = lambda **_: answer  # type: ignore[method-assign]
    report = harness.sweep()
    assert report.is_useless
    assert report.oldest_undelivered_seconds is None


@pytest.mark.parametrize("step", ["discovery", "outbox", "watches"])
def test_a_fault_of_the_program_in_one_step_stops_no_other(step: str) -> None:
    harness = NotifierHarness()
    harness.watch("d-1")
    harness.greengrass.deploy("d-1", "Running")
    harness.sweep()
    harness.greengrass.deploy("d-1", "Failed")
    methods = {"discovery": "discover", "outbox": "read", "watches": "commit_source"}
    with mock.patch.object(type(getattr(harness.app, step)), methods[step], side_effect=RuntimeError("a fault")):
        report = harness.sweep()
    assert report.errors <= 1
    assert harness.transitions("d-1") == ["Running", "Failed"]
    assert harness.sweep().errors == 0
    assert harness.published() == ["FAILED"]
