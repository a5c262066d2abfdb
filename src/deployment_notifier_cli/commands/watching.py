"""`watch` and `unwatch`."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from deployment_notifier.messages.text import shell_argument
from deployment_notifier_cli.changes import Unwatched
from deployment_notifier_cli.errors import Exit, UsageError
from deployment_notifier_cli.options import JsonOption, ProfileOption, RegionOption, StackOption, operator
from deployment_notifier_cli.stack import DEFAULT_NAME
from deployment_notifier_cli.views.paper import say, say_json

_KEY_BYTES = 2048  # of a DynamoDB partition key

IdsArgument = Annotated[
    list[str], typer.Argument(help="Ids of deployments, as AWS has them.", metavar="ID...", show_default=False)
]


def watch(
    context: typer.Context,
    ids: IdsArgument,
    *,
    stack: StackOption = DEFAULT_NAME,
    region: RegionOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Begin to watch deployments.

    A deployment whose watch has ended is watched anew and keeps its history. One that is watched already is left.

    Example:  deployment-notifier watch 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    wanted = [valid_id(text) for text in dict.fromkeys(ids)]
    here = operator(context, stack, region, profile)
    began = {each: here.changes.watch(each) for each in wanted}
    if as_json:
        say_json([{"deploymentId": each, "result": "watched" if new else "already"} for each, new in began.items()])
        return
    for each, new in began.items():
        say(f"{each} is watched; the first check comes {here.next_sweep}." if new else f"{each} was watched already.")
    say("", f"Follow: deployment-notifier show {shell_argument(wanted[0])}", style="dim")


def unwatch(
    context: typer.Context,
    ids: IdsArgument,
    *,
    stack: StackOption = DEFAULT_NAME,
    region: RegionOption = None,
    profile: ProfileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stop watching deployments; their history stays until it expires.

    Alerts that still wait are sent. Exit code 1 when one of the ids was never watched.

    Example:  deployment-notifier unwatch 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    wanted = [valid_id(text) for text in dict.fromkeys(ids)]
    here = operator(context, stack, region, profile)
    ended = {each: here.changes.unwatch(each) for each in wanted}
    words = {
        Unwatched.ENDED: ("unwatched", "is no longer watched. Its history stays."),
        Unwatched.WAS_ENDED: ("ended", "was not active any more; it is left as it was."),
        Unwatched.UNKNOWN: ("unknown", "was never watched, or has expired. See: deployment-notifier list --all"),
    }
    if as_json:
        say_json([{"deploymentId": each, "result": words[how][0]} for each, how in ended.items()])
    else:
        for each, how in ended.items():
            say(f"{each} {words[how][1]}")
    if Unwatched.UNKNOWN in ended.values():
        raise typer.Exit(Exit.FINDING)


def valid_id(text: str) -> str:
    """A deployment's id as it was typed, without white space around it.

    Raises:
        UsageError: it can't be one.
    """
    deployment_id = text.strip()
    if match := re.fullmatch(r"arn:[^:]*:greengrass:.*/bulk/deployments/([^/]+)", deployment_id):
        raise UsageError(f"{deployment_id} is an ARN.", f"Give the id alone: {shell_argument(match[1])}")
    if deployment_id.startswith("source:"):
        raise UsageError(f"{deployment_id} names a whole source, no deployment.")
    if not deployment_id or not deployment_id.isprintable() or re.search(r"\s", deployment_id):
        raise UsageError(f"{text!r} is no deployment's id: it is empty, or holds white space.")
    if len(deployment_id.encode()) > _KEY_BYTES:
        raise UsageError(f"{deployment_id[:40]}... is no deployment's id: it is too long.")
    return deployment_id
