"""Keeps what could not be posted: the function's dead-letter queue, filled by hand where a retry would be in vain."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deployment_notifier.slack.errors import QueueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

    from deployment_notifier.slack.notices import Notice

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})


class Undelivered:
    """The queue of messages that did not get to Slack.

    Args:
        make_client: makes an SQS client with `CLIENT_CONFIG`; called at the first need, which rarely comes.
        queue_url: the queue's.
    """

    def __init__(self, make_client: Callable[[], SQSClient], queue_url: str) -> None:
        self._make_client = make_client
        self._queue_url = queue_url
        self._client: SQSClient | None = None

    def keep(self, notice: Notice, request_id: str, reason: str) -> None:
        """Put one message into the queue, in the form in which Lambda puts a failed invocation there.

        So both can be read, and invoked with again, in the same way:
        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

        Args:
            notice: the message.
            request_id: of this invocation.
            reason: why it could not be posted.

        Raises:
            QueueError: SQS did not take it.
        """
        if self._client is None:
            self._client = self._make_client()
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps({"Records": [notice.record]}, ensure_ascii=False),
                MessageAttributes={
                    "RequestID": {"DataType": "String", "StringValue": request_id},
                    # The status of Lambda's answer, which is 200 also where a function failed.
                    "ErrorCode": {"DataType": "Number", "StringValue": "200"},
                    "ErrorMessage": {"DataType": "String", "StringValue": reason[:1_000]},
                },
            )
        except (ClientError, BotoCoreError) as error:
            raise QueueError(f"SQS did not take a message that Slack refused: {error}") from error
