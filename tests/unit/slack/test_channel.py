"""The demonstration finds its alerts in the Slack channel again, and says what is missing there."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from deployment_notifier.model import Kind
from deployment_notifier.slack.slack_message import slack_message
from deployment_notifier.slack.sns_record import parse_record
from local.demo.channel import Channel
from local.demo.outcome import Outcome
from local.demo.script import PARTS
from local.slack.standin import Received
from tests.unit.slack.samples import IDENTITY, alert, published

_NAMES = {f"id-of-{part.name}": part.name for part in PARTS}


def _channel(*received: Received) -> Channel:
    slack: Any = SimpleNamespace(received=list(received))
    return Channel(slack)


def _arrived() -> Outcome:
    """What is left when all that was expected has come and arrived."""
    outcome = Outcome()
    for deployment_id, part in zip(_NAMES, PARTS, strict=True):
        first, *more = sorted(part.expected)
        outcome.add(replace(alert(first), deployment_id=deployment_id, also=tuple(more)))
    outcome.received.update(outcome.alerts)
    outcome.posted.update(outcome.alerts)
    return outcome


@pytest.mark.parametrize("kind", Kind)
def test_a_message_in_the_channel_has_the_id_of_its_alert(kind: Kind) -> None:
    sent = alert(kind)
    posted = slack_message(parse_record(published(sent)), IDENTITY)

    assert list(_channel(Received(200, "ok", posted)).new_messages()) == [(sent.id, posted)]


def test_a_message_is_new_once_and_a_refused_one_never() -> None:
    posted = slack_message(parse_record(published(alert(Kind.FAILED))), IDENTITY)
    channel = _channel(Received(400, "invalid_blocks", posted, ("too long",)), Received(200, "ok", posted))

    assert [len(list(channel.new_messages())) for _ in range(2)] == [1, 0]
    assert channel.refused == ["invalid_blocks: too long"]


def test_a_play_in_which_all_came_and_arrived_has_no_problem() -> None:
    outcome = _arrived()

    assert outcome.is_complete
    assert list(outcome.problems(_NAMES)) == []


def test_a_kind_that_did_not_come_is_named() -> None:
    outcome = Outcome()

    problems = list(outcome.problems(_NAMES))

    assert "gateways: the alert FAILED did not come" in problems
    assert len(problems) == sum(len(part.expected) for part in PARTS)


@pytest.mark.parametrize(("place", "named"), [("posted", "Slack"), ("received", "the subscribed queue")])
def test_an_alert_that_did_not_arrive_is_named(place: str, named: str) -> None:
    outcome = _arrived()
    missing = next(iter(outcome.alerts))
    getattr(outcome, place).discard(missing)

    assert not outcome.is_complete
    assert list(outcome.problems(_NAMES)) == [f"{named} did not get {missing}"]
