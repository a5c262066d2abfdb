"""The webhook's URL is kept for minutes, is Slack's own, and is in no error."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from deployment_notifier.slack.errors import SecretError, SlackError, WebhookError
from deployment_notifier.slack.secret import SECONDS_TO_KEEP, Secret, is_webhook_url

URL = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
OTHER = "https://hooks.slack.com/services/T00000000/B11111111/YYYYYYYYYYYYYYYYYYYYYYYY"


class Parameters:
    """The one call of SSM, with what it shall answer or raise."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer
        self.calls = 0

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert (Name, WithDecryption) == ("/webhook", True)
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Parameter": {"Value": self.answer}}


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def secret(parameters: Any, clock: Clock | None = None) -> Secret:  # noqa: ANN401 - stands in for boto3's client
    return Secret(parameters, "/webhook", clock or Clock())


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetParameter")


def test_the_url_is_read_once_in_five_minutes() -> None:
    parameters, clock = Parameters(URL), Clock()
    found = secret(parameters, clock)
    assert [found.url() for _ in range(3)] == [URL] * 3
    clock.now += SECONDS_TO_KEEP - 1
    assert found.url() == URL
    assert parameters.calls == 1
    parameters.answer = OTHER
    clock.now += 1
    assert found.url() == OTHER
    assert parameters.calls == 2
    assert SECONDS_TO_KEEP == 300


def test_a_clock_that_went_back_does_not_keep_the_url_for_longer() -> None:
    parameters, clock = Parameters(URL), Clock()
    found = secret(parameters, clock)
    found.url()
    clock.now -= 10_000
    found.url()
    assert parameters.calls == 2


def test_a_url_that_was_refused_is_read_again_and_kept() -> None:
    parameters = Parameters(URL)
    found = secret(parameters)
    found.url()
    parameters.answer = OTHER
    assert found.read_again() == OTHER
    assert found.url() == OTHER
    assert parameters.calls == 2


def test_after_a_failed_reading_the_old_url_is_not_used() -> None:
    parameters = Parameters(URL)
    found = secret(parameters)
    found.url()
    parameters.answer = client_error("InternalServerError")
    for read in (found.read_again, found.url):
        with pytest.raises(SecretError):
            read()


def test_white_space_around_the_url_does_not_matter() -> None:
    assert secret(Parameters(f" {URL}\n")).url() == URL


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        (client_error("ParameterNotFound"), WebhookError),
        (client_error("ParameterVersionNotFound"), WebhookError),
        (client_error("AccessDeniedException"), SecretError),
        (client_error("ThrottlingException"), SecretError),
        (client_error("InvalidKeyId"), SecretError),
        (ReadTimeoutError(endpoint_url="https://ssm"), SecretError),
        (ResponseParserError(f"cannot read {URL}"), SecretError),
    ],
)
def test_ssms_trouble_is_told_by_whether_it_may_pass(trouble: Exception, expected: type[SlackError]) -> None:
    with pytest.raises(expected, match="SSM parameter /webhook") as caught:
        secret(Parameters(trouble)).url()
    assert type(caught.value) is expected
    assert URL not in "".join(traceback.format_exception(caught.value))
    assert URL not in repr(caught.value.__context__)


@pytest.mark.parametrize(
    "good",
    [
        URL,
        "https://hooks.slack-gov.com/services/T0/B0/x",
        "https://hooks.slack.com:443/services/T0/B0/x",
        "https://hooks.slack.com/workflows/T0/A0/1/x",
        "http://127.0.0.1:8556/services/T0/B0/x",
        "http://localhost:8556/services/T0/B0/x",
        "http://host.docker.internal:8556/services/T0/B0/x",
    ],
)
def test_slacks_urls_and_those_of_this_machine_are_webhooks(good: str) -> None:
    assert is_webhook_url(good)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "x",
        "http://hooks.slack.com/services/T0/B0/x",
        "https://hooks.slack.com",
        "https://hooks.slack.com/",
        "https://hooks.slack.com.evil.example/services/T0/B0/x",
        "https://hooks.slack.com@evil.example/services/T0/B0/x",
        "https://evil.example/hooks.slack.com/services/T0/B0/x",
        "https://user:pass@hooks.slack.com/services/T0/B0/x",
        "https://hooks.slack.com:8443/services/T0/B0/x",
        "https://hooks.slack.com:x/services/T0/B0/x",
        "https://127.0.0.1/services/T0/B0/x",
        "https://[::1/services",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/services/T0/B0/x",
        "ftp://hooks.slack.com/services/T0/B0/x",
        "https://hooks.slack.com/services/T0/B0/x y",
        "https://hooks.slack.com/services/T0/B0/\r\nHost: evil",
        "https://hooks.slack.com/" + "x" * 2_000,
    ],
)
def test_anything_else_is_not_and_is_not_quoted(wrong: str) -> None:
    with pytest.raises(WebhookError) as caught:
        secret(Parameters(wrong)).url()
    assert str(caught.value) == (
        "SSM parameter /webhook does not hold the URL of a Slack webhook (https://hooks.slack.com/services/...)"
    )
