"""How the results of a deployment's targets are followed after its terminal status, which comes long before them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from deployment_notifier.model import Kind, Phase, ResultsFollowUp, ResultsScan, missing_results

if TYPE_CHECKING:
    from deployment_notifier.model import Observation, Policy, ResultsSummary, SourceTraits, Watch

_GIVE_UP_AFTER = timedelta(minutes=60)
"""Once its time is up, a follow-up ends when no page could be read for so long although the source answered."""

_LIMIT = timedelta(days=2)
"""A follow-up ends this long after its time was up, whatever the pages hold."""

_STALE_AFTER = timedelta(minutes=15)
"""A scan that was interrupted for so long starts anew: its first pages are no longer true."""

_STALE_PERIODS = 3


def starts_follow_up(watch: Watch, seen: Observation, policy: Policy, traits: SourceTraits) -> bool:
    """Return whether an observation starts the follow-up, so that a first scan should be made at once."""
    is_new = seen.phase.is_terminal and seen.status != watch.status
    return traits.follows_results and is_new and policy.follow_results_minutes > 0


def is_due(watch: Watch, listed_status: str | None, *, is_missing: bool, now: datetime) -> bool:
    """Return whether a deployment must be asked about in this sweep.

    One that is under way must; one whose results are followed, when the next scan is due; one that is at rest, when its
    source's listing says something else than what is known, and else only in turn.

    Args:
        watch: the deployment.
        listed_status: its status in the listing; None if the listing does not say.
        is_missing: whether a complete listing does not contain it.
        now: the present.
    """
    if watch.follow_up is not None:
        return now >= watch.follow_up.next_scan_at
    if not watch.is_resting or watch.failing_since is not None or is_missing:
        return True
    return listed_status is not None and listed_status != watch.status


def resumable_scan(watch: Watch, policy: Policy, now: datetime) -> ResultsScan | None:
    """Return the scan that an earlier sweep could not finish, if it is recent enough to be continued."""
    scan = watch.follow_up.partial_scan if watch.follow_up else None
    if scan is None:
        return None
    stale_after = max(_STALE_AFTER, _STALE_PERIODS * timedelta(minutes=policy.check_every_minutes))
    return scan if now - scan.read_at < stale_after else None


def follow(
    watch: Watch, scan: ResultsScan | None, policy: Policy, traits: SourceTraits, now: datetime
) -> tuple[Watch, set[Kind]]:
    """Take in what a scan found.

    Args:
        watch: a deployment whose results are followed.
        scan: the scan, complete or not; None if no page could be read.
        policy: the operator's thresholds and choices.
        traits: says which kind its failed targets are.
        now: the moment of the scan.

    Returns:
        The next watch, ended if there is nothing left to follow, and the kinds that apply.
    """
    follow_up = _of(watch)
    ends_at = _ends_at(follow_up, policy)
    is_complete = scan is not None and scan.is_complete
    # A scan that started earlier holds pages from before the end, so the last word is one that started after it.
    is_over = (
        policy.follow_results_minutes == 0
        or (scan is not None and is_complete and (scan.started_at >= ends_at or _all_ended(scan.summary, watch)))
        or now >= ends_at + _LIMIT
    )
    failed = _failed(best_results(scan, watch))
    kinds = set[Kind]()
    if failed and watch.notified_failed_targets == 0:
        kinds.add(traits.targets_kind)
        watch = replace(watch, notified_failed_targets=failed)
    if scan is not None and is_complete:
        watch = replace(watch, results=scan.summary)
    if is_over:
        watch, more = end(watch, policy, traits, scan)
        return watch, kinds | more
    if is_complete:
        pause = timedelta(minutes=2 ** min(follow_up.scans, 10))
        # The last scan is due when the time is up, or at once if it is.
        next_scan_at = min(now + pause, max(now, ends_at))
        follow_up = replace(follow_up, scans=follow_up.scans + 1, next_scan_at=next_scan_at, partial_scan=None)
    elif scan is not None:
        # It stays due until it is complete.
        follow_up = replace(follow_up, partial_scan=scan)
    return replace(watch, follow_up=follow_up), kinds


def gives_up(follow_up: ResultsFollowUp, failing_since: datetime, policy: Policy, now: datetime) -> bool:
    """Return whether a follow-up ends because its results could not be read for long.

    Args:
        follow_up: how far the results were followed.
        failing_since: since when no page could be read although the source answered.
        policy: says when the time of a follow-up is up.
        now: the present.
    """
    return now >= _ends_at(follow_up, policy) and now - failing_since >= _GIVE_UP_AFTER


def end(watch: Watch, policy: Policy, traits: SourceTraits, scan: ResultsScan | None) -> tuple[Watch, set[Kind]]:
    """End a watch with whatever is known of its results.

    Args:
        watch: a deployment whose results are followed.
        policy: says whether they were to be followed at all.
        traits: says which kind its failed targets are.
        scan: the latest scan, complete or not; None if there is none after the last complete one.

    Returns:
        The ended watch; the kind of failed targets if more failed than were reported, COMPLETED if that waited for the
        results, and RESULTS_INCOMPLETE if some are not known.
    """
    kinds = set[Kind]()
    results = best_results(scan, watch)
    failed = _failed(results)
    if failed > watch.notified_failed_targets:
        kinds.add(traits.targets_kind)
        watch = replace(watch, notified_failed_targets=failed)
    if _of(watch).phase is Phase.COMPLETED:
        kinds.add(Kind.COMPLETED)
    is_whole = scan.is_complete if scan else results is not None
    if policy.follow_results_minutes > 0 and _is_incomplete(results, watch, is_whole=is_whole):
        kinds.add(Kind.RESULTS_INCOMPLETE)
    return replace(watch, follow_up=None, ended_because=watch.status), kinds


def best_results(scan: ResultsScan | None, watch: Watch) -> ResultsSummary | None:
    """Return what is known best of the results.

    That is a complete scan; or of a partial one and the last complete one the one with more failures. A partial one
    with more results than there are records goes round in a circle, or will say so when it is complete.

    Args:
        scan: the latest scan.
        watch: the deployment before it, with the counts of its latest status.
    """
    if scan is None:
        return watch.results
    if scan.is_complete:
        return scan.summary
    records = watch.metrics.progress
    if records is not None and scan.summary.total > records:
        return watch.results
    return max(scan.summary, watch.results or scan.summary, key=lambda results: results.failed)


def _of(watch: Watch) -> ResultsFollowUp:
    if watch.follow_up is None:
        raise ValueError("only a deployment whose results are followed has a follow-up")
    return watch.follow_up


def _ends_at(follow_up: ResultsFollowUp, policy: Policy) -> datetime:
    return follow_up.since + timedelta(minutes=policy.follow_results_minutes)


def _failed(results: ResultsSummary | None) -> int:
    return results.failed if results else 0


def _all_ended(results: ResultsSummary, watch: Watch) -> bool:
    """Whether each target has ended. Results come later than the status, so too few of them are not the last word."""
    if results.unfinished or missing_results(watch.metrics, results):
        return False
    return watch.metrics.progress is not None or results.total > 0


def _is_incomplete(results: ResultsSummary | None, watch: Watch, *, is_whole: bool) -> bool:
    if not is_whole and watch.metrics.progress is None:
        # Without a count of the records, only a complete scan says how many results there are.
        return True
    return missing_results(watch.metrics, results) > 0 or (results is not None and results.unfinished > 0)
