"""`deployment-notifier unwatch`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.table.operator_actions import UnwatchResult
from deployment_notifier_cli.arguments import IdsArgument, deployment_id
from deployment_notifier_cli.console import print_message
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.json_output import print_json

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator

_RESULTS = {
    UnwatchResult.ENDED: ("unwatched", "is no longer watched. Its history is kept until it expires."),
    UnwatchResult.ENDED_BEFORE: ("ended", "is no longer watched: its watch had ended before."),
    UnwatchResult.NOT_FOUND: ("unknown", "has no watch: it was never watched, or its watch has expired."),
}


def unwatch(operator: Operator, ids: IdsArgument) -> Exit:
    """Stop watching deployments. Discovery does not start to watch them again; 'watch' does.

    Alerts that wait to be published are still published. Exit code 1 if an id was never watched.

    Example:  deployment-notifier unwatch 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    results = {
        each: operator.actions.unwatch(each) for each in dict.fromkeys(deployment_id(operator, each) for each in ids)
    }
    if operator.as_json:
        print_json([{"deploymentId": each, "result": _RESULTS[result][0]} for each, result in results.items()])
    else:
        for each, result in results.items():
            advice = [f"List the watched ones: {operator.hint('list')}"] if result is UnwatchResult.NOT_FOUND else []
            print_message(f"{each} {_RESULTS[result][1]}", *advice)
    return Exit.FINDING if UnwatchResult.NOT_FOUND in results.values() else Exit.DONE
