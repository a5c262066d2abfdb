"""The sources that `check` can ask, as the function asks them, with the operator's credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.sources import greengrass_bulk
from deployment_notifier_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployment_notifier.sources.port import Source
    from deployment_notifier_cli.aws import Aws

NAMES = (greengrass_bulk.NAME,)


def source(name: str, aws: Aws, environment: Mapping[str, str]) -> Source:
    """The source of this name.

    Args:
        name: as a watch has it.
        aws: asks with the operator's credentials.
        environment: the function's, which may name another endpoint than AWS's own.

    Raises:
        CommandError: there is no source of this name.
    """
    if name not in NAMES:
        raise CommandError(f"The watch has the unknown Source {name}.", f"Known ones: {', '.join(NAMES)}.")
    return greengrass_bulk.GreengrassBulk(aws.greengrass(environment.get("AWS_ENDPOINT_URL_GREENGRASS")))
