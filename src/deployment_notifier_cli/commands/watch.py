"""`deployment-notifier watch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deployment_notifier.model import CheckFailed, UnknownDeployment, Watch
from deployment_notifier.sources.registry import DEFAULT_SOURCE
from deployment_notifier_cli.arguments import IdsArgument, deployment_id
from deployment_notifier_cli.console import print_message
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.json_output import print_json

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator

_CODES = {"unknown": Exit.FINDING, "no answer": Exit.UNAVAILABLE}


def watch(
    operator: Operator,
    ids: IdsArgument,
    *,
    force: Annotated[bool, typer.Option("--force", help="Do not ask AWS whether the deployment exists.")] = False,
) -> Exit:
    """Start to watch deployments that discovery does not find, such as old ones.

    AWS is asked first, with your credentials; an id that it does not know is not watched. A deployment whose watch has
    ended is watched again and keeps its history. One that is watched already stays as it is.

    Exit code 1 if AWS does not know an id, 3 if AWS did not answer.

    Example:  deployment-notifier watch 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    results = {each: _watch(operator, each, force=force) for each in dict.fromkeys(map(deployment_id, ids))}
    if operator.as_json:
        print_json([{"deploymentId": each, "result": result} for each, (result, _) in results.items()])
    else:
        for each, (result, reason) in results.items():
            _print(operator, each, result, reason)
    return max(_CODES.get(result, Exit.DONE) for result, _ in results.values())


def _watch(operator: Operator, deployment_id: str, *, force: bool) -> tuple[str, str]:
    """Return the result in a word or two, and why."""
    if operator.reader.read(deployment_id).is_active:
        return "already watched", ""
    if not force:
        match operator.source(DEFAULT_SOURCE).get_status(Watch(deployment_id, DEFAULT_SOURCE)):
            case UnknownDeployment(reason):
                return "unknown", f"AWS does not know this id. {reason}"
            case CheckFailed(reason):
                return "no answer", f"AWS did not answer. {reason}"
    is_new = operator.actions.watch(deployment_id, DEFAULT_SOURCE)
    return "watched" if is_new else "already watched", ""


def _print(operator: Operator, deployment_id: str, result: str, reason: str) -> None:
    if result in _CODES:
        force = f"To watch it all the same: {operator.hint('watch --force', deployment_id)}"
        print_message(f"{deployment_id} is not watched: {reason}", force, style="red")
    elif result == "watched":
        first = f"{deployment_id} is watched; it is first checked {operator.stack.next_sweep}."
        print_message(first, f"See how it goes: {operator.hint('show', deployment_id)}")
    else:
        print_message(f"{deployment_id} is already watched.")
