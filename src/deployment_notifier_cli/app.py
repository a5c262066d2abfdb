"""`deployment-notifier`: the commands, wired together."""

from __future__ import annotations

import contextlib
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup

from deployment_notifier.errors import NotifierError
from deployment_notifier_cli.aws import explained
from deployment_notifier_cli.commands import alerts, checking, looking, watching
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.views.paper import say_error

_EPILOG = (
    "Exit codes:  0 done, all is well;  1 not found, or something is wrong that the output names;  2 the command was"
    " mistyped;  3 no such stack, not signed in, access denied, or AWS did not answer."
)


class _Commands(TyperGroup):
    """Turns errors into what is wrong, what to do and an exit code, in one place for all commands."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer keeps the types of this to itself
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except (NotifierError, ClientError, BotoCoreError) as error:
            explanation = explained(error)
            say_error(explanation)
            raise typer.Exit(explanation.code) from error


# Typer joins the lines of a docstring's first paragraph only; here each paragraph is one line.
_HELP = """
Operate a deployed Greengrass deployment notifier: what it watches, what it told whom, whether it works.

It finds the stack by name, with your AWS credentials and region, as the AWS CLI has them.

Begin with:  deployment-notifier doctor

Try it:  deployment-notifier test-alert
"""

app = typer.Typer(
    name="deployment-notifier",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,  # a traceback is for a fault of this program, and then the plain one serves best
    help=_HELP,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_WATCHING = "Watch deployments"
_ALERTS = "Alerts"
_HEALTH = "Is it working?"

app.command("watch", rich_help_panel=_WATCHING)(watching.watch)
app.command("unwatch", rich_help_panel=_WATCHING)(watching.unwatch)
app.command("list", rich_help_panel=_WATCHING)(looking.list_)
app.command("show", rich_help_panel=_WATCHING)(looking.show)
app.command("check", rich_help_panel=_WATCHING)(checking.check)
app.command("resend", rich_help_panel=_ALERTS)(alerts.resend)
app.command("discard", rich_help_panel=_ALERTS)(alerts.discard)
app.command("test-alert", rich_help_panel=_HEALTH)(alerts.try_out)
app.command("doctor", rich_help_panel=_HEALTH)(checking.doctor)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if not wanted:
        return
    try:
        typer.echo(f"deployment-notifier {version('greengrass-deployment-notifier')}")
    except PackageNotFoundError:
        typer.echo("deployment-notifier, run from its source folder")
    raise typer.Exit(Exit.DONE)


@app.callback()
def describe(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """What Typer calls before each command: its one option has been dealt with by then."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A character that this terminal can't show is no reason to fail.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr] # a stream that was put in its place
    app()
