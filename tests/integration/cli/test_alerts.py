"""`resend`, `discard` and `test-alert`: what the subscriber then gets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.world import TABLE, World, at

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal

_ALERT = "an-id/2026-11-23T10:04:00.123Z"
_RECORD = "EVENT#2026-11-23T10:04:00.123Z#2-ALERT"


def _item(world: World) -> dict[str, Any]:
    item = world.item("an-id", _RECORD)
    assert item is not None
    return item


@pytest.fixture
def published(terminal: Terminal, world: World) -> Terminal:
    world.play(at(0, "Failed"))
    world.sweep()
    world.advance(minutes=3)
    return terminal


@pytest.fixture
def stuck(terminal: Terminal, world: World) -> Terminal:
    world.play(at(0, "Failed"))
    world.break_sns()
    world.sweep()
    world.mend_sns()
    return terminal


def test_a_published_alert_goes_again_with_the_next_sweep_under_its_id(published: Terminal, world: World) -> None:
    result = published.type("resend", _ALERT)

    assert result.exit_code == 0
    assert "goes with the next sweep, within 5 minutes. It was published." in result.stdout
    assert "ExpiresAt" not in _item(world)
    assert world.sweep().published == 1
    assert [event["id"] for event in world.received()] == [_ALERT, _ALERT]
    assert world.queued("DELIVER") == []


def test_the_story_tells_that_it_was_sent_again(published: Terminal, world: World) -> None:
    published.type("resend", _ALERT)
    assert "waits for the next sweep" in published.type("show", "an-id").stdout
    world.sweep()

    text = published.type("show", "an-id").stdout

    assert "sent again by an operator 2026-11-23 10:07:00" in text
    assert "published 2026-11-23 10:07:00" in text


def test_resend_ends_the_rest_after_a_failure(stuck: Terminal, world: World) -> None:
    assert world.sweep().published == 0

    assert "It was failed." in stuck.type("resend", _ALERT).stdout

    assert world.sweep().published == 1
    assert world.kinds_received() == ["FAILED"]


@pytest.mark.parametrize("command", [("resend",), ("discard", "--yes")])
def test_an_alert_that_a_sweep_publishes_just_now_is_left(stuck: Terminal, world: World, command: list[str]) -> None:
    tried: list[int] = []
    world.before("Publish", happens=lambda _: tried.append(stuck.type(*command, _ALERT).exit_code))
    world.advance(minutes=2)

    assert world.sweep().published == 1

    assert tried == [1]
    assert stuck.read("show", "an-id")["events"][1]["state"] == "published"


def test_a_discarded_alert_is_told_in_the_story_and_to_nobody_else(stuck: Terminal, world: World) -> None:
    world.advance(minutes=5)

    result = stuck.type("discard", _ALERT, answer="y\n")

    assert result.exit_code == 0
    assert world.queued("DELIVER") == []
    assert world.sweep().published == 0
    assert world.received() == []
    assert "discarded by an operator 2026-11-23 10:09:00" in stuck.type("show", "an-id").stdout
    # The 30 days of the stack's HistoryDays.
    assert int(_item(world)["ExpiresAt"]["N"]) == int(world.clock().timestamp()) + 30 * 86_400


def test_a_sweep_with_a_stale_index_does_not_publish_what_was_discarded(stuck: Terminal, world: World) -> None:
    world.advance(minutes=5)
    # Between the sweep's look at the queue and its lease.
    world.before("UpdateItem", happens=lambda _: stuck.type("discard", _ALERT, "--yes"))

    assert world.sweep().published == 0
    assert world.received() == []


def test_a_discarded_alert_can_be_resent(stuck: Terminal, world: World) -> None:
    stuck.type("discard", _ALERT, "--yes")

    assert "It was discarded." in stuck.type("resend", _ALERT).stdout

    assert world.sweep().published == 1
    assert "DiscardedAt" not in _item(world)


def test_discard_changes_nothing_unless_somebody_agrees(stuck: Terminal, world: World) -> None:
    before = _item(world)

    refused, unanswered = stuck.type("discard", _ALERT, answer="n\n"), stuck.type("discard", _ALERT)

    assert (refused.exit_code, unanswered.exit_code) == (1, 2)
    assert "Add --yes" in unanswered.stderr
    assert _item(world) == before


def test_a_published_alert_cannot_be_discarded(published: Terminal) -> None:
    result = published.type("discard", _ALERT, "--yes")

    assert result.exit_code == 1
    assert "is published already" in result.stderr


def test_an_alert_that_cannot_be_read_can_be_discarded(terminal: Terminal, world: World) -> None:
    key = {"DeploymentId": {"S": "an-id"}, "Record": {"S": _RECORD}}
    world.person.put_item(TableName=TABLE, Item=key | {"Queue": {"S": "DELIVER"}, "Kind": {"S": "NONSENSE"}})

    assert "can't be read" in terminal.type("resend", _ALERT).stderr
    assert terminal.type("discard", _ALERT, "--yes").exit_code == 0
    assert world.sweep().unreadable == 0


@pytest.mark.parametrize("command", ["resend", "discard"])
def test_an_unknown_alert_is_named_with_what_to_do(published: Terminal, command: str) -> None:
    result = published.type(command, "an-id/2026-01-01T00:00:00.000Z", *(["--yes"] if command == "discard" else []))

    assert result.exit_code == 1
    assert "deployment-notifier show an-id" in result.stderr


@pytest.mark.parametrize("typed", ["an-id", "an-id/yesterday", "/2026-11-23T10:04:00.123Z", "an-id/2026-11-23#x"])
def test_what_is_no_alert_id_is_refused(terminal: Terminal, typed: str) -> None:
    assert terminal.type("resend", typed).exit_code == 2
    assert terminal.type("discard", typed, "--yes").exit_code == 2


def test_a_test_alert_says_test_everywhere_and_who_gets_it(terminal: Terminal, world: World) -> None:
    result = terminal.type("test-alert")

    assert result.exit_code == 0
    assert f"sqs arn:aws:sqs:eu-west-1:{world.topic_arn.split(':')[4]}:inbox gets it." in result.stdout
    (event,) = world.received()
    assert event["type"] == "greengrass-deployment.TEST"
    assert event["id"] == "test/2026-11-23T10:04:00.123Z"
    assert (event["data"]["kind"], event["data"]["test"]) == ("TEST", True)


def test_a_test_alert_can_pass_a_filter_as_a_kind(terminal: Terminal, world: World) -> None:
    sns = terminal.admin("sns")
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=world.topic_arn)["Subscriptions"]
    sns.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"],
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"kind": ["FAILED"], "severity": ["critical"]}),
    )

    plain = terminal.type("test-alert")
    assert 'if its filter lets it through: {"kind"' in plain.stdout
    assert world.received() == []
    terminal.type("test-alert", "--as", "FAILED")
    assert world.kinds_received() == ["TEST"]


def test_a_test_alert_that_nobody_gets_is_a_finding(terminal: Terminal, world: World) -> None:
    sns = terminal.admin("sns")
    (subscription,) = sns.list_subscriptions_by_topic(TopicArn=world.topic_arn)["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])

    result = terminal.type("test-alert")

    assert result.exit_code == 1
    assert "Nobody gets it" in result.stdout
    assert "aws sns subscribe" in result.stdout


def test_an_unconfirmed_subscriber_is_named_with_how_to_confirm(terminal: Terminal, world: World) -> None:
    pending = {"Owner": "x", "TopicArn": world.topic_arn, "SubscriptionArn": "PendingConfirmation"}
    entry = pending | {"Protocol": "email", "Endpoint": "ops@example.com"}
    terminal.answer_with("sns.ListSubscriptionsByTopic", Subscriptions=[entry])

    result = terminal.type("test-alert")

    assert result.exit_code == 1
    assert "email ops@example.com does NOT get it" in result.stdout
    assert "Subscription Confirmation" in result.stdout


def test_programs_get_json(stuck: Terminal) -> None:
    assert stuck.read("resend", _ALERT) == {"alertId": _ALERT, "before": "failed", "goesWithinMinutes": 5}
    assert stuck.read("discard", _ALERT, "--yes") == {"alertId": _ALERT, "result": "discarded"}
    tried = stuck.read("test-alert")
    assert tried["alertId"] == "test/2026-11-23T10:04:00.123Z"
    assert tried["subscriptions"][0]["confirmed"] is True
