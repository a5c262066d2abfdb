"""`list` and `show`."""

from __future__ import annotations

from typing import Annotated

import typer

from deployment_notifier.messages.text import shell_argument
from deployment_notifier_cli.errors import NotFoundError
from deployment_notifier_cli.options import JsonOption, ProfileOption, RegionOption, StackOption, operator
from deployment_notifier_cli.stack import DEFAULT_NAME
from deployment_notifier_cli.views import listing, plain, timeline
from deployment_notifier_cli.views.paper import say_json


def list_(
    context: typer.Context,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also those that ended. Reads the whole table.")] = False,
    stack: StackOption = DEFAULT_NAME,
    region: RegionOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the watched deployments: status, numbers, last progress, and what was told.

    The alerts are those since the watch began.

    Example:  deployment-notifier list --all
    """
    here = operator(context, stack, region, profile)
    stories = listing.in_order(here.store.everything() if everything else here.store.active())
    if as_json:
        deployments = [plain.summary(story) for story in stories if not story.deployment_id.startswith("source:")]
        troubles = [plain.trouble(story.health) for story in stories if story.health is not None]
        say_json({"deployments": deployments, "sourcesInTrouble": troubles})
    else:
        listing.show(stories, here.now(), with_ended=everything)


def show(
    context: typer.Context,
    deployment_id: Annotated[
        str, typer.Argument(help="A deployment's id, or source:NAME.", metavar="ID", show_default=False)
    ],
    *,
    stack: StackOption = DEFAULT_NAME,
    region: RegionOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell a deployment's whole story: each transition, each alert and how far it is, and how it stands.

    Example:  deployment-notifier show 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    here = operator(context, stack, region, profile)
    story = here.store.story(deployment_id.strip())
    if story is None:
        raise NotFoundError(
            f"The table knows no deployment {deployment_id}.",
            "See those that it knows: deployment-notifier list --all",
            f"Begin to watch it: deployment-notifier watch {shell_argument(deployment_id)}",
        )
    if as_json:
        say_json(plain.whole(story))
    else:
        timeline.show(story, here.now())
