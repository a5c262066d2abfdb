from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.model import ErrorDetail, Failure, GroupPhase, GroupResult, Refusal
from deployment_notifier.sources.greengrass_bulk import CLIENT_CONFIG, GreengrassBulk, read_list, read_reports
from deployment_notifier.sources.port import Listed, ListPage, ReportPage
from tests.unit.sources.samples import ID, assert_bounded_text, details, source_answering, source_failing, values
from tests.wire import answer_with

if TYPE_CHECKING:
    from collections.abc import Callable

    Page = ListPage | ReportPage | Refusal | Failure

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

    if isinstance(page, Failure):
        assert page == Failure("The answer holds no BulkDeployments")
        return
    assert_bounded_text(page.next_page, 8192)
    for listed in page.deployments:
        assert listed.deployment_id.strip()
        # DynamoDB takes no longer key.
        assert_bounded_text(listed.deployment_id, 2048)
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
    assert read_list(response) == Failure("The answer holds no BulkDeployments")


@pytest.mark.parametrize(
    "deployment_id",
    [None, "", "  ", 7, ["a"], "x" * 2049, "€" * 700, "a\ud800b"],
)
def test_an_id_that_would_have_to_be_changed_is_left_out_because_it_would_be_another(deployment_id: object) -> None:
    page = read_list({"BulkDeployments": [{"BulkDeploymentId": deployment_id}, {"BulkDeploymentId": "good"}]})

    assert page == ListPage((Listed("good", None),))


@pytest.mark.parametrize("deployment_id", ["x" * 2048, "€" * 682, ID])
def test_an_id_that_fits_a_key_is_kept_as_it_is(deployment_id: str) -> None:
    assert read_list({"BulkDeployments": [{"BulkDeploymentId": deployment_id}]}) == ListPage(
        (Listed(deployment_id, None),)
    )


@pytest.mark.parametrize("created_at", [None, "", "yesterday", 1_700_000_000, "0001-01-01T00:00:00+01:00", ["x"]])
def test_a_time_of_creation_that_cannot_be_read_is_none(created_at: object) -> None:
    page = read_list({"BulkDeployments": [{"BulkDeploymentId": "a", "CreatedAt": created_at}]})

    assert page == ListPage((Listed("a", None),))


def test_a_listing_of_more_than_twenty_is_read_whole() -> None:
    """The bound on lists is for what is stored with one deployment."""
    page = read_list({"BulkDeployments": [{"BulkDeploymentId": str(number)} for number in range(1000)]})

    assert isinstance(page, ListPage)
    assert len(page.deployments) == 1000


# The reports


@given(values | reports)
def test_whatever_is_reported_what_goes_on_is_bounded(response: Any) -> None:  # noqa: ANN401 - that is the point
    page = read_reports(response)

    if isinstance(page, Failure):
        assert page == Failure("The answer holds no Deployments")
        return
    assert len(page.groups) == len(response["Deployments"]), "each group counts, whatever is wrong with it"
    assert_bounded_text(page.next_page, 8192)
    for group in page.groups:
        assert_bounded_text(group.group_id, 256)
        assert (group.error is None) == (group.phase is not GroupPhase.FAILED)
        if group.error:
            assert_bounded_text(group.error.code, 128)
            assert_bounded_text(group.error.message, 1024)


def test_whole_reports_are_read() -> None:
    page = read_reports(
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

    assert page == ReportPage(
        (
            GroupResult(GroupPhase.SUCCEEDED, GROUP),
            GroupResult(GroupPhase.FAILED, GROUP, ErrorDetail("GG-303", "no core")),
            GroupResult(GroupPhase.FAILED, GROUP, ErrorDetail(None, "Deployment failed.")),
        ),
        "more",
    )


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("Success", GroupPhase.SUCCEEDED),
        ("Failure", GroupPhase.FAILED),
        ("InProgress", GroupPhase.UNFINISHED),
        ("Building", GroupPhase.UNFINISHED),
        # What AWS has not documented goes on, and so does what can't be read: nobody is told of a failure in vain.
        ("Exploding", GroupPhase.UNFINISHED),
        (None, GroupPhase.UNFINISHED),
        (["Failure"], GroupPhase.UNFINISHED),
    ],
)
def test_the_two_documented_ends_of_a_group_are_terminal_and_nothing_else(status: object, phase: GroupPhase) -> None:
    page = read_reports({"Deployments": [{"DeploymentStatus": status}]})

    assert isinstance(page, ReportPage)
    assert page.groups[0].phase is phase


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
    page = read_reports({"Deployments": [{"GroupArn": arn, "DeploymentStatus": "Success"}]})

    assert page == ReportPage((GroupResult(GroupPhase.SUCCEEDED, group_id),))


def test_a_group_that_fails_without_a_word_still_fails() -> None:
    assert read_reports({"Deployments": [{"DeploymentStatus": "Failure"}]}) == ReportPage(
        (GroupResult(GroupPhase.FAILED, None, ErrorDetail(None, None)),)
    )


@pytest.mark.parametrize("response", [{}, {"Deployments": None}, {"Deployments": {}}, [], None, "x"])
def test_reports_that_are_not_there_are_a_failure_and_not_an_empty_page(response: Any) -> None:  # noqa: ANN401 - that is the point
    assert read_reports(response) == Failure("The answer holds no Deployments")


# Both, on the wire

_CALLS: list[Callable[[GreengrassBulk, str | None], Page]] = [
    lambda source, page: source.list_page(page),
    lambda source, page: source.report_page(ID, page),
]
both = pytest.mark.parametrize("call", _CALLS, ids=["list_page", "report_page"])


@both
@pytest.mark.parametrize(("page", "token"), [(None, None), ("a token/=&", "NextToken=a%20token%2F%3D%26")])
def test_a_page_is_asked_for_by_the_token_of_the_one_before(
    call: Callable[[GreengrassBulk, str | None], Page], page: str | None, token: str | None
) -> None:
    client = boto3.client("greengrass", config=CLIENT_CONFIG)
    sent = answer_with(client, 200, b'{"BulkDeployments": [], "Deployments": []}')

    assert isinstance(call(GreengrassBulk(client), page), ListPage | ReportPage)

    (url,) = sent
    assert url.partition("?")[2] == (token or "")


@both
@pytest.mark.parametrize("token", ['"more"', '""', "null", "7", '["a"]'])
def test_a_next_page_is_a_token_that_can_be_sent(
    call: Callable[[GreengrassBulk, str | None], Page], token: str
) -> None:
    body = f'{{"BulkDeployments": [], "Deployments": [], "NextToken": {token}}}'

    page = call(source_answering(200, body.encode()), None)

    assert isinstance(page, ListPage | ReportPage | Failure)
    if not isinstance(page, Failure):
        assert page.next_page is None or page.next_page.strip()


@both
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'"text"',
        b"7",
        b"<html>Please sign in</html>",
        b'{"BulkDeployments": 5, "Deployments": 5}',
        b'{"BulkDeployments": {"a": 1}, "Deployments": "x"}',
        b'{"BulkDeployments": [{"Bulk',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_a_garbled_answer_is_a_failure_and_never_raises(
    call: Callable[[GreengrassBulk, str | None], Page], body: bytes
) -> None:
    assert isinstance(call(source_answering(200, body), None), Failure)


@both
@pytest.mark.parametrize(
    "body",
    [
        b'{"BulkDeployments": [5, null, "x", []], "Deployments": [5, null, "x", []]}',
        b'{"BulkDeployments": [{"BulkDeploymentId": {}}], "Deployments": [{"GroupArn": [], "ErrorDetails": 5}]}',
    ],
)
def test_garbled_entries_never_raise(call: Callable[[GreengrassBulk, str | None], Page], body: bytes) -> None:
    assert isinstance(call(source_answering(200, body), None), ListPage | ReportPage | Failure)


@both
def test_a_refusal_and_a_failure_are_told_apart(call: Callable[[GreengrassBulk, str | None], Page]) -> None:
    assert isinstance(call(source_answering(400, b"{}", "BadRequestException"), None), Refusal)
    assert isinstance(call(source_answering(404, b"{}"), None), Refusal)
    assert isinstance(call(source_answering(403, b"{}", "AccessDeniedException"), None), Failure)
    assert isinstance(call(source_answering(429, b"{}", "TooManyRequestsException"), None), Failure)
    assert isinstance(call(source_failing(ReadTimeoutError(endpoint_url="https://greengrass")), None), Failure)


@both
def test_a_failed_page_is_not_asked_for_again(call: Callable[[GreengrassBulk, str | None], Page]) -> None:
    client = boto3.client("greengrass", config=CLIENT_CONFIG)
    sent = answer_with(client, 503, b"{}")

    call(GreengrassBulk(client), None)

    assert len(sent) == 1
