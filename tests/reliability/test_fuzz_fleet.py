"""Whatever Greengrass V2 and AWS IoT answer: no unhandled error, nothing AWS refuses, no markup."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.harness.fake_greengrass import RawAnswer
from tests.harness.hostile_text import texts
from tests.harness.hypothesis_settings import exploring
from tests.harness.notifier_harness import NotifierHarness
from tests.reliability.test_fuzz_answers import (
    LARGEST,
    anything,
    assert_sound_alerts,
    counts,
    encoded,
    no_answers,
    sweep_soundly,
    tokens,
)

Json = Any
V2 = "greengrass-v2"

statuses: st.SearchStrategy[Json] = (
    st.sampled_from(["ACTIVE", "COMPLETED", "CANCELED", "FAILED", "INACTIVE"]) | texts | anything
)
deployments: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "deploymentStatus": statuses,
        "deploymentName": texts | anything,
        "targetArn": st.just("arn:aws:iot:eu-west-1:123456789012:thinggroup/<!here>") | texts | anything,
        "revisionId": texts | anything,
        "iotJobId": st.just("job-sound") | texts | anything,
        "isLatestForTarget": st.booleans() | anything,
        "creationTimestamp": st.floats() | st.just(1.7e9) | anything,
        "tags": st.dictionaries(texts, texts | anything, max_size=4) | anything,
    },
)
whole_deployments: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "deploymentStatus": st.sampled_from(["ACTIVE", "COMPLETED", "CANCELED", "FAILED", "INACTIVE"]),
        "deploymentName": texts,
        "targetArn": texts,
        "iotJobId": st.just("job-sound"),
    }
)
things = ("Queued", "InProgress", "Succeeded", "Failed", "TimedOut", "Rejected", "Canceled", "Removed")
criteria: st.SearchStrategy[Json] = st.lists(
    anything
    | st.fixed_dictionaries(
        {},
        optional={
            "failureType": st.sampled_from(["FAILED", "ALL", "TIMED_OUT"]) | anything,
            "thresholdPercentage": st.floats() | anything,
            "minNumberOfExecutedThings": counts,
        },
    ),
    max_size=3,
)
things_counted: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {}, optional={f"numberOf{name}Things": counts for name in things}
)
jobs: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "job": anything
        | st.fixed_dictionaries(
            {"jobProcessDetails": things_counted},
            optional={
                "comment": texts | anything,
                "reasonCode": st.just("ABORTED") | texts | anything,
                "abortConfig": st.fixed_dictionaries({"criteriaList": criteria}) | anything,
            },
        )
    }
)
arns = texts.map("arn:aws:iot:eu-west-1:1:thing/{}".format)
executions: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "executionSummaries": anything
        | st.lists(
            anything | st.fixed_dictionaries({"thingArn": arns | anything}),
            max_size=4,
        )
    }
)
effective: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "effectiveDeployments": anything
        | st.lists(
            anything
            | st.fixed_dictionaries(
                {"deploymentId": st.just("sound") | anything},
                optional={
                    "reason": texts | anything,
                    "statusDetails": st.fixed_dictionaries({"errorStack": st.lists(texts | anything, max_size=4)})
                    | anything,
                },
            ),
            max_size=4,
        )
    }
)
listings: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "deployments": anything
        | st.lists(
            anything
            | st.fixed_dictionaries(
                {},
                optional={
                    "deploymentId": st.sampled_from(["sound", "a", "x" * 1024, "x" * 2048]) | texts | anything,
                    "deploymentStatus": statuses,
                    "creationTimestamp": st.floats() | anything,
                },
            ),
            max_size=4,
        )
    },
    optional={"nextToken": tokens},
)
LARGEST_DEPLOYMENT = {
    "deploymentStatus": "FAILED",
    "iotJobId": "job-sound",
    "tags": {f"{number}{LARGEST}": LARGEST for number in range(25)},
    **dict.fromkeys(("deploymentName", "targetArn", "revisionId"), LARGEST),
}
LARGEST_JOB = {
    "job": {"comment": f"ABORTED {LARGEST}", "jobProcessDetails": {f"numberOf{name}Things": 2**53 for name in things}}
}
LARGEST_EXECUTIONS = {"executionSummaries": [{"thingArn": f"x:thing/{number}{LARGEST}"} for number in range(10)]}
LARGEST_REASON = {
    "effectiveDeployments": [
        {"deploymentId": "sound", "reason": LARGEST, "statusDetails": {"errorStack": [LARGEST] * 25}}
    ]
}


def raw(answer: Json) -> RawAnswer:
    return RawAnswer(200, json.dumps(answer).encode())


@exploring(examples=150)
@given(
    said=st.lists(encoded(whole_deployments) | encoded(deployments) | no_answers, min_size=1, max_size=3),
    listing=st.none() | encoded(listings) | no_answers,
    job=st.none() | encoded(jobs) | no_answers,
    executed=st.none() | encoded(executions) | no_answers,
    reason=st.none() | encoded(effective) | no_answers,
)
@example(
    said=[raw(LARGEST_DEPLOYMENT)],
    listing=None,
    job=raw(LARGEST_JOB),
    executed=raw(LARGEST_EXECUTIONS),
    reason=raw(LARGEST_REASON),
)
def test_no_answer_stops_a_sweep_or_gets_where_it_does_harm(
    said: list[RawAnswer],
    listing: RawAnswer | None,
    job: RawAnswer | None,
    executed: RawAnswer | None,
    reason: RawAnswer | None,
) -> None:
    harness = NotifierHarness(on_wire=True, unchecked_after_minutes=0, sources=(V2,))
    harness.watch("sound", source=V2)
    fleet = harness.fleet
    revision = fleet.deploy("sound", failed=3, in_progress=1)
    fleet.listing, fleet.jobs, fleet.executions, fleet.effective = listing, job, executed, reason
    for answer in said:
        revision.answer = answer
        sweep_soundly(harness)
    assert_sound_alerts(harness)
