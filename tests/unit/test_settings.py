from __future__ import annotations

import re
from typing import Any

import pytest

from deployment_notifier.errors import SettingsError
from deployment_notifier.model import DEFAULT_KINDS, Kind, Policy, StackIdentity
from deployment_notifier.settings import Settings, read_settings
from tests.template import load_template

GOOD = {
    "TABLE_NAME": "notifier-Table-1AB2",
    "ALERT_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:notifier-AlertTopic-1AB2",
    "AWS_LAMBDA_FUNCTION_NAME": "notifier-NotifierFunction-1AB2",
    "SOURCES": "AUTO",
    "ALERT_ON": "DEFAULT",
    "INVALID_RECORDS_THRESHOLD": "3",
    "FAILED_DEVICES_THRESHOLD": "4",
    "STALLED_AFTER_MINUTES": "60",
    "UNCHECKED_AFTER_MINUTES": "10",
    "DISCOVER_WITHIN_HOURS": "24",
    "FOLLOW_RESULTS_MINUTES": "90",
    "CHECK_EVERY_MINUTES": "5",
    "HISTORY_DAYS": "90",
    "POWERTOOLS_SERVICE_NAME": "notifier",
    "POWERTOOLS_METRICS_NAMESPACE": "GreengrassDeploymentNotifier",
}


def problem(changes: dict[str, str | None]) -> str:
    """The message about an environment that differs from a good one; None takes a variable away."""
    environ = {name: value for name, value in (GOOD | changes).items() if value is not None}
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    return str(caught.value)


def test_a_good_environment_is_read_whole() -> None:
    assert read_settings(GOOD) == Settings(
        identity=StackIdentity(
            partition="aws",
            region="eu-west-1",
            account="123456789012",
            function_name="notifier-NotifierFunction-1AB2",
            table_name="notifier-Table-1AB2",
            stack_name="notifier",
        ),
        topic_arn="arn:aws:sns:eu-west-1:123456789012:notifier-AlertTopic-1AB2",
        sources=frozenset(),
        policy=Policy(
            alert_on=DEFAULT_KINDS,
            thresholds={Kind.INVALID_RECORDS: 3, Kind.DEVICES_FAILED: 4},
            stalled_after_minutes=60,
            unchecked_after_minutes=10,
            follow_results_minutes=90,
            check_every_minutes=5,
        ),
        discover_within_hours=24,
        history_days=90,
    )


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_variable_is_named(name: str) -> None:
    message = problem({name: None})
    assert f"{name} is not set; it should hold " in message
    assert not [other for other in GOOD if other != name and f"{other} " in message]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("TABLE_NAME", "", "the name of a DynamoDB table"),
        ("TABLE_NAME", "two words", "the name of a DynamoDB table"),
        ("TABLE_NAME", "x" * 256, "the name of a DynamoDB table"),
        ("ALERT_TOPIC_ARN", "alerts", "the ARN of an SNS topic"),
        ("ALERT_TOPIC_ARN", "arn:aws:sqs:eu-west-1:123456789012:alerts", "the ARN of an SNS topic"),
        ("ALERT_TOPIC_ARN", "arn:aws:sns:eu-west-1:12345:alerts", "the ARN of an SNS topic"),
        # A subscription's ARN is a topic's with more at its end.
        ("ALERT_TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:alerts:0f1e", "the ARN of an SNS topic"),
        ("AWS_LAMBDA_FUNCTION_NAME", "", "the function's name"),
        ("ALERT_ON", "", "a comma-separated list of DEFAULT, FAILED, "),
        ("ALERT_ON", "FAILED,", "a comma-separated list of DEFAULT, FAILED, "),
        ("ALERT_ON", "failed", "a comma-separated list of DEFAULT, FAILED, "),
        ("ALERT_ON", "FAILED STALLED", "a comma-separated list of DEFAULT, FAILED, "),
        ("ALERT_ON", "DEFAULT,EXPLODED", "a comma-separated list of DEFAULT, FAILED, "),
        ("INVALID_RECORDS_THRESHOLD", "0", "a whole number from 1 to "),
        ("INVALID_RECORDS_THRESHOLD", "-1", "a whole number from 1 to "),
        ("INVALID_RECORDS_THRESHOLD", "1.5", "a whole number from 1 to "),
        ("INVALID_RECORDS_THRESHOLD", "1e3", "a whole number from 1 to "),
        # Python's int() takes other scripts' digits; they are refused.
        ("INVALID_RECORDS_THRESHOLD", "٣", "a whole number from 1 to "),
        ("STALLED_AFTER_MINUTES", "0", "a whole number of minutes from 1 to "),
        ("STALLED_AFTER_MINUTES", "soon", "a whole number of minutes from 1 to "),
        ("STALLED_AFTER_MINUTES", "9" * 20, "a whole number of minutes from 1 to "),
        ("UNCHECKED_AFTER_MINUTES", "-1", "a whole number of minutes from 0 to "),
        ("UNCHECKED_AFTER_MINUTES", "", "a whole number of minutes from 0 to "),
        ("FOLLOW_RESULTS_MINUTES", "-1", "a whole number of minutes from 0 to "),
        ("FOLLOW_RESULTS_MINUTES", "1000000", "a whole number of minutes from 0 to "),
        ("CHECK_EVERY_MINUTES", "0", "a whole number of minutes from 1 to 60"),
        ("CHECK_EVERY_MINUTES", "61", "a whole number of minutes from 1 to 60"),
        ("POWERTOOLS_SERVICE_NAME", "", "the stack's name"),
        ("DISCOVER_WITHIN_HOURS", "", "a whole number of hours from 0 to "),
        ("DISCOVER_WITHIN_HOURS", "1.5", "a whole number of hours from 0 to "),
        ("HISTORY_DAYS", "0", "a whole number of days from 1 to "),
        ("HISTORY_DAYS", "90 days", "a whole number of days from 1 to "),
        ("AWS_ENDPOINT_URL_GREENGRASS", " ", "an https:// URL, or an http:// URL of this machine"),
        ("AWS_ENDPOINT_URL_GREENGRASS", "greengrass.example.com", "an https:// URL"),
        ("AWS_ENDPOINT_URL_GREENGRASS", "ftp://localhost", "an https:// URL"),
        ("AWS_ENDPOINT_URL_GREENGRASS", "https://", "an https:// URL"),
        ("AWS_ENDPOINT_URL_GREENGRASS", "https://[::1", "an https:// URL"),
        # Requests carry session credentials, so they don't leave this machine in clear text.
        ("AWS_ENDPOINT_URL_GREENGRASS", "http://greengrass.example.com", "an http:// URL of this machine"),
        ("AWS_ENDPOINT_URL_GREENGRASS", "http://127.0.0.1.example.com", "an http:// URL of this machine"),
        ("AWS_ENDPOINT_URL_GREENGRASS", "http://localhost@example.com", "an http:// URL of this machine"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_holds_and_should_hold(name: str, value: str, expected: str) -> None:
    message = problem({name: value})
    assert f"{name} holds {value[:200]!r}; it should hold " in message
    assert expected in message
    assert message.count("; it should hold ") == 1


def test_one_message_names_everything_that_is_wrong() -> None:
    message = problem({"TABLE_NAME": None, "ALERT_ON": "NEVER", "HISTORY_DAYS": "0", "ALERT_TOPIC_ARN": "x"})
    assert message.count("; it should hold ") == 4
    for words in ("TABLE_NAME is not set", "ALERT_ON holds 'NEVER'", "HISTORY_DAYS holds '0'", "ALERT_TOPIC_ARN holds"):
        assert words in message


@pytest.mark.parametrize(("hours", "days"), [("24", "1"), ("2160", "90"), ("999999", "9999")])
def test_what_is_discovered_must_be_younger_than_what_has_expired(hours: str, days: str) -> None:
    """Else a deployment whose watch has expired would be discovered, and alerted on, again."""
    message = problem({"DISCOVER_WITHIN_HOURS": hours, "HISTORY_DAYS": days})
    assert message.startswith("The function's environment is wrong. ")
    for words in ("DISCOVER_WITHIN_HOURS", "HISTORY_DAYS", hours, days):
        assert words in message


@pytest.mark.parametrize(("hours", "days"), [("0", "1"), ("23", "1"), ("2159", "90")])
def test_any_shorter_time_of_discovery_will_do(hours: str, days: str) -> None:
    read = read_settings(GOOD | {"DISCOVER_WITHIN_HOURS": hours, "HISTORY_DAYS": days})
    assert (read.discover_within_hours, read.history_days) == (int(hours), int(days))


def test_an_empty_environment_names_every_variable() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({})
    assert not [name for name in GOOD if f"{name} is not set" not in str(caught.value)]


def test_a_wrong_value_is_quoted_on_one_line_and_cut() -> None:
    message = problem({"TABLE_NAME": "a\nb" * 1000})
    assert "\n" not in message
    assert len(message) < 600


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("FAILED", {Kind.FAILED}),
        ("FAILED,STALLED", {Kind.FAILED, Kind.STALLED}),
        ("FAILED, STALLED", {Kind.FAILED, Kind.STALLED}),
        ("DEFAULT", set(Kind) - {Kind.STOPPED, Kind.COMPLETED}),
        ("DEFAULT,COMPLETED", set(Kind) - {Kind.STOPPED}),
        ("COMPLETED,DEFAULT,COMPLETED", set(Kind) - {Kind.STOPPED}),
    ],
)
def test_alert_on_is_a_list_in_which_default_stands_for_all_but_the_good_news(text: str, kinds: set[Kind]) -> None:
    assert read_settings(GOOD | {"ALERT_ON": text}).policy.alert_on == kinds


@pytest.mark.parametrize(
    "url",
    [
        "",  # as good as not set, to botocore too
        "https://greengrass.example.com",
        "https://vpce-1.greengrass.eu-west-1.vpce.amazonaws.com:8443/base",
        "http://127.0.0.1:8555",
        "http://localhost:8555",
        "http://[::1]:8555",
        "http://host.docker.internal:8555",
    ],
)
def test_an_endpoint_is_https_or_on_this_machine(url: str) -> None:
    read_settings(GOOD | {"AWS_ENDPOINT_URL_GREENGRASS": url})


@pytest.mark.parametrize(
    "arn", ["arn:aws-cn:sns:cn-north-1:123456789012:a", "arn:aws-us-gov:sns:us-gov-west-1:123456789012:a"]
)
def test_other_partitions_are_read_from_the_topic(arn: str) -> None:
    identity = read_settings(GOOD | {"ALERT_TOPIC_ARN": arn}).identity
    assert f"arn:{identity.partition}:sns:{identity.region}:{identity.account}:a" == arn


@pytest.mark.parametrize(
    "url",
    [
        "https://two words.example.com",
        "https://under_score.example.com",
        " https://greengrass.example.com ",
        "https://greengrass.example.com:port",
        "https://greengrass.example.com:99999",
    ],
)
def test_an_endpoint_that_botocore_does_not_take_is_named_at_start(url: str) -> None:
    """The variable is read by botocore itself, whose error does not name it."""
    assert f"AWS_ENDPOINT_URL_GREENGRASS holds {url!r}" in problem({"AWS_ENDPOINT_URL_GREENGRASS": url})


def taken_by_the_template() -> list[tuple[str, str]]:
    """The function's variables that are parameters, each with numbers that the template takes."""
    template = load_template()
    variables = template["Resources"]["NotifierFunction"]["Properties"]["Environment"]["Variables"]
    taken = []
    for variable, value in variables.items():
        parameter: dict[str, Any] = template["Parameters"].get(value.get("Ref"), {}) if isinstance(value, dict) else {}
        pattern = parameter.get("AllowedPattern", "$.")
        numbers = parameter.get("AllowedValues") or [text for digit in "09" for text in digits(digit, pattern)]
        taken += [(variable, number) for number in numbers]
    return taken


def digits(digit: str, pattern: str) -> list[str]:
    return [digit * length for length in range(1, 11) if re.fullmatch(pattern, digit * length)]


@pytest.mark.parametrize(("variable", "number"), taken_by_the_template())
def test_a_number_that_the_template_takes_starts_the_function(variable: str, number: str) -> None:
    """Else `sam deploy` succeeds with a stack whose function cannot start."""
    # What is discovered must be younger than the history is long, so that is as long as it can be.
    days = {"HISTORY_DAYS": "9999", "DISCOVER_WITHIN_HOURS": "0"}
    read_settings(GOOD | days | {variable: number})
