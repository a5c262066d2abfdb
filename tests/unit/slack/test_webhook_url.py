"""The webhook's URL is kept for minutes, is Slack's own, and is in no error."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from deployment_notifier.slack.errors import SlackError, UnavailableError, WebhookError
from deployment_notifier.slack.webhook_url import SECONDS_TO_KEEP, WebhookUrl, is_webhook_url

URL = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
OTHER = "https://hooks.slack.com/services/T00000000/B11111111/YYYYYYYYYYYYYYYYYYYYYYYY"


class Ssm:
    """The one call of SSM, with what it answers or raises, and the clock."""

    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer
        self.calls = 0
        self.now = 1_000_000.0

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert (Name, WithDecryption) == ("/webhook", True)
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Parameter": {"Value": self.answer}}


def webhook_url(ssm: Any) -> WebhookUrl:  # noqa: ANN401 - in the place of boto3's client
    return WebhookUrl(ssm, "/webhook", lambda: ssm.now, allow_this_machine=False)


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetParameter")


def test_the_url_is_read_once_in_five_minutes() -> None:
    ssm = Ssm(URL)
    url = webhook_url(ssm)
    assert [url.get() for _ in range(3)] == [URL] * 3
    ssm.now += SECONDS_TO_KEEP - 1
    assert url.get() == URL
    assert ssm.calls == 1
    ssm.answer = OTHER
    ssm.now += 1
    assert url.get() == OTHER
    assert ssm.calls == 2
    assert SECONDS_TO_KEEP == 300


def test_a_clock_that_went_back_does_not_keep_the_url_for_longer() -> None:
    ssm = Ssm(URL)
    url = webhook_url(ssm)
    url.get()
    ssm.now -= 10_000
    url.get()
    assert ssm.calls == 2


def test_a_url_that_was_refused_is_read_again_and_kept() -> None:
    ssm = Ssm(URL)
    url = webhook_url(ssm)
    url.get()
    ssm.answer = OTHER
    assert url.refresh() == OTHER
    assert url.get() == OTHER
    assert ssm.calls == 2


def test_the_old_url_is_not_used_after_a_failed_read() -> None:
    ssm = Ssm(URL)
    url = webhook_url(ssm)
    url.get()
    ssm.answer = client_error("InternalServerError")
    for read in (url.refresh, url.get):
        with pytest.raises(UnavailableError):
            read()


def test_white_space_around_the_url_does_not_matter() -> None:
    assert webhook_url(Ssm(f" {URL}\n")).get() == URL


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (client_error("ParameterNotFound"), WebhookError),
        (client_error("ParameterVersionNotFound"), WebhookError),
        (client_error("AccessDeniedException"), UnavailableError),
        (client_error("ThrottlingException"), UnavailableError),
        (client_error("InvalidKeyId"), UnavailableError),
        (ReadTimeoutError(endpoint_url="https://ssm"), UnavailableError),
        (ResponseParserError(f"cannot read {URL}"), UnavailableError),
    ],
)
def test_a_fault_of_ssm_is_sorted_by_whether_it_may_pass(fault: Exception, expected: type[SlackError]) -> None:
    with pytest.raises(expected, match="SSM parameter /webhook") as caught:
        webhook_url(Ssm(fault)).get()
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
    ],
)
def test_a_url_of_slack_is_a_webhook_everywhere(good: str) -> None:
    assert is_webhook_url(good, allow_this_machine=False)
    assert is_webhook_url(good, allow_this_machine=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "host.docker.internal"])
def test_a_url_of_this_machine_is_a_webhook_only_for_tests(host: str) -> None:
    # In AWS, 127.0.0.1 is where Lambda's own runtime API listens.
    assert is_webhook_url(f"http://{host}:8556/services/T0/B0/x", allow_this_machine=True)
    assert not is_webhook_url(f"http://{host}:8556/services/T0/B0/x", allow_this_machine=False)
    assert not is_webhook_url(f"https://{host}/services/T0/B0/x", allow_this_machine=True)
    with pytest.raises(WebhookError):
        webhook_url(Ssm(f"http://{host}:8556/services/T0/B0/x")).get()


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
        "https://[::1/services",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/services/T0/B0/x",
        "ftp://hooks.slack.com/services/T0/B0/x",
        "https://hooks.slack.com/services/T0/B0/x y",
        "https://hooks.slack.com/services/T0/B0/\r\nHost: evil",
        "https://hooks.slack.com/" + "x" * 2_000,
    ],
)
def test_any_other_url_is_refused_and_not_quoted(wrong: str) -> None:
    assert not is_webhook_url(wrong, allow_this_machine=True)
    with pytest.raises(WebhookError) as caught:
        webhook_url(Ssm(wrong)).get()
    assert str(caught.value) == (
        "SSM parameter /webhook does not hold the URL of a Slack webhook (https://hooks.slack.com/services/...)"
    )
