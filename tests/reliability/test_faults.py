"""Whatever a dependency does, for however long: state and alerts stay whole, and the report tells the truth."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from tests.reliability.wire import Fault, Wire
from tests.reliability.wired import TIMEOUT_SECONDS, Notifier, time_passes

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment_notifier.report import Report

SERVICES = ("dynamodb", "greengrass", "sns")
FAULTS = (
    Fault(
        "throttled",
        status=400,
        codes={"dynamodb": "ThrottlingException", "greengrass": "TooManyRequestsException", "sns": "Throttled"},
        seconds=0.05,
    ),
    Fault("throttled with HTTP 429", status=429, codes={"dynamodb": "RequestLimitExceeded"}, seconds=0.05),
    Fault("500", status=500),
    Fault("503", status=503, codes=dict.fromkeys(SERVICES, "ServiceUnavailable"), seconds=0.05),
    Fault("carried out, then 500", status=500, is_carried_out=True),
    Fault("connect time-out", lambda url: ConnectTimeoutError(endpoint_url=url)),
    Fault("read time-out", lambda url: ReadTimeoutError(endpoint_url=url)),
    Fault("carried out, then read time-out", lambda url: ReadTimeoutError(endpoint_url=url), is_carried_out=True),
    Fault("carried out, then cut off", lambda url: ConnectionClosedError(endpoint_url=url), is_carried_out=True),
    Fault("no DNS", lambda url: EndpointConnectionError(endpoint_url=url, error="Name or service not known")),
    Fault(
        "no credentials",
        lambda _: CredentialRetrievalError(provider="container-role", error_msg="no answer"),
        seconds=0.0,
    ),
    Fault(
        "expired credentials",
        status=403,
        codes={"dynamodb": "ExpiredTokenException", "greengrass": "ExpiredTokenException", "sns": "ExpiredToken"},
        seconds=0.05,
    ),
    Fault(
        "access denied",
        status=403,
        codes={"dynamodb": "AccessDeniedException", "greengrass": "AccessDeniedException", "sns": "AuthorizationError"},
        seconds=0.05,
    ),
)
FIRST, LAST = 5, 18
"""The minutes in which the fault begins and ends: longer than `UncheckedAfterMinutes`."""
MINUTES = 40
STORY = {
    # minute -> what Greengrass says from then on
    0: {"d-1": ("Running", 1, 0), "d-2": ("Running", 1, 0), "d-3": ("Initializing", 0, 0)},
    4: {"d-3": ("Running", 1, 0)},
    7: {"d-1": ("Failed", 2, 0), "d-2": ("Running", 5, 3)},
    9: {"d-3": ("Completed", 9, 0)},
    20: {"d-2": ("Running", 6, 6)},
    22: {"d-2": ("Stopped", 6, 7)},
}
FEW = tuple(
    fault
    for fault in FAULTS
    if fault.name
    in {"throttled", "carried out, then 500", "connect time-out", "carried out, then read time-out", "access denied"}
)
"""One of each sort, where all would take too long."""

faults = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
few = pytest.mark.parametrize("fault", FEW, ids=lambda fault: fault.name)
services = pytest.mark.parametrize("service", SERVICES)


@pytest.fixture
def notifier(monkeypatch: pytest.MonkeyPatch) -> Notifier:
    notifier = Notifier(Wire())
    time_passes(monkeypatch, notifier.clock)
    return notifier


def play(notifier: Notifier, fault: Callable[[str, str, int], Fault | None]) -> list[Report]:
    """Let the story happen, with a fault between two of its minutes."""

    def meanwhile(minute: int) -> None:
        for deployment_id, (status, processed, invalid) in STORY.get(minute, {}).items():
            counts = {"RecordsProcessed": processed, "InvalidInputRecords": invalid, "RetryAttempts": 0}
            answer = {"BulkDeploymentStatus": status, "BulkDeploymentMetrics": counts}
            notifier.wire.answers[deployment_id] = (200, json.dumps(answer).encode())
        notifier.wire.fault = fault if FIRST <= minute < LAST else lambda *_: None

    notifier.watch("d-1", "d-2", "d-3")
    return notifier.sweep_each_minute(MINUTES, meanwhile)


def hold_promises(notifier: Notifier, reports: list[Report], *, is_outage: bool) -> None:
    kinds = Counter(kind for _, kind in notifier.alerts())
    source = {kind: kinds.pop(kind, 0) for kind in ("SOURCE_UNREACHABLE", "SOURCE_RECOVERED")}
    assert set(source.values()) == {int(is_outage)}
    assert kinds["FAILED"] == kinds["COMPLETED"] == 1
    assert kinds["INVALID_RECORDS"] >= 1
    assert notifier.transitions("d-1") == ["Running", "Failed"]
    assert notifier.transitions("d-2") == ["Running", "Stopped"]
    assert notifier.transitions("d-3") == ["Initializing", "Running", "Completed"]
    assert notifier.waiting() == 0
    assert set(published_ids(notifier)) == {alert_id for alert_id, _ in notifier.alerts()}
    assert not notifier.wire.broken_rules
    assert max(notifier.seconds) <= TIMEOUT_SECONDS
    assert sum(report.errors for report in reports) == 0


def published_ids(notifier: Notifier) -> list[str]:
    return [json.loads(json.loads(each["Message"])["sqs"])["id"] for each in notifier.wire.published]


@faults
@services
def test_an_outage_loses_nothing_is_told_once_and_shows_in_the_reports(
    notifier: Notifier, service: str, fault: Fault
) -> None:
    reports = play(notifier, lambda at, *_: fault if at == service else None)
    hold_promises(notifier, reports, is_outage=service == "greengrass")
    if service == "greengrass":
        unreachable = next(item for item in notifier.wire.table.items.values() if "SOURCE_UNREACHABLE" in str(item))
        assert unreachable["ErrorMessage"]["S"]
    if not fault.is_carried_out:
        ids = published_ids(notifier)
        # What was published while DynamoDB worked is marked; nothing was published while it did not.
        assert len(ids) == len(set(ids))
    during = reports[FIRST:LAST]
    hold_report(service, during)
    # The function fails, and so rings its alarm, only where it could do nothing at all.
    assert {report.is_useless for report in during} == {service == "dynamodb"}
    assert not any(report.is_useless for report in reports[:FIRST] + reports[LAST:])


def hold_report(service: str, during: list[Report]) -> None:
    if service == "greengrass":
        assert all(report.failed == report.watches > 0 and report.checked == 0 for report in during)
        assert not any(report.table_failures or report.publish_failures for report in during)
    if service == "dynamodb":
        assert all(report.table_failures and not report.failed for report in during)
        assert all(report.oldest_undelivered_seconds is None for report in during)
    if service == "sns":
        assert sum(report.publish_failures for report in during) >= 1
        # The first alert of the story is two minutes after the fault began.
        assert all(report.undelivered for report in during[2:])
        oldest = [report.oldest_undelivered_seconds or 0 for report in during]
        assert oldest == sorted(oldest)
        assert oldest[-1] >= 60 * (LAST - 1 - 7) - 1  # whole seconds, cut off


@few
@pytest.mark.parametrize(
    ("service", "number"),
    [("dynamodb", 1), ("dynamodb", 2), ("dynamodb", 3), ("greengrass", 1), ("greengrass", 2), ("sns", 1)],
)
def test_a_fault_that_begins_in_the_middle_of_each_sweep_loses_nothing(
    notifier: Notifier, service: str, fault: Fault, number: int
) -> None:
    reports = play(notifier, lambda at, _, count: fault if at == service and count >= number else None)
    hold_promises(notifier, reports, is_outage=False)


@few
@pytest.mark.parametrize(
    ("service", "number"), [("dynamodb", 0), ("dynamodb", 2), ("greengrass", 0), ("greengrass", 2), ("sns", 0)]
)
def test_one_fault_in_each_sweep_loses_nothing(notifier: Notifier, service: str, fault: Fault, number: int) -> None:
    reports = play(notifier, lambda at, _, count: fault if (at, count) == (service, number) else None)
    hold_promises(notifier, reports, is_outage=False)


@faults
def test_everything_at_once_loses_nothing_and_fails_loudly(notifier: Notifier, fault: Fault) -> None:
    reports = play(notifier, lambda *_: fault)
    hold_promises(notifier, reports, is_outage=False)
    assert all(report.is_useless for report in reports[FIRST:LAST])


def test_an_alert_that_sns_did_not_take_for_hours_comes_within_half_an_hour_of_its_recovery(
    notifier: Notifier,
) -> None:
    fault = Fault("access denied", status=403, codes={"sns": "AuthorizationError"}, seconds=0.05)
    notifier.watch("d-1")
    notifier.wire.answers["d-1"] = (200, b'{"BulkDeploymentStatus": "Failed"}')
    notifier.wire.fault = lambda at, *_: fault if at == "sns" else None
    tries = sum(report.publish_failures for report in notifier.sweep_each_minute(600))
    assert 20 <= tries <= 30
    notifier.wire.fault = lambda *_: None
    notifier.sweep_each_minute(31)
    assert notifier.waiting() == 0
    assert len(notifier.wire.published) == 1


@pytest.mark.parametrize("code", ["InvalidParameter", "ParameterValueInvalid", "ValidationException"])
def test_an_alert_that_sns_refuses_as_it_is_goes_out_in_its_plainest_form(notifier: Notifier, code: str) -> None:
    # The codes of Publish's errors about the request itself, as botocore's service model has them.
    refusal = Fault("refused", status=400, codes={"sns": code}, seconds=0.05)
    notifier.watch("d-1")
    notifier.wire.answers["d-1"] = (200, b'{"BulkDeploymentStatus": "Failed"}')
    notifier.wire.fault = lambda at, _, count: refusal if at == "sns" and count == 0 else None
    assert notifier.sweep().published == 1
    (message,) = notifier.wire.published
    assert "MessageStructure" not in message
    assert notifier.waiting() == 0
