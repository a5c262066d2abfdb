"""The cold start of the built package, against that of the package that plain `sam build` would make.

Each start is a new interpreter that sees only the package: it imports boto3 and Powertools, makes the clients of the
function, a Logger and a Metrics. The variants take turns, so that a busy moment of the machine hits all of them; the
ratios hold better than the figures. What Lambda adds (fetching and unpacking the package, slower processors) isn't in
them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.results import ColdStart, Start
from local.project import PROJECT, program

if TYPE_CHECKING:
    from local.progress import Report

RUNS = 15
RUNTIME = "python3.13"
"""The function's Python, for which src/Makefile compiles byte code."""

_SOURCE = PROJECT / "src"

_START = """
import sys, time
sys.path.insert(0, sys.argv[1])
began = time.perf_counter()
import boto3
from aws_lambda_powertools import Logger, Metrics
session = boto3.Session("a", "b", region_name="eu-west-1")
clients = [session.client(name) for name in ("dynamodb", "sns", "greengrassv2", "iot", "greengrass")]
Logger(service="s"), Metrics(service="s", namespace="n")
print((time.perf_counter() - began) * 1000)
"""


def measure(report: Report) -> ColdStart:
    """Build the packages, and start each several times.

    Args:
        report: is told how far it is.
    """
    python, is_runtime = _interpreter()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        report("building the packages")
        variants = _make_variants(Path(folder))
        times: dict[str, list[float]] = {name: [] for name in variants}
        for number in range(RUNS):
            report(f"start {number + 1} of {RUNS}")
            for name, package in variants.items():
                times[name].append(_start_once(python, package))
        starts = {name: Start(times[name], _zipped_mebibytes(package)) for name, package in variants.items()}
    version = _run(python, "--version").strip()
    return ColdStart(version, is_runtime, starts["plain"], starts["built"], starts["sources"])


def _interpreter() -> tuple[str, bool]:
    """The function's own Python if it is here, else this one; and whether it is."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    # As src/Makefile looks for it.
    found = [RUNTIME, *map(str, versions.glob(f"{RUNTIME.removeprefix('python')}.*/bin/python"))]
    for python in found:
        path = shutil.which(python)
        if path and subprocess.run([path, "-c", ""], check=False, capture_output=True).returncode == 0:
            return path, True
    return sys.executable, False


def _run(*command: str | Path) -> str:
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def _make_variants(folder: Path) -> dict[str, Path]:
    """Make the package as pip leaves it, as src/Makefile builds it, and the latter without byte code."""
    variants = {name: folder / name for name in ("plain", "built", "sources")}
    plain, built, sources = variants.values()
    pip_python = program("sam", "python")
    requirements = ("--require-hashes", "--no-deps", "--requirement", _SOURCE / "requirements.txt")
    _run(pip_python, "-m", "pip", "install", "-q", "--no-compile", "--target", plain, *requirements)
    shutil.copytree(_SOURCE / "deployment_notifier", plain / "deployment_notifier", ignore=_without_byte_code)
    _run("make", "-C", _SOURCE, "build-NotifierFunction", f"ARTIFACTS_DIR={built}", f"PYTHON={pip_python}")
    shutil.copytree(built, sources, ignore=_without_byte_code)
    return variants


_without_byte_code = shutil.ignore_patterns("__pycache__")


def _start_once(python: str, package: Path) -> float:
    """Milliseconds of one start: -I and -S hide other packages, -B leaves no byte code behind."""
    return float(_run(python, "-I", "-S", "-B", "-c", _START, package))


def _zipped_mebibytes(package: Path) -> float:
    """The size of what would be uploaded."""
    return os.path.getsize(shutil.make_archive(f"{package}-zipped", "zip", package)) / (1 << 20)  # noqa: PTH202 - a text
