"""Publishing to the SNS topic: one call, never repeated, whose errors say whether a repeat would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from deployment_notifier.errors import PublishError, RefusedError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

    from deployment_notifier.messages import Message
    from deployment_notifier.rate_limiter import RateLimiter

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, max_pool_connections=2)
"""The SNS client's settings: a repeat that the outbox does not know of would be a repeated alert."""

MESSAGES_PER_SECOND = 4.0
"""The rate of one process.

SNS delivers ten emails a second to a subscription, and *deactivates* one that gets more: no email comes any more until
somebody confirms it again (repost.aws/knowledge-center/sns-email-subscription-disabled). Beside a sweep there may be
two batches of device events. Each of their alerts takes two calls to Greengrass, so they add at most 2.5 a second each.
"""

_REFUSED_AS_IT_IS = {
    "InvalidParameter",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "ValidationError",
    "ValidationException",
}
"""The codes of Publish's errors about the request itself (botocore's service model of SNS)."""


class Sns:
    """Publishes messages to one topic.

    Args:
        client: an SNS client with `CLIENT_CONFIG`.
        topic_arn: the topic.
        limiter: spreads the messages, by `MESSAGES_PER_SECOND`.
    """

    def __init__(self, client: SNSClient, topic_arn: str, limiter: RateLimiter) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._limiter = limiter

    def drop_connections(self) -> None:
        """Close idle connections, of which none may be left from an earlier invocation."""
        self._client.close()

    def wait(self) -> None:
        """Wait for the turn of the next message."""
        self._limiter.wait()

    def publish(self, message: Message) -> str:
        """Publish a message once, and return SNS's message id.

        Raises:
            RefusedError: SNS will never take this message as it is.
            PublishError: SNS did not take it, or its answer was lost.
        """
        try:
            return self._client.publish(TopicArn=self._topic_arn, **message.arguments)["MessageId"]
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            kind = RefusedError if code in _REFUSED_AS_IT_IS else PublishError
            raise kind(str(error)) from error
        except ParamValidationError as error:
            raise RefusedError(str(error)) from error
        except (BotoCoreError, ResponseParserError, KeyError) as error:
            # The answer may have been lost on its way back: then this alert will be repeated.
            raise PublishError(f"{type(error).__name__}: {error}") from error
