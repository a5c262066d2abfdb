from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from local import environments
from local.environments import EnvironmentsError, ensure, is_current

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lock file of an environment `small`, in a project of its own; it asks for nothing."""
    (tmp_path / "requirements").mkdir()
    file = tmp_path / "requirements" / "small.txt"
    file.write_text("# nothing\n", encoding="utf-8")
    monkeypatch.setattr(environments, "PROJECT", tmp_path)
    monkeypatch.setattr(environments, "HOME", tmp_path / ".venvs")
    return file


def test_an_environment_is_used_again_until_its_lock_changes(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ensure(["small"])
    assert is_current("small")
    assert "Installing packages (small): done" in capsys.readouterr().out

    ensure(["small"])
    assert capsys.readouterr().out == ""

    lock.write_text("# still nothing\n", encoding="utf-8")
    assert not is_current("small")


def test_an_installation_that_was_stopped_is_not_taken_for_a_whole_one(
    lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lock.exists()
    made: list[environments.Installation] = []

    class Stoppable(environments.Installation):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            made.append(self)

    monkeypatch.setattr(environments, "Installation", Stoppable)

    def stop_soon() -> None:
        while not made:
            time.sleep(0.01)
        made[0].stop()

    stopper = threading.Thread(target=stop_soon)
    stopper.start()
    ensure(["small"])
    stopper.join()

    assert not is_current("small")


def test_a_package_with_another_hash_is_refused_with_pips_last_words(lock: Path) -> None:
    lock.write_text("six @ file:///nowhere/six.whl \\\n    --hash=sha256:00\n", encoding="utf-8")

    with pytest.raises(EnvironmentsError, match="'small' could not be made") as caught:
        ensure(["small"])

    assert "ERROR" in str(caught.value)
    assert not is_current("small")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not what this project was tested with"),
        ("NewConnectionError: Failed to establish a new connection", "online"),
        ("ERROR: No matching distribution found for six", "online"),
        ("The virtual environment was not created: ensurepip is not available", "apt install python3-venv"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("something else", "Type the same command again"),
    ],
)
def test_a_failure_says_what_to_do(said: str, advice: str) -> None:
    assert advice in environments.explain("dev", ["before", said, "after"])


def test_a_python_without_venv_is_told_what_to_install(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lock.exists()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "ensurepip" else name)

    with pytest.raises(EnvironmentsError, match="sudo apt install python3-venv"):
        ensure(["small"])


def test_a_python_that_is_too_old_is_named(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lock.exists()
    monkeypatch.setattr(environments, "OLDEST_PYTHON", (3, 99))

    with pytest.raises(EnvironmentsError, match=r"needs Python 3\.99 or newer, and .* is 3\.1\d"):
        ensure(["small"])
