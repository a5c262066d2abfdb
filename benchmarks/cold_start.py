"""Measures what trimming and byte code bring to the function's cold start, all in one run.

    .venvs/dev/bin/python benchmarks/cold_start.py --python python3.13 [--runs 15]

Each start is a new interpreter that sees only the package: it imports boto3 and Powertools, makes the three clients,
a Logger and a Metrics. The variants take turns, so that a busy moment of the machine hits all of them; the ratios hold
better than the figures. What Lambda adds (fetching and unpacking the package, slower processors) isn't in them.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SOURCE = PROJECT / "src"
PYTHON_WITH_PIP = PROJECT / ".venvs" / "sam" / "bin" / "python"

START = """
import sys, time
sys.path.insert(0, sys.argv[1])
began = time.perf_counter()
import boto3
from aws_lambda_powertools import Logger, Metrics
session = boto3.Session("a", "b", region_name="eu-west-1")
clients = [session.client(name) for name in ("dynamodb", "greengrass", "sns")]
Logger(service="s"), Metrics(service="s", namespace="n")
print((time.perf_counter() - began) * 1000)
"""


def run(*command: str | Path) -> str:
    """Run a program; return what it printed."""
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def make_variants(folder: Path) -> dict[str, Path]:
    """Make the package as pip leaves it, and as src/Makefile builds it."""
    variants = {name: folder / name.replace(" ", "-") for name in ("whole", "built", "built without byte code")}
    whole, built, sources = variants.values()
    requirements = ("--require-hashes", "--no-deps", "--requirement", SOURCE / "requirements.txt")
    run(PYTHON_WITH_PIP, "-m", "pip", "install", "-q", "--no-compile", "--target", whole, *requirements)
    run("make", "-C", SOURCE, "build-NotifierFunction", f"ARTIFACTS_DIR={built}", f"PYTHON={PYTHON_WITH_PIP}")
    shutil.copytree(built, sources, ignore=shutil.ignore_patterns("__pycache__"))
    return variants


def start_once(python: str, package: Path) -> float:
    """Milliseconds of one start: -I and -S hide other packages, -B leaves no byte code behind."""
    return float(run(python, "-I", "-S", "-B", "-c", START, package))


def zipped_mebibytes(package: Path) -> float:
    """The size of what would be uploaded."""
    return Path(shutil.make_archive(f"{package}-zipped", "zip", package)).stat().st_size / (1 << 20)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the function's cold start.")
    parser.add_argument("--runs", type=int, default=15, help="starts of each variant")
    parser.add_argument("--python", default=sys.executable, help="the interpreter to start (byte code is for 3.13)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        variants = make_variants(Path(folder))
        times: dict[str, list[float]] = {name: [] for name in variants}
        for _ in range(arguments.runs):
            for name, package in variants.items():
                times[name].append(start_once(arguments.python, package))
        whole = statistics.median(times["whole"])
        print(run(arguments.python, "--version").strip(), f"- median (fastest) of {arguments.runs} starts")
        for name, package in variants.items():
            median = statistics.median(times[name])
            print(
                f"{name:24} {median:6.0f} ms ({min(times[name]):.0f}) {median / whole:5.2f} of the whole"
                f"   zipped {zipped_mebibytes(package):5.1f} MiB"
            )


if __name__ == "__main__":
    main()
