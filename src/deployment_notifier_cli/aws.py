"""AWS as the operator is signed in to it: one client for each service, and errors that say what to do."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore import exceptions as sdk
from botocore.config import Config

from deployment_notifier.errors import NotifierError, TableError
from deployment_notifier.sources import greengrass_bulk
from deployment_notifier_cli.errors import AccessError, CommandError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_greengrass import GreengrassClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient

_CONFIG: Any = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"total_max_attempts": 3, "mode": "standard"},
    user_agent_extra="deployment-notifier",
)
"""A person waits: long enough for a slow line, short enough not to look dead."""

_PUBLISH_CONFIG: Any = _CONFIG.merge(Config(retries={"total_max_attempts": 1}))
"""A repeat that nobody knows of would be a second test alert."""

# The services of the operations that this program calls, since an error names only the operation.
_SERVICES = {
    "cloudformation": ("DescribeStacks", "ListStackResources"),
    "cloudwatch": ("DescribeAlarms",),
    "dynamodb": ("Query", "Scan", "PutItem", "UpdateItem"),
    "greengrass": ("GetBulkDeploymentStatus", "ListBulkDeployments", "ListBulkDeploymentDetailedReports"),
    "lambda": ("GetFunctionConfiguration", "GetFunctionConcurrency"),
    "logs": ("FilterLogEvents",),
    "scheduler": ("GetSchedule",),
    "sns": ("Publish", "ListSubscriptionsByTopic", "GetSubscriptionAttributes"),
}
ACTIONS = {operation: f"{service}:{operation}" for service, operations in _SERVICES.items() for operation in operations}
"""Operation -> the IAM action that it needs: all that this program ever asks of AWS."""

# Each service has its own word for it; a word that is not here is shown as AWS said it.
_DENIED = ("AccessDenied", "AuthorizationError", "UnauthorizedOperation", "NotAuthorized")
_NOT_SIGNED_IN = (
    "ExpiredToken",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClient",
    "SignatureDoesNotMatch",
    "InvalidSignature",
    "AuthFailure",
    "MissingAuthenticationToken",
    "IncompleteSignature",
)
_SIGN_IN = (
    "Sign in, for example: aws sso login  (or aws configure, or set AWS_PROFILE or --profile).",
    "Then see who you are: aws sts get-caller-identity",
)


class Aws:
    """What one command asks AWS with.

    Args:
        session: has the operator's credentials and region.
    """

    def __init__(self, session: boto3.Session) -> None:
        self.session = session

    @property
    def region(self) -> str | None:
        """The region in use."""
        return self.session.region_name

    def greengrass(self, endpoint_url: str | None) -> GreengrassClient:
        """Knows the bulk deployments.

        Args:
            endpoint_url: where the function asks, where that is not AWS's own endpoint.
        """
        return self.session.client("greengrass", config=greengrass_bulk.CLIENT_CONFIG, endpoint_url=endpoint_url)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """Finds the stack."""
        return self.session.client("cloudformation", config=_CONFIG)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """Holds the watches and their stories."""
        return self.session.client("dynamodb", config=_CONFIG)

    @cached_property
    def function(self) -> LambdaClient:
        """Knows the function's settings and state."""
        return self.session.client("lambda", config=_CONFIG)

    @cached_property
    def sns(self) -> SNSClient:
        """Knows the subscriptions, and publishes a test alert, once."""
        return self.session.client("sns", config=_PUBLISH_CONFIG)

    @cached_property
    def cloudwatch(self) -> CloudWatchClient:
        """Knows the alarms."""
        return self.session.client("cloudwatch", config=_CONFIG)

    @cached_property
    def logs(self) -> Any:  # noqa: ANN401 - the development environment has no types for it
        """Knows what the function logged."""
        return self.session.client("logs", config=_CONFIG)

    @cached_property
    def scheduler(self) -> Any:  # noqa: ANN401 - the same
        """Knows the schedule."""
        return self.session.client("scheduler", config=_CONFIG)


def connect(region: str | None, profile: str | None) -> Aws:
    """Find the operator's credentials and region as the AWS CLI does.

    Args:
        region: in place of the one that the environment or the profile names.
        profile: in place of the one that the environment names.

    Raises:
        CommandError: there is no such profile, or no region.
    """
    try:
        # The AWS CLI reads AWS_REGION; botocore reads only AWS_DEFAULT_REGION.
        chosen = region or os.environ.get("AWS_REGION") or None
        session = boto3.Session(region_name=chosen, profile_name=profile or None)
    except sdk.BotoCoreError as error:
        raise explained(error) from error
    if session.region_name is None:
        raise explained(sdk.NoRegionError())
    return Aws(session)


def explained(error: Exception) -> CommandError:  # noqa: PLR0911 - a table, one row a cause
    """What an error means to the operator.

    Args:
        error: what boto3 or the function's package raised; one that already says what to do comes back as it is.
    """
    match error:
        case CommandError():
            return error
        case TableError() if isinstance(error.__cause__, (sdk.ClientError, sdk.BotoCoreError)):
            return explained(error.__cause__)
        case sdk.ClientError():
            return _answered(error)
        case sdk.NoRegionError():
            return UnavailableError(
                "No region is chosen.", "Say where the stack is: --region eu-west-1  (or set AWS_REGION)."
            )
        case sdk.ProfileNotFound():
            return UnavailableError(f"{error}.", "See those that there are: aws configure list-profiles")
        case sdk.EndpointConnectionError() | sdk.ConnectTimeoutError() | sdk.ReadTimeoutError():
            return UnavailableError(
                f"AWS can't be reached: {error}", "See whether the region's name is right and this machine is online."
            )
        case (
            sdk.NoCredentialsError()
            | sdk.PartialCredentialsError()
            | sdk.CredentialRetrievalError()
            | sdk.SSOError()
            | sdk.TokenRetrievalError()
        ):
            return UnavailableError(f"You are not signed in to AWS: {error}", *_SIGN_IN)
        case NotifierError():
            return UnavailableError(str(error))
        case _:
            return UnavailableError(f"{type(error).__name__}: {error}")


def _answered(error: sdk.ClientError) -> CommandError:
    fields = error.response.get("Error", {})
    code, message = str(fields.get("Code", "")), str(fields.get("Message", "")).rstrip(".")
    operation = error.operation_name
    if code.startswith(_DENIED):
        return AccessError(ACTIONS.get(operation, operation), f"{message}.")
    if code.startswith(_NOT_SIGNED_IN):
        return UnavailableError(f"AWS does not take your credentials: {message} ({code}).", *_SIGN_IN)
    if code == "ResourceNotFoundException":
        return UnavailableError(
            f"What the stack names does not exist ({operation}: {message}).",
            "Somebody deleted a part of the stack. Deploy it again.",
        )
    return UnavailableError(f"AWS answered {operation} with {code}: {message}.")
