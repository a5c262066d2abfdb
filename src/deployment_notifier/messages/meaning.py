"""What an alert means for the rollout: plain sentences, without any text from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.messages.groups import are_settled, failed_groups, have_failed, known_groups, sentence
from deployment_notifier.messages.headlines import invalid_records
from deployment_notifier.messages.references import is_completed, is_final, reference
from deployment_notifier.messages.text import moment
from deployment_notifier.model import GroupTally, Kind

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

# Blanks besides: {Completed}, AWS's word, and {tally}, such as "9,700 groups succeeded, 300 failed, 0 unfinished".
_ONLY_PROCESSED = (
    " The status {Completed} only means that every record was processed, not that all {targets} got the new version."
)
_OLD_VERSION = " AWS does not try the failed {targets} again: they most likely still run their old version."
_MORE_MAY_FAIL = " More may fail. You hear at most once more: at the end, if more have failed by then."
_COMPLETED_WELL = "Every record was processed, and none of the {targets} failed: {tally}."
_COMPLETED_BADLY = "Every record was processed, but not all {targets} got the new version: {tally}."
_COMPLETED_OPEN = (
    "Every record was processed, but how some {targets} ended is not known: {tally}. They are followed no longer, so no"
    " alert tells how these end."
)
_INVALID_TOO = " The {targets} of {invalid} do not get the new version."

_ALSO = {
    Kind.FAILED: "it failed.",
    Kind.INVALID_RECORDS: "it has {invalid}, which AWS does not try again.",
    Kind.GROUPS_FAILED: "{failed}",
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
    return _template(alert).format(
        noun=words.noun,
        targets=words.target,
        Targets=words.target.capitalize(),
        Completed=words.completed_status,
        tally=sentence(alert),
        invalid=invalid_records(alert),
        since="" if alert.since is None else f" since {moment(alert.since)}",
    )


def _template(alert: Alert) -> str:
    if alert.kind is Kind.INVALID_RECORDS:
        return _INVALID_AT_THE_END if is_final(alert.source, alert.to_status) else _INVALID_UNDER_WAY
    if alert.kind is Kind.GROUPS_FAILED:
        return _groups_failed(alert)
    if alert.kind is Kind.COMPLETED:
        return _completed(alert)
    return _MEANINGS[alert.kind]


def _groups_failed(alert: Alert) -> str:
    text = "Some {targets} failed." if known_groups(alert) is None else "{tally}."
    if is_completed(alert.source, alert.to_status):
        text += _ONLY_PROCESSED
    return text + _OLD_VERSION + ("" if are_settled(alert) else _MORE_MAY_FAIL)


def _completed(alert: Alert) -> str:
    tally = known_groups(alert)
    if tally is None or tally == GroupTally():
        return _MEANINGS[Kind.COMPLETED]  # nothing that was reported says how the groups ended
    text = _COMPLETED_BADLY if tally.failed else _COMPLETED_WELL
    if not are_settled(alert):
        text = _COMPLETED_OPEN
    if tally.failed:
        text += _OLD_VERSION
    return text + (_INVALID_TOO if alert.metrics.invalid_input_records else "")


def also(alert: Alert) -> tuple[str, ...]:
    """One sentence for each other kind that applied at the same moment."""
    invalid = invalid_records(alert)
    words = reference(alert.source)
    failed = f"{failed_groups(alert)} {have_failed(alert)}."
    if is_completed(alert.source, alert.to_status):
        failed += _ONLY_PROCESSED.format(Completed=words.completed_status, targets=words.target)
    return tuple(
        f"{kind}: {_ALSO.get(kind, 'applies as well.').format(invalid=invalid, failed=failed)}" for kind in alert.also
    )
