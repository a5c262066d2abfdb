"""The command line as a whole: its help, its usage errors, and what it must not be tied to."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployment_notifier_cli.app import app

_SOURCES = Path(__file__).parents[3] / "src"
_COMMANDS = ("watch", "unwatch", "list", "show", "check", "resend", "discard", "test-alert", "doctor")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")


def _help(*words: str) -> str:
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    return re.sub(r"\s+", " ", result.stdout)


def test_the_help_names_every_command_and_the_exit_codes() -> None:
    text = _help()

    assert all(f" {command} " in text for command in _COMMANDS)
    assert "Exit codes: 0 done" in text


@pytest.mark.parametrize("command", _COMMANDS)
def test_each_command_teaches_by_an_example_and_has_the_common_options(command: str) -> None:
    text = _help(command)

    assert f"Example: deployment-notifier {command}" in text
    for option in ("--stack", "--region", "--profile", "--json", "DEPLOYMENT_NOTIFIER_STACK"):
        assert option in text


@pytest.mark.parametrize("words", [["nonsense"], ["list", "--nonsense"], ["watch"], ["test-alert", "--as", "NOTHING"]])
def test_a_mistyped_command_has_its_own_exit_code(words: list[str]) -> None:
    assert CliRunner().invoke(app, words).exit_code == 2


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])

    assert result.exit_code == 0
    assert result.stdout.startswith("deployment-notifier")


def test_the_function_knows_nothing_of_the_command_line() -> None:
    foreign = re.compile(r"^\s*(?:from|import) (?:deployment_notifier_cli|typer|rich)\b", re.MULTILINE)

    assert not [file for file in (_SOURCES / "deployment_notifier").rglob("*.py") if foreign.search(file.read_text())]


def test_it_can_be_run_as_a_module() -> None:
    command = [sys.executable, "-m", "deployment_notifier_cli", "list", "--nonsense"]
    result = subprocess.run(command, env={"PYTHONPATH": str(_SOURCES)}, capture_output=True, text=True, check=False)  # noqa: S603 - this Python

    assert result.returncode == 2
    assert "Traceback" not in result.stderr
