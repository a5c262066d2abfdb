"""The results of large fleets, and of sources that fail, followed over hours."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from deployment_notifier.model import Kind
from tests.harness.fault_injection import DENIED, THROTTLED, TIMED_OUT
from tests.harness.notifier_harness import START, NotifierHarness

if TYPE_CHECKING:
    from tests.harness.fault_injection import Call, Fault

REPORTS = "list_bulk_deployment_detailed_reports"


def fleet(*, groups: int, failed: int, processed: int | None = None, check_every_minutes: int = 1) -> NotifierHarness:
    """Return a harness with a deployment that has just completed, whose last groups have failed."""
    harness = NotifierHarness(check_every_minutes=check_every_minutes)
    harness.greengrass.deploy("d-1", "Completed", processed=groups if processed is None else processed)
    harness.greengrass.set_groups("d-1", succeeded=groups - failed, failed=failed)
    return harness


def failed_groups(harness: NotifierHarness) -> list[int]:
    """Return what each alert about failed groups says of their number."""
    return [each.data["targets"]["failed"] for each in harness.sns.published if "GROUPS_FAILED" in each.kinds]


def has_ended(harness: NotifierHarness) -> bool:
    return "d-1" not in harness.queued("CHECK")


@pytest.mark.parametrize("rate", [0.1, 0.2])
@pytest.mark.parametrize("seed", range(10))
def test_failed_groups_at_the_end_of_a_large_fleet_are_reported_though_report_calls_fail(
    seed: int, rate: float
) -> None:
    harness = fleet(groups=10_000, failed=300)
    chance = random.Random(seed)  # noqa: S311 - no secret
    harness.faults.fault = lambda call: THROTTLED if call.operation == REPORTS and chance.random() < rate else None
    harness.sweep_each_minute(180)
    assert failed_groups(harness)[-1] == 300
    assert has_ended(harness)
    assert "RESULTS_INCOMPLETE" not in harness.published("d-1")[-1]


@pytest.mark.parametrize(
    ("groups", "minutes"), [(12_000, 60), (70_000, 5)], ids=["12,000 each hour", "70,000 each 5 minutes"]
)
def test_a_fleet_whose_scan_takes_longer_than_the_follow_up_is_read_to_its_end(groups: int, minutes: int) -> None:
    harness = fleet(groups=groups, failed=300, check_every_minutes=minutes)
    found = harness.greengrass.deployments["d-1"].groups
    found[:100] = [("InProgress", None)] * 100
    harness.sweep()
    # The pages that were read before the time was up are not the last word.
    found[:100] = [("Failure", "Too late.")] * 100
    harness.clock.advance(minutes=minutes)
    harness.sweep_each_minute(6 * 60 // minutes)
    assert failed_groups(harness)[-1] == 400
    assert has_ended(harness)


def test_what_a_complete_scan_found_is_reported_though_later_ones_stay_partial() -> None:
    harness = fleet(groups=30, failed=0, check_every_minutes=15)
    harness.greengrass.page_size = 10

    def meanwhile(number: int) -> None:
        failed = (0, 5, 8)[min(number, 2)]
        harness.greengrass.set_groups("d-1", succeeded=10, unfinished=20 - failed, failed=failed)
        if number == 3:
            harness.faults.fault = lambda call: DENIED if "NextToken" in call.arguments else None

    harness.sweep_each_minute(51 * 4, meanwhile)
    assert failed_groups(harness) == [5, 8]
    assert harness.published("d-1")[-1] == "GROUPS_FAILED+RESULTS_INCOMPLETE+COMPLETED"
    assert has_ended(harness)


@pytest.mark.parametrize("is_throttled_after", [False, True], ids=["well", "one throttled call"])
def test_failed_groups_are_reported_after_an_outage_that_outlasts_the_follow_up(*, is_throttled_after: bool) -> None:
    harness = fleet(groups=10_000, failed=0)
    throttled: list[Call] = []

    def fault(call: Call) -> Fault | None:
        minute = (harness.clock.now - START).total_seconds() / 60
        if call.service == "greengrass" and 1 <= minute < 76:
            return DENIED
        if call.operation == REPORTS and minute >= 76 and is_throttled_after and not throttled:
            throttled.append(call)
            return THROTTLED
        return None

    def meanwhile(minute: int) -> None:
        if minute == 1:
            harness.greengrass.set_groups("d-1", succeeded=9_700, failed=300)

    harness.faults.fault = fault
    harness.sweep_each_minute(150, meanwhile)
    assert failed_groups(harness)[-1] == 300
    assert has_ended(harness)


def test_a_follow_up_has_its_turn_beside_as_many_watches_as_a_sweep_can_check() -> None:
    harness = fleet(groups=1, failed=0)
    harness.greengrass.set_groups("d-1", unfinished=1)
    for number in range(180):
        harness.greengrass.deploy(f"other-{number:03}")
    harness.app.shuffle = random.Random(1).shuffle  # noqa: S311 - no secret
    harness.sweep_each_minute(5)
    harness.greengrass.set_groups("d-1", failed=1)
    harness.sweep_each_minute(65)
    assert failed_groups(harness) == [1]
    assert has_ended(harness)


def test_a_scan_that_an_outage_interrupted_mixes_no_old_pages_with_new_ones() -> None:
    harness = fleet(groups=30, failed=0)
    harness.greengrass.page_size = 10
    harness.greengrass.set_groups("d-1", unfinished=30)
    # In the first sweep, the listing, the status and two pages are answered; then nothing for half an hour.
    harness.faults.fault = lambda call: (
        DENIED
        if call.service == "greengrass"
        and harness.clock.seconds < 1800
        and (harness.clock.seconds >= 60 or call.number >= 4)
        else None
    )
    harness.sweep_each_minute(20)
    harness.greengrass.set_groups("d-1", failed=30)
    harness.sweep_each_minute(60)
    reported = [each.data["targets"] for each in harness.sns.published if "GROUPS_FAILED" in each.kinds]
    assert [(each["failed"], each["unfinished"]) for each in reported] == [(30, 0)]


def go_round_in_a_circle(harness: NotifierHarness, *, pages: int, back_to: int, failing: int, size: int) -> None:
    """Let the last page of groups lead back to one; `failing` is the page whose groups have failed."""
    arn = "arn:aws:greengrass:::/greengrass/groups/{}-{}/versions/v"

    def page(*, NextToken: str = "0", **_: object) -> dict[str, object]:  # noqa: N803 - boto3's
        number = int(NextToken)
        status = "Failure" if number == failing else "Success"
        groups = [{"GroupArn": arn.format(number, each), "DeploymentStatus": status} for each in range(size)]
        return {"Deployments": groups, "NextToken": str(number + 1 if number + 1 < pages else back_to)}

    harness.greengrass.list_bulk_deployment_detailed_reports = page  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("pages", "back_to", "failing"),
    [
        pytest.param(3, 0, 1, id="shorter than a sweep"),
        pytest.param(3, 0, 0, id="the first page comes again under a token"),
        pytest.param(400, 0, 1, id="longer than a sweep"),
        pytest.param(400, 100, 150, id="back to the middle"),
        pytest.param(146, 144, 144, id="two pages of two sweeps"),
    ],
)
def test_report_pages_that_go_round_in_a_circle_count_each_group_once(pages: int, back_to: int, failing: int) -> None:
    harness = fleet(groups=pages * 20, failed=0)
    go_round_in_a_circle(harness, pages=pages, back_to=back_to, failing=failing, size=20)
    harness.sweep_each_minute(90)
    last = harness.sns.published[-1]
    assert failed_groups(harness)[-1] == 20
    assert (last.data["targets"]["succeeded"], last.data["targets"]["failed"]) == (20 * (pages - 1), 20)
    assert str(last).endswith("COMPLETED")
    assert has_ended(harness)


def test_a_circle_that_is_broken_off_reports_no_group_twice() -> None:
    harness = fleet(groups=16_000, failed=0)
    go_round_in_a_circle(harness, pages=400, back_to=100, failing=150, size=20)
    harness.faults.fault = lambda call: DENIED if call.operation == REPORTS and harness.clock.seconds > 600 else None
    harness.sweep_each_minute(180)
    assert set(failed_groups(harness)) == {20}


@pytest.mark.parametrize("minutes", [1, 60])
def test_results_that_are_still_unknown_at_the_end_are_reported(minutes: int) -> None:
    harness = fleet(groups=5_500, failed=0, processed=10_000, check_every_minutes=minutes)
    harness.sweep_each_minute(180 // minutes)
    assert harness.published("d-1") == ["RESULTS_INCOMPLETE+COMPLETED"]
    assert has_ended(harness)


@pytest.mark.parametrize("fault", [DENIED, TIMED_OUT], ids=lambda fault: fault.name)
def test_a_follow_up_whose_results_can_never_be_read_ends_and_says_so(fault: Fault) -> None:
    harness = fleet(groups=10, failed=3)
    harness.greengrass.deploy("other")
    harness.faults.fault = lambda call: fault if call.operation == REPORTS else None
    harness.sweep_each_minute(180)
    assert harness.published("d-1") == ["UNCHECKED", "RESULTS_INCOMPLETE+COMPLETED"]
    assert has_ended(harness)


def test_nothing_is_said_of_results_that_an_operator_does_not_want_followed() -> None:
    harness = NotifierHarness(follow_results_minutes=0)
    harness.greengrass.deploy("d-1", "Completed", processed=10)
    harness.sweep_each_minute(3)
    assert harness.published() == [Kind.COMPLETED]
    assert harness.faults.operations[REPORTS] == 0
