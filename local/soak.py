"""Runs the generated tests for a time, from one seed after the other: `make soak`."""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import time

from local.project import PROJECT

_PYTEST = (sys.executable, "-m", "pytest", "-q", "-x", "-m", "hypothesis", "-n", "auto", "--dist", "worksteal")
_TESTS = ("tests/unit", "tests/reliability")


def main() -> int:
    """Run every test that Hypothesis generates, until one fails or the time is up."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seconds", type=float, required=True, help="how long to search; the last seed is finished")
    parser.add_argument("--seed", type=int, required=True, help="where to start; the same seed finds the same")
    options = parser.parse_args()
    end = time.monotonic() + options.seconds
    # The order of sets is what Python's own seed decides.
    environment = os.environ | {"NOTIFIER_SOAK": "1", "PYTHONHASHSEED": "0"}
    for seed in itertools.count(options.seed):
        print(f"\nseed {seed}", flush=True)
        # Each seed has processes of its own, because what Hypothesis and boto3 keep adds up to gigabytes in an hour.
        command = (*_PYTEST, f"--hypothesis-seed={seed}", *_TESTS)
        try:
            status = subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode
        except KeyboardInterrupt:
            return 130
        if status:
            print(f"\nThis finds it again: make soak SECONDS=1 SEED={seed}", flush=True)
            return 1
        if time.monotonic() >= end:
            print(f"\nNothing found by {seed - options.seed + 1} seeds", flush=True)
            return 0
    raise AssertionError


if __name__ == "__main__":
    raise SystemExit(main())
