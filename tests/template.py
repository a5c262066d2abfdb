"""The templates as data, and what tests ask of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local.template import load_template

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AS_WRITTEN", "grants", "load_template", "pattern_of", "resolve"]


class _AsWritten(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return name


AS_WRITTEN: Mapping[str, str] = _AsWritten()
"""For `resolve`: each reference becomes its own text, such as `Table.Arn`."""


def pattern_of(template: dict[str, Any], parameter: str) -> re.Pattern[str]:
    """The pattern that a parameter's value must match."""
    return re.compile(template["Parameters"][parameter]["AllowedPattern"])


def resolve(value: Any, names: Mapping[str, str] = AS_WRITTEN) -> Any:  # noqa: ANN401 - any part of a template
    """A part of a template with its references resolved.

    Args:
        value: the part.
        names: the values of `!Ref` and `!GetAtt`, by `Table` and `Table.Arn` for instance.
    """
    match value:
        case {"Ref": name} | {"Fn::GetAtt": name}:
            return names[name]
        case {"Fn::Sub": str() as text}:
            return re.sub(r"\$\{([\w:.]+)\}", lambda found: names[found[1]], text)
        case dict():
            return {key: resolve(entry, names) for key, entry in value.items()}
        case list():
            return [resolve(entry, names) for entry in value]
    return value


def grants(role: dict[str, Any]) -> set[tuple[str, str]]:
    """Each action and resource that a role's own policies allow, its references as written."""
    return {
        (action, statement["Resource"])
        for policy in resolve(role["Properties"]["Policies"])
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
