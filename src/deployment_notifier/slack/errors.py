"""What can go wrong between the topic and Slack. No message of these holds the webhook's URL, which is a secret.

NotifierError
SlackError
RecordError         the invocation brings something that SNS does not send
SecretError         the webhook's URL could not be read, for now
UnavailableError    Slack did not take the message, but may later: Lambda tries again
PayloadError        Slack will never take this message in this form
WebhookError        the webhook takes nothing at all until somebody mends it
QueueError          what could not be posted could not be kept in the queue either
"""

from __future__ import annotations

from deployment_notifier.errors import NotifierError


class SlackError(NotifierError):
    """What all errors of the Slack function have in common."""


class RecordError(SlackError):
    """What the function was invoked with is not what SNS sends to a Lambda function."""


class SecretError(SlackError):
    """Systems Manager did not give the webhook's URL; it may later."""


class UnavailableError(SlackError):
    """Slack did not take the message, or nobody knows whether it did; it may later."""


class PayloadError(SlackError):
    """Slack will never take this message in this form; the message holds its word for why."""


class WebhookError(SlackError):
    """The webhook is gone, denied or not set up, so no message gets through; the message says which."""


class QueueError(SlackError):
    """SQS did not take what could not be posted."""
