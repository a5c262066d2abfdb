"""The parts of a source's state as attributes of its item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.model import Outage, PartialListing

if TYPE_CHECKING:
    from deployment_notifier.table.attributes import Plain, Reader


def outage_attribute(outage: Outage | None) -> Plain | None:
    """Return a time without answers."""
    if outage is None:
        return None
    return {"Since": outage.since, "IsNotified": outage.is_notified, "LastError": outage.last_error}


def read_outage(reader: Reader, name: str) -> Outage | None:
    """Read the attribute `Outage` or `ListingOutage`.

    Raises:
        ItemError: something in it is missing or of a wrong type.
    """
    outage = reader.map(name)
    if outage is None:
        return None
    return Outage(outage.required_time("Since"), outage.flag("IsNotified"), outage.text("LastError"))


def partial_listing_attribute(partial: PartialListing | None) -> Plain | None:
    """Return a listing that is under way."""
    if partial is None:
        return None
    return {"StartedAt": partial.started_at, "ReadAt": partial.read_at, "NextPage": partial.next_page}


def read_partial_listing(reader: Reader) -> PartialListing | None:
    """Read the attribute `PartialListing`.

    Raises:
        ItemError: something in it is missing or of a wrong type.
    """
    partial = reader.map("PartialListing")
    if partial is None:
        return None
    return PartialListing(
        partial.required_time("StartedAt"), partial.required_time("ReadAt"), partial.required_text("NextPage")
    )
