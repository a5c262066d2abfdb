"""The demonstration finds its alerts in the Slack channel again, and says what is missing there."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from deployment_notifier.model import Kind
from deployment_notifier.slack.blocks import slack_message
from local.demo.channel import Channel
from local.demo.script import PARTS
from local.demo.witness import Witness
from local.slack.standin import Received
from tests.unit.slack.samples import PLACE, alert, notice

_NAMES = {f"id-of-{part.name}": part.name for part in PARTS}


def _channel(*received: Received) -> Channel:
    slack: Any = SimpleNamespace(received=list(received))
    return Channel(slack)


def _arrived() -> Witness:
    """What is left when all that was expected has come and arrived."""
    witness = Witness()
    for deployment_id, part in zip(_NAMES, PARTS, strict=True):
        first, *more = sorted(part.expected)
        witness.saw(replace(alert(first), deployment_id=deployment_id, also=tuple(more)))
    witness.received.update(witness.alerts)
    witness.posted.update(witness.alerts)
    return witness


@pytest.mark.parametrize("kind", Kind)
def test_a_message_in_the_channel_tells_whose_alert_it_is(kind: Kind) -> None:
    told = alert(kind)
    posted = slack_message(notice(told), PLACE)

    assert list(_channel(Received(200, "ok", posted)).new_messages()) == [(told.id, posted)]


def test_a_message_is_new_once_and_a_refused_one_never() -> None:
    posted = slack_message(notice(alert(Kind.FAILED)), PLACE)
    channel = _channel(Received(400, "invalid_blocks", posted, ("too long",)), Received(200, "ok", posted))

    assert [len(list(channel.new_messages())) for _ in range(2)] == [1, 0]
    assert channel.refused == ["invalid_blocks: too long"]


def test_a_play_in_which_all_came_and_arrived_has_no_problem() -> None:
    witness = _arrived()

    assert witness.is_everything_arrived
    assert list(witness.problems(_NAMES)) == []


def test_a_kind_that_did_not_come_is_named() -> None:
    witness = Witness()

    told = list(witness.problems(_NAMES))

    assert "gateways: the alert FAILED did not come" in told
    assert len(told) == sum(len(part.expected) for part in PARTS)


@pytest.mark.parametrize(("place", "named"), [("posted", "Slack"), ("received", "the subscribed queue")])
def test_an_alert_that_did_not_arrive_is_named(place: str, named: str) -> None:
    witness = _arrived()
    missing = next(iter(witness.alerts))
    getattr(witness, place).discard(missing)

    assert not witness.is_everything_arrived
    assert list(witness.problems(_NAMES)) == [f"{named} did not get {missing}"]
