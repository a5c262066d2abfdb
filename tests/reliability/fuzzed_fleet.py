"""What Greengrass V2 and AWS IoT may answer, in any form."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.harness.hostile_text import LARGEST, any_text, anything, counts, list_of, page_of, some_of, texts
from tests.reliability.fuzzed_source import FuzzedSource, identifiers, listed_ids

_STATUSES = ("ACTIVE", "COMPLETED", "CANCELED", "FAILED", "INACTIVE")
_THINGS = ("Queued", "InProgress", "Succeeded", "Failed", "TimedOut", "Rejected", "Canceled", "Removed")
_statuses = st.sampled_from(_STATUSES) | any_text
_jobs = st.just("job-sound") | identifiers.map("job-{}".format)
_answers = some_of(
    deploymentStatus=_statuses,
    deploymentName=any_text,
    targetArn=st.just("arn:aws:iot:eu-west-1:123456789012:thinggroup/<!here>") | any_text,
    revisionId=any_text,
    iotJobId=_jobs | any_text,
    isLatestForTarget=st.booleans() | anything,
    creationTimestamp=st.floats() | st.just(1.7e9) | anything,
    tags=st.dictionaries(texts, any_text, max_size=4) | anything,
)
_whole_answers = st.fixed_dictionaries(
    {"deploymentStatus": st.sampled_from(_STATUSES), "deploymentName": texts, "targetArn": texts, "iotJobId": _jobs}
)
_criteria = some_of(
    failureType=st.sampled_from(["FAILED", "ALL", "TIMED_OUT"]) | anything,
    thresholdPercentage=st.floats() | anything,
    minNumberOfExecutedThings=counts,
)
_counts = st.fixed_dictionaries({}, optional={f"numberOf{name}Things": counts for name in _THINGS})
_job = st.fixed_dictionaries(
    {"jobProcessDetails": _counts},
    optional={
        "comment": any_text,
        "reasonCode": st.just("ABORTED") | any_text,
        "abortConfig": some_of(criteriaList=list_of(_criteria)),
    },
)
_things = texts.map("arn:aws:iot:eu-west-1:1:thing/{}".format) | anything
_effective = st.fixed_dictionaries(
    {"deploymentId": st.just("sound") | identifiers | anything},
    optional={"reason": any_text, "statusDetails": some_of(errorStack=list_of(texts))},
)

FLEET = FuzzedSource(
    "greengrass-v2",
    {"failed": 3, "in_progress": 1},
    _whole_answers | _answers,
    {
        "list_deployments": page_of(
            "deployments",
            some_of(deploymentId=listed_ids | any_text, deploymentStatus=_statuses, creationTimestamp=anything),
            "nextToken",
        ),
        "describe_job": st.fixed_dictionaries({"job": anything | _job}),
        "list_job_executions_for_job": page_of("executionSummaries", some_of(thingArn=_things), "nextToken"),
        "list_effective_deployments": page_of("effectiveDeployments", _effective, "nextToken"),
    },
    {
        "": {
            "deploymentStatus": "FAILED",
            "iotJobId": "job-sound",
            "tags": {f"{number}{LARGEST}": LARGEST for number in range(25)},
            **dict.fromkeys(("deploymentName", "targetArn", "revisionId"), LARGEST),
        },
        "describe_job": {
            "job": {
                "comment": f"ABORTED {LARGEST}",
                "jobProcessDetails": {f"numberOf{name}Things": 2**53 for name in _THINGS},
            }
        },
        "list_job_executions_for_job": {
            "executionSummaries": [{"thingArn": f"x:thing/{number}{LARGEST}"} for number in range(10)]
        },
        "list_effective_deployments": {
            "effectiveDeployments": [
                {"deploymentId": '"' * 1024, "reason": LARGEST, "statusDetails": {"errorStack": [LARGEST] * 25}}
            ]
        },
    },
)
