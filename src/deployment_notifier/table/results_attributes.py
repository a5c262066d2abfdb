"""The results of a deployment's targets as attributes of a watch or an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.model import FailureReason, Phase, ResultsFollowUp, ResultsScan, ResultsSummary

if TYPE_CHECKING:
    from deployment_notifier.table.attributes import Plain, Reader


def follow_up_attribute(follow_up: ResultsFollowUp | None) -> Plain | None:
    """Return how far a deployment's results have been followed."""
    if follow_up is None:
        return None
    return {
        "Phase": follow_up.phase,
        "Since": follow_up.since,
        "Scans": follow_up.scans,
        "NextScanAt": follow_up.next_scan_at,
        "PartialScan": _scan_attribute(follow_up.partial_scan),
    }


def read_follow_up(reader: Reader) -> ResultsFollowUp | None:
    """Read the attribute `FollowUp`.

    Raises:
        ItemError: something in it is missing or of a wrong type.
    """
    follow_up = reader.map("FollowUp")
    if follow_up is None:
        return None
    return ResultsFollowUp(
        phase=follow_up.one_of("Phase", Phase),
        since=follow_up.required_time("Since"),
        scans=follow_up.required_count("Scans"),
        next_scan_at=follow_up.required_time("NextScanAt"),
        partial_scan=_read_scan(follow_up.map("PartialScan")),
    )


def results_attribute(results: ResultsSummary | None) -> Plain | None:
    """Return the counted results."""
    if results is None:
        return None
    return {
        "Succeeded": results.succeeded,
        "Failed": results.failed,
        "Unfinished": results.unfinished,
        "Reasons": [
            {"Code": reason.code, "Message": reason.message, "Count": reason.count, "Targets": reason.targets}
            for reason in results.reasons
        ],
    }


def read_results(reader: Reader) -> ResultsSummary | None:
    """Read the attribute `Results`.

    Raises:
        ItemError: something in it is missing or of a wrong type.
    """
    results = reader.map("Results")
    if results is None:
        return None
    return ResultsSummary(
        succeeded=results.required_count("Succeeded"),
        failed=results.required_count("Failed"),
        unfinished=results.required_count("Unfinished"),
        reasons=tuple(
            FailureReason(
                reason.text("Code"), reason.text("Message"), reason.required_count("Count"), reason.texts("Targets")
            )
            for reason in results.maps("Reasons")
        ),
    )


def _scan_attribute(scan: ResultsScan | None) -> Plain | None:
    if scan is None:
        return None
    return {
        "StartedAt": scan.started_at,
        "ReadAt": scan.read_at,
        "Results": results_attribute(scan.summary),
        "NextPage": scan.next_page,
        "Pages": scan.pages,
        "Fingerprints": scan.fingerprints,
    }


def _read_scan(reader: Reader | None) -> ResultsScan | None:
    if reader is None:
        return None
    return ResultsScan(
        started_at=reader.required_time("StartedAt"),
        read_at=reader.required_time("ReadAt"),
        summary=read_results(reader) or ResultsSummary(),
        next_page=reader.required_text("NextPage"),
        pages=reader.required_count("Pages"),
        fingerprints=reader.texts("Fingerprints"),
    )
