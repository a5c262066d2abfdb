"""`deployment-notifier list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deployment_notifier_cli import json_output
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.views.list_view import in_order, print_list

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator


def list_watches(
    operator: Operator,
    *,
    with_ended: Annotated[
        bool, typer.Option("--all", help="Also those that have ended. Reads the whole table.")
    ] = False,
) -> Exit:
    """List the watched deployments: status, counts, last progress, and the alerts since the watch started.

    A source that does not answer, and deployments that cannot be listed, are reported below the list.

    Example:  deployment-notifier list --all
    """
    histories = operator.reader.read_all() if with_ended else operator.reader.read_active()
    deployments = in_order(each for each in histories if each.watch or each.has_unreadable_watch)
    states = [each.state for each in histories if each.state]
    if operator.as_json:
        json_output.print_json(
            {
                "deployments": [json_output.summary(each) for each in deployments],
                "sources": [json_output.source_state(each) for each in states],
            }
        )
    else:
        print_list(operator, deployments, states, with_ended=with_ended)
    return Exit.DONE
