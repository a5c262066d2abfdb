"""All sources. A new source is a package beside this file and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployment_notifier.model import Kind, SourceTraits
from deployment_notifier.sources.greengrass_bulk import client as greengrass_bulk
from deployment_notifier.sources.greengrass_bulk.profile import GREENGRASS_BULK
from deployment_notifier.sources.greengrass_v2 import client as greengrass_v2
from deployment_notifier.sources.greengrass_v2.profile import GREENGRASS_V2
from deployment_notifier.sources.profile import SourceProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from deployment_notifier.sources.port import Source

DEFAULT_SOURCE = GREENGRASS_BULK.name
"""The source of a watch that names none, so that the smallest item that a person puts is enough."""

PROFILES: dict[str, SourceProfile] = {profile.name: profile for profile in (GREENGRASS_V2, GREENGRASS_BULK)}

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

_FACTORIES: dict[str, Callable[[Callable[..., Any]], Source]] = {
    GREENGRASS_V2.name: greengrass_v2.create,
    GREENGRASS_BULK.name: greengrass_bulk.create,
}


def profile_of(name: str) -> SourceProfile:
    """Return a source's profile; one in plain words for a name that no source has.

    An alert may name a source that this version does not have, and must still be readable.
    """
    return PROFILES.get(name, _UNKNOWN)


def create_sources(create_client: Callable[..., Any], names: Collection[str] = ()) -> dict[str, Source]:
    """Create sources.

    Args:
        create_client: makes a boto3 client, as `boto3.Session.client` does: from a service's name and `config`.
        names: the sources to create; by default all.

    Returns:
        The sources by name.
    """
    return {name: factory(create_client) for name, factory in _FACTORIES.items() if not names or name in names}
