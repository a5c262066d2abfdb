"""From the topic to Slack: each message is posted, put into the dead-letter queue, or left to Lambda's retry.

- Slack takes it: done.
- Slack is busy, fails, or does not answer: the invocation fails. Lambda tries twice more, then queues the event.
- Slack refuses the layout, or the layout can't be made: the message goes out without layout.
- Slack refuses the webhook, or there is none: the URL is read again, once. Then the message goes into the queue at
  once, and a metric sets off an alarm: until a person repairs the webhook, a retry would be useless.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployment_notifier.slack.errors import PayloadError, SlackError, WebhookError
from deployment_notifier.slack.slack_message import bare_slack_message, slack_message
from deployment_notifier.slack.sns_record import parse_record, parse_records

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from deployment_notifier.model import StackIdentity
    from deployment_notifier.slack.dead_letters import DeadLetterQueue
    from deployment_notifier.slack.sns_record import SnsRecord
    from deployment_notifier.slack.webhook import Webhook
    from deployment_notifier.slack.webhook_url import WebhookUrl

_REMEMBERED = 256


@dataclass(slots=True)
class ForwardReport:
    """What became of the messages of one invocation.

    Attributes:
        posted: the number of messages that Slack took.
        repeated: the number that this container had posted before.
        refused: the number that the webhook refused.
        failures: why others were neither posted nor queued; Lambda shall try them again.
    """

    posted: int = 0
    repeated: int = 0
    refused: int = 0
    failures: list[SlackError] = field(default_factory=list)

    def as_dict(self) -> dict[str, int]:
        """Return the counts, as the function returns them."""
        return {"posted": self.posted, "repeated": self.repeated, "refused": self.refused}

    def raise_failures(self) -> None:
        """Fail the invocation if a message still has to be posted.

        Raises:
            SlackError: the first of the failures.
        """
        if self.failures:
            raise self.failures[0]


class Forwarder:
    """Forwards what the topic carries to Slack.

    Args:
        url: provides the webhook's URL.
        webhook: posts to it.
        dead_letters: keeps what the webhook refuses.
        identity: where the notifier runs, for the commands and links in messages.
        log: takes one line for each message.
    """

    def __init__(
        self,
        url: WebhookUrl,
        webhook: Webhook,
        dead_letters: DeadLetterQueue,
        identity: StackIdentity,
        log: logging.Logger,
    ) -> None:
        self._url = url
        self._webhook = webhook
        self._dead_letters = dead_letters
        self._identity = identity
        self._log = log
        # Lambda may deliver an event twice, and delivers all of it again if one of its records failed. SNS's id tells
        # them apart: an alert that an operator resends has the same alert id, and must be posted. Refused messages are
        # not in here, because an operator invokes with them again once the webhook is repaired.
        self._posted: OrderedDict[str, None] = OrderedDict()

    def run(self, event: object, remaining: Callable[[], float], request_id: str) -> ForwardReport:
        """Forward the messages of one invocation.

        Args:
            event: what SNS invokes a function with.
            remaining: returns the seconds until Lambda ends the invocation.
            request_id: the id of this invocation.

        Returns:
            What became of them. If one failed, the others were tried all the same, and those that were posted are not
            posted again while this container lives.

        Raises:
            RecordError: the event is not one of SNS.
        """
        report = ForwardReport()
        for record in parse_records(event):
            try:
                self._forward(parse_record(record), report, remaining, request_id)
            except SlackError as error:
                self._log.warning("message not posted, Lambda tries again", extra={"error": str(error)})
                report.failures.append(error)
        return report

    def _forward(
        self, record: SnsRecord, report: ForwardReport, remaining: Callable[[], float], request_id: str
    ) -> None:
        about: dict[str, Any] = {"sns_message_id": record.message_id, "subject": record.subject}
        if record.message_id in self._posted:
            self._log.info("message was posted before", extra=about)
            report.repeated += 1
            return
        try:
            self._post(record, remaining, about)
        except WebhookError as error:
            report.refused += 1
            self._log.error("message refused, it goes into the dead-letter queue", extra=about | {"error": str(error)})
            self._dead_letters.add(record, request_id, str(error))
        else:
            self._log.info("message posted", extra=about)
            report.posted += 1
            self._posted[record.message_id] = None
            while len(self._posted) > _REMEMBERED:
                self._posted.popitem(last=False)

    def _post(self, record: SnsRecord, remaining: Callable[[], float], about: dict[str, Any]) -> None:
        try:
            message = slack_message(record, self._identity)
        except Exception:  # noqa: BLE001 - whatever the fault in the layout is, the alert must get through
            self._log.exception("layout failed, the message goes out without", extra=about)
            message = bare_slack_message(record)
        try:
            self._post_to_current_url(message, remaining)
        except PayloadError as error:
            self._log.error("layout refused, the message goes out without", extra=about | {"error": str(error)})
        else:
            return
        try:
            self._post_to_current_url(bare_slack_message(record), remaining)
        except PayloadError as error:
            raise WebhookError(f"{error}, even for plain text") from error

    def _post_to_current_url(self, message: dict[str, Any], remaining: Callable[[], float]) -> None:
        """Post to the URL that is kept; if that is refused and there is a new one by now, to the new one."""
        url = self._url.get()
        try:
            self._webhook.post(url, message, remaining)
        except WebhookError:
            renewed = self._url.refresh()
            if renewed == url:
                raise
            self._log.info("the webhook's URL has changed, posting to the new one")
            self._webhook.post(renewed, message, remaining)
