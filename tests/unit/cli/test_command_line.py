"""The command line as a whole: its help, wrong usage, and the document about it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deployment_notifier_cli.app import app
from deployment_notifier_cli.aws import connect
from deployment_notifier_cli.errors import Exit
from deployment_notifier_cli.iam_actions import ACTIONS

_ROOT = Path(__file__).parents[3]
_DOCUMENT = (_ROOT / "docs" / "command-line.md").read_text()


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

    assert all(f" {command} " in text for command in ACTIONS)
    assert "Exit codes: 0 done" in text


@pytest.mark.parametrize("command", ACTIONS)
def test_each_command_teaches_by_an_example_and_has_the_common_options(command: str) -> None:
    text = _help(command)

    assert f"Example: deployment-notifier {command}" in text
    for option in ("--stack", "--region", "--profile", "--json", "DEPLOYMENT_NOTIFIER_STACK"):
        assert option in text


@pytest.mark.parametrize("words", [["nonsense"], ["list", "--nonsense"], ["watch"], ["test-alert", "--as", "NOTHING"]])
def test_wrong_usage_has_its_own_exit_code(words: list[str]) -> None:
    assert CliRunner().invoke(app, words).exit_code == 2


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(app, ["--version"])

    assert result.exit_code == 0
    assert result.stdout.startswith("deployment-notifier")


def test_it_can_be_run_as_a_module() -> None:
    command = [sys.executable, "-m", "deployment_notifier_cli", "list", "--nonsense"]
    environment = {"PYTHONPATH": str(_ROOT / "src")}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - this Python

    assert result.returncode == 2
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("typed", ["nonsense", "http://", "http://[", "ftp://127.0.0.1"])
def test_an_endpoint_that_is_no_url_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", typed)

    result = CliRunner().invoke(app, ["list"], obj=connect)

    assert result.exit_code == 3
    assert f"AWS_ENDPOINT_URL is not a URL: {typed}" in result.stderr


@pytest.mark.parametrize("typed", ["", " "])
def test_an_empty_stack_name_is_wrong_usage(typed: str) -> None:
    result = CliRunner().invoke(app, ["list", "--stack", typed], obj=connect)

    assert result.exit_code == 2
    assert "The stack's name is empty." in result.stderr


def test_a_kind_that_is_not_known_is_named_with_those_that_are() -> None:
    result = CliRunner().invoke(app, ["test-alert", "--as", "nothing"])

    assert "for '--as': 'nothing' is not known. Known: FAILED, INVALID_RECORDS, " in result.stderr


def test_paragraphs_of_the_help_are_not_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    shown = [line.strip() for line in CliRunner().invoke(app, ["watch", "--help"]).stdout.splitlines()]

    assert [
        line
        for line in shown
        if line.startswith("AWS is asked first,") and "an id that none knows is not watched." in line
    ]


def test_the_document_has_a_section_for_each_command() -> None:
    assert re.findall(r"^### `([\w-]+)`$", _DOCUMENT, re.MULTILINE) == list(ACTIONS)


def test_the_document_lists_the_permissions_of_each_command() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (.+) \|$", _DOCUMENT, re.MULTILINE)

    assert {name: tuple(re.findall(r"`([\w:]+)`", actions)) for name, actions in rows} == ACTIONS


def test_the_document_lists_the_exit_codes() -> None:
    assert [int(code) for code in re.findall(r"^\| (\d) \|", _DOCUMENT, re.MULTILINE)] == list(Exit)
