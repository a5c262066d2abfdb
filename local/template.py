"""`template.yaml`, read as data: its short forms such as `!Sub` become `{"Fn::Sub": ...}`."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_TEMPLATE = Path(__file__).parent.parent / "template.yaml"


class _Loader(yaml.SafeLoader):
    """Also takes CloudFormation's tags."""


def _tagged(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    match node:
        case yaml.ScalarNode():
            value = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            raise TypeError(f"!{tag} holds what no short form holds")
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _tagged)


@cache
def load_template() -> dict[str, Any]:
    """The whole template."""
    loaded: dict[str, Any] = yaml.load(_TEMPLATE.read_text(), _Loader)  # noqa: S506 - a SafeLoader with our tags
    return loaded


def pattern_of(template: dict[str, Any], parameter: str) -> re.Pattern[str]:
    """What a parameter's value must match."""
    return re.compile(template["Parameters"][parameter]["AllowedPattern"])


def resolve(value: Any, names: dict[str, str]) -> Any:  # noqa: ANN401 - any part of a template
    """A part of the template with its references resolved.

    Args:
        value: the part.
        names: what `!Ref` and `!GetAtt` of a name stand for, `Table` and `Table.Arn` for instance.
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
