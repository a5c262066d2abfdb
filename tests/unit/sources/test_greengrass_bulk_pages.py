from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.model import CheckFailed, ErrorDetail, TargetPhase, TargetResult, UnknownDeployment
from deployment_notifier.sources.greengrass_bulk.client import GreengrassBulk, read_list, read_results
from deployment_notifier.sources.port import Listed, ListPage, ResultsPage
from tests.unit.sources.samples import (
    ID,
    WATCH,
    assert_bounded_text,
    details,
    new_client,
    source_answering,
    source_failing,
    source_with,
    values,
)
from tests.wire import answer_with

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[GreengrassBulk, str | None], ListPage | ResultsPage | UnknownDeployment | CheckFailed]

GROUP = "1402daf9-71cf-4cfe-8be0-d5e80526d0d8"
GROUP_ARN = f"arn:aws:greengrass:us-west-2:123456789012:/greengrass/groups/{GROUP}/versions/e7d8fc4a"

listings = st.fixed_dictionaries(
    {},
    optional={
        "BulkDeployments": values
        | st.lists(
            values
            | st.fixed_dictionaries(
                {},
                optional={
                    "BulkDeploymentId": values,
                    "BulkDeploymentArn": values,
                    "CreatedAt": values | st.datetimes().map(str),
                },
            ),
            max_size=30,
        ),
        "NextToken": values,
    },
)
reports = st.fixed_dictionaries(
    {},
    optional={
        "Deployments": values
        | st.lists(
            values
            | st.fixed_dictionaries(
                {},
                optional={
                    "DeploymentStatus": values | st.sampled_from(["Success", "Failure", "InProgress", "Building"]),
                    "GroupArn": values | st.text().map(lambda text: f"arn:/groups/{text}"),
                    "ErrorMessage": values,
                    "ErrorDetails": values | details,
                },
            ),
            max_size=30,
        ),
        "NextToken": values,
    },
)


# The listing


@given(values | listings)
def test_whatever_is_listed_what_goes_on_is_bounded(response: Any) -> None:  # noqa: ANN401 - that is the point
    page = read_list(response)
    if isinstance(page, CheckFailed):
        assert page == CheckFailed("The answer holds no BulkDeployments")
        return
    assert_bounded_text(page.next_page, 8192)
    for listed in page.deployments:
        assert listed.deployment_id.strip()
        # DynamoDB takes no longer sort key of an index.
        assert_bounded_text(listed.deployment_id, 1024)
        assert listed.created_at is None or listed.created_at.tzinfo is UTC


def test_a_whole_listing_is_read() -> None:
    page = read_list(
        {
            "BulkDeployments": [
                {"BulkDeploymentId": "a", "BulkDeploymentArn": "arn:a", "CreatedAt": "2026-11-23T10:00:00.123Z"},
                {"BulkDeploymentId": "b", "CreatedAt": "2026-11-23T11:00:00+01:00"},
            ],
            "NextToken": "more",
        }
    )

    assert page == ListPage(
        (
            Listed("a", datetime(2026, 11, 23, 10, 0, 0, 123_000, UTC)),
            Listed("b", datetime(2026, 11, 23, 10, 0, tzinfo=UTC)),
        ),
        "more",
    )


@pytest.mark.parametrize("response", [{}, {"BulkDeployments": None}, {"BulkDeployments": {}}, [], None, "x"])
def test_a_list_that_is_not_there_is_a_failure_and_not_an_empty_listing(response: Any) -> None:  # noqa: ANN401 - that is the point
    assert read_list(response) == CheckFailed("The answer holds no BulkDeployments")


@pytest.mark.parametrize(
    "deployment_id",
    [None, "", "  ", 7, ["a"], "x" * 1025, "€" * 342, "a\ud800b"],
)
def test_an_id_that_would_have_to_be_changed_is_left_out_because_it_would_be_another(deployment_id: object) -> None:
    page = read_list({"BulkDeployments": [{"BulkDeploymentId": deployment_id}, {"BulkDeploymentId": "good"}]})
    assert page == ListPage((Listed("good", None),), unusable=1)


@pytest.mark.parametrize("deployment_id", ["x" * 1024, "€" * 341, ID])
def test_an_id_that_fits_a_key_is_kept_as_it_is(deployment_id: str) -> None:
    assert read_list({"BulkDeployments": [{"BulkDeploymentId": deployment_id}]}) == ListPage(
        (Listed(deployment_id, None),)
    )


@pytest.mark.parametrize("created_at", [None, "", "yesterday", "0001-01-01T00:00:00+01:00", ["x"]])
def test_a_time_of_creation_that_cannot_be_read_is_none(created_at: object) -> None:
    page = read_list({"BulkDeployments": [{"BulkDeploymentId": "a", "CreatedAt": created_at}]})
    assert page == ListPage((Listed("a", None),))


def test_a_listing_of_more_than_twenty_is_read_whole() -> None:
    """The bound on lists is for what is stored with one deployment."""
    page = read_list({"BulkDeployments": [{"BulkDeploymentId": str(number)} for number in range(1000)]})
    assert isinstance(page, ListPage)
    assert len(page.deployments) == 1000


# The results


@given(values | reports)
def test_whatever_the_results_are_what_goes_on_is_bounded(response: Any) -> None:  # noqa: ANN401 - that is the point
    page = read_results(response)
    if isinstance(page, CheckFailed):
        assert page == CheckFailed("The answer holds no Deployments")
        return
    assert len(page.results) == len(response["Deployments"]), "each group counts, whatever is wrong with it"
    assert_bounded_text(page.next_page, 8192)
    for group in page.results:
        assert_bounded_text(group.target_id, 256)
        assert (group.error is None) == (group.phase is not TargetPhase.FAILED)
        if group.error:
            assert_bounded_text(group.error.code, 128)
            assert_bounded_text(group.error.message, 1024)


def test_whole_results_are_read() -> None:
    page = read_results(
        {
            "Deployments": [
                {"GroupArn": GROUP_ARN, "DeploymentStatus": "Success"},
                {
                    "GroupArn": GROUP_ARN,
                    "DeploymentStatus": "Failure",
                    "ErrorMessage": "Deployment failed.",
                    "ErrorDetails": [
                        {"DetailedErrorCode": "GG-303", "DetailedErrorMessage": "no core"},
                        {"DetailedErrorCode": "GG-304", "DetailedErrorMessage": "no luck"},
                    ],
                },
                {"GroupArn": GROUP_ARN, "DeploymentStatus": "Failure", "ErrorMessage": "Deployment failed."},
            ],
            "NextToken": "more",
        }
    )

    assert page == ResultsPage(
        (
            TargetResult(TargetPhase.SUCCEEDED, GROUP),
            TargetResult(TargetPhase.FAILED, GROUP, ErrorDetail("GG-303", "no core")),
            TargetResult(TargetPhase.FAILED, GROUP, ErrorDetail(None, "Deployment failed.")),
        ),
        "more",
    )


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("Success", TargetPhase.SUCCEEDED),
        ("Failure", TargetPhase.FAILED),
        ("InProgress", TargetPhase.UNFINISHED),
        ("Building", TargetPhase.UNFINISHED),
        # What AWS has not documented, or cannot be read, is no failure: there must be no false alert.
        ("Exploding", TargetPhase.UNFINISHED),
        (None, TargetPhase.UNFINISHED),
        (["Failure"], TargetPhase.UNFINISHED),
    ],
)
def test_the_two_documented_ends_of_a_group_are_terminal_and_nothing_else(status: object, phase: TargetPhase) -> None:
    page = read_results({"Deployments": [{"DeploymentStatus": status}]})
    assert isinstance(page, ResultsPage)
    assert page.results[0].phase is phase


@pytest.mark.parametrize(
    ("arn", "group_id"),
    [
        (GROUP_ARN, GROUP),
        (f"arn:aws:greengrass:us-west-2:123456789012:/greengrass/groups/{GROUP}", GROUP),
        ("arn:aws:greengrass:us-west-2:123456789012:/greengrass/bulk/deployments/x", None),
        (GROUP, None),
        ("arn:aws:greengrass:us-west-2:123456789012:/greengrass/groups//versions/x", None),
        ("", None),
        (None, None),
        (7, None),
        ({"a": 1}, None),
    ],
)
def test_the_middle_of_a_groups_arn_is_its_id(arn: object, group_id: str | None) -> None:
    page = read_results({"Deployments": [{"GroupArn": arn, "DeploymentStatus": "Success"}]})
    assert page == ResultsPage((TargetResult(TargetPhase.SUCCEEDED, group_id),))


def test_a_group_that_fails_without_an_error_still_fails() -> None:
    assert read_results({"Deployments": [{"DeploymentStatus": "Failure"}]}) == ResultsPage(
        (TargetResult(TargetPhase.FAILED, None, ErrorDetail(None, None)),)
    )


@pytest.mark.parametrize("response", [{}, {"Deployments": None}, {"Deployments": {}}, [], None, "x"])
def test_results_that_are_not_there_are_a_failure_and_not_an_empty_page(response: Any) -> None:  # noqa: ANN401 - that is the point
    assert read_results(response) == CheckFailed("The answer holds no Deployments")


# Both, on the wire

_CALLS: list[Call] = [
    lambda source, page: source.list_deployments(page),
    lambda source, page: source.list_results(WATCH, page),
]
both = pytest.mark.parametrize("call", _CALLS, ids=["list_deployments", "list_results"])


@both
@pytest.mark.parametrize(("page", "token"), [(None, None), ("a token/=&", "NextToken=a%20token%2F%3D%26")])
def test_a_page_is_asked_for_by_the_token_of_the_one_before(call: Call, page: str | None, token: str | None) -> None:
    client = new_client()
    sent = answer_with(client, 200, b'{"BulkDeployments": [], "Deployments": []}')
    assert isinstance(call(source_with(client), page), ListPage | ResultsPage)
    (url,) = sent
    assert url.partition("?")[2] == (token or "")


@both
@pytest.mark.parametrize(
    ("token", "next_page"),
    [
        ('"more"', "more"),
        ('""', None),
        ("null", None),
        ('"null"', None),  # as the API ends some lists
        ('"nullable"', "nullable"),
        ("7", None),
        ('["a"]', None),
    ],
)
def test_a_next_page_is_a_token_that_can_be_sent(call: Call, token: str, next_page: str | None) -> None:
    body = f'{{"BulkDeployments": [], "Deployments": [], "NextToken": {token}}}'
    page = call(source_answering(200, body.encode()), None)
    assert isinstance(page, ListPage | ResultsPage)
    assert page.next_page == next_page


@both
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"<html>Please sign in</html>",
        b'{"BulkDeployments": {"a": 1}, "Deployments": "x"}',
        b'{"BulkDeployments": [{"Bulk',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_a_garbled_answer_is_a_failed_check_and_never_raises(call: Call, body: bytes) -> None:
    assert isinstance(call(source_answering(200, body), None), CheckFailed)


@both
def test_garbled_entries_never_raise(call: Call) -> None:
    body = (
        b'{"BulkDeployments": [{"BulkDeploymentId": {}}, 5], "Deployments": [{"GroupArn": [], "ErrorDetails": 5}, 5]}'
    )
    assert isinstance(call(source_answering(200, body), None), ListPage | ResultsPage | CheckFailed)


@pytest.mark.parametrize(("status", "error_type"), [(400, "BadRequestException"), (404, None)])
def test_an_unknown_id_has_no_results_but_is_no_answer_to_a_listing(status: int, error_type: str | None) -> None:
    source = source_answering(status, b"{}", error_type)
    assert isinstance(source.list_results(WATCH, None), UnknownDeployment)
    assert isinstance(source.list_deployments(None), CheckFailed)


@both
def test_a_page_without_an_answer_is_a_failed_check(call: Call) -> None:
    for status, error_type in ((403, "AccessDeniedException"), (429, "TooManyRequestsException"), (400, "Throttling")):
        assert isinstance(call(source_answering(status, b"{}", error_type), None), CheckFailed)
    assert isinstance(call(source_failing(ReadTimeoutError(endpoint_url="https://greengrass")), None), CheckFailed)
