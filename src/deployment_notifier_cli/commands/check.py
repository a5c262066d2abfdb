"""`deployment-notifier check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.model import SourceState, source_id
from deployment_notifier_cli.arguments import (
    IdArgument,
    SourceOption,
    named_deployment,
)
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.json_output import print_json
from deployment_notifier_cli.preview import preview
from deployment_notifier_cli.source_lookup import look_up, sources_to_ask
from deployment_notifier_cli.views.preview_view import preview_json, print_preview

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator

_PATIENCE_SECONDS = 10.0
"""How long a user waits for the results of a large fleet."""


def check(operator: Operator, wanted: IdArgument, *, source: SourceOption = None) -> Exit:
    """Ask AWS for a deployment's status now, and show what the next sweep would do. Changes nothing.

    It need not be watched: the source that knows it is found. Results of its groups, or reasons of its failed devices,
    are read too, for up to ten seconds. AWS is asked with your credentials, not with the function's.

    Exit code 1 if it failed, if a group or device failed, if AWS gave no answer, or if an alert would be sent.

    Example:  deployment-notifier check 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    deployment_id, named = named_deployment(operator, wanted)
    history = operator.reader.read(deployment_id)
    if history.watch and history.is_active:
        # A sweep asks the source of the watch.
        named, source = history.watch.source, None
    candidates = sources_to_ask(operator, named, source)
    asked = candidates[0] if len(candidates) == 1 else look_up(operator, deployment_id, candidates).source
    name, policy = asked.profile.name, operator.function_settings[0].policy
    state = operator.reader.read(source_id(name)).state or SourceState(name)
    found = preview(asked, history, state, policy, operator.now, _PATIENCE_SECONDS)
    if operator.as_json:
        print_json(preview_json(found))
    else:
        print_preview(operator, found)
    return Exit.FINDING if found.is_bad else Exit.DONE
