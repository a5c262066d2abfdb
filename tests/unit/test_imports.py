"""Imports point one way: docs/architecture.md draws the same layers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"

LAYERS = (
    "model",
    "errors rate_limiter deadline result_counts",
    "rules",
    "sources",
    "table messages",
    "report settings sns_topic",
    "asking listing",
    "discovery publisher",
    "applying",
    "sweep device_events",
    "wiring",
    "handler device_events_handler slack",
)
"""From the innermost to the outermost; a module or package may import only what stands before its own line."""

LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names.split()}

PACKAGE = SRC / "deployment_notifier"


def imported(path: Path) -> set[str]:
    """The modules and packages of `deployment_notifier` that a file imports, also for type checking only."""
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE.name:
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE.name}."):
            names.add(str(node.module).split(".")[1])
    return names


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE).with_suffix(""))
)
def test_a_module_imports_only_inner_layers_and_its_own_package(path: Path) -> None:
    own = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if own == "__init__":
        return
    outer = {name for name in imported(path) - {own} if LEVELS[name] >= LEVELS[own]}
    assert not outer


def test_the_function_does_not_import_the_command_line() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert "deployment_notifier_cli" not in path.read_text()
