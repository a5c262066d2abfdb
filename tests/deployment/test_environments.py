"""The Makefile's rules for the environments under .venvs/, in a copy of what they need."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from local.project import PROJECT
from local.uv import uv_settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose path has a space and whose environment `small` is empty; it uses the uv of this one."""
    project = tmp_path / "my project"
    (project / "requirements").mkdir(parents=True)
    (project / "local").mkdir()
    (project / ".venvs").mkdir()
    shutil.copy(PROJECT / "Makefile", project)
    shutil.copy(PROJECT / "local" / "uv.py", project / "local")
    for name in ("uv", "small"):
        (project / "requirements" / f"{name}.txt").touch()
        os.utime(project / "requirements" / f"{name}.txt", (0, 0))
    (project / ".venvs" / "uv").symlink_to(PROJECT / ".venvs" / "uv")
    return project


def _make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", ".venvs/small/.made", *arguments]
    # Under `make test` a variable such as PYTHON would be handed down.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - found on the path


def test_an_environment_is_made_once_until_its_lock_file_changes(project: Path) -> None:
    first = _make(project)
    assert first.returncode == 0, first.stderr
    assert "Installing 0 packages into .venvs/small" in first.stdout
    assert (project / ".venvs" / "small" / "bin" / "python").exists()

    assert "Installing" not in _make(project).stdout

    (project / "requirements" / "small.txt").write_text("# still nothing\n", encoding="utf-8")
    assert "Installing" in _make(project).stdout


def test_an_installation_that_failed_or_was_interrupted_is_made_again(project: Path) -> None:
    lock = project / "requirements" / "small.txt"
    lock.write_text("six @ file:///nowhere/six.whl --hash=sha256:00\n", encoding="utf-8")
    assert _make(project).returncode != 0

    lock.write_text("", encoding="utf-8")

    assert "Installing" in _make(project).stdout
    assert (project / ".venvs" / "small" / ".made").exists()


def test_uv_takes_packages_from_where_pip_takes_them() -> None:
    listed = """\
:env:.cert='/etc/ssl/env.pem'
global.cert='/etc/ssl/global.pem'
global.extra-index-url='https://one.example/simple https://two.example/simple'
global.find-links='/wheels\\n/more-wheels'
global.index-url='https://global.example/simple'
global.timeout='60'
install.index-url='https://install.example/simple'
wheel.index-url='https://wheel.example/simple'
"""

    assert uv_settings(listed) == {
        "UV_DEFAULT_INDEX": "https://install.example/simple",
        "UV_FIND_LINKS": "/wheels,/more-wheels",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/etc/ssl/env.pem",
    }


def test_a_machine_without_a_pip_configuration_leaves_uv_its_defaults() -> None:
    assert uv_settings("") == {"UV_INDEX_STRATEGY": "unsafe-best-match"}
