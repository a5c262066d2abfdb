"""Each kind of alert says what happened, what it means, and what to do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployment_notifier.messages import render
from deployment_notifier.messages.content import build_content
from deployment_notifier.messages.email import email_text
from deployment_notifier.messages.event import encode
from deployment_notifier.model import Alert, Error, ErrorDetail, FailureReason, Kind, ResultsSummary
from tests.unit.messages.example_alerts import AT, ID, IDENTITY, example, example_v2, metrics

STATUS = f"aws greengrass get-bulk-deployment-status --bulk-deployment-id {ID} --region eu-west-1"
REPORTS = f"aws greengrass list-bulk-deployment-detailed-reports --bulk-deployment-id {ID} --region eu-west-1 --query "
STOP = f"aws greengrass stop-bulk-deployment --bulk-deployment-id {ID} --region eu-west-1"
START = "aws greengrass start-bulk-deployment --execution-role-arn ROLE_ARN --input-file-uri S3_URI --region eu-west-1"
LIST = "aws greengrass list-bulk-deployments --region eu-west-1"
WATCH = f"deployment-notifier watch {ID} --region eu-west-1"
UNWATCH = f"deployment-notifier unwatch {ID} --region eu-west-1"
LOG = (
    'aws logs tail "$(aws lambda get-function-configuration --function-name notifier-Function-1A --region eu-west-1'
    ' --query LoggingConfig.LogGroup --output text)" --since 1h --region eu-west-1'
)
DENIED = Error("AccessDeniedException: not authorized to perform greengrass:ListBulkDeployments")
HOUR_AGO = AT - timedelta(minutes=62)

CASES = [
    pytest.param(
        example(
            Kind.FAILED,
            to_status="Failed",
            error=Error("Cannot read the input file.", (ErrorDetail("AccessDenied", "s3:GetObject is denied"),)),
            created_at="2026-11-23T09:00:00.000Z",
            also=(Kind.INVALID_RECORDS,),
        ),
        "CRITICAL: Greengrass 1b2c3d4e failed",
        [
            "The bulk deployment ended with an error.",
            "Also, it has 12 invalid records (INVALID_RECORDS).",
            "Status: Failed (was Running)\nRecords processed: 1,200\nInvalid records: 12\nRetries: 7\n",
            "AWS's error:\n  > Cannot read the input file.\n  > [AccessDenied] s3:GetObject is denied\n",
            "(1 h 4 min before)",
            STATUS,
            REPORTS,
            "execution role may not read the input file",
            START,
            "leave FAILED out of the stack's parameter AlertOn",
        ],
        [STOP, UNWATCH, "no error text"],
        id="FAILED",
    ),
    pytest.param(
        example(Kind.INVALID_RECORDS),
        "WARNING: Greengrass 1b2c3d4e has 12 invalid records",
        [
            "AWS does not retry invalid records",
            "continues. Another alert follows when the count has doubled",
            REPORTS,
            STOP,
            "no other can start in this account and region",
            "Wait until this one has ended.",
            START,
            UNWATCH,
        ],
        ["deployment has ended", "AWS's error"],
        id="INVALID_RECORDS while it runs",
    ),
    pytest.param(
        example(Kind.INVALID_RECORDS, to_status="Completed", metrics=metrics(5, 1, 0)),
        "WARNING: Greengrass 1b2c3d4e ended with 1 invalid record",
        ["The bulk deployment has ended.", "Completed (was Running)", REPORTS, START],
        ["continues", STOP, "doubled", "Wait until", UNWATCH],
        id="INVALID_RECORDS at the end",
    ),
    pytest.param(
        example_v2(
            Kind.DEVICES_FAILED,
            {"Queued": 20, "InProgress": 43, "Succeeded": 300, "Failed": 35, "TimedOut": 2},
            results=ResultsSummary(
                300,
                37,
                63,
                (FailureReason("NO_IMAGE", "FAILED_UNABLE_TO_ROLLBACK: no image", 6, ("lock-1", "lock-2")),),
            ),
        ),
        "WARNING: Greengrass door-locks 2.4: 37 of 400 devices failed",
        [
            "37 of 400 devices failed (300 succeeded, 63 not finished).",
            "Some devices were not rolled back and may not work.",
            "AWS keeps a deployment to a thing group ACTIVE, even if every device has failed.",
            "Another alert follows when the count has doubled.",
            "In progress: 43\nSucceeded: 300\nFailed: 35\nTimed out: 2\n",
            "  > 6 devices: FAILED_UNABLE_TO_ROLLBACK: no image [NO_IMAGE]\n  >   lock-1\n",
            "  > 31 devices not examined\n",
            "1. See which devices failed (those that timed out: --status TIMED_OUT):\n",
            "aws iot list-job-executions-for-job --job-id job-1 --status FAILED --region eu-west-1",
            "aws greengrassv2 list-effective-deployments --core-device-thing-name lock-1 --region eu-west-1",
            f"aws greengrassv2 cancel-deployment --deployment-id {ID} --region eu-west-1",
            "Name: door-locks 2.4\nTarget: arn:aws:iot:eu-west-1:123456789012:thinggroup/door-locks\nRevision: 7\n",
            UNWATCH,
        ],
        ["bulk", "group failed", "groups", STOP],
        id="DEVICES_FAILED",
    ),
    pytest.param(
        example_v2(
            Kind.DEVICES_FAILED,
            {"Failed": 1},
            to_status="CANCELED",
            results=ResultsSummary(0, 1, 0),
            also=(Kind.STOPPED,),
        ),
        "WARNING: Greengrass door-locks 2.4: 1 of 1 device failed",
        ["1 of 1 device failed (0 succeeded).", "Also, it was stopped (STOPPED)."],
        ["Another alert follows", "AWS keeps", "cancel-deployment", "list-effective-deployments", UNWATCH],
        id="DEVICES_FAILED at the end",
    ),
    pytest.param(
        example_v2(
            Kind.FAILED,
            {},
            to_status="FAILED",
            details={"deploymentName": "lock", "targetName": "thing lock-1"},
            results=ResultsSummary(
                0, 1, 0, (FailureReason("NO_IMAGE", "FAILED_UNABLE_TO_ROLLBACK: no image", 1, ("lock-1",)),)
            ),
        ),
        "CRITICAL: Greengrass lock failed",
        [
            "The deployment ended with an error. Some devices were not rolled back and may not work.\n",
            "Target: thing lock-1\n",
            "  > 1 device: FAILED_UNABLE_TO_ROLLBACK: no image [NO_IMAGE]\n  >   lock-1\n",
            "aws greengrassv2 list-effective-deployments --core-device-thing-name lock-1 --region eu-west-1",
        ],
        ["AWS gave no error text", "list-job-executions", "group"],
        id="FAILED on a single device",
    ),
    pytest.param(
        example(
            Kind.GROUPS_FAILED,
            to_status="Completed",
            results=ResultsSummary(1_180, 8, 0, (FailureReason(None, "No version", 8, ("g-1", "g-2")),)),
        ),
        "WARNING: Greengrass 1b2c3d4e: 8 groups failed",
        [
            "8 of 1,188 groups failed. AWS does not retry them",
            "The status Completed only means that every record was processed",
            "Groups: 1,180 succeeded, 8 failed\n",
            "  > 8 groups: No version\n  >   g-1\n  >   g-2\n  >   and 6 more\n",
            REPORTS,
            START,
        ],
        [STOP, "so far", "follow", "List them again"],
        id="GROUPS_FAILED",
    ),
    pytest.param(
        example(
            Kind.RESULTS_INCOMPLETE,
            from_status="Completed",
            to_status="Completed",
            metrics=metrics(10_000, 0, 0),
            results=ResultsSummary(5_495, 0, 5),
        ),
        "WARNING: Greengrass 1b2c3d4e: 5 groups unfinished, 4,500 unknown",
        [
            "no longer followed, but 5 groups did not finish, and the results of 4,500 groups could not be read.",
            "may fail without an alert",
            REPORTS,
            WATCH,
        ],
        [STOP, UNWATCH],
        id="RESULTS_INCOMPLETE",
    ),
    pytest.param(
        example(Kind.STALLED, since=HOUR_AGO),
        "WARNING: Greengrass 1b2c3d4e has made no progress for 1 h 2 min",
        ["no progress since 2026-11-23 09:02:00 UTC.", "While Running", STATUS, REPORTS, STOP, UNWATCH],
        [START],
        id="STALLED",
    ),
    pytest.param(
        example(Kind.STOPPED, from_status="Stopping", to_status="Stopped"),
        "INFO: Greengrass 1b2c3d4e was stopped",
        ["was stopped before its end", "aws cloudtrail lookup-events", "StopBulkDeployment", REPORTS, START],
        [STOP],
        id="STOPPED",
    ),
    pytest.param(
        example(Kind.COMPLETED, to_status="Completed"),
        "INFO: Greengrass 1b2c3d4e completed",
        ["only means that every record was processed", "Some groups may have failed", "12 invalid records", REPORTS],
        [STOP, "Nothing to do"],
        id="COMPLETED",
    ),
    pytest.param(
        example(Kind.RESUMED, since=HOUR_AGO),
        "INFO: Greengrass 1b2c3d4e is progressing again after 1 h 2 min",
        ["had made no progress since 2026-11-23 09:02:00 UTC", "Nothing to do", STATUS],
        [STOP],
        id="RESUMED",
    ),
    pytest.param(
        example_v2(Kind.RESUMED, {"Succeeded": 3, "TimedOut": 1}, since=HOUR_AGO),
        "INFO: Greengrass door-locks 2.4 is no longer stalled after 1 h 2 min",
        ["No device is in progress any more. It had made no progress since 2026-11-23 09:02:00 UTC.", UNWATCH],
        ["progressing", "has ended"],
        id="RESUMED at rest",
    ),
    pytest.param(
        example_v2(Kind.RESUMED, {"Succeeded": 3, "Canceled": 1}, to_status="CANCELED", since=HOUR_AGO),
        "INFO: Greengrass door-locks 2.4 is no longer stalled after 1 h 2 min",
        ["The deployment has ended. It had made no progress since 2026-11-23 09:02:00 UTC."],
        ["progressing", "in progress", UNWATCH],
        id="RESUMED at the end",
    ),
    pytest.param(
        example(Kind.LOST, since=HOUR_AGO, error=Error("BadRequestException: no such id")),
        "WARNING: Greengrass 1b2c3d4e is unknown to AWS, no longer checked",
        [
            "rejected this id since 2026-11-23 09:02:00 UTC",
            "Last error:\n  > BadRequestException: no such id",
            "Last status: Running",
            LIST,
            WATCH,
        ],
        [STOP, UNWATCH, "AWS's error"],
        id="LOST",
    ),
    pytest.param(
        example(Kind.UNCHECKED, since=HOUR_AGO, error=Error("ReadTimeoutError")),
        "WARNING: Greengrass 1b2c3d4e could not be checked for 1 h 2 min",
        ["while others succeed", "Last status: Running", STATUS, "slow or silent for this one only", LOG, UNWATCH],
        ["endpoint"],
        id="UNCHECKED",
    ),
    pytest.param(
        example(Kind.SOURCE_UNREACHABLE, since=HOUR_AGO, error=DENIED),
        "CRITICAL: Greengrass V1 could not be checked for 1 h 2 min",
        [
            "No request to Greengrass V1 has succeeded since 2026-11-23 09:02:00 UTC.",
            "bulk deployments in this account and region can fail or stall without an alert",
            "> AccessDeniedException",
            LIST,
            "AWS ended support for Greengrass V1 on 2026-10-07",
            "lacks one of greengrass:GetBulkDeploymentStatus, greengrass:ListBulkDeployments, ",
            "deployment-notifier doctor --region eu-west-1",
            "deployment-notifier show source:greengrass-bulk --region eu-west-1",
        ],
        ["Records processed", STATUS, "Status:"],
        id="SOURCE_UNREACHABLE",
    ),
    pytest.param(
        example(Kind.SOURCE_RECOVERED, since=HOUR_AGO),
        "INFO: Greengrass V1 can be checked again after 1 h 2 min",
        ["since 2026-11-23 09:02:00 UTC", "alerts of their own", "Nothing to do"],
        ["Records processed"],
        id="SOURCE_RECOVERED",
    ),
    pytest.param(
        example(Kind.DISCOVERY_FAILED, since=HOUR_AGO, error=DENIED),
        "WARNING: Greengrass V1 deployments could not be listed for 1 h 2 min",
        [
            "so new ones are not found",
            "Those already watched are still checked.",
            "Last error:\n  > AccessDeniedException",
            "greengrass:ListBulkDeployments",
            "AWS ended support",
            LIST,
            "deployment-notifier watch ID --region eu-west-1",
        ],
        ["Records processed", "No request"],
        id="DISCOVERY_FAILED",
    ),
    pytest.param(
        example(Kind.DISCOVERY_RECOVERED, since=HOUR_AGO),
        "INFO: Greengrass V1 deployments can be listed again after 1 h 2 min",
        ["could not be listed since 2026-11-23 09:02:00 UTC", "created in the meantime", "Nothing to do"],
        ["Records processed"],
        id="DISCOVERY_RECOVERED",
    ),
]


def email(alert: Alert) -> str:
    return email_text(build_content(alert, IDENTITY))


@pytest.mark.parametrize(("alert", "title", "included", "excluded"), CASES)
def test_an_alert_says_what_it_means_and_what_to_do_and_its_forms_agree(
    alert: Alert, title: str, included: list[str], excluded: list[str]
) -> None:
    text = email(alert)
    for part in [
        *included,
        alert.deployment_id.removeprefix("source:"),
        "AWS account: 123456789012, eu-west-1\n",
        f"Stack: {IDENTITY.stack_name}\n",
        f"Alert: {alert.kind} {alert.id}\n",
        f"deployment-notifier show {alert.deployment_id} --region eu-west-1\n",
    ]:
        assert part in text
    for part in excluded:
        assert part not in text
    assert ("since: 2026-11-23 09:02:00 UTC (1 h 2 min)" in text) == (alert.since is not None)
    built = build_content(alert, IDENTITY)
    assert 1 <= len(built.steps) <= 4
    subject = f"{title} - 123456789012 eu-west-1"
    message = render(alert, IDENTITY)
    assert message.subject == subject
    bodies = json.loads(message.body)
    assert bodies["sms"].startswith(subject)
    assert bodies["default"] == f"{subject}\n\n{bodies['email']}"
    content: Any = json.loads(bodies["https"])["content"]
    assert content["title"].replace("`", "").endswith(subject)
    for step in (f"History: `deployment-notifier show {alert.deployment_id} --region eu-west-1`", "To silence alerts "):
        assert [each for each in content["nextSteps"] if each.startswith(step)]
    assert content["description"].startswith("\n".join((built.explanation, *built.also)))
    # Every command fits in its step.
    assert not [step for step in content["nextSteps"] if "in the email" in step]
    assert message.attributes == {"kind": alert.kind, "severity": alert.severity, "source": alert.source}


def test_every_kind_has_a_case() -> None:
    assert {case.values[0].kind for case in CASES} == set(Kind)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_that_applies_too_is_described(kind: Kind) -> None:
    (also,) = build_content(example(kind, also=(kind,)), IDENTITY).also
    assert re.fullmatch(rf"Also, [a-z0-9].* \({kind}\)\.", also)


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("AccessDeniedException: no", "service control policy"),
        ("HTTP 403", "service control policy"),
        ("UnrecognizedClientException: The security token included in the request is invalid", "credentials"),
        ("ThrottlingException: Rate exceeded", "quota (30 calls a second in most regions"),
        ("HTTP 429", "quota"),
        ('Could not connect to the endpoint URL: "https://greengrass.eu-west-1.amazonaws.com/"', "The network"),
        ("ConnectTimeoutError", "GreengrassEndpointUrl"),
        ("HTTP 503: ServiceUnavailable", "Health Dashboard"),
        ("BadRequestException", "wrong region"),
        ("A message that is not known", "Not clear from the error"),
        (None, "Not clear from the error"),
    ],
)
@pytest.mark.parametrize("kind", [Kind.SOURCE_UNREACHABLE, Kind.DISCOVERY_FAILED])
def test_an_outage_comes_with_the_usual_cause_of_its_error(kind: Kind, error: str | None, hint: str) -> None:
    steps = build_content(example(kind, error=None if error is None else Error(error)), IDENTITY).steps
    assert steps[0].text.startswith("Likely cause: ")
    assert hint in steps[0].text
    assert "VPC" not in steps[0].text, "the function has none"


def test_the_end_of_support_is_named_only_after_it() -> None:
    before = example(Kind.SOURCE_UNREACHABLE, at=datetime(2026, 10, 6, 23, 59, tzinfo=UTC))
    assert "ended support" not in email(before)


@pytest.mark.parametrize(
    ("partition", "region", "domain"),
    [
        ("aws", "eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        ("aws-us-gov", "us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"),
    ],
)
def test_links_and_arns_are_those_of_the_partition(partition: str, region: str, domain: str) -> None:
    identity = replace(IDENTITY, partition=partition, region=region)
    assert str(build_content(example(Kind.FAILED), identity).console).startswith(domain)
    assert str(encode(example(Kind.FAILED), identity)["source"]).startswith(f"arn:{partition}:greengrass:{region}:")


def test_a_partition_whose_console_is_not_known_has_no_link() -> None:
    content = build_content(example(Kind.FAILED), replace(IDENTITY, partition="aws-iso"))
    assert content.console is None
    assert "AWS console: " not in email_text(content)


@pytest.mark.parametrize("kind", Kind)
def test_a_source_that_this_version_does_not_have_is_described_in_plain_words(kind: Kind) -> None:
    alert = example(kind, source="some-new-source", results=ResultsSummary(9, 1, 0), also=(Kind.INVALID_RECORDS,))
    message = render(alert, IDENTITY)
    bodies = json.loads(message.body)
    text = bodies["email"].replace("GROUPS_FAILED", "").replace(IDENTITY.stack_name, "")
    assert "Greengrass" not in message.subject + text
    assert "aws greengrass" not in text
    assert "group" not in text
    assert "What to do:\n  1. " in text
    assert ("some-new-source" if kind.is_about_source else "1b2c3d4e") in message.subject
    event = json.loads(bodies["sqs"])
    assert event["source"] == "arn:aws:lambda:eu-west-1:123456789012:function:notifier-Function-1A"
    assert event["data"]["deployment"] is None or event["data"]["deployment"]["arn"] is None


def test_counts_that_aws_did_not_report_are_said_to_be_missing() -> None:
    text = email(example(Kind.FAILED, metrics=metrics(5)))
    assert "Records processed: 5\nInvalid records: not reported\nRetries: not reported" in text


def test_the_text_message_names_no_count_that_is_not_known() -> None:
    for counts, end in ((metrics(5), "; 5 processed"), (metrics(), " eu-west-1"), (metrics(0, 0, 0), "; 0 retries")):
        sms = json.loads(render(example(Kind.FAILED, metrics=counts), IDENTITY).body)["sms"]
        assert sms.endswith(end)
        assert "None" not in sms


def test_only_a_failure_without_an_error_says_that_aws_gave_none() -> None:
    note = "AWS gave no error text."
    assert note in email(example(Kind.FAILED))
    assert note not in email(example(Kind.FAILED, error=Error("No.")))
    reason = FailureReason("NO_IMAGE", "no image", 1, ("lock-1",))
    assert note not in email(example(Kind.FAILED, results=ResultsSummary(0, 1, 0, (reason,))))
    assert note not in email(example(Kind.STALLED))


def test_only_a_critical_alert_is_outside_the_deployments_thread() -> None:
    threads = {
        kind: json.loads(json.loads(render(example(kind), IDENTITY).body)["https"])["metadata"].get("threadId")
        for kind in (Kind.FAILED, Kind.STALLED, Kind.RESUMED)
    }
    assert threads[Kind.FAILED] is None
    assert threads[Kind.STALLED] == threads[Kind.RESUMED]
    assert ID in threads[Kind.STALLED]


def test_a_long_error_is_shortened_in_the_email_and_the_rest_counted() -> None:
    details = tuple(ErrorDetail(f"E{n}", "x" * 4_000) for n in range(15))
    text = email(example(Kind.FAILED, error=Error("y" * 4_000, details)))
    assert "> (and 10 more)" in text
    assert len(text) < 6_000


def test_an_error_of_several_lines_is_quoted_line_by_line_and_an_empty_detail_is_left_out() -> None:
    details = (ErrorDetail(" ", "\u200b"), ErrorDetail("E1", None), ErrorDetail(None, "Why."))
    assert "AWS's error:\n  > First.\n  > What to do:\n  > [E1]\n  > Why.\n\nWhat to do:\n" in email(
        example(Kind.FAILED, error=Error("First.\nWhat to do:", details))
    )
