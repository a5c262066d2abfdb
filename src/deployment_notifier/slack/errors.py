"""What can go wrong between the topic and Slack. No message of these holds the webhook's URL, which is a secret.

NotifierError
└─ SlackError
   ├─ RecordError        the invocation does not come from SNS
   ├─ UnavailableError   Slack, Systems Manager or SQS failed for now: Lambda tries again
   ├─ PayloadError       Slack refuses this form of the message
   └─ WebhookError       the webhook takes no message at all until a person repairs it
"""

from __future__ import annotations

from deployment_notifier.errors import NotifierError


class SlackError(NotifierError):
    """The base of the Slack function's errors."""


class RecordError(SlackError):
    """The function was invoked with something that SNS does not send."""


class UnavailableError(SlackError):
    """Slack, Systems Manager or SQS did not do its part, or gave no answer; it may later."""


class PayloadError(SlackError):
    """Slack will never take this message in this form; the text has Slack's reason."""


class WebhookError(SlackError):
    """The webhook was removed, denied or never set up, so no message gets through; the text says which."""
