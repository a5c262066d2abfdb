"""What the table tells of a deployment."""

from __future__ import annotations

from datetime import timedelta

from deployment_notifier.model import Kind, Metrics, Observation, Phase, Policy, timestamp
from local.simulator import Error, Misbehaviour
from tests.fakes import START, FakeSource
from tests.integration.world import HISTORY_DAYS, TABLE, World, at

_ERROR = Error("The group has no Greengrass core.", (("GG-303", "You need a core."),))
_ALL = Policy(frozenset(Kind))


def test_the_bare_item_is_enough_to_watch_a_deployment(world: World) -> None:
    world.play(at(0, "Initializing"), tags={"team": "ops"})

    report = world.sweep()

    assert (report.watches, report.checked, report.transitions, report.alerts) == (1, 1, 1, 0)
    item = world.item("an-id")
    assert item is not None
    assert item["Status"] == {"S": "Initializing"}
    assert item["Source"] == {"S": "greengrass-bulk"}
    assert item["Queue"] == {"S": "CHECK"}
    assert item["RecordsProcessed"] == {"N": "0"}
    assert item["InvalidInputRecords"] == {"N": "0"}
    assert item["RetryAttempts"] == {"N": "0"}
    assert item["CreatedAt"] == {"S": timestamp(START)}
    assert item["ProgressAt"] == {"S": timestamp(START)}
    assert item["Tags"] == {"M": {"team": {"S": "ops"}}}
    assert "ExpiresAt" not in item


def test_one_query_tells_the_story_in_order(world: World) -> None:
    world.play(
        at(0, "Initializing"),
        at(1, processed=1),
        at(2, processed=7, invalid=1),
        at(3, "Failed", processed=9, invalid=2, error=_ERROR),
    )

    for _ in range(5):
        world.sweep()
        world.advance(minutes=1)

    assert world.told("an-id") == [
        "None>Initializing",
        "Initializing>Running",
        "INVALID_RECORDS",
        "Running>Failed",
        "FAILED",
    ]
    records = [item["Record"]["S"] for item in world.story("an-id")]
    assert records == [
        "EVENT#2026-11-23T10:04:00.123Z#1-TRANSITION",
        "EVENT#2026-11-23T10:05:00.123Z#1-TRANSITION",
        "EVENT#2026-11-23T10:06:00.123Z#2-ALERT",
        "EVENT#2026-11-23T10:07:00.123Z#1-TRANSITION",
        "EVENT#2026-11-23T10:07:00.123Z#2-ALERT",
    ]


def test_the_last_transition_and_alert_hold_the_numbers_and_the_error(world: World) -> None:
    world.play(at(0, processed=3), at(1, "Failed", processed=9, invalid=2, error=_ERROR))
    world.sweep()
    world.advance(minutes=1)

    world.sweep()

    _, transition, alert = world.story("an-id")
    for item in (transition, alert):
        assert item["From"] == {"S": "Running"}
        assert item["To"] == {"S": "Failed"}
        assert item["RecordsProcessed"] == {"N": "9"}
        assert item["InvalidInputRecords"] == {"N": "2"}
        assert item["ErrorMessage"] == {"S": "The group has no Greengrass core."}
        assert item["ErrorDetails"]["L"][0]["M"] == {"Code": {"S": "GG-303"}, "Message": {"S": "You need a core."}}
    assert alert["Kind"] == {"S": "FAILED"}
    assert alert["Also"] == {"L": [{"S": "INVALID_RECORDS"}]}
    assert alert["Severity"] == {"S": "critical"}
    assert alert["PublishedAt"] == {"S": timestamp(world.clock.now)}
    assert alert["MessageId"]["S"]
    assert "Queue" not in alert


def test_an_ended_watch_leaves_the_queue_and_expires_with_its_story(world: World) -> None:
    world.play(at(0, "Failed"))

    world.sweep()

    expires = str(int((START + timedelta(days=HISTORY_DAYS)).timestamp()))
    item = world.item("an-id")
    assert item is not None
    assert item["ExpiresAt"] == {"N": expires}
    assert item["EndedBecause"] == {"S": "Failed"}
    assert world.queued("CHECK") == []
    assert world.queued("DELIVER") == []
    assert [event["ExpiresAt"] for event in world.story("an-id")] == [{"N": expires}] * 2
    world.sweep()
    assert [call.operation for call in world.calls] == ["Query", "Query"]


def test_registering_again_over_a_finished_watch_keeps_the_old_story_and_tells_the_new_one(world: World) -> None:
    world.play(at(0), at(1, "Failed", error=_ERROR))
    for _ in range(2):
        world.sweep()
        world.advance(minutes=1)

    world.play(at(0), at(1, "Failed", error=_ERROR))
    for _ in range(2):
        world.sweep()
        world.advance(minutes=1)

    assert world.told("an-id") == ["None>Running", "Running>Failed", "FAILED"] * 2
    assert world.kinds_received() == ["FAILED", "FAILED"]
    item = world.item("an-id")
    assert item is not None
    assert item["Status"] == {"S": "Failed"}


def test_registering_again_in_the_very_millisecond_of_an_old_event_overwrites_nothing(world: World) -> None:
    world.play(at(0, "Failed"))
    world.sweep()
    before = world.story("an-id")

    world.register("an-id")
    report = world.sweep()

    assert report.conflicts == 1
    assert world.story("an-id") == before
    world.advance(0.001)
    world.sweep()
    assert world.told("an-id") == ["None>Failed", "FAILED"] * 2


def test_a_clock_that_goes_back_keeps_the_story_in_order(world: World) -> None:
    world.play(at(0, "Initializing"), at(1), at(2, "Failed"))
    world.sweep()
    world.simulator.advance(60)
    world.clock.advance(minutes=-30)
    world.sweep()
    world.simulator.advance(60)
    world.clock.advance(minutes=-30)

    world.sweep()

    assert world.told("an-id") == ["None>Initializing", "Initializing>Running", "Running>Failed", "FAILED"]
    assert len(world.received()) == 1


def test_an_unknown_status_is_recorded_as_it_came_and_watched_on(world: World) -> None:
    world.play(at(0, "Exploding"), at(1, "Completed"))
    world.sweep()
    world.advance(minutes=1)

    world.sweep()

    assert world.told("an-id") == ["None>Exploding", "Exploding>Completed"]


def test_a_response_without_a_status_changes_nothing(world: World) -> None:
    world.play(at(0, processed=4), at(1, None, processed=9))
    world.sweep()
    before = world.item("an-id")
    world.advance(minutes=1)

    report = world.sweep()

    assert report.failed == 1
    # It is the only one, so this is the source's trouble and not the deployment's.
    assert world.item("an-id") == before


def test_metrics_that_are_missing_for_one_check_keep_their_last_value(world: World) -> None:
    source = FakeSource()
    world.register("an-id")
    for metrics in (Metrics(5, 0, 2), Metrics(), Metrics(6, None, None)):
        source.outcomes["an-id"] = Observation("Running", Phase.ONGOING, metrics)
        world.sweep(source=source)
        world.advance(minutes=1)

    item = world.item("an-id")
    assert item is not None
    assert item["RecordsProcessed"] == {"N": "6"}
    assert item["InvalidInputRecords"] == {"N": "0"}
    assert item["RetryAttempts"] == {"N": "2"}
    assert world.told("an-id") == ["None>Running"]


def test_the_subscribers_event_is_that_of_the_design(world: World) -> None:
    world.play(at(0), at(1, "Failed", processed=3, error=_ERROR), tags={"team": "ops"})
    world.sweep()
    world.advance(minutes=1)

    world.sweep()

    arn = "arn:aws:greengrass:eu-west-1:123456789012:/greengrass/bulk/deployments/an-id"
    assert world.received() == [
        {
            "specversion": "1.0",
            "type": "greengrass-deployment.FAILED",
            "id": "an-id/2026-11-23T10:05:00.123Z",
            "source": arn,
            "subject": "an-id",
            "time": "2026-11-23T10:05:00.123Z",
            "datacontenttype": "application/json",
            "data": {
                "kind": "FAILED",
                "also": [],
                "severity": "critical",
                "deployment": {
                    "id": "an-id",
                    "arn": arn,
                    "source": "greengrass-bulk",
                    "createdAt": timestamp(START),
                    "tags": {"team": "ops"},
                },
                "status": {"from": "Running", "to": "Failed"},
                "metrics": {"recordsProcessed": 3, "invalidInputRecords": 0, "retryAttempts": 0},
                "error": {
                    "message": "The group has no Greengrass core.",
                    "details": [{"code": "GG-303", "message": "You need a core."}],
                },
                "groups": {"succeeded": 3, "failed": 0, "unfinished": 0, "errors": []},
            },
        }
    ]


def test_a_lost_watch_ends_with_its_reason(world: World) -> None:
    world.play(at(0), at(1, misbehaviour=Misbehaviour.UNKNOWN))
    for _ in range(12):
        world.sweep(policy=_ALL)
        world.advance(minutes=1)

    item = world.item("an-id")
    assert item is not None
    assert item["EndedBecause"] == {"S": "LOST"}
    assert item["Status"] == {"S": "Running"}
    assert "BadRequestException" in item["ErrorMessage"]["S"]
    assert "ExpiresAt" in item
    assert world.queued("CHECK") == []
    assert world.told("an-id") == ["None>Running", "LOST"]


def test_no_two_events_share_a_time_when_two_decisions_fall_into_one_millisecond(world: World) -> None:
    world.play(at(0, processed=1, invalid=1))
    world.sweep()
    world.simulator.play("fails", deployment_id="an-id", age_seconds=3600)

    world.sweep()  # at the same moment, as far as the clock can tell

    assert world.told("an-id")[:2] == ["None>Running", "INVALID_RECORDS"]
    ids = [event["id"] for event in world.received()]
    assert len(set(ids)) == len(ids) == 2
    assert world.person.scan(TableName=TABLE)["Count"] == 5
