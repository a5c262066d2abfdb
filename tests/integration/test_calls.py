"""What a sweep costs: the calls that it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.model import Kind
from tests.emulated.interceptor import names
from tests.emulated.scenarios import LIST
from tests.emulated.stack import at

if TYPE_CHECKING:
    from tests.emulated.stack import EmulatedStack

GET = "GetBulkDeploymentStatus"


def test_an_idle_sweep_is_two_queries_and_one_page_of_the_listing(stack: EmulatedStack) -> None:
    for number in range(5):
        stack.deployment(f"old-{number}", "Failed", hours_old=25)
    stack.sweep()
    stack.advance(minutes=1)

    report = stack.sweep()

    assert [call.name for call in stack.calls] == ["Query", "Query", LIST]
    assert [call.about for call in stack.calls] == ["CHECK", "DELIVER", ""]
    assert {call.parameters["IndexName"] for call in stack.calls[:2]} == {"Queue"}
    assert report.as_dict() == {}


def test_without_discovery_an_idle_sweep_is_two_queries(stack: EmulatedStack) -> None:
    stack.configure(discover_within_hours=0)
    stack.deployment("new")

    stack.sweep()

    assert names(stack.calls) == {"Query": 2}


def test_the_state_of_the_source_is_written_by_the_first_sweep_and_then_once_an_hour(stack: EmulatedStack) -> None:
    writes = []
    for _ in range(9):
        stack.sweep()
        writes.append(stack.writes)
        stack.advance(minutes=15)

    assert [len(each) for each in writes] == [1, 0, 0, 0, 1, 0, 0, 0, 1]


def test_a_sweep_in_which_nothing_changed_writes_nothing(stack: EmulatedStack) -> None:
    for number in range(4):
        stack.deployment(f"id-{number}", processed=5, invalid=1)
    stack.sweep()
    stack.advance(minutes=1)

    assert stack.sweep().checked == 4
    assert names(stack.calls) == {"Query": 2, LIST: 2, GET: 4}


def test_a_change_of_status_is_one_transaction(stack: EmulatedStack) -> None:
    stack.play("rollout", at(0), at(1, "Failed"))
    stack.sweep()
    stack.advance(minutes=1)

    stack.sweep()

    writes = [call for call in stack.calls if call.is_write]
    assert [call.name for call in writes] == ["TransactWriteItems", "UpdateItem"]  # the second marks it published
    assert [next(iter(write)) for write in writes[0].parameters["TransactItems"]] == ["Update", "Put", "Put"]
    # Two overlapping sweeps must not share a token: botocore makes one for each call.
    assert "ClientRequestToken" not in writes[0].parameters


def test_a_change_of_counts_alone_is_one_conditional_update(stack: EmulatedStack) -> None:
    stack.configure(alert_on=frozenset({Kind.FAILED}))
    stack.play("rollout", at(0, processed=1), at(1, processed=2, invalid=1))
    stack.sweep()
    stack.advance(minutes=1)

    stack.sweep()

    (write,) = [call for call in stack.calls if call.is_write]
    assert write.name == "UpdateItem"
    assert "#Version = :Was" in write.parameters["ConditionExpression"]


def test_an_outage_costs_one_write_at_its_start_one_at_its_alert_and_one_at_its_end(stack: EmulatedStack) -> None:
    for number in range(4):
        stack.deployment(f"id-{number}")
    stack.sweep()
    stack.simulator.fault("denied")
    writes = []
    for minute in range(0, 20, 5):
        if minute == 15:
            stack.simulator.clear()
        stack.sweep()
        writes.append(stack.writes)
        stack.advance(minutes=5)

    alert = ["TransactWriteItems", "UpdateItem"]
    assert writes == [["UpdateItem"], [], alert, alert]


def test_a_queue_of_more_than_a_megabyte_is_read_in_pages(stack: EmulatedStack) -> None:
    for number in range(4):
        stack.watch(f"id-{number}", ErrorMessage={"S": "x" * 300_000}, Source={"S": "elsewhere"})

    assert stack.sweep().unreadable == 4
    assert names(stack.calls)["Query"] == 3
