"""The one place where an alert's outside text is cleaned and cut, before any body is rendered from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deployment_notifier.messages.text import clean, cut, cut_bytes, one_line
from deployment_notifier.model import Alert, Error, ErrorDetail, GroupError, GroupTally


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the outside text is kept.

    Attributes:
        identifier: bytes of an id; a DynamoDB partition key, which every id is, has at most 2,048.
        text: characters of an error text.
        details: entries of the error's list.
        tags: tags, of which AWS allows 50.
        reasons: reasons for which groups failed.
        groups: ids of groups for each reason.
    """

    identifier: int = 2_048
    text: int = 4_096
    details: int = 20
    tags: int = 50
    reasons: int = 20
    groups: int = 10


FULL = Limits()

# AWS's own limits for a tag's key and value; longer ones never were tags.
_TAG_KEY_CHARACTERS = 128
_TAG_VALUE_CHARACTERS = 256
_WORD_CHARACTERS = 64
_CODE_CHARACTERS = 256
_GROUP_ID_BYTES = 256


def bounded(alert: Alert, limits: Limits = FULL) -> Alert:
    """The same alert with clean text within the limits; doing it twice changes nothing more."""
    return replace(
        alert,
        deployment_id=cut_bytes(one_line(alert.deployment_id), limits.identifier) or "unnamed",
        source=cut(one_line(alert.source), _WORD_CHARACTERS) or "unknown",
        from_status=_word(alert.from_status),
        to_status=_word(alert.to_status),
        created_at=_word(alert.created_at),
        error=_error(alert.error, limits),
        groups=_groups(alert.groups, limits),
        tags={
            cut(one_line(key), min(_TAG_KEY_CHARACTERS, limits.text)): cut(
                one_line(value), min(_TAG_VALUE_CHARACTERS, limits.text)
            )
            for key, value in sorted(alert.tags.items())[: limits.tags]
        },
    )


def _word(text: str | None) -> str | None:
    return None if text is None else cut(one_line(text), _WORD_CHARACTERS) or None


def _text(text: str | None, characters: int) -> str | None:
    return None if text is None else cut(clean(text), characters) or None


def _error(error: Error | None, limits: Limits) -> Error | None:
    """Cleaned; None where it says nothing, so that nobody reads an empty error."""
    if error is None:
        return None
    details = (
        ErrorDetail(_text(each.code, min(_CODE_CHARACTERS, limits.text)), _text(each.message, limits.text))
        for each in error.details[: limits.details]
    )
    kept = Error(_text(error.message, limits.text), tuple(each for each in details if each.code or each.message))
    return kept if kept.message or kept.details else None


def _groups(tally: GroupTally | None, limits: Limits) -> GroupTally | None:
    """Cleaned; an error that says nothing stays, because its groups count, and an id that says nothing goes."""
    if tally is None:
        return None
    size = min(_GROUP_ID_BYTES, limits.identifier)
    errors = (
        GroupError(
            code=_text(each.code, min(_CODE_CHARACTERS, limits.text)),
            message=_text(each.message, limits.text),
            count=each.count,
            groups=tuple(filter(None, (cut_bytes(one_line(name), size) for name in each.groups[: limits.groups]))),
        )
        for each in tally.errors[: limits.reasons]
    )
    return replace(tally, errors=tuple(errors))
