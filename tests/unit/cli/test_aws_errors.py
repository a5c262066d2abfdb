"""Each error that boto3 can raise, and what the user sees."""

from __future__ import annotations

import pytest
from botocore import exceptions as sdk

from deployment_notifier.errors import TableError
from deployment_notifier_cli.aws import connect
from deployment_notifier_cli.aws_errors import explain
from deployment_notifier_cli.errors import AccessError, AwsUnavailableError, Exit, NotFoundError


def _answer(code: str, operation: str = "Publish") -> sdk.ClientError:
    return sdk.ClientError({"Error": {"Code": code, "Message": "said AWS."}}, operation)


def _table_error(cause: Exception | None) -> TableError:
    error = TableError("reading the table")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "said", "advised"),
    [
        (_answer("ExpiredToken"), "rejects your credentials: said AWS (ExpiredToken)", "aws sso login"),
        (_answer("ExpiredTokenException"), "rejects your credentials", "aws sso login"),
        (_answer("InvalidClientTokenId"), "rejects your credentials", "aws sso login"),
        (_answer("UnrecognizedClientException"), "rejects your credentials", "aws sso login"),
        (_answer("SignatureDoesNotMatch"), "rejects your credentials", "aws sso login"),
        (_answer("AuthorizationError"), "AWS denies sns:Publish: said AWS.", "permission sns:Publish"),
        (_answer("AccessDeniedException", "GetSchedule"), "AWS denies scheduler:GetSchedule", "permission"),
        (_answer("AccessDenied", "SomethingElse"), "AWS denies SomethingElse", "permission"),
        (_answer("ResourceNotFoundException", "Query"), "does not exist (Query: said AWS)", "doctor' says"),
        (_answer("NotFound"), "does not exist (Publish: said AWS)", "doctor' says"),
        (_answer("Throttling"), "AWS answered Publish with Throttling: said AWS.", ""),
        (sdk.NoCredentialsError(), "not signed in", "aws sso login"),
        (sdk.PartialCredentialsError(provider="env", cred_var="x"), "not signed in", "aws sso login"),
        (sdk.UnauthorizedSSOTokenError(), "not signed in", "aws sso login"),
        (sdk.SSOTokenLoadError(error_msg="no token"), "not signed in", "aws sso login"),
        (sdk.TokenRetrievalError(provider="sso", error_msg="expired"), "not signed in", "aws sso login"),
        (sdk.NoRegionError(), "No region is set", "--region"),
        (sdk.ProfileNotFound(profile="x"), "profile (x) could not be found", "list-profiles"),
        (sdk.EndpointConnectionError(endpoint_url="https://x"), "cannot be reached", "network"),
        (sdk.ReadTimeoutError(endpoint_url="https://x"), "cannot be reached", "network"),
        (sdk.SSLError(endpoint_url="https://x", error=OSError()), "cannot be reached", "network"),
        (sdk.InvalidRegionError(region_name="?"), "'?' is not a region's name.", "--region"),
        (sdk.ParamValidationError(report="a report"), "ParamValidationError", ""),
        (_table_error(_answer("AccessDenied", "Query")), "AWS denies dynamodb:Query", "permission"),
        (_table_error(None), "reading the table", ""),
    ],
)
def test_an_error_says_what_is_wrong_and_what_to_do(error: Exception, said: str, advised: str) -> None:
    explanation = explain(error)

    assert said in explanation.what
    assert advised in " ".join(explanation.advice)
    assert explanation.code is Exit.UNAVAILABLE
    assert isinstance(explanation, AwsUnavailableError)


def test_a_denial_names_the_action() -> None:
    explanation = explain(_answer("AccessDenied", "DescribeAlarms"))

    assert isinstance(explanation, AccessError)
    assert explanation.action == "cloudwatch:DescribeAlarms"


def test_an_error_for_the_user_stays_as_it_is() -> None:
    error = NotFoundError("nothing there", "look elsewhere")

    assert explain(error) is error
    assert error.code is Exit.FINDING


def test_a_missing_region_or_profile_is_found_before_any_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AwsUnavailableError, match="profile"):
        connect(None, "unknown")
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(AwsUnavailableError, match="region"):
        connect("", None)


@pytest.mark.parametrize(
    ("typed", "variables", "region"),
    [
        ("us-east-2", {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-3"}, "us-east-2"),
        (None, {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-1"),
        (None, {"AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-3"),
        ("", {"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-3"}, "eu-west-3"),
    ],
)
def test_the_region_is_found_as_the_aws_cli_finds_it(
    monkeypatch: pytest.MonkeyPatch, typed: str | None, variables: dict[str, str], region: str
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert connect(typed, None).region == region
