"""From the topic to Slack: each message is posted, kept in the queue, or left to Lambda's retry.

- Slack takes it: done.
- Slack is too busy, has trouble, or does not answer: the invocation fails. Lambda tries twice more, then queues the
  event.
- Slack refuses this form of it: it goes out without layout.
- Slack refuses the webhook, or there is none: the URL is read again, once. Then the message goes into the queue at
  once, and a metric rings an alarm: until somebody mends the webhook, to try again would be in vain.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deployment_notifier.slack.blocks import bare_slack_message, slack_message
from deployment_notifier.slack.errors import PayloadError, RecordError, SlackError, WebhookError
from deployment_notifier.slack.notices import read_notice

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from deployment_notifier.model import Place
    from deployment_notifier.slack.notices import Notice
    from deployment_notifier.slack.secret import Secret
    from deployment_notifier.slack.undelivered import Undelivered
    from deployment_notifier.slack.webhook import Webhook

_REMEMBERED = 256


@dataclass(slots=True)
class Report:
    """What became of the messages of one invocation.

    Attributes:
        posted: how many Slack took.
        repeated: how many this container had posted before.
        refused: how many the webhook refused.
        failures: why others were neither posted nor kept; Lambda shall try them again.
    """

    posted: int = 0
    repeated: int = 0
    refused: int = 0
    failures: list[SlackError] = field(default_factory=list)

    def as_dict(self) -> dict[str, int]:
        """The counts, as JSON has them."""
        return {"posted": self.posted, "repeated": self.repeated, "refused": self.refused}

    def raise_failures(self) -> None:
        """Fail the invocation where a message is still to be posted.

        Raises:
            SlackError: what kept it from Slack; of several, the first.
        """
        if self.failures:
            raise self.failures[0]


class Relay:
    """Posts what the topic carries.

    Args:
        secret: gives the webhook's URL.
        webhook: posts to it.
        undelivered: keeps what the webhook refuses.
        place: where the notifier runs, for the messages.
        log: takes one line for each message.
    """

    def __init__(
        self, secret: Secret, webhook: Webhook, undelivered: Undelivered, place: Place, log: logging.Logger
    ) -> None:
        self._secret = secret
        self._webhook = webhook
        self._undelivered = undelivered
        self._place = place
        self._log = log
        # Lambda may bring an event twice, and brings all of it again when one of its records failed. SNS's id is what
        # tells: an alert that an operator resends has the same alert id, and must be posted. Refused ones are not in
        # here, because an operator invokes with them again once the webhook is mended.
        self._posted: OrderedDict[str, None] = OrderedDict()

    def run(self, event: object, remaining: Callable[[], float], request_id: str) -> Report:
        """Post the messages of one invocation; SNS sends just one in each, but its form allows more.

        Args:
            event: what SNS invokes a function with.
            remaining: the seconds until Lambda ends the invocation.
            request_id: of this invocation.

        Returns:
            What became of them. Where one failed, the others were tried all the same, and those that were posted are
            not posted again while this container lives.

        Raises:
            RecordError: the event is not one of SNS.
        """
        records = event.get("Records") if isinstance(event, dict) else None
        if not isinstance(records, list) or not records:
            raise RecordError("the event has no Records; only an SNS topic should invoke this function")
        report = Report()
        for record in records:
            try:
                self._relay(read_notice(record), report, remaining, request_id)
            except SlackError as error:
                self._log.warning("message not posted: Lambda tries again", extra={"error": str(error)})
                report.failures.append(error)
        return report

    def _relay(self, notice: Notice, report: Report, remaining: Callable[[], float], request_id: str) -> None:
        about: dict[str, Any] = {"sns_message_id": notice.message_id, "subject": notice.subject}
        if notice.message_id in self._posted:
            self._log.info("message had been posted before", extra=about)
            report.repeated += 1
            return
        try:
            self._post(notice, remaining, about)
        except WebhookError as error:
            report.refused += 1
            self._log.error("message refused: it goes into the queue", extra=about | {"error": str(error)})
            self._undelivered.keep(notice, request_id, str(error))
        else:
            self._log.info("message posted", extra=about)
            report.posted += 1
            self._remember(notice)

    def _post(self, notice: Notice, remaining: Callable[[], float], about: dict[str, Any]) -> None:
        try:
            self._post_somewhere(slack_message(notice, self._place), remaining)
        except PayloadError as error:
            # A fault of this program, for the message is one that Slack should take. People shall hear of it anyway.
            self._log.error("layout refused: the message goes out without", extra=about | {"error": str(error)})
        else:
            return
        try:
            self._post_somewhere(bare_slack_message(notice), remaining)
        except PayloadError as error:
            raise WebhookError(f"{error}, even to a bare line of text") from error

    def _post_somewhere(self, message: dict[str, Any], remaining: Callable[[], float]) -> None:
        """Post to the URL that is kept; where it is refused and there is a new one by now, to that."""
        url = self._secret.url()
        try:
            self._webhook.post(url, message, remaining)
        except WebhookError:
            renewed = self._secret.read_again()
            if renewed == url:
                raise
            self._log.info("the webhook's URL has changed: posting to the new one")
            self._webhook.post(renewed, message, remaining)

    def _remember(self, notice: Notice) -> None:
        self._posted[notice.message_id] = None
        while len(self._posted) > _REMEMBERED:
            self._posted.popitem(last=False)
