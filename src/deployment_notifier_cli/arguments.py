"""The arguments and options that commands share, and what is valid for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote

import typer

from deployment_notifier.errors import ItemError
from deployment_notifier.model import source_id
from deployment_notifier.sources.registry import PROFILES
from deployment_notifier.sources.sanitize import LONGEST_ID
from deployment_notifier.table.operator_actions import split_alert_id
from deployment_notifier_cli.errors import UsageError

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator

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

_DASH = "One that starts with a dash goes after --."
IdArgument = Annotated[str, typer.Argument(help=f"A deployment's id or ARN. {_DASH}", metavar="ID", show_default=False)]
IdsArgument = Annotated[
    list[str], typer.Argument(help=f"Ids or ARNs of deployments. {_DASH}", metavar="ID...", show_default=False)
]
AlertArgument = Annotated[
    str,
    typer.Argument(
        help="An alert's id, as in the alert and in 'show': <deployment's id>/<time>.",
        metavar="ALERT",
        show_default=False,
    ),
]


def _known_source(name: str | None) -> str | None:
    if name is not None and name not in PROFILES:
        raise typer.BadParameter(f"{name!r} is not known. Known: {', '.join(PROFILES)}.")
    return name


SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        callback=_known_source,
        help="The deployment's source; by default the one that knows it.",
        metavar="|".join(PROFILES),
        show_default=False,
    ),
]


def deployment_id(operator: Operator, text: str) -> str:
    """Return the id of a deployment that was named by its id or its ARN.

    Raises:
        UsageError: it is neither, or the ARN is of another region.
    """
    return named_deployment(operator, text)[0]


def named_deployment(operator: Operator, text: str) -> tuple[str, str | None]:
    """Return the id of a deployment that was named by its id or its ARN, and the source whose ARN it is.

    Raises:
        UsageError: it is neither, or the ARN is of another region.
    """
    text = _trimmed(operator, text)
    if text.startswith(source_id("")):
        raise UsageError(f"{text} names a source, not a deployment.")
    for profile in (each for each in PROFILES.values() if each.arn):
        pattern = re.escape(profile.arn).replace(r"\{id\}", "(?P<id>[^/]+)").replace(r"\{region\}", "(?P<region>[^:]*)")
        if match := re.fullmatch(re.sub(r"\\{\w+\\}", "[^:]*", pattern), text):
            if match["region"] != operator.aws.region:
                where = f"This ARN is of a deployment in {match['region']}, and the stack is in {operator.aws.region}."
                raise UsageError(where, f"Name the stack there: --region {match['region']}")
            return _table_key(unquote(match["id"])), profile.name
    if text.startswith("arn:"):
        examples = " or ".join(each.arn for each in PROFILES.values() if each.arn)
        raise UsageError(f"{text} is the ARN of something else than a deployment.", f"It should be like {examples}.")
    return text, None


def history_id(operator: Operator, text: str) -> str:
    """Return the id of what has a history: a deployment, named as above, or a source, such as `source:greengrass-v2`.

    Raises:
        UsageError: it is neither, or the ARN is of another region.
    """
    is_source = text.strip().startswith(source_id(""))
    return _table_key(text.strip()) if is_source else deployment_id(operator, text)


def _trimmed(operator: Operator, text: str) -> str:
    """Return an id without the spaces around it, which come with pasting; as it is if the table knows it with them."""
    stripped = _table_key(text.strip())
    may_be_known = text != stripped and text.isprintable()
    return text if may_be_known and operator.reader.read(text).is_known else stripped


def _table_key(text: str) -> str:
    """Return what was typed if the table can hold it as an id.

    Raises:
        UsageError: it cannot.
    """
    if not text.strip():
        raise UsageError("The id is empty.", "List the ids: deployment-notifier list --all")
    if not text.isprintable():
        raise UsageError(f"{text!r} is not an id: it holds a control character.")
    if len(text.encode()) > LONGEST_ID:
        raise UsageError(f"{text[:40]}... is not an id: it has more than {LONGEST_ID:,} bytes.")
    return text


def alert_id(operator: Operator, text: str) -> str:
    """Return what was typed if it is an alert's id; without spaces around it, as above.

    Raises:
        UsageError: it is not.
    """
    text = text.rstrip()
    try:
        deployment, _ = split_alert_id(text)
    except ItemError:
        raise UsageError(
            f"{text!r} is not an alert's id.",
            "It is <deployment's id>/<time>, such as 1b2c3d4e-0000/2026-11-23T10:04:00.123Z. Each alert ends with it.",
        ) from None
    return text if deployment == deployment.strip() else _trimmed(operator, deployment) + text[len(deployment) :]
