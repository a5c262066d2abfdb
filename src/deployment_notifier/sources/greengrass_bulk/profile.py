"""The profile of Greengrass V1's bulk deployments.

Statuses, counts and causes are from the API reference of GetBulkDeploymentStatus and StartBulkDeployment:
docs.aws.amazon.com/greengrass/v1/apireference/getbulkdeploymentstatus-get.html
"""

from __future__ import annotations

from datetime import date

from deployment_notifier.model import Kind, SourceTraits
from deployment_notifier.sources.calls import SECONDS_PER_CALL
from deployment_notifier.sources.profile import MetricName, SourceProfile

GREENGRASS_BULK = SourceProfile(
    name="greengrass-bulk",
    traits=SourceTraits(failures_kind=Kind.INVALID_RECORDS, targets_kind=Kind.GROUPS_FAILED),
    calls_per_second=5.0,  # of the 30 (10 in some partitions) that all programs of an account share
    seconds_per_call=SECONDS_PER_CALL,
    lists_newest_first=True,  # docs.aws.amazon.com/greengrass/v1/developerguide/bulk-deploy-cli.html, step 5
    product="Greengrass",
    service="Greengrass V1",
    noun="bulk deployment",
    target="groups",
    metrics=(
        MetricName("RecordsProcessed", "Records processed", "processed", is_progress=True),
        MetricName("InvalidInputRecords", "Invalid records", "invalid", is_failure=True),
        MetricName("RetryAttempts", "Retries", "retries"),
    ),
    arn="arn:{partition}:greengrass:{region}:{account}:/greengrass/bulk/deployments/{id}",
    completed_status="Completed",
    completed_means="every record was processed",
    final_statuses=frozenset({"completed", "stopped", "failed"}),
    failures="invalid records",
    failures_note="AWS does not retry invalid records: the groups in them do not get the new version.",
    failures_causes=(
        "a malformed record; a group or version that does not exist; an execution role that may not deploy it"
    ),
    failed_targets_note="AWS does not retry them, so they most likely still run their old version.",
    status_command="aws greengrass get-bulk-deployment-status --bulk-deployment-id {id} --region {region}",
    targets_command=(
        "aws greengrass list-bulk-deployment-detailed-reports --bulk-deployment-id {id} --region {region}"
        " --query \"Deployments[?DeploymentStatus=='Failure'].[GroupArn,ErrorMessage]\""
    ),
    stop_command="aws greengrass stop-bulk-deployment --bulk-deployment-id {id} --region {region}",
    start_command=(
        "aws greengrass start-bulk-deployment --execution-role-arn ROLE_ARN --input-file-uri S3_URI --region {region}"
    ),
    list_command="aws greengrass list-bulk-deployments --region {region}",
    start_note="one that has ended cannot be continued",
    stop_note="no other can start in this account and region while it runs",
    stop_event="StopBulkDeployment",
    console_path="/iot/home?region={region}#/greengrass/v1/groups",
    console_way="AWS IoT > Manage > Greengrass devices > Groups (V1)",
    failure_causes=(
        "the execution role may not read the input file in S3, or may not do greengrass:CreateDeployment for its"
        " groups; the input file is not one JSON record a line in UTF-8, or is over 100 MB"
    ),
    stall_hints={
        "initializing": (
            "While Initializing, AWS reads the input file from S3: check that the file and the execution role exist."
        ),
        "running": "While Running, a rising count of retries means that AWS throttles the group deployments.",
        "stopping": "While Stopping, AWS ends what it has started; there is nothing to stop a second time.",
    },
    quota="30 calls a second in most regions, shared by the whole account",
    required_actions=(
        "greengrass:GetBulkDeploymentStatus",
        "greengrass:ListBulkDeployments",
        "greengrass:ListBulkDeploymentDetailedReports",
    ),
    support_ended=date(2026, 10, 7),
    support_note=(
        "AWS ended support for Greengrass V1 on 2026-10-07. If your own request fails too, this account can no longer"
        " use it: move to Greengrass V2."
    ),
)
