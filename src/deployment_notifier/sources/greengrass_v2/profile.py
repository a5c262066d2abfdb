"""The profile of Greengrass V2's deployments.

Statuses and counts are from the API references of AWS IoT Greengrass V2 and of AWS IoT jobs:
docs.aws.amazon.com/greengrass/v2/APIReference/API_GetDeployment.html
docs.aws.amazon.com/iot/latest/apireference/API_JobProcessDetails.html
"""

from __future__ import annotations

from deployment_notifier.model import Kind, SourceTraits
from deployment_notifier.sources.calls import SECONDS_PER_CALL
from deployment_notifier.sources.profile import MetricName, SourceProfile

GREENGRASS_V2 = SourceProfile(
    name="greengrass-v2",
    traits=SourceTraits(
        failures_kind=Kind.DEVICES_FAILED,
        targets_kind=Kind.DEVICES_FAILED,
        follows_results=False,
        is_continuous=True,
    ),
    # Of the 30 calls a second (10 in Beijing and GovCloud) that all programs of an account share for all operations of
    # Greengrass V2 together; AWS IoT's operations have quotas of their own.
    calls_per_second=5.0,
    seconds_per_call=2 * SECONDS_PER_CALL,  # a status takes up to two calls
    product="Greengrass",
    noun="deployment",
    service="Greengrass V2",
    target="devices",
    metrics=(
        MetricName("numberOfQueuedThings", "Queued", "queued"),
        MetricName("numberOfInProgressThings", "In progress", "in progress"),
        MetricName("numberOfSucceededThings", "Succeeded", "succeeded", is_progress=True),
        MetricName("numberOfFailedThings", "Failed", "failed", is_progress=True, is_failure=True),
        MetricName("numberOfTimedOutThings", "Timed out", "timed out", is_progress=True, is_failure=True),
        # A newer revision overtook these, so they are no failures.
        MetricName("numberOfRejectedThings", "Rejected", "rejected", is_progress=True),
        MetricName("numberOfCanceledThings", "Canceled", "canceled", is_progress=True),
        MetricName("numberOfRemovedThings", "Removed", "removed", is_progress=True),
    ),
    details=(
        ("deploymentName", "Name"),
        ("targetArn", "Target"),
        ("revisionId", "Revision"),
        ("iotJobId", "IoT job"),
    ),
    failures="failed devices",
    failures_note="AWS keeps a deployment to a thing group ACTIVE, even if every device has failed.",
    failed_targets_note="AWS does not try them again.",
    # docs.aws.amazon.com/greengrass/v2/developerguide/deployment-status.html
    broken_marks=("FAILED_ROLLBACK_NOT_REQUESTED", "FAILED_UNABLE_TO_ROLLBACK"),
    arn="arn:{partition}:greengrass:{region}:{account}:deployments:{id}",
    completed_status="COMPLETED",
    final_statuses=frozenset({"completed", "canceled", "failed", "inactive", "deleted"}),
    status_command="aws greengrassv2 get-deployment --deployment-id {id} --region {region}",
    targets_command="aws iot list-job-executions-for-job --job-id {job} --status FAILED --region {region}",
    targets_note="those that timed out: --status TIMED_OUT",
    device_command=("aws greengrassv2 list-effective-deployments --core-device-thing-name {device} --region {region}"),
    retry_step="Create a new revision of the deployment, or a subdeployment for the failed devices.",
    stop_command="aws greengrassv2 cancel-deployment --deployment-id {id} --region {region}",
    list_command="aws greengrassv2 list-deployments --region {region}",
    stop_event="CancelDeployment",
    console_path="/iot/home?region={region}#/greengrass/v2/deployments",
    console_way="AWS IoT > Manage > Greengrass devices > Deployments",
    failure_causes=(
        "an artifact that a device cannot download; a component that does not start; too many devices that fail for the"
        " job's abort criteria"
    ),
    quota="30 calls a second in most regions, shared by the whole account",
    required_actions=(
        "greengrass:ListDeployments",
        "greengrass:GetDeployment",
        "greengrass:ListEffectiveDeployments",
        "iot:DescribeJob",
        "iot:ListJobExecutionsForJob",
    ),
)
