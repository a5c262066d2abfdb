"""What happens to a watch between its terminal status, which is final, and the last of its groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from deployment_notifier.model import GroupPass, GroupTally, Kind, Phase, Settling

if TYPE_CHECKING:
    from deployment_notifier.model import Policy, Watch

_GRACE = timedelta(minutes=15)
"""How long a last pass may take that was begun when the time was up: large fleets need several sweeps for one."""


def follow_groups(watch: Watch, found: GroupPass | None, policy: Policy, now: datetime) -> tuple[Watch, set[Kind]]:
    """Take in what a pass over a deployment's groups has found.

    Args:
        watch: a watch that settles.
        found: the pass, complete or not; None where none could be made.
        policy: the operator's thresholds and choices.
        now: the moment of the pass.

    Returns:
        The next watch, ended if there is nothing more to follow, and the kinds that apply.
    """
    settling = watch.settling
    if settling is None:
        raise ValueError("only a watch that settles has groups to follow")
    complete = found.tally if found is not None and found.is_complete else None
    ends_at = settling.since + timedelta(minutes=policy.settle_minutes)
    is_over = now >= gives_up_at(settling, policy) or (
        complete is not None and (now >= ends_at or _is_settled(complete, watch))
    )
    failed = (best_tally(found, watch) or GroupTally()).failed
    kinds = set[Kind]()
    if failed and (watch.told_failed_groups == 0 or (is_over and failed > watch.told_failed_groups)):
        kinds.add(Kind.GROUPS_FAILED)
        watch = replace(watch, told_failed_groups=failed)
    if complete is not None:
        watch = replace(watch, groups=complete)
    if is_over:
        watch, more = abandon_groups(watch)
        return watch, kinds | more
    if complete is not None:
        pause = timedelta(minutes=2 ** min(settling.passes, 10))
        settling = replace(settling, passes=settling.passes + 1, next_pass_at=min(now + pause, ends_at), begun=None)
    else:
        # It is due until it is complete, and goes on where it broke off.
        settling = replace(settling, begun=found if found is not None and found.resume_at else None)
    return replace(watch, settling=settling), kinds


def abandon_groups(watch: Watch) -> tuple[Watch, set[Kind]]:
    """End a watch, with whatever is known of its groups.

    Args:
        watch: a watch, settling or not.

    Returns:
        The watch, ended if it settled; and COMPLETED if that was held back for the groups.
    """
    if watch.settling is None:
        return watch, set()
    kinds = {Kind.COMPLETED} if watch.settling.phase is Phase.COMPLETED else set[Kind]()
    return replace(watch, settling=None, ended_because=watch.status), kinds


def best_tally(found: GroupPass | None, watch: Watch) -> GroupTally | None:
    """What is known best: a complete pass; else, since one that broke off may have seen less, which has more failures.

    Args:
        found: the latest pass.
        watch: the watch before it.
    """
    if found is None or (not found.is_complete and watch.groups and watch.groups.failed > found.tally.failed):
        return watch.groups
    return found.tally


def gives_up_at(settling: Settling, policy: Policy) -> datetime:
    """When a watch ends though no pass over its groups was completed."""
    if policy.settle_minutes == 0:
        return settling.since
    return settling.since + timedelta(minutes=policy.settle_minutes) + _GRACE


def _is_settled(tally: GroupTally, watch: Watch) -> bool:
    """Whether each group is terminal, and each record that is not invalid has a group.

    The reports come behind the status, so one that lists too few groups is not the last word.
    """
    ended = tally.succeeded + tally.failed
    if watch.metrics.records_processed is None:
        return tally.unfinished == 0 and ended > 0
    valid = watch.metrics.records_processed - (watch.metrics.invalid_input_records or 0)
    return tally.unfinished == 0 and ended >= valid
