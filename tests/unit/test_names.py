"""A name stands for one thing: no two classes and no two modules of src share theirs."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"
ONE_IN_EACH_PACKAGE = {"__init__", "__main__", "handler", "settings", "errors"}
ONE_IN_EACH_SOURCE = {"client", "profile"}


def _repeated(names: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: places for name, places in names.items() if len(places) > 1}


def test_no_two_modules_or_packages_have_the_same_name() -> None:
    names = defaultdict[str, list[str]](list)
    for path in SRC.rglob("*.py"):
        name = path.parent.name if path.name == "__init__.py" else path.stem
        is_of_source = path.parent.parent.name == "sources" and name in ONE_IN_EACH_SOURCE
        if name not in ONE_IN_EACH_PACKAGE and not is_of_source:
            names[name].append(str(path.relative_to(SRC)))

    assert _repeated(names) == {}


def test_no_two_classes_have_the_same_name() -> None:
    names = defaultdict[str, list[str]](list)
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                names[node.name].append(str(path.relative_to(SRC)))

    assert _repeated(names) == {}
