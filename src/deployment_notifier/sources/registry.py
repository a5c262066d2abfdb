"""All sources. A new source is a package beside this file and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment_notifier.model import Kind, SourceTraits
from deployment_notifier.sources.greengrass_bulk import client as greengrass_bulk
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.profile import SourceProfile

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment_notifier.sources.port import Source

DEFAULT_SOURCE = GREENGRASS_BULK.name
"""The source of a watch that names none, so that the smallest item that a person puts is enough."""

PROFILES: dict[str, SourceProfile] = {GREENGRASS_BULK.name: GREENGRASS_BULK}

_UNKNOWN = SourceProfile(
    name="unknown",
    traits=SourceTraits(failures_kind=Kind.INVALID_RECORDS, targets_kind=Kind.GROUPS_FAILED),
    calls_per_second=1.0,
    seconds_per_call=9.0,
    product="Deployment",
    service="the source",
    noun="deployment",
    target="targets",
    arn="",
    completed_status="Completed",
    final_statuses=frozenset({"completed", "stopped", "failed"}),
    required_actions=(),
)

_FACTORIES: dict[str, Callable[[Callable[..., Any]], Source]] = {GREENGRASS_BULK.name: greengrass_bulk.create}


def profile_of(name: str) -> SourceProfile:
    """Return a source's profile; one in plain words for a name that no source has.

    An alert may name a source that this version does not have, and must still be readable.
    """
    return PROFILES.get(name, _UNKNOWN)


def create_sources(create_client: Callable[..., Any]) -> dict[str, Source]:
    """Create every source.

    Args:
        create_client: makes a boto3 client, as `boto3.Session.client` does: from a service's name and `config`.

    Returns:
        The sources by name.
    """
    return {name: factory(create_client) for name, factory in _FACTORIES.items()}
