"""The results of a deployment's groups as attributes of a watch or an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.model import GroupError, GroupPass, GroupTally, Phase, Settling

if TYPE_CHECKING:
    from deployment_notifier.table.attributes import Plain, Reader


def settling_attribute(settling: Settling | None) -> Plain | None:
    """How far a deployment's groups have been followed."""
    if settling is None:
        return None
    begun = settling.begun
    return {
        "Phase": settling.phase,
        "Since": settling.since,
        "Passes": settling.passes,
        "NextPassAt": settling.next_pass_at,
        "Begun": None if begun is None else {"ResumeAt": begun.resume_at, "Groups": tally_attribute(begun.tally)},
    }


def read_settling(reader: Reader) -> Settling | None:
    """Read the attribute `Settling`.

    Raises:
        ItemError: something in it is missing or of a wrong type.
    """
    settling = reader.inside("Settling")
    if settling is None:
        return None
    begun = settling.inside("Begun")
    return Settling(
        phase=settling.one_of("Phase", Phase),
        since=settling.needed_time("Since"),
        passes=settling.needed_count("Passes"),
        next_pass_at=settling.needed_time("NextPassAt"),
        begun=None if begun is None else GroupPass(read_tally(begun) or GroupTally(), begun.text("ResumeAt")),
    )


def tally_attribute(tally: GroupTally | None) -> Plain | None:
    """The results of groups."""
    if tally is None:
        return None
    return {
        "Succeeded": tally.succeeded,
        "Failed": tally.failed,
        "Unfinished": tally.unfinished,
        "Errors": [
            {"Code": error.code, "Message": error.message, "Count": error.count, "Groups": error.groups}
            for error in tally.errors
        ],
    }


def read_tally(reader: Reader) -> GroupTally | None:
    """Read the attribute `Groups`.

    Raises:
        ItemError: something in it is missing or of a wrong type.
    """
    tally = reader.inside("Groups")
    if tally is None:
        return None
    return GroupTally(
        succeeded=tally.needed_count("Succeeded"),
        failed=tally.needed_count("Failed"),
        unfinished=tally.needed_count("Unfinished"),
        errors=tuple(
            GroupError(error.text("Code"), error.text("Message"), error.needed_count("Count"), error.texts("Groups"))
            for error in tally.insides("Errors")
        ),
    )
