"""`make bench`: measures, prints, and writes docs/benchmarks.md when everything was measured."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks import cold_start, document, goals, latency, sweeps
from benchmarks.measure import MeasureError, end_all
from benchmarks.results import Results
from local.ministack import MiniStackError
from local.progress import ProgressLine
from local.project import PROJECT
from local.signals import interrupt_on_termination
from local.stack import StackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.measure import Spec

PARTS = {
    "sweeps": "time, memory and calls of 10 to 5,000 deployments, against a plain reference and a ceiling (8 minutes)",
    "latency": "from a change of status to its alert, on the stack of make local (5 minutes, beside the sweeps)",
    "cold-start": "the built package against that of plain sam build (a minute)",
    "bill": "dollars a month, from the calls of sweeps (a minute without sweeps)",
}

_EXAMPLES = """examples:
  make bench                          everything; writes docs/benchmarks.md and docs/benchmarks.svg
  make bench ARGS=cold-start          one part; prints, and writes nothing
  make bench ARGS="sweeps bill"       two parts

Let nothing else run meanwhile: other work changes the figures, and less so the ratios. Ctrl-C stops and deletes
everything. benchmarks/goals.py says what is promised.
"""


def _arguments(arguments: Sequence[str]) -> set[str]:
    parts = "\n".join(f"  {name:12}{text}" for name, text in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="make bench",
        description=f"Measure what the notifier costs.\n\nparts:\n{parts}",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="what to measure (default: everything)")
    asked = set(parser.parse_args(arguments).parts)
    if unknown := asked - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    return asked or set(PARTS)


def main(arguments: Sequence[str]) -> int:
    """Run.

    Returns:
        The exit status: 0 when all was measured, whatever the figures; 1 when something failed, 130 for Ctrl-C.
    """
    parts = _arguments(arguments)
    interrupt_on_termination()
    try:
        results = _measure(parts)
    except KeyboardInterrupt:
        print("\nStopped; everything that was started has ended.")
        return 130
    except (MeasureError, MiniStackError, StackError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"\n{error}\n{error.stderr}", file=sys.stderr)
        return 1
    is_whole = parts == set(PARTS)
    text = document.write(results, _machine(), is_whole=is_whole)
    print(f"\n{text}")
    if is_whole:
        (PROJECT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")
        (PROJECT / "docs" / document.CHART).write_text(document.chart(results), encoding="utf-8")
        print("This is in docs/benchmarks.md.")
    short = [line.what for line in goals.lines(results) if line.verdict == goals.FALLS_SHORT]
    if short:
        print("\nWhat falls short:\n  " + "\n  ".join(short))
    return 0


def _measure(parts: set[str]) -> Results:
    results = Results()
    if "cold-start" in parts:
        with ProgressLine("cold start") as progress:
            results.cold_start = cold_start.measure(progress)
    wanted: list[Spec] = []
    if "sweeps" in parts:
        wanted += sweeps.everything()
    if "bill" in parts:
        wanted += sweeps.for_bill()
    quick = [each for each in wanted if not each.paced]
    if quick:
        with ProgressLine("sweeps without the source's quota") as progress:
            results.sweeps |= sweeps.run(quick, progress)
    slow = [each for each in wanted if each.paced]
    # What keeps a slow pace, and what waits for a schedule, hardly uses the processor.
    with ThreadPoolExecutor(1) as pool:
        measuring = pool.submit(sweeps.run, slow, lambda _: None)
        try:
            if "latency" in parts:
                with ProgressLine("from a change to its alert, and sweeps at the source's pace") as progress:
                    results.latency = latency.measure(progress)
            if slow:
                with ProgressLine("sweeps at the source's pace"):
                    results.sweeps |= measuring.result()
        except BaseException:
            end_all()
            raise
    return results


def _machine() -> str:
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} on {platform.system()},"
        f" {platform.machine()}, {processors} processors."
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
