"""Publishing alerts: lease, publish, mark, so that a failure or a death at any step loses none."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from deployment_notifier.errors import PublishError, RefusedError, TableError
from deployment_notifier.messages import render, render_minimal

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_sns import SNSClient

    from deployment_notifier.messages import Message
    from deployment_notifier.model import Alert, Place
    from deployment_notifier.table import Lease, Outbox, PendingAlert

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, max_pool_connections=10)
"""The SNS client's settings: a repeat that the outbox does not know of would be a repeated alert."""

SECONDS_PER_PUBLISH = 7.0
"""The longest that one publish can take: connect and read, each at its time-out."""

_LONGEST_REST = timedelta(minutes=30)
_NEVER_AS_IT_IS = {
    "InvalidParameter",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "ValidationError",
    "ValidationException",
}
"""The codes of Publish's errors about the request itself (botocore's service model of SNS)."""


class Delivered(Enum):
    """How it went with one alert."""

    PUBLISHED = auto()
    """SNS has accepted it."""
    FAILED = auto()
    """SNS has not; a later sweep will try again."""
    WAITS = auto()
    """It was not tried, because the lease had run out; a later sweep will."""
    GONE = auto()
    """Another sweep has it, or it is no longer there to be published."""


class Delivery:
    """Publishes alerts to one topic.

    Args:
        outbox: where alerts are leased and marked.
        sns: an SNS client with `CLIENT_CONFIG`.
        topic_arn: the topic.
        place: where this notifier runs, for the messages.
        clock: the present, in UTC.
        log: takes one line for each alert.
    """

    def __init__(
        self,
        outbox: Outbox,
        sns: SNSClient,
        topic_arn: str,
        place: Place,
        clock: Callable[[], datetime],
        log: logging.Logger,
    ) -> None:
        self._outbox = outbox
        self._sns = sns
        self._topic_arn = topic_arn
        self._place = place
        self._clock = clock
        self._log = log

    def deliver_pending(self, pending: PendingAlert, lease: Lease) -> Delivered:
        """Take the lease of an alert from the queue, and publish it.

        Args:
            pending: the alert, which neither rests nor is leased to anybody as far as the queue shows.
            lease: the lease to take.

        Raises:
            TableError: the lease is not known to be had; nothing was published.
        """
        if not self._outbox.acquire(pending.alert, lease, self._clock()):
            return Delivered.GONE
        return self.deliver(pending, lease)

    def deliver(self, pending: PendingAlert, lease: Lease) -> Delivered:
        """Publish an alert whose lease one has, and mark it.

        Args:
            pending: the alert.
            lease: the lease.
        """
        alert = pending.alert
        about = {"deployment_id": alert.deployment_id, "alert_id": alert.id, "kind": alert.kind}
        # A sweep that was frozen between the lease and here may have slept through it.
        if self._clock() >= lease.until:
            self._log.warning("alert left: its lease has run out", extra=about)
            return Delivered.WAITS
        try:
            message_id = self._publish(alert)
        except PublishError as error:
            self._rest(pending, lease, error)
            return Delivered.FAILED
        about["message_id"] = message_id
        try:
            self._outbox.mark_published(alert, message_id, self._clock())
        except TableError as error:
            # It has been said, and will be said again: that is what "at least once" means.
            self._log.warning(
                "alert published but not marked: it will be repeated", extra=about | {"error": str(error)}
            )
        else:
            self._log.info("alert published", extra=about)
        return Delivered.PUBLISHED

    def _publish(self, alert: Alert) -> str:
        about = {"deployment_id": alert.deployment_id, "alert_id": alert.id}
        try:
            message = render(alert, self._place)
        except Exception:  # noqa: BLE001 - a fault in a text must not withhold what it tells
            self._log.exception("alert can't be rendered: sending it in its plainest form", extra=about)
            return self._send(render_minimal(alert, self._place))
        try:
            return self._send(message)
        except RefusedError as error:
            refused = about | {"error": str(error)}
            self._log.warning("alert refused by SNS: sending it in its plainest form", extra=refused)
            return self._send(render_minimal(alert, self._place))

    def _send(self, message: Message) -> str:
        attributes: dict[str, Any] = {
            name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items()
        }
        structure = {"MessageStructure": "json"} if message.structured else {}
        try:
            answer = self._sns.publish(
                TopicArn=self._topic_arn,
                Subject=message.subject,
                Message=message.body,
                MessageAttributes=attributes,
                **structure,
            )
            return answer["MessageId"]
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            kind = RefusedError if code in _NEVER_AS_IT_IS else PublishError
            raise kind(str(error)) from error
        except ParamValidationError as error:
            raise RefusedError(str(error)) from error
        except (BotoCoreError, ResponseParserError, KeyError) as error:
            # The answer may have got lost on its way back: then this alert will be repeated.
            raise PublishError(f"{type(error).__name__}: {error}") from error

    def _rest(self, pending: PendingAlert, lease: Lease, error: PublishError) -> None:
        """Let an alert wait after a failure: 1 minute, then twice as long each time, up to 30. It is never dropped."""
        rest = min(timedelta(minutes=2 ** min(pending.attempts, 10)), _LONGEST_REST)
        about = {
            "deployment_id": pending.alert.deployment_id,
            "alert_id": pending.alert.id,
            "attempts": pending.attempts + 1,
            "next_try_in_seconds": int(rest.total_seconds()),
            "error": str(error),
        }
        self._log.error("alert not published: it stays in the queue", extra=about)
        try:
            self._outbox.mark_failed(pending, lease, str(error)[:1000], self._clock() + rest)
        except TableError as trouble:
            self._log.warning(
                "failure not noted: the alert waits for its lease to end", extra=about | {"table": str(trouble)}
            )
