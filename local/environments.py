"""Makes the Python environments under `.venvs/` from the lock files, with nothing but the system's own Python.

    python3 -m local.environments dev sam ministack

An environment whose lock file is unchanged is used again. One whose installation was interrupted is made anew.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from local.progress import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from local.progress import Report

PROJECT = Path(__file__).resolve().parent.parent
HOME = PROJECT / ".venvs"
NAMES = ("dev", "sam", "ministack")
OLDEST_PYTHON = (3, 11)

_STAMP = "made-from"
_LAST_LINES = 15

# pip settings that would send packages elsewhere than into the environment. Those that say where packages come from
# (an index, a proxy, certificates) are left as the user made them.
_REDIRECTIONS = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON", "PIP_CONSTRAINT", "PIP_REQUIREMENT")
_PYTHON_SETTINGS = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")

_UNREACHABLE = (
    "No package index could be reached, or it lacks a package. See whether this machine is online; behind a proxy set "
    "HTTPS_PROXY, and with a mirror of your own set PIP_INDEX_URL. Then type the same command again."
)
# What is said where something failed, whatever pip's version, and what to do about it.
_ADVICE = {
    "DO NOT MATCH THE HASHES": "What was downloaded is not what this project was tested with. See whether a proxy or a "
    "mirror changes packages, or whether the lock file was edited by hand (git diff requirements).",
    "ensurepip": "On Debian or Ubuntu:  sudo apt install python3-venv",
    "No space left": f"The disk is full: the environments need about 600 MB in {HOME}.",
    "ConnectionError": _UNREACHABLE,
    "ConnectTimeoutError": _UNREACHABLE,
    "NameResolutionError": _UNREACHABLE,
    "Temporary failure in name resolution": _UNREACHABLE,
    "ProxyError": _UNREACHABLE,
    "No matching distribution": _UNREACHABLE,
}


class EnvironmentsError(Exception):
    """An environment could not be made; the message says what to do about it."""


class _StoppedError(EnvironmentsError):
    """An installation was ended from outside."""


def python_of(name: str) -> Path:
    """The interpreter of the environment `name`, whether or not it has been made yet."""
    return HOME / name / "bin" / "python"


def is_current(name: str) -> bool:
    """Whether the environment is there, whole, and made from the lock file as it is now."""
    try:
        return (HOME / name / _STAMP).read_text(encoding="utf-8") == _stamp(name)
    except OSError:
        return False


def ensure(names: Sequence[str] = NAMES) -> None:
    """Make each named environment that isn't current, several at a time, showing how far it is.

    Raises:
        EnvironmentsError: An environment can't be made.
    """
    missing = [name for name in names if not is_current(name)]
    if not missing:
        return
    _require_python()
    HOME.mkdir(exist_ok=True)
    with _only_one_at_a_time():
        missing = [name for name in missing if not is_current(name)]  # another process may have made it meanwhile
        if missing:
            with ProgressLine(f"Installing packages ({', '.join(missing)})") as report:
                _make_all(missing, report)


def lock_file(name: str) -> Path:
    """The requirements, hashes included, that the environment `name` is made from."""
    return PROJECT / "requirements" / f"{name}.txt"


def _stamp(name: str) -> str:
    """What the environment depends on: its lock, the Python, and its place (scripts name their interpreter's path)."""
    digest = hashlib.sha256(lock_file(name).read_bytes()).hexdigest()
    return f"{digest} {sys.version_info[0]}.{sys.version_info[1]} {HOME / name}\n"


def _require_python() -> None:
    """Say what to do where this Python is too old, or Debian has left a part of its standard library out."""
    if sys.version_info < OLDEST_PYTHON:
        needed, found = (".".join(map(str, version[:2])) for version in (OLDEST_PYTHON, sys.version_info))
        raise EnvironmentsError(
            f"This project needs Python {needed} or newer, and {sys.executable} is {found}.\n"
            "Where a newer one is installed, name it:  make run PYTHON=python3.13"
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise EnvironmentsError(
            "This Python can't make virtual environments: its modules 'venv' and 'ensurepip' are not both there.\n"
            "On Debian or Ubuntu install them with:  sudo apt install python3-venv"
        )


@contextlib.contextmanager
def _only_one_at_a_time() -> Iterator[None]:
    """Keep two `make` commands from making the same environment; the lock goes with its process, however that ends."""
    with (HOME / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make_all(names: Sequence[str], report: Report) -> None:
    installations = [Installation(name) for name in names]
    with ThreadPoolExecutor(max_workers=len(installations)) as pool:
        futures = [pool.submit(installation.run) for installation in installations]
        try:
            while not all(future.done() for future in futures):
                report(", ".join(installation.status for installation in installations))
                if any(future.done() and future.exception() for future in futures):
                    break  # no use in letting the others finish
                threading.Event().wait(0.2)
        finally:
            for installation in installations:
                installation.stop()
    errors = [future.exception() for future in futures]
    for error in errors:
        if error and not isinstance(error, _StoppedError):  # that were stopped for another's sake
            raise error


class Installation:
    """One environment in the making."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._folder = HOME / name
        self._total = sum(
            "==" in line and not line[0].isspace()
            for line in lock_file(name).read_text(encoding="utf-8").splitlines()
            if line
        )
        self._phase = "creating"
        self._collected = 0
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False

    @property
    def status(self) -> str:
        """How far it is, in a few words."""
        if self._phase == "collecting":
            return f"{self._name} {min(self._collected, self._total)}/{self._total}"
        return f"{self._name} {self._phase}"

    def run(self) -> None:
        """Make the environment.

        Raises:
            EnvironmentsError: A step failed, and the message holds the end of what it said.
            _StoppedError: It was stopped.
        """
        # Without a stamp it is one that was interrupted, or made from another lock.
        shutil.rmtree(self._folder, ignore_errors=True)
        self._do(_base_python(), "-m", "venv", str(self._folder))
        self._phase = "collecting"
        self._do(
            *(str(python_of(self._name)), "-m", "pip", "install", "--require-hashes", "--no-deps"),
            *("--disable-pip-version-check", "--no-input", "--progress-bar", "off"),
            # What is never imported need not be compiled; the rest is at its first import.
            "--no-compile",
            *("--requirement", str(lock_file(self._name))),
        )
        (self._folder / _STAMP).write_text(_stamp(self._name), encoding="utf-8")
        self._phase = "done"

    def stop(self) -> None:
        """End what still runs, as after Ctrl-C; without its stamp the environment is made anew the next time."""
        self._stopped = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _do(self, *command: str) -> None:
        self._raise_if_stopped()
        environment = {
            name: value for name, value in os.environ.items() if name not in (*_REDIRECTIONS, *_PYTHON_SETTINGS)
        }
        lines: list[str] = []
        with subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as self._process:
            for line in self._process.stdout or ():
                lines.append(line.rstrip())
                # "Processing" where the package lies on this machine.
                self._collected += line.startswith(("Collecting ", "Processing "))
                if line.startswith("Installing collected packages"):
                    self._phase = "unpacking"
        self._raise_if_stopped()
        if self._process.returncode != 0:
            raise EnvironmentsError(explain(self._name, lines))

    def _raise_if_stopped(self) -> None:
        if self._stopped:
            raise _StoppedError(f"The installation of '{self._name}' was stopped.")


def _base_python() -> str:
    """The interpreter below an active virtual environment, which may be the very one that is made anew."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def explain(name: str, lines: list[str]) -> str:
    """Why an installation failed, and what to do."""
    output = "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])
    signs = (advice for sign, advice in _ADVICE.items() if any(sign in line for line in lines))
    advice = next(signs, "Type the same command again; what is already made is used again.")
    return f"The environment '{name}' could not be made. The last that was said:\n{output}\n{advice}"


def main() -> int:
    """Make the environments that are named on the command line."""
    parser = argparse.ArgumentParser(description="Make the Python environments under .venvs/ from their lock files.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)} (default: all)")
    names = parser.parse_args().names or list(NAMES)
    if unknown := set(names).difference(NAMES):
        parser.error(f"there is no environment {', '.join(sorted(unknown))}")
    try:
        ensure(names)
    except EnvironmentsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
