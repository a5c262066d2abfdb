"""The test alert: it takes the way of a real one, and says in each body that it is a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.messages import event as events
from deployment_notifier.messages.escape import ascii_line, cut
from deployment_notifier.messages.formatting import moment
from deployment_notifier.messages.links import function_arn
from deployment_notifier.messages.minimal import minimal_notification
from deployment_notifier.messages.sns import envelope
from deployment_notifier.messages.title import SUBJECT_CHARACTERS
from deployment_notifier.model import Severity, timestamp
from deployment_notifier.sources.registry import DEFAULT_SOURCE

if TYPE_CHECKING:
    from datetime import datetime

    from deployment_notifier.messages.message import Message
    from deployment_notifier.model import Kind, StackIdentity

TEST_KIND = "TEST"
"""The kind of no real alert, so that no consumer takes it for one."""

EXPLANATION = "This is a test. Nothing is wrong, and there is nothing to do. Real alerts arrive in the same way."


def id_of_test_alert(at: datetime) -> str:
    """Return the id of the test alert of a time."""
    return f"test/{timestamp(at)}"


def render_test(identity: StackIdentity, at: datetime, as_kind: Kind | None = None) -> Message:
    """Return the test alert for all protocols.

    Args:
        identity: the stack whose topic it goes to.
        at: its time, which is in its id.
        as_kind: the kind whose message attributes it has, to test a filter policy; None for `TEST`.
    """
    stack = cut(identity.stack_name, 30)
    subject = ascii_line(
        f"TEST: Greengrass alerts of {stack} arrive - {identity.account} {identity.region}", SUBJECT_CHARACTERS
    )
    details = (
        f"TEST: {EXPLANATION}",
        f"Stack: {identity.stack_name}",
        f"AWS account: {identity.account}, {identity.region}",
        f"Time: {moment(at)}",
        f"Alert: {TEST_KIND} {id_of_test_alert(at)}",
    )
    return envelope(
        subject=subject,
        email="\n".join(details) + "\n",
        https=minimal_notification(subject, "\n".join(details)),
        event=_event(identity, at),
        sms=subject,
        attributes={
            "kind": as_kind or TEST_KIND,
            "severity": as_kind.severity if as_kind else Severity.INFO,
            "source": DEFAULT_SOURCE,
        },
    )


def _event(identity: StackIdentity, at: datetime) -> dict[str, object]:
    data: dict[str, object] = {
        "kind": TEST_KIND,
        "also": [],
        "severity": Severity.INFO,
        **dict.fromkeys(("deployment", "status", "metrics", "error", "targets", "since")),
        "test": True,
    }
    return events.cloud_event(TEST_KIND, id_of_test_alert(at), function_arn(identity), "test", at, data)
