"""`deployment-notifier watch`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from deployment_notifier.model import CheckFailed, UnknownDeployment
from deployment_notifier.sources.registry import PROFILES
from deployment_notifier_cli.arguments import (
    IdsArgument,
    SourceOption,
    named_deployment,
)
from deployment_notifier_cli.console import print_message
from deployment_notifier_cli.errors import Exit, UsageError
from deployment_notifier_cli.json_output import print_json
from deployment_notifier_cli.source_lookup import look_up, sources_to_ask

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator

_CODES = {"unknown": Exit.FINDING, "no answer": Exit.UNAVAILABLE}


def watch(
    operator: Operator,
    ids: IdsArgument,
    *,
    source: SourceOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Do not ask AWS whether the deployment exists; needs --source.")
    ] = False,
) -> Exit:
    """Start to watch deployments that discovery does not find, such as old ones.

    AWS is asked first, with your credentials: the source that knows an id is stored with its watch, and an id that none
    knows is not watched. A deployment whose watch has ended is watched anew: it keeps its history, and what is still
    true of it, such as failed devices, is reported again. One that is watched already stays as it is.

    Exit code 1 if AWS does not know an id, 3 if AWS did not answer.

    Example:  deployment-notifier watch 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    named = dict(named_deployment(operator, each) for each in ids)
    results = {each: _watch(operator, each, named[each], source, force=force) for each in named}
    if operator.as_json:
        print_json([{"deploymentId": each, "result": result} for each, (result, _) in results.items()])
    else:
        for each, (result, reason) in results.items():
            _print(operator, each, result, reason)
    return max(_CODES.get(result, Exit.DONE) for result, _ in results.values())


def _watch(
    operator: Operator, deployment_id: str, named: str | None, chosen: str | None, *, force: bool
) -> tuple[str, str]:
    """Return the result in a word or two, and what is to be said of it."""
    if operator.reader.read(deployment_id).is_active:
        return "already watched", ""
    sources = sources_to_ask(operator, named, chosen)
    if not force:
        found = look_up(operator, deployment_id, sources)
        match found.answer:
            case UnknownDeployment(reason):
                return "unknown", f"AWS does not know this id. {reason}"
            case CheckFailed(reason):
                return "no answer", f"{found.source.profile.service} did not answer. {reason}"
        sources = [found.source]
    elif len(sources) > 1:
        raise UsageError("Without asking AWS, the source of an id is not known.", "Name it: --source NAME")
    profile = sources[0].profile
    is_new = operator.actions.watch(deployment_id, profile.name)
    return ("watched", f"{profile.noun}, {profile.service}") if is_new else ("already watched", "")


def _print(operator: Operator, deployment_id: str, result: str, reason: str) -> None:
    if result in _CODES:
        hint = operator.hint("watch --force --source NAME", deployment_id)
        force = f"To watch it all the same (NAME is {' or '.join(PROFILES)}): {hint}"
        print_message(f"{deployment_id} is not watched: {reason}", force, style="red")
    elif result == "watched":
        first = f"{deployment_id} ({reason}) is watched; it is first checked {operator.stack.next_sweep}."
        print_message(first, f"See how it goes: {operator.hint('show', deployment_id)}")
    else:
        print_message(f"{deployment_id} is already watched.")
