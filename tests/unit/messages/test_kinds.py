"""Each kind of alert tells its reader what happened, how bad it is, and what to do."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deployment_notifier.messages import email, render
from deployment_notifier.messages.chat import notification
from deployment_notifier.messages.event import event
from deployment_notifier.model import Alert, Error, ErrorDetail, GroupError, GroupTally, Kind, Metrics, Place

PLACE = Place("aws", "eu-west-1", "123456789012", "notifier-Function-1A", "notifier-Table-9Z")
ID = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9"
AT = datetime(2026, 11, 23, 10, 4, 0, 123_456, tzinfo=UTC)
STATUS = f"aws greengrass get-bulk-deployment-status --bulk-deployment-id {ID} --region eu-west-1"
REPORTS = f"aws greengrass list-bulk-deployment-detailed-reports --bulk-deployment-id {ID} --region eu-west-1 --query "
STOP = f"aws greengrass stop-bulk-deployment --bulk-deployment-id {ID} --region eu-west-1"
START = "aws greengrass start-bulk-deployment --execution-role-arn ROLE_ARN --input-file-uri S3_URI --region eu-west-1"
LIST = "aws greengrass list-bulk-deployments --region eu-west-1"
LOG = (
    'aws logs tail "$(aws lambda get-function-configuration --function-name notifier-Function-1A --region eu-west-1'
    ' --query LoggingConfig.LogGroup --output text)" --since 1h --region eu-west-1'
)


def alert(kind: Kind, **facts: Any) -> Alert:  # noqa: ANN401  the fields of Alert have many types
    return Alert(
        **{
            "deployment_id": "source:greengrass-bulk" if kind.is_about_source else ID,
            "at": AT,
            "source": "greengrass-bulk",
            "kind": kind,
            "from_status": None if kind.is_about_source else "Running",
            "to_status": None if kind.is_about_source else "Running",
            "metrics": Metrics(1200, 12, 7),
            **facts,
        }
    )


CASES = [
    pytest.param(
        alert(
            Kind.FAILED,
            to_status="Failed",
            error=Error("Cannot read the input file.", (ErrorDetail("AccessDenied", "s3:GetObject is denied"),)),
            created_at="2026-11-23T09:00:00.000Z",
            tags={"team": "edge"},
            also=(Kind.INVALID_RECORDS,),
        ),
        "CRITICAL: bulk deployment 1b2c3d4e failed (eu-west-1)",
        [
            "The rollout has ended with an error",
            "Failed (was Running)",
            "1,200",
            "> Cannot read the input file.\n",
            "> [AccessDenied] s3:GetObject is denied\n",
            "(1 h 4 min before)",
            "team=edge",
            "Also INVALID_RECORDS: it has 12 invalid records",
            STATUS,
            REPORTS,
            "execution role may not read the input file",
            START,
        ],
        [STOP],
        id="FAILED",
    ),
    pytest.param(
        alert(Kind.INVALID_RECORDS),
        "WARNING: bulk deployment 1b2c3d4e has 12 invalid records (eu-west-1)",
        ["AWS does not try such records again", "The rollout goes on", "doubled", REPORTS, STOP, START],
        ["is over"],
        id="INVALID_RECORDS while it runs",
    ),
    pytest.param(
        alert(Kind.INVALID_RECORDS, to_status="Completed", metrics=Metrics(5, 1, 0)),
        "WARNING: bulk deployment 1b2c3d4e ended with 1 invalid record (eu-west-1)",
        ["The rollout is over", "Completed (was Running)", REPORTS, START],
        ["goes on", STOP, "doubled"],
        id="INVALID_RECORDS at the end",
    ),
    pytest.param(
        alert(
            Kind.GROUPS_FAILED,
            to_status="Completed",
            groups=GroupTally(1_180, 8, 0, (GroupError(None, "No version", 8, ("g-1", "g-2")),)),
        ),
        "WARNING: 8 groups of bulk deployment 1b2c3d4e failed (eu-west-1)",
        [
            "1,180 groups succeeded, 8 failed, 0 unfinished.",
            "status Completed only means that every record was processed",
            "  > 8 groups: No version\n  >   g-1\n  >   g-2\n  >   and 6 more\n",
            REPORTS,
            START,
        ],
        [STOP, "so far", "You hear"],
        id="GROUPS_FAILED",
    ),
    pytest.param(
        alert(Kind.STALLED, since=AT - timedelta(minutes=62)),
        "WARNING: bulk deployment 1b2c3d4e has not moved for 1 h 2 min (eu-west-1)",
        ["has changed since 2026-11-23 09:02:00 UTC", "While Running", STATUS, REPORTS, STOP],
        [START],
        id="STALLED",
    ),
    pytest.param(
        alert(Kind.STOPPED, from_status="Stopping", to_status="Stopped"),
        "INFO: bulk deployment 1b2c3d4e was stopped (eu-west-1)",
        ["Somebody stopped", "aws cloudtrail lookup-events", "StopBulkDeployment", START],
        [STOP],
        id="STOPPED",
    ),
    pytest.param(
        alert(Kind.COMPLETED, to_status="Completed"),
        "INFO: bulk deployment 1b2c3d4e completed (eu-west-1)",
        ["Every record was processed", "does not say that every deployment succeeded", REPORTS],
        [STOP],
        id="COMPLETED",
    ),
    pytest.param(
        alert(Kind.RESUMED, since=AT - timedelta(minutes=95)),
        "INFO: bulk deployment 1b2c3d4e moves again after 1 h 35 min (eu-west-1)",
        ["stood still since 2026-11-23 08:29:00 UTC", "Nothing to do", STATUS],
        [STOP],
        id="RESUMED",
    ),
    pytest.param(
        alert(Kind.LOST, since=AT - timedelta(minutes=10), error=Error("BadRequestException: no such id")),
        "WARNING: bulk deployment 1b2c3d4e is unknown to AWS and no longer watched (eu-west-1)",
        [
            "refused this id since 2026-11-23 09:54:00 UTC",
            "Last error:\n  > BadRequestException: no such id",
            "Last status:        Running",
            LIST,
            "aws dynamodb put-item --table-name notifier-Table-9Z",
        ],
        [STOP],
        id="LOST",
    ),
    pytest.param(
        alert(Kind.UNCHECKED, since=AT - timedelta(minutes=10), error=Error("ReadTimeoutError")),
        "WARNING: bulk deployment 1b2c3d4e could not be checked for 10 min (eu-west-1)",
        ["while others succeed", "still watched", "last known", STATUS, "slow or silent for this one alone", LOG],
        ["VPC"],
        id="UNCHECKED",
    ),
    pytest.param(
        alert(
            Kind.SOURCE_UNREACHABLE,
            since=AT - timedelta(minutes=10),
            error=Error("AccessDeniedException: not authorized to perform greengrass:GetBulkDeploymentStatus"),
        ),
        "CRITICAL: Greengrass V1 bulk deployments cannot be checked for 10 min (eu-west-1)",
        [
            "since 2026-11-23 09:54:00 UTC",
            "can fail, stall or end without an alert",
            "> AccessDeniedException",
            LIST,
            "AWS ended support for Greengrass V1 on 2026-10-07",
            "function's role lacks greengrass:GetBulkDeploymentStatus",
            "or greengrass:ListBulkDeploymentDetailedReports",
            LOG,
        ],
        ["Records processed", STATUS],
        id="SOURCE_UNREACHABLE",
    ),
    pytest.param(
        alert(Kind.SOURCE_RECOVERED, since=AT - timedelta(minutes=44)),
        "INFO: Greengrass V1 bulk deployments can be checked again after 44 min (eu-west-1)",
        ["since 2026-11-23 09:20:00 UTC", "alerts of its own", "Nothing to do"],
        ["Records processed"],
        id="SOURCE_RECOVERED",
    ),
]


@pytest.mark.parametrize(("told", "first_line", "said", "unsaid"), CASES)
def test_the_email_says_what_happened_how_bad_it_is_and_what_to_do(
    told: Alert, first_line: str, said: list[str], unsaid: list[str]
) -> None:
    text = email.text(told, PLACE)
    assert text.split("\n")[0] == first_line
    for fact in [
        *said,
        told.deployment_id,
        "123456789012, region eu-west-1",
        "notifier-Function-1A",
        told.id,
        told.kind,
    ]:
        assert fact in text
    for other in unsaid:
        assert other not in text


@pytest.mark.parametrize(("told", "first_line", "said", "unsaid"), CASES)
def test_subject_text_message_and_chat_tell_the_same(
    told: Alert, first_line: str, said: list[str], unsaid: list[str]
) -> None:
    del said, unsaid
    message = render(told, PLACE)
    assert message.subject == first_line
    found = json.loads(message.body)
    assert found["sms"].startswith(first_line)
    content: Any = json.loads(found["https"])["content"]
    assert content["title"].replace("`", "").endswith(first_line)
    # Every command fits in its step, and is the email's own.
    assert not [step for step in content["nextSteps"] if "in the email" in step]
    assert message.attributes == {"kind": told.kind, "severity": told.severity, "source": "greengrass-bulk"}


def test_every_kind_has_a_case() -> None:
    assert {case.values[0].kind for case in CASES} == set(Kind)  # type: ignore[union-attr]


def test_the_event_of_a_deployment_is_the_promised_one() -> None:
    told = alert(
        Kind.FAILED,
        to_status="Failed",
        metrics=Metrics(1200, None, 7),
        also=(Kind.INVALID_RECORDS,),
        error=Error("No.", (ErrorDetail("Code", None),)),
        created_at="2026-11-23T09:00:00.000Z",
        tags={"team": "edge"},
    )
    arn = f"arn:aws:greengrass:eu-west-1:123456789012:/greengrass/bulk/deployments/{ID}"
    assert event(told, PLACE) == {
        "specversion": "1.0",
        "type": "greengrass-deployment.FAILED",
        "id": f"{ID}/2026-11-23T10:04:00.123Z",
        "source": arn,
        "subject": ID,
        "time": "2026-11-23T10:04:00.123Z",
        "datacontenttype": "application/json",
        "data": {
            "kind": "FAILED",
            "also": ["INVALID_RECORDS"],
            "severity": "critical",
            "deployment": {
                "id": ID,
                "arn": arn,
                "source": "greengrass-bulk",
                "createdAt": "2026-11-23T09:00:00.000Z",
                "tags": {"team": "edge"},
            },
            "status": {"from": "Running", "to": "Failed"},
            "metrics": {"recordsProcessed": 1200, "invalidInputRecords": None, "retryAttempts": 7},
            "error": {"message": "No.", "details": [{"code": "Code", "message": None}]},
            "groups": None,
        },
    }


def test_the_event_of_a_source_names_the_function_and_what_the_source_answered() -> None:
    found = event(alert(Kind.SOURCE_UNREACHABLE, error=Error("Throttled")), PLACE)
    assert found["source"] == "arn:aws:lambda:eu-west-1:123456789012:function:notifier-Function-1A"
    assert found["subject"] == "greengrass-bulk"
    assert found["data"] == {
        "kind": "SOURCE_UNREACHABLE",
        "also": [],
        "severity": "critical",
        "deployment": None,
        "status": None,
        "metrics": None,
        "error": {"message": "Throttled", "details": []},
        "groups": None,
    }


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        ("AccessDeniedException: no", "service control policy"),
        ("HTTP 403", "service control policy"),
        ("UnrecognizedClientException: The security token included in the request is invalid", "credentials"),
        ("ThrottlingException: Rate exceeded", "quota"),
        ("HTTP 429", "quota"),
        ('Could not connect to the endpoint URL: "https://greengrass.eu-west-1.amazonaws.com/"', "VPC"),
        ("ConnectTimeoutError", "VPC"),
        ("HTTP 503: ServiceUnavailable", "Health Dashboard"),
        ("BadRequestException", "wrong region"),
        ("A message that nobody has seen before", "not clear from the error"),
        (None, "not clear from the error"),
    ],
)
def test_an_unreachable_source_comes_with_the_usual_cause_of_its_error(error: str | None, hint: str) -> None:
    text = email.text(alert(Kind.SOURCE_UNREACHABLE, error=None if error is None else Error(error)), PLACE)
    assert hint in text.split("Likely cause")[1].split("\n")[0]


def test_the_end_of_support_is_named_only_after_it() -> None:
    before = alert(Kind.SOURCE_UNREACHABLE, at=datetime(2026, 10, 6, 23, 59, tzinfo=UTC))
    assert "ended support" not in email.text(before, PLACE)


@pytest.mark.parametrize(
    ("partition", "region", "domain"),
    [
        ("aws", "eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
        ("aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        ("aws-us-gov", "us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"),
    ],
)
def test_links_and_arns_are_those_of_the_partition(partition: str, region: str, domain: str) -> None:
    place = replace(PLACE, partition=partition, region=region)
    assert domain in email.text(alert(Kind.FAILED), place)
    assert str(event(alert(Kind.FAILED), place)["source"]).startswith(f"arn:{partition}:greengrass:{region}:")


def test_a_partition_whose_console_is_not_known_has_no_link() -> None:
    assert "Console:" not in email.text(alert(Kind.FAILED), replace(PLACE, partition="aws-iso"))


@pytest.mark.parametrize("kind", Kind)
def test_an_unknown_source_is_told_of_in_general_words(kind: Kind) -> None:
    told = alert(kind, source="some-new-source")
    text = email.text(told, PLACE)
    assert "greengrass " not in text
    assert "What to do:\n  1. " in text
    assert text.count("in the AWS console") <= 1
    found: Any = event(told, PLACE)
    assert found["source"] == "arn:aws:lambda:eu-west-1:123456789012:function:notifier-Function-1A"
    assert found["data"]["deployment"] is None or found["data"]["deployment"]["arn"] is None


def test_only_a_critical_alert_stands_outside_the_deployments_thread() -> None:
    threads = {
        kind: notification(alert(kind), PLACE)["metadata"].get("threadId")  # type: ignore[attr-defined]
        for kind in (Kind.FAILED, Kind.STALLED, Kind.RESUMED)
    }
    assert threads[Kind.FAILED] is None
    assert threads[Kind.STALLED] == threads[Kind.RESUMED]
    assert ID in threads[Kind.STALLED]


def test_counts_that_aws_did_not_report_are_said_to_be_missing() -> None:
    text = email.text(alert(Kind.FAILED, metrics=Metrics(5, None, None)), PLACE)
    assert "Records processed:  5\nInvalid records:    not reported\nRetries:            not reported" in text


def test_a_failure_without_an_error_says_so() -> None:
    assert "AWS gave no error text." in email.text(alert(Kind.FAILED), PLACE)


def test_a_hostile_id_is_one_argument_in_every_command() -> None:
    hostile = "x'; reboot #\n$(reboot)"
    commands = [
        line.strip()
        for kind in Kind
        for line in email.text(alert(kind, deployment_id=hostile), PLACE).split("\n")
        if line.startswith("     aws ")
    ]
    assert commands
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "aws"
        assert not {"reboot", ";", "$(reboot)"} & set(words)


def test_a_long_error_is_shortened_in_the_email_and_its_rest_counted() -> None:
    details = tuple(ErrorDetail(f"E{n}", "x" * 4_000) for n in range(15))
    text = email.text(alert(Kind.FAILED, error=Error("y" * 4_000, details)), PLACE)
    assert "> (and 5 more)" in text
    assert len(text) < 12_000
