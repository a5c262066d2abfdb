"""Finds deployments that nobody has registered, from a source's listing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.sources.port import ListPage

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from deployment_notifier.sources.port import Source


@dataclass(frozen=True, slots=True)
class Found:
    """What a listing has brought.

    Attributes:
        recent: the ids of the deployments that were created in time.
        undated: how many had no readable time of creation, and so are left out.
        answered: whether at least its first page came; None where there was no time to ask.
        failure: why it is not complete; None where it is.
    """

    recent: frozenset[str]
    undated: int = 0
    answered: bool | None = None
    failure: str | None = None


def find_recent(source: Source, since: datetime, may_call: Callable[[], bool]) -> Found:
    """List a source's deployments, all pages, because their order is undocumented.

    Args:
        source: where to ask.
        since: deployments that were created before are history, and nobody wants an alert about those.
        may_call: is asked before each call; it waits for the source's pace, and says no when the time is up.
    """
    recent: set[str] = set()
    undated = 0
    page: str | None = None
    seen: set[str | None] = {None}
    while may_call():
        answer = source.list_page(page)
        if not isinstance(answer, ListPage):
            return Found(frozenset(recent), undated, len(seen) > 1, answer.reason)
        undated += sum(listed.created_at is None for listed in answer.deployments)
        recent |= {
            listed.deployment_id for listed in answer.deployments if listed.created_at and listed.created_at >= since
        }
        page = answer.next_page
        if page is None:
            return Found(frozenset(recent), undated, answered=True)
        if page in seen:
            return Found(frozenset(recent), undated, answered=True, failure="The listing's pages go round in a circle")
        seen.add(page)
    return Found(frozenset(recent), undated, True if len(seen) > 1 else None, "There was no time to list all")
