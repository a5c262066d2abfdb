"""Reads the results of a deployment's groups, page by page, and counts them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from deployment_notifier.model import ErrorDetail, GroupError, GroupPass, GroupPhase, GroupTally, Refusal
from deployment_notifier.sources.port import ReportPage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from deployment_notifier.model import Failure, GroupResult
    from deployment_notifier.sources.port import Source

REASONS = 20
"""Reasons that are kept apart; a group that fails for a further one is only counted."""

NAMED_GROUPS = 10
"""Ids that are kept of the groups that fail for one reason."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def read_groups(
    source: Source, deployment_id: str, begun: GroupPass | None, may_call: Callable[[], bool]
) -> GroupPass | Refusal | Failure:
    """Make one pass over the reports about a deployment's groups, or as much of it as there is time for.

    Args:
        source: where to ask.
        deployment_id: the deployment.
        begun: a pass that an earlier sweep has begun, to go on with.
        may_call: is asked before each call; it waits for the source's pace, and says no when the time is up.

    Returns:
        The pass. Where no page at all could be read: why; or an empty pass if there was no time.
    """
    result = begun or GroupPass()
    page = result.resume_at
    seen = {page}
    tally = result.tally
    while may_call():
        answer = source.report_page(deployment_id, page)
        if not isinstance(answer, ReportPage):
            return answer if len(seen) == 1 else GroupPass(tally, resume_at=page)
        tally = add(tally, answer.groups)
        page = answer.next_page
        if page is None:
            return GroupPass(tally, is_complete=True)
        if page in seen:
            return GroupPass(tally)
        seen.add(page)
    return GroupPass(tally, resume_at=page)


def add(tally: GroupTally, results: Iterable[GroupResult]) -> GroupTally:
    """Count further groups.

    Args:
        tally: the count so far.
        results: the groups to add.

    Returns:
        The new count, its reasons with the most frequent first.
    """
    succeeded, failed, unfinished = tally.succeeded, tally.failed, tally.unfinished
    errors = {_identity(error.code, error.message): error for error in tally.errors}
    for result in results:
        succeeded += result.phase is GroupPhase.SUCCEEDED
        unfinished += result.phase is GroupPhase.UNFINISHED
        if result.phase is not GroupPhase.FAILED:
            continue
        failed += 1
        detail = result.error or ErrorDetail()
        identity = _identity(detail.code, detail.message)
        known = errors.get(identity)
        if known is None and len(errors) >= REASONS:
            continue
        known = known or GroupError(detail.code, detail.message, 0)
        groups = known.groups
        if result.group_id and len(groups) < NAMED_GROUPS and result.group_id not in groups:
            groups = (*groups, result.group_id)
        errors[identity] = replace(known, count=known.count + 1, groups=groups)
    most_frequent_first = sorted(errors.values(), key=lambda error: -error.count)
    return GroupTally(succeeded, failed, unfinished, tuple(most_frequent_first))


def _identity(code: str | None, message: str | None) -> tuple[str | None, str]:
    """What makes two errors one reason: a message that names the group differs for each."""
    return code, _UUID.sub("<id>", message or "")
