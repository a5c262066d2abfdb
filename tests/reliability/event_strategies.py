"""Events that Hypothesis generates. What depends on the source is taken from the state machine that draws them."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from botocore.exceptions import ConnectTimeoutError
from hypothesis import strategies as st

from tests.harness.fake_dynamodb import error
from tests.reliability.events import (
    DeleteWatch,
    FaultKind,
    InjectedFault,
    MoveClock,
    PutWatch,
    RunSweep,
    SetResponse,
    SetTargets,
)
from tests.reliability.reference_model import ORDER, Choices

DEPLOYMENTS = ("d-1", "d-2", "<!here> 'd'")
STEPS_OF_AN_ALERT = ("transact_write_items 0", "publish 0", "update_item 0", "update_item 1")


def of_source(attribute: str) -> st.SearchStrategy[Any]:
    """Return a strategy that is an attribute of the source under test."""
    return st.runner().flatmap(attrgetter(f"source.{attribute}"))


def one_of_source(attribute: str) -> st.SearchStrategy[Any]:
    """Return a strategy for the members of an attribute of the source under test."""
    return st.runner().map(attrgetter(f"source.{attribute}")).flatmap(st.sampled_from)


deployments = st.sampled_from(DEPLOYMENTS)
answers = of_source("answers")
reported = of_source("reported")
# The default spans, and a little less and more.
waits = st.sampled_from([0, 1, 5, 9, 10, 11, 31, 59, 60, 61])
results = st.integers(0, 5)
jumps = st.builds(MoveClock, st.sampled_from([-90_001, -7_203, -607, -61, -1, 59, 111, 3_607, 90_007]))
changes = st.one_of(
    jumps,
    st.builds(PutWatch, deployments),
    st.builds(DeleteWatch, deployments),
    st.builds(SetResponse, deployments, answers),
    st.builds(SetTargets, deployments, results, results, results),
)
simple_kinds = st.sampled_from([kind for kind in FaultKind if kind is not FaultKind.PAUSED])
calls = st.one_of(
    st.sampled_from(
        [f"call {number}" for number in range(16)]
        + [
            f"{name} {number}"
            for name in ("publish", "transact_write_items", "update_item", "put_item")
            for number in range(3)
        ]
    ),
    st.builds("{} {}".format, one_of_source("operations"), st.integers(0, 2)),
)
nested = st.builds(
    RunSweep,
    st.dictionaries(calls, st.builds(InjectedFault, simple_kinds), max_size=1),
    st.sampled_from([0.0, 0.0, 7]),
    reported,
)
meanwhile = st.lists(st.one_of(nested, nested, changes), min_size=1, max_size=3).map(tuple)
faults = st.one_of(
    st.builds(InjectedFault, simple_kinds), st.builds(InjectedFault, st.just(FaultKind.PAUSED), meanwhile)
)
sweeps = st.builds(
    RunSweep,
    st.dictionaries(calls, faults, min_size=1, max_size=3),
    st.sampled_from([0.0, 0.0, 0.0, 3.0, 7.0]),
    reported,
)
choices = st.builds(
    Choices,
    alert_on=st.sampled_from(
        [frozenset(ORDER), frozenset(ORDER), Choices().alert_on, frozenset({"FAILED", "RESUMED"})]
    ),
    threshold=st.sampled_from([1, 2, 5]),
    stalled_after=st.sampled_from([1, 60]),
    unchecked_after=st.sampled_from([0, 10]),
    follow_results=st.sampled_from([60, 60, 5, 0]),
    discover_within_hours=st.sampled_from([24, 24, 0]),
)
REFUSED_AS_IT_IS = error("Publish", "InvalidParameter", "Invalid parameter: Message")
SNS_ERRORS = (
    error("Publish", "Throttled", "Rate exceeded"),
    error("Publish", "InternalError", "Sorry.", 500),
    ConnectTimeoutError(endpoint_url="https://sns"),
)
