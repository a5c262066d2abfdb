"""What a sweep costs: the calls that it makes."""

from __future__ import annotations

from deployment_notifier.model import Kind, Policy
from tests.integration.aws_calls import operations
from tests.integration.world import World, at


def test_an_idle_sweep_is_two_queries(world: World) -> None:
    world.sweep()

    assert [call.operation for call in world.calls] == ["Query", "Query"]
    queues = [call.parameters["ExpressionAttributeValues"][":Queue"]["S"] for call in world.calls]
    assert queues == ["DELIVER", "CHECK"]
    assert {call.parameters["IndexName"] for call in world.calls} == {"Queue"}


def test_history_costs_an_idle_sweep_nothing(world: World) -> None:
    for number in range(10):
        world.play(at(0, "Failed"), deployment_id=f"id-{number}")
    world.sweep()

    world.sweep()

    assert operations(world.calls) == {"Query": 2}


def test_a_sweep_in_which_nothing_changed_writes_nothing(world: World) -> None:
    for number in range(10):
        world.play(at(0, processed=5, invalid=1), deployment_id=f"id-{number}")
    world.sweep()
    world.advance(minutes=1)

    report = world.sweep()

    assert report.checked == 10
    assert operations(world.calls) == {"Query": 2, "GetBulkDeploymentStatus": 10}


def test_a_change_of_status_is_one_transaction(world: World) -> None:
    world.play(at(0), at(1, "Failed"))
    world.sweep()
    world.advance(minutes=1)

    world.sweep()

    writes = [call for call in world.calls if call.is_write]
    assert [call.operation for call in writes] == ["TransactWriteItems", "UpdateItem"]  # the second marks it published
    kinds = [next(iter(write)) for write in writes[0].parameters["TransactItems"]]
    assert kinds == ["Update", "Put", "Put"]


def test_no_token_is_made_up_that_two_sweeps_could_share(world: World) -> None:
    world.play(at(0))

    world.sweep()

    (transaction,) = [call for call in world.calls if call.operation == "TransactWriteItems"]
    assert "ClientRequestToken" not in transaction.parameters


def test_a_change_of_metrics_alone_is_one_conditional_update(world: World) -> None:
    world.play(at(0, processed=1), at(1, processed=2))
    world.sweep()
    world.advance(minutes=1)

    world.sweep()

    (write,) = [call for call in world.calls if call.is_write]
    assert write.operation == "UpdateItem"
    assert "#Version = :Was" in write.parameters["ConditionExpression"]


def test_a_kind_that_is_left_out_costs_no_event(world: World) -> None:
    world.play(at(0), at(1, processed=0, invalid=1))
    world.sweep()
    world.advance(minutes=1)

    world.sweep(policy=Policy(alert_on=frozenset({Kind.FAILED})))

    assert [call.operation for call in world.calls if call.is_write] == ["UpdateItem"]


def test_an_outage_costs_one_write_at_its_start_one_at_its_alert_and_one_at_its_end(world: World) -> None:
    for number in range(5):
        world.play(at(0), deployment_id=f"id-{number}")
    world.sweep()
    world.simulator.fault("denied")
    writes = []
    for minute in range(20):
        if minute == 15:
            world.simulator.clear()
        world.sweep()
        writes.append([call.operation for call in world.calls if call.is_write])
        world.advance(minutes=1)

    assert writes[0] == ["TransactWriteItems"]
    assert writes[10] == ["TransactWriteItems", "UpdateItem"]
    assert writes[15] == ["TransactWriteItems", "UpdateItem"]
    assert [minute for minute, made in enumerate(writes) if made] == [0, 10, 15]


def test_a_refused_id_is_asked_for_again_but_the_listing_only_where_nothing_else_answered(world: World) -> None:
    world.register("unknown")
    world.sweep()
    assert operations(world.calls)["ListBulkDeployments"] == 1

    world.play(at(0), deployment_id="neighbour")
    world.sweep()

    assert operations(world.calls)["ListBulkDeployments"] == 0


def test_a_queue_of_more_than_a_megabyte_is_read_in_pages(world: World) -> None:
    """Moto pages at 1 MB, as DynamoDB does; each page is one more Query."""
    for number in range(300):
        world.register(f"id-{number}", ErrorMessage={"S": "x" * 4000}, Queue={"S": "CHECK"}, Source={"S": "elsewhere"})

    report = world.sweep()

    assert report.unreadable == 300
    assert operations(world.calls)["Query"] >= 3
