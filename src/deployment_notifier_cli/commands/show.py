"""`deployment-notifier show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deployment_notifier.model import source_id
from deployment_notifier_cli.arguments import history_id
from deployment_notifier_cli.errors import Exit, NotFoundError
from deployment_notifier_cli.json_output import print_json, whole_history
from deployment_notifier_cli.views.history_view import print_history

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator


def show(
    operator: Operator,
    wanted: Annotated[
        str,
        typer.Argument(
            help="A deployment's id or ARN, or source:NAME for a whole source.", metavar="ID", show_default=False
        ),
    ],
) -> Exit:
    """Show a deployment's history: status changes, alerts and their delivery, current state.

    For a source, such as source:greengrass-bulk, it shows whether the source answers, and how discovery works.

    Example:  deployment-notifier show 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    found = history_id(operator, wanted)
    history = operator.reader.read(found)
    if not history.is_known:
        raise NotFoundError(
            f"The table holds nothing about {found}.",
            f"List what it holds: {operator.hint('list --all')}",
            *([] if found.startswith(source_id("")) else [f"Start to watch it: {operator.hint('watch', found)}"]),
        )
    if operator.as_json:
        print_json(whole_history(history, operator.stack.identity))
    else:
        print_history(operator, history)
    return Exit.DONE
