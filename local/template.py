"""The templates, read as data: their short forms such as `!Sub` become `{"Fn::Sub": ...}`."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

_PROJECT = Path(__file__).parent.parent


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
def load_template(name: str = "template.yaml") -> dict[str, Any]:
    """A whole template of the project."""
    loaded: dict[str, Any] = yaml.load((_PROJECT / name).read_text(), _Loader)  # noqa: S506 - a SafeLoader with our tags
    return loaded
