"""`deployment-notifier check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployment_notifier.model import SourceState, source_id
from deployment_notifier.sources.registry import DEFAULT_SOURCE
from deployment_notifier_cli.arguments import IdArgument, deployment_id
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.json_output import print_json
from deployment_notifier_cli.preview import preview
from deployment_notifier_cli.views.preview_view import preview_json, print_preview

if TYPE_CHECKING:
    from deployment_notifier_cli.operator_session import Operator

_PATIENCE_SECONDS = 10.0
"""How long a user waits for the results of a large fleet."""


def check(operator: Operator, wanted: IdArgument) -> Exit:
    """Ask AWS for a deployment's status now, and show what the next sweep would do. Changes nothing.

    It need not be watched. If it has ended, the results of its groups are read too, for up to ten seconds. AWS is asked
    with your credentials, not with the function's.

    Exit code 1 if it failed, if one of its groups failed, if AWS gave no answer, or if an alert would be sent.

    Example:  deployment-notifier check 1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901
    """
    wanted = deployment_id(wanted)
    history = operator.reader.read(wanted)
    source = operator.source(history.watch.source if history.watch and history.is_active else DEFAULT_SOURCE)
    name, policy = source.profile.name, operator.function_settings[0].policy
    state = operator.reader.read(source_id(name)).state or SourceState(name)
    found = preview(source, history, state, policy, operator.now, _PATIENCE_SECONDS)
    if operator.as_json:
        print_json(preview_json(found))
    else:
        print_preview(operator, found)
    return Exit.FINDING if found.is_bad else Exit.DONE
