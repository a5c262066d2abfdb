"""The dead-letter queue, filled here where Slack refuses a message for good and a retry would be useless."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deployment_notifier.slack.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

    from deployment_notifier.slack.sns_record import SnsRecord

CLIENT_CONFIG = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 2, "mode": "standard"})


class DeadLetterQueue:
    """The queue of messages that did not get to Slack.

    Args:
        create_client: creates an SQS client with `CLIENT_CONFIG`; called for each message, because they are rare.
        queue_url: the queue's URL.
    """

    def __init__(self, create_client: Callable[[], SQSClient], queue_url: str) -> None:
        self._create_client = create_client
        self._queue_url = queue_url

    def add(self, record: SnsRecord, request_id: str, reason: str) -> None:
        """Add one message, in the form in which Lambda itself queues a failed invocation.

        So both can be read, and sent to the function again, in the same way:
        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html

        Args:
            record: the message.
            request_id: the id of this invocation.
            reason: why it could not be posted.

        Raises:
            UnavailableError: SQS did not take it.
        """
        try:
            self._create_client().send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps({"Records": [record.as_received]}, ensure_ascii=False),
                MessageAttributes={
                    "RequestID": {"DataType": "String", "StringValue": request_id},
                    # The HTTP status of Lambda's response, which is 200 for a function that failed, too.
                    "ErrorCode": {"DataType": "Number", "StringValue": "200"},
                    "ErrorMessage": {"DataType": "String", "StringValue": reason},
                },
            )
        except (ClientError, BotoCoreError) as error:
            raise UnavailableError(f"SQS did not take a message that Slack refused: {error}") from error
