from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.model import Error, ErrorDetail, Failure, Metrics, Observation, Outcome, Phase, Refusal
from deployment_notifier.sources.greengrass_bulk import CLIENT_CONFIG, GreengrassBulk, read_status
from tests.unit.sources.samples import ID, assert_bounded_text, details, source_answering, source_failing, values
from tests.wire import answer_with

counts = values | st.integers(min_value=-(2**70), max_value=2**70)
responses = st.fixed_dictionaries(
    {},
    optional={
        "BulkDeploymentStatus": values | st.sampled_from(["Running", "Failed", "Completed", "Stopped", "Exploding"]),
        "BulkDeploymentMetrics": values
        | st.fixed_dictionaries(
            {}, optional={"RecordsProcessed": counts, "InvalidInputRecords": counts, "RetryAttempts": counts}
        ),
        "ErrorMessage": values,
        "ErrorDetails": values | details,
        "CreatedAt": values,
        "tags": values | st.dictionaries(st.text(max_size=10), values, max_size=30),
    },
)


def assert_bounded(seen: Observation) -> None:
    assert_bounded_text(seen.status, 256)
    assert seen.status
    for count in (seen.metrics.records_processed, seen.metrics.invalid_input_records, seen.metrics.retry_attempts):
        assert count is None or (type(count) is int and 0 <= count <= 2**53)
    assert_bounded_text(seen.created_at)
    assert len(seen.tags) <= 20
    for key, value in seen.tags.items():
        assert_bounded_text(key)
        assert_bounded_text(value)
    if seen.error:
        assert_bounded_text(seen.error.message)
        assert len(seen.error.details) <= 20
        for detail in seen.error.details:
            assert_bounded_text(detail.code)
            assert_bounded_text(detail.message)


@given(values | responses)
def test_whatever_comes_in_what_goes_on_is_bounded(response: Any) -> None:  # noqa: ANN401 - that is the point
    outcome = read_status(response)

    if isinstance(outcome, Observation):
        assert_bounded(outcome)
    else:
        assert isinstance(outcome, Failure)


def test_a_whole_response_is_read() -> None:
    outcome = read_status(
        {
            "BulkDeploymentStatus": "Failed",
            "BulkDeploymentMetrics": {"RecordsProcessed": 7, "InvalidInputRecords": 2, "RetryAttempts": 1},
            "CreatedAt": "2026-11-23T10:00:00.000Z",
            "ErrorMessage": "Deployment failed.",
            "ErrorDetails": [{"DetailedErrorCode": "GG-303", "DetailedErrorMessage": "no core"}],
            "tags": {"team": "ops"},
        }
    )

    assert outcome == Observation(
        status="Failed",
        phase=Phase.FAILED,
        metrics=Metrics(7, 2, 1),
        error=Error("Deployment failed.", (ErrorDetail("GG-303", "no core"),)),
        created_at="2026-11-23T10:00:00.000Z",
        tags={"team": "ops"},
    )


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        ("Initializing", Phase.ONGOING),
        ("Running", Phase.ONGOING),
        ("Stopping", Phase.ONGOING),
        ("Completed", Phase.COMPLETED),
        ("Stopped", Phase.STOPPED),
        ("Failed", Phase.FAILED),
        # A status that AWS has not documented is recorded as it came, and goes on.
        ("Exploding", Phase.ONGOING),
        ("failed", Phase.ONGOING),
    ],
)
def test_the_three_documented_ends_are_terminal_and_nothing_else(status: str, phase: Phase) -> None:
    assert read_status({"BulkDeploymentStatus": status}) == Observation(status, phase)


@pytest.mark.parametrize("response", [{}, {"BulkDeploymentStatus": None}, {"BulkDeploymentStatus": 5}, [], None, "x"])
def test_a_response_without_a_status_is_a_failure(response: Any) -> None:  # noqa: ANN401 - that is the point
    assert read_status(response) == Failure("The answer holds no BulkDeploymentStatus")


# What is on the wire


@pytest.mark.parametrize(
    ("status", "error_type", "expected"),
    [
        (400, "BadRequestException", Refusal),  # the one documented error
        (400, "BadRequestException:http://internal.amazon.com/coral/", Refusal),
        (404, "NotFoundException", Refusal),
        (404, None, Refusal),
        (400, "ThrottlingException", Failure),
        (400, "ValidationException", Failure),
        (400, None, Failure),
        (401, "UnauthorizedException", Failure),
        (403, "AccessDeniedException", Failure),
        (403, "ExpiredTokenException", Failure),
        (403, "BadRequestException", Failure),
        (410, "GoneException", Failure),
        (429, "TooManyRequestsException", Failure),
        (500, "InternalServerErrorException", Failure),
        (500, "BadRequestException", Failure),
        (503, None, Failure),
    ],
)
def test_only_the_documented_error_and_404_are_refusals(
    status: int, error_type: str | None, expected: type[Outcome]
) -> None:
    outcome = source_answering(status, b'{"Message": "said AWS"}', error_type).observe(ID)

    assert isinstance(outcome, expected)
    assert not isinstance(outcome, Observation)
    assert "said AWS" in outcome.reason
    assert (error_type or str(status)).split(":")[0] in outcome.reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b'"text"',
        b"null",
        b"7",
        b"<html>Please sign in</html>",
        b'{"BulkDeploymentStatus": "Runn',
        b'{"BulkDeploymentStatus": {"a": 1}}',
        b'{"BulkDeploymentStatus": "Running", "BulkDeploymentMetrics": "many"}',
        b'{"BulkDeploymentStatus": "Running", "ErrorDetails": {"a": 1}, "tags": []}',
        b'{"BulkDeploymentStatus": "Running", "BulkDeploymentMetrics": {"RecordsProcessed": ' + b"9" * 5000 + b"}}",
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_a_garbled_answer_is_an_outcome_and_never_raises(body: bytes) -> None:
    outcome = source_answering(200, body).observe(ID)

    if isinstance(outcome, Observation):
        assert_bounded(outcome)
        assert outcome.status == "Running"
    else:
        assert isinstance(outcome, Failure)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html></html>", b'{"message": 7}', b'{"code": ["x"]}'])
def test_a_garbled_error_is_an_outcome_and_never_raises(status: int, body: bytes) -> None:
    outcome = source_answering(status, body).observe(ID)

    # A 404 that can be read at all is a refusal; one that breaks the parser tells nothing.
    assert isinstance(outcome, Failure | Refusal if status == 404 else Failure)


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://greengrass"),
        ReadTimeoutError(endpoint_url="https://greengrass"),
        EndpointConnectionError(endpoint_url="https://greengrass"),
        NoCredentialsError(),
        OSError("DNS"),
        RuntimeError("a fault in a library"),
    ],
)
def test_a_call_that_gets_no_answer_is_a_failure_that_says_why(error: Exception) -> None:
    outcome = source_failing(error).observe(ID)

    assert isinstance(outcome, Failure)
    # botocore wraps what is not its own.
    assert type(error).__name__ in outcome.reason or str(error) in outcome.reason


def test_an_id_that_the_client_does_not_take_is_a_failure() -> None:
    assert isinstance(source_answering(200, b"{}").observe(""), Failure)


def test_a_long_reason_is_cut() -> None:
    outcome = source_answering(500, b'{"Message": "' + b"x" * 10_000 + b'"}').observe(ID)

    assert isinstance(outcome, Failure)
    assert len(outcome.reason) == 4096


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failed_call_is_not_repeated(status: int) -> None:
    """The next sweep is the retry; a sweep's time is counted on one attempt a check."""
    client = boto3.client("greengrass", config=CLIENT_CONFIG)
    sent = answer_with(client, status, b"{}")

    GreengrassBulk(client).observe(ID)

    assert len(sent) == 1


def test_time_outs_fit_what_the_source_says_of_itself() -> None:
    config: Any = CLIENT_CONFIG

    assert config.connect_timeout + config.read_timeout <= GreengrassBulk.seconds_per_call
