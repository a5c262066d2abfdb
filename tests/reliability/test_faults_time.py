"""Whatever takes how long: a sweep starts nothing that it may not finish, and ends before Lambda ends it."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier import deadline, sns_topic, table
from deployment_notifier.model import Watch
from tests.harness import wire
from tests.harness.fake_greengrass import UNKNOWN
from tests.harness.fault_injection import NO_CONNECTION, REFUSED, SERVICES, SERVICES_OF, TIMED_OUT, Call, Fault
from tests.harness.hypothesis_settings import exploring
from tests.harness.notifier_harness import SECONDS, TOPIC, NotifierHarness

if TYPE_CHECKING:
    from collections.abc import Callable

SLOWLY_THROTTLED = Fault("slowly throttled", status=400, codes={"dynamodb": "ThrottlingException"}, seconds=1.9)
SLOWLY_REFUSED = replace(REFUSED, name="slowly refused", seconds=5.9)
sources = pytest.mark.parametrize("source_name", SERVICES_OF)


@pytest.mark.parametrize("fault", [TIMED_OUT, NO_CONNECTION, SLOWLY_THROTTLED], ids=lambda fault: fault.name)
@sources
def test_no_call_takes_longer_than_the_sweep_expects(source_name: str, fault: Fault) -> None:
    harness = NotifierHarness(on_wire=True, sources=(source_name,))
    harness.faults.fault = lambda _: fault
    (source,) = harness.app.sources.values()
    dynamodb = wire.create_client("dynamodb", config=table.CLIENT_CONFIG)
    sns = wire.create_client("sns", config=sns_topic.CLIENT_CONFIG)
    key = {"DeploymentId": {"S": "d-1"}, "Record": {"S": "WATCH"}}
    watch = Watch("d-1", source.profile.name, details={"iotJobId": "job-d-1"})
    calls: list[tuple[Callable[[], object], float]] = [
        (partial(dynamodb.delete_item, TableName="deployments", Key=key), deadline.WRITE),
        (partial(sns.publish, TopicArn=TOPIC, Subject="x", Message="x", MessageStructure="json"), deadline.PUBLISH),
        (partial(source.get_status, watch, None), source.profile.seconds_per_call),
        (partial(source.list_deployments, None), source.profile.seconds_per_call),
        (partial(source.list_results, watch, None), source.profile.seconds_per_call),
    ]
    with harness.in_one_thread():
        for call, longest in calls:
            before = harness.clock.seconds
            with contextlib.suppress(BotoCoreError, ClientError):
                call()
            assert 0 < harness.clock.seconds - before <= longest


def deploy(harness: NotifierHarness, *deployment_ids: str, failed: int = 0) -> None:
    """Let deployments of both sources go on, or fail."""
    for deployment_id in deployment_ids:
        harness.greengrass.deploy(deployment_id, "Failed" if failed else "Running")
        harness.greengrass.set_groups(deployment_id, failed=failed)
        harness.fleet.deploy(deployment_id, "FAILED" if failed else "ACTIVE", in_progress=1, failed=failed)


def new_failure(harness: NotifierHarness) -> None:
    deploy(harness, "d-1", failed=1)


def discovered_failures(harness: NotifierHarness) -> None:
    deploy(harness, *(f"discovered-{number}" for number in range(5)), failed=200)


def left_over_alerts(harness: NotifierHarness) -> None:
    deploy(harness, "d-1", "d-2", failed=1)
    harness.faults.fault = lambda call: NO_CONNECTION if call.service == "sns" else None
    harness.sweep()
    assert harness.waiting() == 2
    harness.clock.advance(minutes=5)


def end_of_an_outage(harness: NotifierHarness) -> None:
    harness.greengrass.outage = harness.fleet.outage = UNKNOWN
    harness.sweep()
    harness.greengrass.outage = harness.fleet.outage = None
    harness.greengrass.answer("d-1", UNKNOWN)
    harness.fleet.delete("d-1")
    deploy(harness, "d-2", failed=1)
    harness.clock.advance(minutes=1)


@pytest.mark.parametrize("refusal", [None, SLOWLY_REFUSED, NO_CONNECTION], ids=["taken", "refused", "no connection"])
@pytest.mark.parametrize("prepare", [new_failure, discovered_failures, left_over_alerts, end_of_an_outage])
@sources
def test_a_sweep_ends_in_time_however_little_it_has_and_however_slow_everything_is(
    source_name: str, prepare: Callable[[NotifierHarness], None], refusal: Fault | None
) -> None:
    for seconds, greengrass in itertools.product(range(1, 51), (5.9, 0.5)):
        harness = NotifierHarness(unchecked_after_minutes=0, sources=(source_name,))
        harness.watch("d-1", "d-2", source=source_name)
        deploy(harness, "d-1", "d-2")
        prepare(harness)
        # Just less than each call can take; and with a quick source, which leaves more time to the other steps.
        harness.faults.seconds = {"dynamodb": 6.4, "sns": 6.9} | dict.fromkeys(SERVICES_OF[source_name], greengrass)
        harness.faults.fault = lambda call: refusal if call.service == "sns" else None
        harness.sweep(seconds=seconds)
        # A sweep reads its queues whatever time it has.
        assert harness.durations[-1] <= max(seconds, 3 * 6.4)


kinds_of_fault = st.sampled_from([None, None, None, TIMED_OUT, NO_CONNECTION])


@exploring(examples=60)
@given(
    faults=st.fixed_dictionaries(
        {
            "dynamodb": st.lists(kinds_of_fault | st.just(SLOWLY_THROTTLED), min_size=1, max_size=12),
            "source": st.lists(kinds_of_fault | st.just(SLOWLY_REFUSED), min_size=1, max_size=4),
            "sns": st.lists(kinds_of_fault | st.just(SLOWLY_REFUSED), min_size=1, max_size=4),
        }
    ),
    seconds=st.fixed_dictionaries(
        {
            "dynamodb": st.sampled_from([0.0, 1.5, 1.9]),
            "source": st.sampled_from([0.0, 3.0, 5.9]),
            "sns": st.sampled_from([0.0, 3.0, 6.9]),
        }
    ),
    watches=st.integers(1, 6),
    named=st.sampled_from([*((name,) for name in SERVICES_OF), ()]),
)
def test_no_sweep_outlasts_the_function(
    faults: dict[str, list[Fault | None]], seconds: dict[str, float], watches: int, named: tuple[str, ...]
) -> None:
    harness = NotifierHarness(on_wire=True, unchecked_after_minutes=0, sources=named)
    for number in range(watches):
        deploy(harness, f"d-{number}", failed=number % 2 * number)
    harness.faults.seconds = {service: seconds.get(service, seconds["source"]) for service in SERVICES}

    def fault(call: Call) -> Fault | None:
        cycle = faults.get(call.service) or faults["source"]
        return cycle[call.number % len(cycle)]

    harness.faults.fault = fault
    harness.sweep_each_minute(6)
    assert max(harness.durations) <= SECONDS
