"""Cleans and cuts an alert's text from outside, before anything is rendered from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from deployment_notifier.messages.escape import clean, cut, cut_bytes, one_line
from deployment_notifier.model import Alert, Error, ErrorDetail, FailureReason, Metrics, ResultsSummary


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the text from outside is kept.

    Attributes:
        identifier: bytes of an id; a DynamoDB partition key, which every id is, has at most 2,048.
        text: characters of an error text.
        details: entries of the error's list.
        tags: tags, of which AWS allows 50.
        reasons: reasons for which targets failed.
        targets: ids of targets for each reason.
    """

    identifier: int = 2_048
    text: int = 4_096
    details: int = 20
    tags: int = 50
    reasons: int = 20
    targets: int = 10


FULL = Limits()

# AWS's own limits for a tag's key and value; longer ones never were tags.
_TAG_KEY_CHARACTERS = 128
_TAG_VALUE_CHARACTERS = 256
_WORD_CHARACTERS = 64
_CODE_CHARACTERS = 256
_DETAIL_CHARACTERS = 256
_TARGET_BYTES = 256
_COUNTS = 20
_COUNT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")


def truncated(alert: Alert, limits: Limits = FULL) -> Alert:
    """Return the alert with clean text within the limits; doing it twice changes nothing more."""
    return replace(
        alert,
        deployment_id=cut_bytes(one_line(alert.deployment_id), limits.identifier) or "unnamed",
        source=cut(one_line(alert.source), _WORD_CHARACTERS) or "unknown",
        from_status=_word(alert.from_status),
        to_status=_word(alert.to_status),
        metrics=_metrics(alert.metrics),
        created_at=_word(alert.created_at),
        error=_error(alert.error, limits),
        results=_results(alert.results, limits),
        details={key: text for key, value in alert.details.items() if (text := _detail(value))},
        tags={
            cut(one_line(key), min(_TAG_KEY_CHARACTERS, limits.text)): cut(
                one_line(value), min(_TAG_VALUE_CHARACTERS, limits.text)
            )
            for key, value in sorted(alert.tags.items())[: limits.tags]
        },
    )


def _detail(text: str) -> str:
    return cut(one_line(text), _DETAIL_CHARACTERS)


def _word(text: str | None) -> str | None:
    return None if text is None else cut(one_line(text), _WORD_CHARACTERS) or None


def _text(text: str | None, characters: int) -> str | None:
    return None if text is None else cut(clean(text), characters) or None


def _metrics(metrics: Metrics) -> Metrics:
    named = [(name, count) for name, count in metrics.counts.items() if _COUNT_NAME.fullmatch(name)]
    return replace(metrics, counts=dict(named[:_COUNTS]))


def _error(error: Error | None, limits: Limits) -> Error | None:
    """Clean an error; None if it says nothing, so that a message shows no empty one."""
    if error is None:
        return None
    details = (
        ErrorDetail(_text(each.code, min(_CODE_CHARACTERS, limits.text)), _text(each.message, limits.text))
        for each in error.details[: limits.details]
    )
    kept = Error(_text(error.message, limits.text), tuple(each for each in details if each.code or each.message))
    return kept if kept.message or kept.details else None


def _results(results: ResultsSummary | None, limits: Limits) -> ResultsSummary | None:
    """Clean results; a reason that says nothing stays, because its targets count, and an id that says nothing goes."""
    if results is None:
        return None
    size = min(_TARGET_BYTES, limits.identifier)
    reasons = (
        FailureReason(
            code=_text(each.code, min(_CODE_CHARACTERS, limits.text)),
            message=_text(each.message, limits.text),
            count=each.count,
            targets=tuple(filter(None, (cut_bytes(one_line(name), size) for name in each.targets[: limits.targets]))),
        )
        for each in results.reasons[: limits.reasons]
    )
    return replace(results, reasons=tuple(reasons))
