"""Checks that AWS asks for: an event says that a deployment failed on a device, so the deployment is checked at once.

Greengrass V2 sends such an event for each device: best effort, more than once, in no order, and perhaps before its own
counts show the failure. So an event is only a reason to look: its deployment's id, status and time are read, and the
check is the same as a sweep's. The sweep stays the safety net, and alone decides about checks without an answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from deployment_notifier import asking
from deployment_notifier import deadline as seconds
from deployment_notifier.applying import apply, note_check, start_run
from deployment_notifier.errors import ItemError, TableError
from deployment_notifier.model import Check, CheckFailed, Observation, Watch, from_milliseconds
from deployment_notifier.rules import decide
from deployment_notifier.sources import sanitize
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.table import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from deployment_notifier.applying import Notifier, Run
    from deployment_notifier.deadline import Deadline
    from deployment_notifier.report import Report
    from deployment_notifier.sources.port import Source

SOURCE = GREENGRASS_V2.name
"""The source whose deployments these events are about."""

_ID = re.compile(r"[A-Za-z0-9-]{1,128}")
"""A deployment's id is a UUID; the service model promises no form, so this is wider."""


class _Verdict(Enum):
    DONE = auto()
    """The messages about this deployment have served their purpose."""
    AGAIN = auto()
    """They should come again: there was no time or no answer, or the counts do not show the failure yet."""


@dataclass(slots=True)
class _Reported:
    """What the messages of a batch say about one deployment.

    Attributes:
        failed_at: the time of the latest failure on a device; None if there is none, only other news.
        messages: the ids of the messages.
    """

    failed_at: datetime | None = None
    messages: list[str] = field(default_factory=list)


def check_reported(
    app: Notifier, records: Iterable[object], deadline: Deadline, owner: str
) -> tuple[Report, list[str]]:
    """Check the deployments that a batch of messages is about, each once.

    Args:
        app: the dependencies.
        records: the messages, as Lambda hands them over from SQS.
        deadline: the invocation's time.
        owner: a name that no other invocation has, for its leases.

    Returns:
        What was done, and the ids of the messages that should come again.
    """
    run = start_run(app, deadline, owner)
    report, source = run.report, app.sources[SOURCE]
    again: list[str] = []
    for deployment_id, reported in _by_deployment(records, report).items():
        result = _Verdict.AGAIN
        with report.guard(deployment_id):
            result = _check(run, source, deployment_id, reported)
        if result is _Verdict.AGAIN:
            again += reported.messages
            about = {"deployment_id": deployment_id, "messages": len(reported.messages)}
            app.log.info("events of devices come again", extra=about)
    run.publisher.finish()
    return report, again


def _by_deployment(records: Iterable[object], report: Report) -> dict[str, _Reported]:
    """Collect what the messages say; one that cannot be read is logged and dropped."""
    by_deployment: dict[str, _Reported] = {}
    for record in map(sanitize.mapping, records):
        message = str(record.get("messageId"))
        try:
            event = sanitize.mapping(json.loads(str(record.get("body"))))
        except (ValueError, RecursionError):
            event = {}
        detail = sanitize.mapping(event.get("detail"))
        # Up to 2023, AWS's documents had the second name.
        deployment_id = detail.get("deploymentId") or detail.get("deployment-id")
        at = sanitize.time(event.get("time"))
        if at is None or not isinstance(deployment_id, str) or not _ID.fullmatch(deployment_id):
            report.dropped_events += 1
            report.log.warning("event of a device cannot be read: dropped", extra={"message_id": message})
            continue
        reported = by_deployment.setdefault(deployment_id, _Reported())
        reported.messages.append(message)
        # REJECTED says that a newer revision overtook the deployment on the device: no count of failures shows that.
        if detail.get("coreDeviceExecutionStatus") == "FAILED":
            reported.failed_at = max(reported.failed_at or at, at)
    return by_deployment


def _check(run: Run, source: Source, deployment_id: str, reported: _Reported) -> _Verdict:
    """Check one deployment as a sweep would, if it is watched or is to be watched."""
    app, report = run.app, run.report
    try:
        watch = _find_watch(run, source, deployment_id)
    except ItemError as error:
        # Its alarm reports it, and reading it again would not help.
        report.found_unreadable([Unreadable(deployment_id, "WATCH", str(error))])
        return _Verdict.DONE
    except TableError as error:
        report.table_failed("a reported deployment cannot be looked up", error, deployment_id)
        return _Verdict.AGAIN
    if isinstance(watch, _Verdict):
        return watch
    check = asking.check(
        watch, source=source, listed={}, policy=app.policy, clock=app.clock, may_call=lambda: _has_time(run, source)
    )
    note_check(report, check)
    if not isinstance(check.answer, Observation):
        return _Verdict.AGAIN if isinstance(check.answer, CheckFailed) else _Verdict.DONE
    decision = decide(check, app.policy, source.profile.traits, app.clock())
    if decision.alert is not None:
        # Read after the watch: an older alert about it that a sweep is just publishing is seen, and not overtaken.
        run.publisher.read_pending()
    holds = apply(run, watch, decision)
    return _Verdict.DONE if holds and _shows_failure(watch, check.answer, reported.failed_at) else _Verdict.AGAIN


def _find_watch(run: Run, source: Source, deployment_id: str) -> Watch | _Verdict:
    """Return the active watch of a deployment, which may be a new one.

    Raises:
        ItemError: it cannot be read.
        TableError: DynamoDB did not answer.
    """
    if not _has_time(run, source, seconds.WRITE):
        run.report.deferred += 1
        return _Verdict.AGAIN
    watch = run.app.watches.get(deployment_id)
    if watch is None:
        return _start(run, source, deployment_id)
    return watch if watch.is_active and watch.source == SOURCE else _Verdict.DONE


def _start(run: Run, source: Source, deployment_id: str) -> Watch | _Verdict:
    """Start to watch a deployment if discovery would: the listing of the next sweep would find it, too.

    Raises:
        TableError: it is not known to be stored.
    """
    app = run.app
    if not app.discovery.within:
        return _Verdict.DONE
    unwatched = Watch(deployment_id, SOURCE)
    seen = source.get_status(unwatched, None)
    if not isinstance(seen, Observation):
        note_check(run.report, Check(unwatched, seen))
        return _Verdict.AGAIN if isinstance(seen, CheckFailed) else _Verdict.DONE
    created_at = sanitize.time(seen.created_at)
    if created_at is not None and created_at < app.clock() - app.discovery.within:
        return _Verdict.DONE
    if not _has_time(run, source, seconds.WRITE):
        run.report.deferred += 1
        return _Verdict.AGAIN
    watch = app.watches.start(deployment_id, SOURCE)
    if watch is None:
        # Another run has just started it, and checks it.
        return _Verdict.AGAIN
    run.report.discovered += 1
    app.log.info("discovered", extra={"deployment_id": deployment_id})
    return watch


def _has_time(run: Run, source: Source, before: float = 0.0) -> bool:
    """Whether there is time for another call to the source, and for what comes before and after it."""
    return run.deadline.allows(before + source.profile.seconds_per_call + seconds.CHECK_RESERVE)


def _shows_failure(before: Watch, seen: Observation, failed_at: datetime | None) -> bool:
    """Whether a check shows a failure that an event reports, or one that was stored since then did.

    A deployment at rest is checked only once an hour, so the failure would be reported late if AWS's counts lag behind.
    """
    if failed_at is None or seen.phase.is_terminal:
        return True
    has_grown = (seen.metrics.failures or 0) > (before.metrics.failures or 0)
    return has_grown or from_milliseconds(before.version) > failed_at
