"""What an error of AWS means to the user, and what to do about it."""

from __future__ import annotations

from botocore import exceptions as sdk

from deployment_notifier.errors import NotifierError, TableError
from deployment_notifier_cli.errors import AccessError, AwsUnavailableError, CommandError, MissingResourceError
from deployment_notifier_cli.iam_actions import ACTIONS

# Each service has its own word; a word that is not here is shown as AWS said it.
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
_MISSING = ("ResourceNotFound", "NotFound", "NoSuchEntity")

_SIGN_IN = (
    "Sign in, for example: aws sso login  (or run aws configure, or set AWS_PROFILE or --profile).",
    "Then see who you are: aws sts get-caller-identity",
)

_NAME_THE_REGION = "Name the stack's region: --region eu-west-1, or AWS_REGION."

# An error names only the operation, which here tells the service.
_ACTION_OF = {action.partition(":")[2]: action for actions in ACTIONS.values() for action in actions}


def explain(error: Exception) -> CommandError:  # noqa: PLR0911 - a table, one row a cause
    """Return the error for the user; one that is for the user already is returned as it is."""
    match error:
        case CommandError():
            return error
        case TableError() if isinstance(error.__cause__, (sdk.ClientError, sdk.BotoCoreError)):
            return explain(error.__cause__)
        case sdk.ClientError():
            return _explain_answer(error)
        case sdk.NoRegionError():
            return AwsUnavailableError("No region is set.", _NAME_THE_REGION)
        case sdk.InvalidRegionError():
            return AwsUnavailableError(f"{error.kwargs['region_name']!r} is not a region's name.", _NAME_THE_REGION)
        case sdk.ProfileNotFound():
            return AwsUnavailableError(f"{error}.", "List your profiles: aws configure list-profiles")
        case sdk.ConnectionError() | sdk.HTTPClientError():
            return AwsUnavailableError(
                f"AWS cannot be reached: {error}", "Check the region's name, AWS_ENDPOINT_URL and your network."
            )
        case (
            sdk.NoCredentialsError()
            | sdk.PartialCredentialsError()
            | sdk.CredentialRetrievalError()
            | sdk.SSOError()
            | sdk.TokenRetrievalError()
        ):
            return AwsUnavailableError(f"You are not signed in to AWS: {error}", *_SIGN_IN)
        case NotifierError():
            return AwsUnavailableError(str(error))
        case _:
            return AwsUnavailableError(f"{type(error).__name__}: {error}")


def _explain_answer(error: sdk.ClientError) -> CommandError:
    fields = error.response.get("Error", {})
    code, message = str(fields.get("Code", "")), str(fields.get("Message", "")).rstrip(".")
    operation = error.operation_name
    if code.startswith(_DENIED):
        return AccessError(_ACTION_OF.get(operation, operation), f"{message}.")
    if code.startswith(_NOT_SIGNED_IN):
        return AwsUnavailableError(f"AWS rejects your credentials: {message} ({code}).", *_SIGN_IN)
    if code.startswith(_MISSING):
        return MissingResourceError(f"A resource of the stack does not exist ({operation}: {message}).")
    return AwsUnavailableError(f"AWS answered {operation} with {code}: {message}.")
