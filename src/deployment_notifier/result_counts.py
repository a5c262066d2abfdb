"""Counts the results of a deployment's targets, and groups those that failed by their reason."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from deployment_notifier.model import ErrorDetail, FailureReason, ResultsSummary, TargetPhase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deployment_notifier.model import TargetResult

REASONS = 20
"""Reasons that are kept apart; a target that fails for a further one is only counted."""

NAMED_TARGETS = 10
"""Ids that are kept of the targets that fail for one reason."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def add_results(summary: ResultsSummary, results: Iterable[TargetResult]) -> ResultsSummary:
    """Count further targets.

    Args:
        summary: the counts so far.
        results: the targets to add.

    Returns:
        The new counts, the most frequent reason first.
    """
    succeeded, failed, unfinished = summary.succeeded, summary.failed, summary.unfinished
    reasons = {_identity(reason.code, reason.message): reason for reason in summary.reasons}
    for result in results:
        succeeded += result.phase is TargetPhase.SUCCEEDED
        unfinished += result.phase is TargetPhase.UNFINISHED
        if result.phase is not TargetPhase.FAILED:
            continue
        failed += 1
        detail = result.error or ErrorDetail()
        identity = _identity(detail.code, detail.message)
        known = reasons.get(identity)
        if known is None and len(reasons) >= REASONS:
            continue
        known = known or FailureReason(detail.code, detail.message, 0)
        targets = known.targets
        if result.target_id and len(targets) < NAMED_TARGETS and result.target_id not in targets:
            targets = (*targets, result.target_id)
        reasons[identity] = replace(known, count=known.count + 1, targets=targets)
    most_frequent_first = sorted(reasons.values(), key=lambda reason: -reason.count)
    return ResultsSummary(succeeded, failed, unfinished, tuple(most_frequent_first))


def _identity(code: str | None, message: str | None) -> tuple[str | None, str]:
    """What makes two errors one reason: a message that names its target differs for each."""
    return code, _UUID.sub("<id>", message or "")
