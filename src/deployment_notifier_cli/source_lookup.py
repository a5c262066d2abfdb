"""Which source a deployment belongs to: an id alone does not say it, so the sources are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment_notifier.model import CheckFailed, Observation, UnknownDeployment, Watch, source_id
from deployment_notifier_cli.errors import UsageError

if TYPE_CHECKING:
    from deployment_notifier.model import Outcome
    from deployment_notifier.sources.port import Source
    from deployment_notifier_cli.operator_session import Operator


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the sources said about a deployment.

    Attributes:
        source: the one that knows it; else the one whose answer counts most.
        answer: its answer.
    """

    source: Source
    answer: Outcome


def sources_to_ask(operator: Operator, named: str | None, chosen: str | None) -> list[Source]:
    """Return the sources that may know a deployment.

    Args:
        operator: the user.
        named: the source of the ARN by which the deployment was named; None if an id was given.
        chosen: the source that the user chose; None for none.

    Raises:
        UsageError: the choice contradicts the ARN.
        CommandError: the stack does not watch this source.
    """
    if named and chosen and named != chosen:
        raise UsageError(f"The ARN is that of a deployment of {named}, not of {chosen}.", "Leave out --source.")
    name = chosen or named
    return [operator.source(name)] if name else [*operator.sources.values()]


def look_up(operator: Operator, deployment_id: str, sources: list[Source]) -> Lookup:
    """Ask each source in turn for a deployment, until one knows it.

    Of several sources an account may well have only one. So that a source does not answer counts only if it is named in
    the stack's settings or has answered before, or if no source answers.
    """
    lookups = []
    for source in sources:
        lookup = Lookup(source, source.get_status(Watch(deployment_id, source.profile.name), None))
        if isinstance(lookup.answer, Observation):
            return lookup
        lookups.append(lookup)
    failed = [each for each in lookups if isinstance(each.answer, CheckFailed)]
    unknown = [each for each in lookups if isinstance(each.answer, UnknownDeployment)]
    relied_upon = [each for each in failed if not unknown or _is_relied_upon(operator, each.source)]
    return (relied_upon or unknown)[0]


def _is_relied_upon(operator: Operator, source: Source) -> bool:
    name = source.profile.name
    if name in operator.stack.sources:
        return True
    state = operator.reader.read(source_id(name)).state
    return state is not None and state.answering_since is not None
