"""The status of a bulk deployment: what is read of an answer, and what an error means."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    SSLError,
)
from hypothesis import given
from hypothesis import strategies as st

from deployment_notifier.model import (
    CheckFailed,
    Error,
    ErrorDetail,
    Metrics,
    Observation,
    Outcome,
    Phase,
    UnknownDeployment,
)
from deployment_notifier.rate_limiter import RateLimiter
from deployment_notifier.sources.greengrass_bulk.client import GreengrassBulk, create, read_status
from tests.unit.sources.samples import (
    WATCH,
    assert_bounded_text,
    details,
    new_client,
    source_answering,
    source_failing,
    source_with,
    values,
)
from tests.wire import answer_with, fail_with

if TYPE_CHECKING:
    from collections.abc import Callable

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
    assert {*seen.metrics.counts} <= {"RecordsProcessed", "InvalidInputRecords", "RetryAttempts"}
    for count in (*seen.metrics.counts.values(), seen.metrics.progress, seen.metrics.failures):
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
        assert isinstance(outcome, CheckFailed)


def test_a_whole_answer_is_read() -> None:
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
        metrics=Metrics({"RecordsProcessed": 7, "InvalidInputRecords": 2, "RetryAttempts": 1}, progress=7, failures=2),
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
        # A status that AWS has not documented is kept as it came, and counts as ongoing.
        ("Exploding", Phase.ONGOING),
        ("failed", Phase.ONGOING),
    ],
)
def test_the_three_documented_ends_are_terminal_and_nothing_else(status: str, phase: Phase) -> None:
    assert read_status({"BulkDeploymentStatus": status}) == Observation(status, phase)


@pytest.mark.parametrize("response", [{}, {"BulkDeploymentStatus": None}, {"BulkDeploymentStatus": 5}, [], None, "x"])
def test_an_answer_without_a_status_is_a_failed_check(response: Any) -> None:  # noqa: ANN401 - that is the point
    assert read_status(response) == CheckFailed("The answer holds no BulkDeploymentStatus")


# What is on the wire


@pytest.mark.parametrize(
    ("status", "error_type", "expected"),
    [
        (400, "BadRequestException", UnknownDeployment),  # the one documented error
        (400, "BadRequestException:http://internal.amazon.com/coral/", UnknownDeployment),
        (404, "NotFoundException", UnknownDeployment),
        (404, None, UnknownDeployment),
        (400, "ThrottlingException", CheckFailed),
        (400, "ValidationException", CheckFailed),
        (400, None, CheckFailed),
        (401, "UnauthorizedException", CheckFailed),
        (403, "AccessDeniedException", CheckFailed),
        (403, "ExpiredTokenException", CheckFailed),
        (403, "BadRequestException", CheckFailed),
        (410, "GoneException", CheckFailed),
        (429, "TooManyRequestsException", CheckFailed),
        (500, "InternalServerErrorException", CheckFailed),
        (500, "BadRequestException", CheckFailed),
        (503, None, CheckFailed),
    ],
)
def test_only_the_documented_error_and_404_say_that_a_deployment_is_unknown(
    status: int, error_type: str | None, expected: type[Outcome]
) -> None:
    outcome = source_answering(status, b'{"Message": "said AWS"}', error_type).get_status(WATCH, None)
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
    outcome = source_answering(200, body).get_status(WATCH, None)
    if isinstance(outcome, Observation):
        assert_bounded(outcome)
        assert outcome.status == "Running"
    else:
        assert isinstance(outcome, CheckFailed)


@pytest.mark.parametrize("status", [400, 403, 404, 500])
@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html></html>", b'{"message": 7}', b'{"code": ["x"]}'])
def test_a_garbled_error_is_an_outcome_and_never_raises(status: int, body: bytes) -> None:
    outcome = source_answering(status, body).get_status(WATCH, None)
    # A 404 that can be read at all says that it is unknown; one that breaks the parser says nothing.
    assert isinstance(outcome, CheckFailed | UnknownDeployment if status == 404 else CheckFailed)


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
def test_a_call_without_an_answer_is_a_failed_check_that_says_why(error: Exception) -> None:
    outcome = source_failing(error).get_status(WATCH, None)
    assert isinstance(outcome, CheckFailed)
    # botocore wraps what is not its own.
    assert type(error).__name__ in outcome.reason or str(error) in outcome.reason


def test_an_id_that_the_client_does_not_take_is_a_failed_check() -> None:
    assert isinstance(source_answering(200, b"{}").get_status(replace(WATCH, deployment_id=""), None), CheckFailed)


def test_a_long_reason_is_cut() -> None:
    outcome = source_answering(500, b'{"Message": "' + b"x" * 10_000 + b'"}').get_status(WATCH, None)
    assert isinstance(outcome, CheckFailed)
    assert len(outcome.reason) == 4096


# A second attempt


class Clock:
    """A monotonic clock that each failing request moves on."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def failing_after(seconds: float, *errors: Exception | None) -> tuple[GreengrassBulk, list[str]]:
    """A source whose requests fail in turn, each after some seconds; None is an answer."""
    client, clock, turns = new_client(), Clock(), iter(errors)
    sent: list[str] = []

    def next_turn(request: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        sent.append(request.url)
        clock.seconds += seconds
        error = next(turns)
        if error is not None:
            raise error

    hook: Any = next_turn
    client.meta.events.register("before-send", hook)
    answer_with(client, 200, b'{"BulkDeploymentStatus": "Running", "BulkDeployments": [], "Deployments": []}')
    return GreengrassBulk(client, RateLimiter(10**6), clock), sent


DEAD = ConnectionClosedError(endpoint_url="https://greengrass")
# As TLS has it where the other side resets the connection before the request is written.
DEAD_TLS = SSLError(endpoint_url="https://greengrass", error=OSError("EOF occurred"))
_CALLS: list[Callable[[GreengrassBulk], object]] = [
    lambda source: source.get_status(WATCH, None),
    lambda source: source.list_deployments(None),
    lambda source: source.list_results(WATCH, None),
]
each_call = pytest.mark.parametrize("call", _CALLS, ids=["get_status", "list_deployments", "list_results"])


@each_call
@pytest.mark.parametrize(("error", "seconds"), [(DEAD, 0), (DEAD, 1), (DEAD_TLS, 0)])
def test_a_connection_that_was_dead_costs_no_check(
    call: Callable[[GreengrassBulk], object], error: Exception, seconds: float
) -> None:
    source, sent = failing_after(seconds, error, None)
    assert not isinstance(call(source), CheckFailed)
    assert len(sent) == 2


@each_call
def test_a_second_dead_connection_is_a_failed_check(call: Callable[[GreengrassBulk], object]) -> None:
    source, sent = failing_after(0, DEAD, DEAD, None)
    failed = call(source)
    assert isinstance(failed, CheckFailed)
    assert failed.reason.startswith("ConnectionClosedError: ")
    assert len(sent) == 2


def test_a_connection_that_closes_late_is_no_dead_one() -> None:
    source, sent = failing_after(1.1, DEAD, None)
    assert isinstance(source.get_status(WATCH, None), CheckFailed)
    assert len(sent) == 1, "a second attempt could take longer than the sweep has reserved"


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://greengrass"),
        ReadTimeoutError(endpoint_url="https://greengrass"),
        EndpointConnectionError(endpoint_url="https://greengrass"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "GetBulkDeploymentStatus"),
    ],
)
def test_no_other_failure_is_tried_again(error: Exception) -> None:
    source, sent = failing_after(0, error, None)
    assert isinstance(source.get_status(WATCH, None), CheckFailed)
    assert len(sent) == 1


@each_call
@pytest.mark.parametrize("status", [429, 500, 503])
def test_no_error_of_the_service_is_tried_again(call: Callable[[GreengrassBulk], object], status: int) -> None:
    """The next sweep is the retry; a sweep's time is counted on one attempt for each call."""
    client = new_client()
    sent = answer_with(client, status, b"{}")
    assert isinstance(call(source_with(client)), CheckFailed)
    assert len(sent) == 1


# Turns


@each_call
def test_each_call_waits_for_its_turn(call: Callable[[GreengrassBulk], object]) -> None:
    turns: list[int] = []

    class Limiter(RateLimiter):
        def wait(self) -> None:
            turns.append(1)

    client = new_client()
    fail_with(client, DEAD)
    call(GreengrassBulk(client, Limiter(1)))
    assert turns == [1], "the second attempt takes the place of the first"


def test_it_allows_itself_the_rate_of_its_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    monkeypatch.setattr("deployment_notifier.sources.greengrass_bulk.client.RateLimiter", rates.append)
    create(lambda service, **_: new_client() if service == "greengrass" else None)
    assert rates == [GreengrassBulk.profile.calls_per_second]
