"""Measures what trimming and byte code bring to the function's cold start, all in one run.

    .venvs/dev/bin/python benchmarks/cold_start.py [--runs 15] [--python python3.13]

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

SOURCE = Path(__file__).resolve().parent.parent / "src"

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


def make_variants(folder: Path, python: str) -> dict[str, Path]:
    """Install the function's dependencies once, then make each variant of them, the first as pip leaves it."""
    variants = {
        name: folder / name.replace(" ", "-") for name in ("whole", "whole, byte code", "trimmed", "trimmed, byte code")
    }
    for name, package in variants.items():
        if package == variants["whole"]:
            requirements = ("--require-hashes", "--no-deps", "--requirement", SOURCE / "requirements.txt")
            run(sys.executable, "-m", "pip", "install", "-q", "--no-compile", "--target", package, *requirements)
            continue
        shutil.copytree(variants["whole"], package)
        if name.startswith("trimmed"):
            run(sys.executable, SOURCE / "trim_package.py", "--no-compile", package)
        if name.endswith("byte code"):
            run(python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", package)
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
    parser.add_argument("--python", default=sys.executable, help="the interpreter to start")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        variants = make_variants(Path(folder), arguments.python)
        times: dict[str, list[float]] = {name: [] for name in variants}
        for _ in range(arguments.runs):
            for name, package in variants.items():
                times[name].append(start_once(arguments.python, package))
        whole = statistics.median(times["whole"])
        print(run(arguments.python, "--version").strip(), f"- median (fastest) of {arguments.runs} starts")
        for name, package in variants.items():
            median = statistics.median(times[name])
            print(
                f"{name:20} {median:6.0f} ms ({min(times[name]):.0f}) {median / whole:5.2f} of the whole"
                f"   zipped {zipped_mebibytes(package):5.1f} MiB"
            )


if __name__ == "__main__":
    main()
