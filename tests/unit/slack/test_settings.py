"""The Slack function's environment is validated at start, and one error names everything that is wrong."""

from __future__ import annotations

import pytest

from deployment_notifier.errors import SettingsError
from deployment_notifier.model import StackIdentity
from deployment_notifier.slack.settings import SlackSettings, read_slack_settings

GOOD = {
    "ALERT_TOPIC_ARN": "arn:aws-us-gov:sns:us-gov-west-1:123456789012:alerts",
    "NOTIFIER_FUNCTION_NAME": "notifier-Function-1A",
    "TABLE_NAME": "notifier-Table-9Z",
    "POWERTOOLS_SERVICE_NAME": "notifier",
    "SLACK_WEBHOOK_PARAMETER": "/notifier/slack-webhook",
    "UNDELIVERED_QUEUE_URL": "https://sqs.us-gov-west-1.amazonaws.com/123456789012/undelivered",
}


def test_the_environment_gives_the_settings() -> None:
    identity = StackIdentity(
        "aws-us-gov", "us-gov-west-1", "123456789012", "notifier-Function-1A", "notifier-Table-9Z", "notifier"
    )
    assert read_slack_settings(GOOD) == SlackSettings(
        identity,
        "/notifier/slack-webhook",
        "https://sqs.us-gov-west-1.amazonaws.com/123456789012/undelivered",
        is_test_endpoint_set=False,
    )


@pytest.mark.parametrize(("endpoint", "is_set"), [("", False), ("http://127.0.0.1:4566", True)])
def test_an_emulator_in_the_place_of_aws_is_a_test_endpoint(endpoint: str, *, is_set: bool) -> None:
    assert read_slack_settings({**GOOD, "AWS_ENDPOINT_URL": endpoint}).is_test_endpoint_set is is_set


@pytest.mark.parametrize("name", ["/a", "/a/b.c-d/e_f", "/" + "a" * 1_010])
def test_a_parameters_name_is_a_path(name: str) -> None:
    assert read_slack_settings({**GOOD, "SLACK_WEBHOOK_PARAMETER": name}).parameter == name


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566/000000000000/q", "http://host.docker.internal:4566/0/q"])
def test_a_queue_of_an_emulator_is_a_queue(url: str) -> None:
    assert read_slack_settings({**GOOD, "UNDELIVERED_QUEUE_URL": url}).queue_url == url


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is not set; it should hold "):
        read_slack_settings({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERT_TOPIC_ARN", "arn:aws:sqs:eu-west-1:123456789012:alerts"),
        ("NOTIFIER_FUNCTION_NAME", ""),
        ("TABLE_NAME", "a b"),
        ("POWERTOOLS_SERVICE_NAME", ""),
        ("SLACK_WEBHOOK_PARAMETER", ""),
        ("SLACK_WEBHOOK_PARAMETER", "a"),
        ("SLACK_WEBHOOK_PARAMETER", "a/b"),
        ("SLACK_WEBHOOK_PARAMETER", "/a//b"),
        ("SLACK_WEBHOOK_PARAMETER", "/" + "a" * 1_011),
        ("SLACK_WEBHOOK_PARAMETER", "/a" * 16),
        ("UNDELIVERED_QUEUE_URL", "undelivered"),
        ("UNDELIVERED_QUEUE_URL", "arn:aws:sqs:eu-west-1:123456789012:undelivered"),
        ("UNDELIVERED_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/"),
        ("UNDELIVERED_QUEUE_URL", "https://[::1"),
        ("UNDELIVERED_QUEUE_URL", "ftp://sqs.eu-west-1.amazonaws.com/123456789012/undelivered"),
    ],
)
def test_a_wrong_value_is_named_with_what_it_holds(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_slack_settings({**GOOD, name: value})
    assert f"{name} holds {value[:200]!r}; it should hold " in str(caught.value)


def test_the_webhooks_url_in_the_place_of_the_parameters_name_is_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        read_slack_settings({**GOOD, "SLACK_WEBHOOK_PARAMETER": "https://hooks.slack.com/services/T0/B0/SECRET"})
    assert "SLACK_WEBHOOK_PARAMETER holds " in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_one_error_names_everything_that_is_wrong() -> None:
    with pytest.raises(SettingsError) as caught:
        read_slack_settings({})
    assert [name for name in GOOD if name not in str(caught.value)] == []
