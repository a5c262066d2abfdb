"""`deployment-notifier`: the commands, put together."""

from __future__ import annotations

import contextlib
import inspect
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
from botocore.exceptions import BotoCoreError, ClientError

from deployment_notifier.errors import NotifierError
from deployment_notifier.model import DEFAULT_STACK_NAME
from deployment_notifier_cli.arguments import (  # noqa: TC001 - Typer reads the annotations
    JsonOption,
    ProfileOption,
    RegionOption,
    StackOption,
)
from deployment_notifier_cli.aws import connect
from deployment_notifier_cli.aws_errors import explain
from deployment_notifier_cli.commands.check import check
from deployment_notifier_cli.commands.discard import discard
from deployment_notifier_cli.commands.list_watches import list_watches
from deployment_notifier_cli.commands.resend import resend
from deployment_notifier_cli.commands.run_doctor import run_doctor
from deployment_notifier_cli.commands.send_test_alert import send_test_alert
from deployment_notifier_cli.commands.show import show
from deployment_notifier_cli.commands.unwatch import unwatch
from deployment_notifier_cli.commands.watch import watch
from deployment_notifier_cli.console import print_error
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.operator_session import Operator

if TYPE_CHECKING:
    from collections.abc import Callable

# Typer joins the lines of a docstring's first paragraph only; here each paragraph is one line.
_HELP = """
Operate a deployed Greengrass deployment notifier: what it watches, which alerts it sent, and whether it works.

It finds the stack by its name, with your AWS credentials and region, as the AWS CLI does.

Start with:  deployment-notifier doctor

Then try:  deployment-notifier test-alert
"""

_EPILOG = (
    "Exit codes:  0 done, all is well;  1 not found, or a problem that the output names;  2 wrong usage;  3 no such"
    " stack, not signed in, access denied, no answer from AWS, or 'doctor' could not examine everything."
)

app = typer.Typer(
    name="deployment-notifier",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,  # a traceback is for a fault of this program, and then the plain one serves best
    help=_HELP,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _with_common_options(command: Callable[..., Exit]) -> Callable[..., None]:
    """Return a command for Typer: with the options of every command in place of its operator, and errors explained."""

    def run(
        context: typer.Context,
        *,
        stack: StackOption = DEFAULT_STACK_NAME,
        region: RegionOption = None,
        profile: ProfileOption = None,
        as_json: JsonOption = False,
        **arguments: Any,  # noqa: ANN401 - the command's own
    ) -> None:
        # A test puts its own way to AWS into the context.
        operator = Operator(context.obj or connect, stack, region or None, profile or None, as_json)
        try:
            code = command(operator, **arguments)
        except (NotifierError, ClientError, BotoCoreError) as error:
            explanation = explain(error)
            print_error(explanation)
            raise typer.Exit(explanation.code) from error
        raise typer.Exit(code)

    hints = get_type_hints(command, localns={"Operator": Operator}, include_extras=True)
    own = [each.replace(annotation=hints[name]) for name, each in inspect.signature(command).parameters.items()]
    common = [*inspect.signature(run, eval_str=True).parameters.values()]
    # Typer reads the signature.
    run.__signature__ = inspect.Signature([common[0], *own[1:], *common[1:-1]])  # type: ignore[attr-defined]
    run.__annotations__ = {}
    # Typer joins the lines of the first paragraph only.
    run.__doc__ = re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(command.__doc__ or ""))
    return run


_COMMANDS: dict[str, dict[str, Callable[..., Exit]]] = {
    "Deployments": {"watch": watch, "unwatch": unwatch, "list": list_watches, "show": show, "check": check},
    "Alerts": {"resend": resend, "discard": discard},
    "Does it work?": {"test-alert": send_test_alert, "doctor": run_doctor},
}
for _panel, _commands in _COMMANDS.items():
    for _name, _command in _commands.items():
        app.command(_name, rich_help_panel=_panel)(_with_common_options(_command))


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
    """Take the options that stand before the command."""


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        # A character that this terminal cannot show is no reason to fail.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr] # a stream that was put in its place
    app(prog_name="deployment-notifier")
