"""Whatever takes how long: a sweep starts nothing that it may not finish, and ends before Lambda ends it.

The time is a test's. Each request takes as long as its client waits for it, or a little less and then succeeds.
"""

from __future__ import annotations

import contextlib
import json
from functools import partial
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.delivery import SECONDS_PER_PUBLISH
from deployment_notifier.model import Kind, Policy
from deployment_notifier.sources.greengrass_bulk import GreengrassBulk
from deployment_notifier.table import SECONDS_PER_WRITE
from tests.reliability.exploring import exploring
from tests.reliability.wire import Fault, Wire
from tests.reliability.wired import TIMEOUT_SECONDS, TOPIC, Notifier, time_passes

if TYPE_CHECKING:
    from collections.abc import Callable

TIMED_OUT = Fault("read time-out", lambda url: ReadTimeoutError(endpoint_url=url))
NO_CONNECTION = Fault("connect time-out", lambda url: ConnectTimeoutError(endpoint_url=url))
# botocore pauses longest after this one: up to 1 s, then up to 2 s.
THROTTLED = Fault("slowly throttled", status=400, codes={"dynamodb": "ThrottlingException"}, seconds=1.9)
REFUSED = Fault(
    "refused", status=400, codes={"sns": "InvalidParameter", "greengrass": "BadRequestException"}, seconds=6.9
)
AT_ONCE = Policy(alert_on=frozenset(Kind), unchecked_after_minutes=0)


@pytest.fixture
def notifier(monkeypatch: pytest.MonkeyPatch) -> Notifier:
    notifier = Notifier(Wire(), policy=AT_ONCE)
    time_passes(monkeypatch, notifier.clock)
    return notifier


def say(notifier: Notifier, deployment_id: str, status: str) -> None:
    notifier.wire.answers[deployment_id] = (200, json.dumps({"BulkDeploymentStatus": status}).encode())


def slow(notifier: Notifier, other: Callable[[str, int], Fault | None] = lambda *_: None) -> None:
    """Let each call of DynamoDB succeed at its third attempt, and all answers take nearly the whole time-out."""

    def fault(service: str, _: str, count: int) -> Fault | None:
        if service == "dynamodb":
            return THROTTLED if count % 3 else None
        return other(service, count)

    # Counted from 1, so that every third attempt is the one that succeeds.
    notifier.wire.fault = lambda service, operation, count: fault(service, operation, count + 1)
    notifier.wire.seconds_per_answer = {"dynamodb": 1.9, "greengrass": 6.9, "sns": 6.9}


def hold_time(notifier: Notifier) -> None:
    assert max(notifier.seconds) <= TIMEOUT_SECONDS, f"a sweep took {max(notifier.seconds):.1f} s"


@pytest.mark.parametrize("fault", [TIMED_OUT, NO_CONNECTION, THROTTLED], ids=lambda fault: fault.name)
def test_no_call_takes_longer_than_the_sweep_reckons_with(notifier: Notifier, fault: Fault) -> None:
    wire = notifier.wire
    wire.fault = lambda *_: fault
    source = GreengrassBulk(wire.greengrass)
    key = {"DeploymentId": {"S": "d-1"}, "Record": {"S": "WATCH"}}
    update = partial(wire.dynamodb.update_item, TableName="deployments", Key=key)
    publish = partial(wire.sns.publish, TopicArn=TOPIC, Message="x")
    calls: list[tuple[Callable[[], object], float]] = [
        (update, SECONDS_PER_WRITE),
        (publish, SECONDS_PER_PUBLISH),
        (partial(source.observe, "d-1"), source.seconds_per_call),
        (partial(source.list_page, None), source.seconds_per_call),
    ]
    for call, longest in calls:
        before = notifier.clock.seconds
        with contextlib.suppress(BotoCoreError, ClientError):
            call()
        assert round(notifier.clock.seconds - before, 3) <= longest


def test_alerts_that_are_left_take_no_time_from_reading_the_watches(notifier: Notifier) -> None:
    notifier.watch("d-1")
    say(notifier, "d-1", "Failed")
    notifier.wire.fault = lambda service, *_: NO_CONNECTION if service == "sns" else None
    notifier.sweep()
    assert notifier.waiting() == 1
    notifier.clock.advance(minutes=5)
    slow(notifier)
    notifier.sweep()
    hold_time(notifier)


def test_an_alert_is_published_only_with_time_for_its_plainest_form_too(notifier: Notifier) -> None:
    notifier.watch("d-1")
    say(notifier, "d-1", "Failed")
    # The first call is quick, so that after the check there is just the time that a delivery is reckoned to take.
    slow(notifier, lambda service, count: REFUSED if service == "sns" and count == 1 else None)
    wired = notifier.wire.fault
    notifier.wire.fault = lambda service, operation, count: (
        None if (service, count) == ("dynamodb", 0) else wired(service, operation, count - (service == "dynamodb"))
    )
    notifier.wire.seconds_per_answer["greengrass"] = 4.0
    notifier.sweep()
    hold_time(notifier)


def test_the_conclusion_about_a_source_is_begun_only_with_time_for_all_of_its_writes(notifier: Notifier) -> None:
    notifier.watch("d-1")
    say(notifier, "d-1", "Running")
    notifier.wire.fault = lambda service, *_: NO_CONNECTION if service == "greengrass" else None
    notifier.sweep()
    assert [kind for _, kind in notifier.alerts()] == ["SOURCE_UNREACHABLE"]
    notifier.clock.advance(minutes=1)
    # The id is refused and the listing answers: the watch ends and the source has recovered, which are two writes.
    slow(notifier, lambda service, count: REFUSED if service == "greengrass" and count == 1 else None)
    notifier.sweep()
    hold_time(notifier)


FATES = st.sampled_from([None, None, None, TIMED_OUT, NO_CONNECTION])


@exploring(examples=60)
@given(
    fates=st.fixed_dictionaries(
        {
            "dynamodb": st.lists(FATES | st.just(THROTTLED), min_size=1, max_size=12),
            "greengrass": st.lists(FATES | st.just(REFUSED), min_size=1, max_size=4),
            "sns": st.lists(FATES | st.just(REFUSED), min_size=1, max_size=4),
        }
    ),
    seconds=st.fixed_dictionaries(
        {
            "dynamodb": st.sampled_from([0.0, 1.5, 1.9]),
            "greengrass": st.sampled_from([0.0, 3.0, 6.9]),
            "sns": st.sampled_from([0.0, 3.0, 6.9]),
        }
    ),
    watches=st.integers(1, 6),
)
def test_no_sweep_outlasts_the_function(
    fates: dict[str, list[Fault | None]], seconds: dict[str, float], watches: int
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        notifier = Notifier(Wire(), policy=AT_ONCE)
        time_passes(monkeypatch, notifier.clock)
        for number in range(watches):
            notifier.watch(f"d-{number}")
            say(notifier, f"d-{number}", "Failed" if number % 2 else "Running")
        notifier.wire.seconds_per_answer = seconds
        notifier.wire.fault = lambda service, _, count: fates[service][count % len(fates[service])]
        notifier.sweep_each_minute(6)
        hold_time(notifier)
