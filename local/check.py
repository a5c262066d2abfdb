"""Runs every check, from the quickest to the slowest, and says which failed: `make test`."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

from local.environments import HOME, PROJECT
from local.stack import sam_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

COVERAGE_PERCENT = 95
"""The least part of the function's lines and branches that the tests must reach."""

_PYTHON = (sys.executable, "-m")


def main() -> int:
    """Run all checks, even after one has failed, so that one run shows all that is to be mended."""
    sam = HOME / "sam" / "bin" / "sam"
    checks: dict[str, tuple[tuple[str, ...], Mapping[str, str] | None]] = {
        "style": ((*_PYTHON, "ruff", "check", "."), None),
        "format": ((*_PYTHON, "ruff", "format", "--check", "."), None),
        "types": ((*_PYTHON, "mypy"), None),
        "template": ((str(sam), "validate", "--lint"), sam_environment()),
        # By itself, in one process, since it builds and deploys the one stack of this folder.
        "deployment": ((*_PYTHON, "pytest", "tests/deployment", "--cov", "--cov-report="), None),
        "tests": (
            (
                *_PYTHON,
                "pytest",
                *("-n", "auto"),  # a process for each core
                *("--ignore", "tests/deployment"),
                *("--cov", "--cov-append", "--cov-report=term", f"--cov-fail-under={COVERAGE_PERCENT}"),
                *sys.argv[1:],
            ),
            None,
        ),
    }
    failed = [name for name, (command, environment) in checks.items() if not _passes(name, command, environment)]
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed.", flush=True)
    return 1 if failed else 0


def _passes(name: str, command: tuple[str, ...], environment: Mapping[str, str] | None) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    passed = subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode == 0
    print(f"== {name} {'passed' if passed else 'FAILED'} ({time.monotonic() - started:.0f} s)", flush=True)
    return passed


if __name__ == "__main__":
    raise SystemExit(main())
