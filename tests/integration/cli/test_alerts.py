"""`resend`, `discard` and `test-alert`: what the subscriber then gets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.emulated.stack import at
from tests.integration.cli.operated_stack import ACCOUNT, OperatedStack

if TYPE_CHECKING:
    from tests.integration.cli.terminal import Terminal

_ALERT = "an-id/2026-11-23T10:04:00.123Z"
_RECORD = "EVENT#2026-11-23T10:04:00.123Z#2-ALERT"


@pytest.fixture
def published(terminal: Terminal, stack: OperatedStack) -> Terminal:
    stack.play(at(0, "Failed"))
    stack.sweep()
    stack.advance(minutes=3)
    return terminal


@pytest.fixture
def stuck(terminal: Terminal, stack: OperatedStack) -> Terminal:
    stack.play(at(0, "Failed"))
    stack.sns_error = (500, "InternalError")
    stack.sweep()
    stack.sns_error = None
    return terminal


def test_a_published_alert_is_published_again_under_its_id(published: Terminal, stack: OperatedStack) -> None:
    result = published.type("resend", f" {_ALERT} ")  # the spaces come from pasting

    assert result.exit_code == 0
    assert "will be published within 5 minutes. Its delivery state was: published." in result.stdout
    assert "ExpiresAt" not in stack.item("an-id", _RECORD)
    assert "waits for the next sweep" in published.type("show", "an-id").stdout
    assert stack.sweep().published == 1
    assert [event["id"] for event in stack.received()] == [_ALERT, _ALERT]
    assert stack.queued("DELIVER") == []
    text = published.type("show", "an-id").stdout
    assert "resent by an operator 2026-11-23 10:07:00" in text
    assert "published 2026-11-23 10:07:00" in text


def test_resend_ends_the_pause_after_a_failure(stuck: Terminal, stack: OperatedStack) -> None:
    assert "Its delivery state was: failed." in stuck.type("resend", _ALERT).stdout
    assert "Attempts" not in stack.item("an-id", _RECORD)

    assert stack.sweep().published == 1
    assert [event["data"]["kind"] for event in stack.received()] == ["FAILED"]


@pytest.mark.parametrize("command", [("resend",), ("discard", "--yes")])
def test_an_alert_that_a_sweep_is_publishing_is_left_alone(
    stuck: Terminal, stack: OperatedStack, command: list[str]
) -> None:
    tried: list[int] = []
    stack.before["sns.Publish"] = lambda: tried.append(stuck.type(*command, _ALERT).exit_code)
    stack.advance(minutes=2)

    assert stack.sweep().published == 1

    assert tried == [1]
    assert stuck.read("show", "an-id")["events"][1]["state"] == "published"


def test_a_discarded_alert_stays_in_the_history_and_is_not_published(stuck: Terminal, stack: OperatedStack) -> None:
    stack.advance(minutes=5)

    result = stuck.type("discard", _ALERT, answer="y\n")

    assert result.exit_code == 0
    assert stack.queued("DELIVER") == []
    assert stack.sweep().published == 0
    assert stack.received() == []
    assert "discarded by an operator 2026-11-23 10:09:00" in stuck.type("show", "an-id").stdout
    # The 30 days of the stack's HistoryDays.
    assert int(stack.item("an-id", _RECORD)["ExpiresAt"]["N"]) == int(stack.now.timestamp()) + 30 * 86_400


def test_a_discarded_alert_can_be_resent(stuck: Terminal, stack: OperatedStack) -> None:
    stuck.type("discard", _ALERT, "--yes")

    assert "Its delivery state was: discarded." in stuck.type("resend", _ALERT).stdout

    assert stack.sweep().published == 1
    assert "DiscardedAt" not in stack.item("an-id", _RECORD)


def test_discard_changes_nothing_unless_it_is_confirmed(stuck: Terminal, stack: OperatedStack) -> None:
    before = stack.item("an-id", _RECORD)

    refused, unanswered = stuck.type("discard", _ALERT, answer="n\n"), stuck.type("discard", _ALERT)

    assert (refused.exit_code, unanswered.exit_code) == (1, 2)
    assert "Add --yes" in unanswered.stderr
    assert stack.item("an-id", _RECORD) == before


def test_a_published_alert_cannot_be_discarded(published: Terminal) -> None:
    result = published.type("discard", _ALERT, "--yes")

    assert result.exit_code == 1
    assert "does not wait: it is published" in result.stderr


@pytest.mark.parametrize("odd", [{"Kind": {"S": "NONSENSE"}}, {"Kind": {"S": "FAILED"}, "PublishedAt": {"S": "then"}}])
def test_an_alert_that_cannot_be_read_can_be_discarded(
    terminal: Terminal, stack: OperatedStack, odd: dict[str, Any]
) -> None:
    stack.put("an-id", _RECORD, Queue={"S": "DELIVER"}, **odd)

    assert "cannot be read" in terminal.type("resend", _ALERT).stderr
    assert terminal.type("discard", _ALERT, "--yes").exit_code == 0
    assert stack.sweep().unreadable == 0


@pytest.mark.parametrize("command", [("resend",), ("discard", "--yes")])
def test_an_unknown_alert_is_named_with_what_to_do(published: Terminal, command: list[str]) -> None:
    result = published.type(*command, "an-id/2026-01-01T00:00:00.000Z")

    assert result.exit_code == 1
    assert "deployment-notifier show an-id" in result.stderr


@pytest.mark.parametrize("typed", ["an-id", "an-id/yesterday", "/2026-11-23T10:04:00.123Z", "an-id/2026-11-23#x"])
def test_what_is_no_alert_id_is_refused(terminal: Terminal, typed: str) -> None:
    assert terminal.type("resend", typed).exit_code == 2
    assert terminal.type("discard", typed, "--yes").exit_code == 2


def test_a_test_alert_is_marked_and_lists_who_gets_it(terminal: Terminal, stack: OperatedStack) -> None:
    result = terminal.type("test-alert")

    assert result.exit_code == 0
    assert f"sqs arn:aws:sqs:eu-west-1:{ACCOUNT}:inbox gets it." in result.stdout
    (event,) = stack.received()
    assert (event["type"], event["id"]) == ("greengrass-deployment.TEST", "test/2026-11-23T10:04:00.123Z")
    assert (event["data"]["kind"], event["data"]["test"]) == ("TEST", True)


def test_a_test_alert_can_pass_a_filter_policy_as_a_kind(terminal: Terminal, stack: OperatedStack) -> None:
    terminal.admin("sns").set_subscription_attributes(
        SubscriptionArn=stack.subscription_arn,
        AttributeName="FilterPolicy",
        AttributeValue=json.dumps({"kind": ["FAILED"], "severity": ["critical"]}),
    )

    plain = terminal.type("test-alert")
    assert 'if its filter policy matches: {"kind"' in plain.stdout
    assert stack.received() == []
    terminal.type("test-alert", "--as", "FAILED")
    assert [event["data"]["kind"] for event in stack.received()] == ["TEST"]


def test_a_filter_policy_that_may_not_be_read_hinders_nothing(terminal: Terminal) -> None:
    terminal.fail("sns.GetSubscriptionAttributes")

    assert terminal.type("test-alert").exit_code == 0


def test_a_test_alert_without_a_subscriber_is_a_finding(terminal: Terminal, stack: OperatedStack) -> None:
    terminal.admin("sns").unsubscribe(SubscriptionArn=stack.subscription_arn)

    result = terminal.type("test-alert")

    assert result.exit_code == 1
    assert "No subscriber" in result.stdout
    assert "aws sns subscribe" in result.stdout


def test_an_unconfirmed_subscription_is_named_with_how_to_confirm_it(terminal: Terminal, stack: OperatedStack) -> None:
    pending = {"Owner": "x", "TopicArn": stack.topic_arn, "SubscriptionArn": "PendingConfirmation"}
    entry = pending | {"Protocol": "email", "Endpoint": "ops@example.com"}
    terminal.answer_with("sns.ListSubscriptionsByTopic", Subscriptions=[entry])

    result = terminal.type("test-alert")

    assert result.exit_code == 1
    assert "email ops@example.com does NOT get it" in result.stdout
    assert "Subscription Confirmation" in result.stdout


def test_programs_get_json(stuck: Terminal) -> None:
    resent = {"alertId": _ALERT, "stateBefore": "failed", "isPublishedWithinMinutes": 5}
    assert stuck.read("resend", _ALERT) == resent
    assert stuck.read("discard", _ALERT, "--yes") == {"alertId": _ALERT, "result": "discarded"}
    sent = stuck.read("test-alert")
    assert sent["alertId"] == "test/2026-11-23T10:04:00.123Z"
    assert sent["subscriptions"][0]["confirmed"] is True
