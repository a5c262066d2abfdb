"""What an alert means for the rollout: plain sentences, without any text from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.messages.headlines import invalid_records
from deployment_notifier.messages.references import is_final, reference
from deployment_notifier.messages.text import moment
from deployment_notifier.model import Kind

if TYPE_CHECKING:
    from deployment_notifier.model import Alert

# What it means, how bad that is, and what the reader will hear next. Blanks: {noun} and {targets} of the source,
# {Targets} at the start of a sentence, {since} with its space or nothing.
_MEANINGS = {
    Kind.FAILED: (
        "The rollout has ended with an error. {Targets} that it had not reached keep their old version; those already"
        " deployed keep the new one."
    ),
    Kind.STALLED: (
        "Neither its status nor its count of processed records has changed{since}. It may only be slow, or it may"
        " never end by itself. You hear again if it moves or ends badly."
    ),
    Kind.STOPPED: (
        "Somebody stopped the rollout. {Targets} already deployed keep the new version; the others keep their old one."
    ),
    Kind.COMPLETED: (
        "Every record was processed. That does not say that every deployment succeeded: some {targets} may have"
        " failed, or still be at it."
    ),
    Kind.RESUMED: "It had stood still{since}. You hear again if it stops moving, fails, or has more invalid records.",
    Kind.LOST: (
        "AWS has refused this id{since}, while it answers for others. The deployment was deleted, or the id was never"
        " right. It is no longer watched."
    ),
    Kind.UNCHECKED: (
        "Every check of it has failed{since}, while others succeed. It is still watched, but until a check succeeds it"
        " can fail without an alert. The numbers are the last known."
    ),
    Kind.SOURCE_UNREACHABLE: (
        "No check has succeeded{since}. Until one does, every watched {noun} in this account and region can fail, stall"
        " or end without an alert. The rollouts themselves go on. You hear once when checks succeed again."
    ),
    Kind.SOURCE_RECOVERED: (
        "No check had succeeded{since}; now they do. What has changed meanwhile comes as alerts of its own. Statuses"
        " that came and went unseen are not known."
    ),
}
_INVALID = (
    "AWS does not try such records again, so their {targets} do not get the new version. Usual causes: a malformed"
    " record, a version that does not exist, an execution role that may not deploy it."
)
_INVALID_AT_THE_END = f"{_INVALID} The rollout is over."
_INVALID_UNDER_WAY = (
    f"{_INVALID} The rollout goes on with the others. You hear again when the count has doubled, and at the end if it"
    " grew."
)

_ALSO = {
    Kind.FAILED: "it failed.",
    Kind.INVALID_RECORDS: "it has {invalid}, which AWS does not try again.",
    Kind.STALLED: "it makes no progress.",
    Kind.STOPPED: "it was stopped.",
    Kind.COMPLETED: "every record was processed.",
    Kind.RESUMED: "it moves again after it had stood still.",
    Kind.LOST: "AWS refuses its id, and it is no longer watched.",
    Kind.UNCHECKED: "its checks fail.",
}


def meaning(alert: Alert) -> str:
    """What the event means, how bad that is, and what the reader will hear next.

    Args:
        alert: cleaned.
    """
    words = reference(alert.source)
    if alert.kind is Kind.INVALID_RECORDS:
        template = _INVALID_AT_THE_END if is_final(alert.source, alert.to_status) else _INVALID_UNDER_WAY
    else:
        template = _MEANINGS[alert.kind]
    return template.format(
        noun=words.noun,
        targets=words.target,
        Targets=words.target.capitalize(),
        since="" if alert.since is None else f" since {moment(alert.since)}",
    )


def also(alert: Alert) -> tuple[str, ...]:
    """One sentence for each other kind that applied at the same moment."""
    invalid = invalid_records(alert)
    return tuple(f"{kind}: {_ALSO.get(kind, 'applies as well.').format(invalid=invalid)}" for kind in alert.also)
