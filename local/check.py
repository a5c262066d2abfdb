"""Runs the checks, two at a time, and says which failed: `make check` and `make test`."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.project import PROJECT, program
from local.stack import sam_environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COVERAGE_PERCENT = 95
"""The least part of the package's lines and branches that unit and integration tests must reach."""

_PYTHON = (sys.executable, "-m")
_PYTEST = (*_PYTHON, "pytest", "-q", "-n", "auto", "--dist", "worksteal")


@dataclass(frozen=True, slots=True)
class Check:
    """A command that must succeed; its output is shown as it comes, or else only where it fails."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    shows_output: bool = False

    def passes(self) -> bool:
        """Run it."""
        started = time.monotonic()
        ran = subprocess.run(
            self.command,
            cwd=PROJECT,
            env=self.environment,
            stdout=None if self.shows_output else subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        passed = ran.returncode == 0
        said = "" if passed or self.shows_output else f"{ran.stdout}\n"
        seconds = time.monotonic() - started
        print(f"\n{said}== {self.name} {'passed' if passed else 'FAILED'} ({seconds:.0f} s)", flush=True)
        return passed


STATIC = (
    Check("style", (*_PYTHON, "ruff", "check", ".")),
    Check("format", (*_PYTHON, "ruff", "format", "--check", ".")),
    Check("types", (*_PYTHON, "mypy")),
)


def quick() -> tuple[Sequence[Check], ...]:
    """What `make check` runs, as lanes that run beside each other."""
    return STATIC, (Check("unit tests", (*_PYTEST, "tests/unit"), shows_output=True),)


def everything() -> tuple[Sequence[Check], ...]:
    """What `make test` runs, as lanes that run beside each other."""
    return (
        (
            *STATIC,
            Check("template", (str(program("sam", "sam")), "validate", "--lint"), sam_environment()),
            # In one process, because they build and deploy the one stack of this folder.
            Check("deployment tests", (*_PYTHON, "pytest", "-q", "tests/deployment")),
        ),
        (
            Check(
                "unit and integration tests",
                (
                    *(*_PYTEST, "tests/unit", "tests/integration", "--cov"),
                    *("--cov-report=term", f"--cov-fail-under={COVERAGE_PERCENT}"),
                ),
                shows_output=True,
            ),
            # Without coverage, which would double their time and add no line.
            Check("reliability tests", (*_PYTEST, "tests/reliability"), shows_output=True),
        ),
    )


def main() -> int:
    """Run all checks, even after one has failed, so that one run shows everything that is wrong."""
    lanes = quick() if "--quick" in sys.argv[1:] else everything()
    print(f"Running {', '.join(check.name for lane in lanes for check in lane)} ...", flush=True)
    failed: list[str] = []
    stopped = threading.Event()

    def run(lane: Sequence[Check]) -> None:
        failed.extend(check.name for check in lane if not stopped.is_set() and not check.passes())

    started = time.monotonic()
    threads = [threading.Thread(target=run, args=[lane]) for lane in lanes]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        stopped.set()  # Ctrl-C has ended the checks that run
        return 130
    seconds = time.monotonic() - started
    print(f"\n{'Failed: ' + ', '.join(failed) if failed else 'All checks passed'} ({seconds:.0f} s)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
