"""The arguments and options that commands share, and what is valid for them."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import unquote

import typer

from deployment_notifier.errors import ItemError
from deployment_notifier.model import source_id
from deployment_notifier.sources.registry import PROFILES
from deployment_notifier.sources.sanitize import LONGEST_ID
from deployment_notifier.table.operator_actions import split_alert_id
from deployment_notifier_cli.errors import UsageError

_WHERE = "Which stack"

StackOption = Annotated[
    str,
    typer.Option(
        "--stack",
        help="The notifier's CloudFormation stack.",
        envvar="DEPLOYMENT_NOTIFIER_STACK",
        metavar="NAME",
        rich_help_panel=_WHERE,
    ),
]
RegionOption = Annotated[
    str | None,
    typer.Option(
        "--region", help="AWS region; by default that of the AWS CLI.", metavar="NAME", rich_help_panel=_WHERE
    ),
]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile", help="AWS profile; by default that of the AWS CLI.", metavar="NAME", rich_help_panel=_WHERE
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

IdArgument = Annotated[str, typer.Argument(help="A deployment's id or ARN.", metavar="ID", show_default=False)]
IdsArgument = Annotated[
    list[str], typer.Argument(help="Ids or ARNs of deployments.", metavar="ID...", show_default=False)
]
AlertArgument = Annotated[
    str,
    typer.Argument(
        help="An alert's id, as in the alert and in 'show': <deployment's id>/<time>.",
        metavar="ALERT",
        show_default=False,
    ),
]


SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        help="The deployment's source; by default the one that knows it.",
        metavar="|".join(PROFILES),
        show_default=False,
    ),
]


def deployment_id(text: str) -> str:
    """Return the id of a deployment that was named by its id or its ARN.

    Raises:
        UsageError: it is neither.
    """
    return named_deployment(text)[0]


def named_deployment(text: str) -> tuple[str, str | None]:
    """Return the id of a deployment that was named by its id or its ARN, and the source whose ARN it is.

    Raises:
        UsageError: it is neither.
    """
    if text.startswith(source_id("")):
        raise UsageError(f"{text} names a source, not a deployment.")
    for profile in (each for each in PROFILES.values() if each.arn):
        pattern = re.sub(r"\\{\w+\\}", "[^:]*", re.escape(profile.arn).replace(r"\{id\}", "(?P<id>[^/]+)"))
        if match := re.fullmatch(pattern, text):
            return table_key(unquote(match["id"])), profile.name
    if text.startswith("arn:"):
        raise UsageError(f"{text} is the ARN of something else than a deployment.")
    return table_key(text), None


def table_key(text: str) -> str:
    """Return what was typed if the table can hold it as an id.

    Raises:
        UsageError: it cannot.
    """
    if not text.strip():
        raise UsageError("The id is empty.")
    if not text.isprintable():
        raise UsageError(f"{text!r} is not an id: it holds a control character.")
    if len(text.encode()) > LONGEST_ID:
        raise UsageError(f"{text[:40]}... is not an id: it has more than {LONGEST_ID:,} bytes.")
    return text


def alert_id(text: str) -> str:
    """Return what was typed if it is an alert's id.

    Raises:
        UsageError: it is not.
    """
    try:
        split_alert_id(text)
    except ItemError:
        raise UsageError(
            f"{text!r} is not an alert's id.",
            "It is <deployment's id>/<time>, such as 1b2c3d4e-0000/2026-11-23T10:04:00.123Z. Each alert ends with it.",
        ) from None
    return text
