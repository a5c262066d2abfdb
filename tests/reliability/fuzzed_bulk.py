"""What Greengrass V1 may answer, in any form."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.harness.hostile_text import LARGEST, any_text, anything, counts, list_of, page_of, some_of, texts
from tests.reliability.fuzzed_source import FuzzedSource, listed_ids

_STATUSES = ("Failed", "Completed", "Stopped", "Running", "Initializing")
_times = st.just("2026-11-23T10:00:00.000Z") | any_text
_details = list_of(some_of(DetailedErrorCode=texts, DetailedErrorMessage=texts), most=25)
_answers = some_of(
    BulkDeploymentStatus=st.sampled_from(_STATUSES) | any_text,
    BulkDeploymentMetrics=some_of(RecordsProcessed=counts, InvalidInputRecords=counts, RetryAttempts=counts),
    ErrorMessage=any_text,
    ErrorDetails=_details,
    CreatedAt=_times,
    tags=st.dictionaries(texts, any_text, max_size=4) | anything,
)
_whole_answers = st.fixed_dictionaries(
    {
        "BulkDeploymentStatus": st.sampled_from(_STATUSES) | texts,
        "BulkDeploymentMetrics": st.fixed_dictionaries({"InvalidInputRecords": st.integers(0, 9)}),
        "ErrorMessage": texts,
        "ErrorDetails": st.lists(st.fixed_dictionaries({"DetailedErrorCode": texts, "DetailedErrorMessage": texts})),
        "tags": st.dictionaries(texts, texts, max_size=4),
    }
)
_reports = st.fixed_dictionaries(
    {"DeploymentStatus": st.sampled_from(["Failure", "Success", "InProgress"]) | anything},
    optional={"GroupArn": any_text, "ErrorMessage": any_text, "ErrorDetails": _details},
)

BULK = FuzzedSource(
    "greengrass-bulk",
    {},
    _whole_answers | _answers,
    {
        "list_bulk_deployments": page_of(
            "BulkDeployments", some_of(BulkDeploymentId=listed_ids | any_text, CreatedAt=_times), "NextToken"
        ),
        "list_bulk_deployment_detailed_reports": page_of("Deployments", _reports, "NextToken"),
    },
    {
        "": {
            "BulkDeploymentStatus": "Failed",
            "ErrorMessage": LARGEST,
            "ErrorDetails": [{"DetailedErrorCode": LARGEST, "DetailedErrorMessage": LARGEST}] * 25,
            "tags": {f"{number}{LARGEST}": LARGEST for number in range(25)},
            "CreatedAt": LARGEST,
        },
        "list_bulk_deployment_detailed_reports": {
            "Deployments": [
                {
                    "DeploymentStatus": "Failure",
                    "GroupArn": f"/groups/{number}{LARGEST}",
                    "ErrorMessage": f"{number}{LARGEST}",
                }
                for number in range(60)
            ]
        },
    },
)
