"""What docs/benchmarks.md says of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import backend, goals, sections, sweeps
from benchmarks.chart import Panel, draw
from benchmarks.measure import CEILING, NOTIFIER, REFERENCE
from benchmarks.world import State
from deployment_notifier.asking import WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.results import Results

COMMAND = "make bench"
CHART = "benchmarks.svg"

_INTRODUCTION = f"""# Benchmarks

What `{COMMAND}` measured; it takes about ten minutes, and writes this page. The ratios say more than the figures:
all that is compared ran in the same run on the same machine.

Three programs do the same:

- the **notifier**, built by its own composition root as the Lambda function builds it;
- a **plain reference**, as most people would write it ([reference.py](../benchmarks/reference.py)): scan the table, and
  for each deployment one status call, a message if it fails, and a put. It promises nothing about failures of its own;
- the **ceiling**: the notifier's calls to the source from as many bare threads of boto3, and nothing else.

Each runs in a process of its own, and talks over HTTP to a back end in another one. A call to the source takes 20 or
60 ms there if nothing else is said, one to DynamoDB {backend.DYNAMODB_SECONDS * 1000:.0f} ms, a transaction \
{backend.TRANSACTION_SECONDS * 1000:.0f} ms, a publish {backend.SNS_SECONDS * 1000:.0f} ms: orders of magnitude, which
were not measured on AWS. The deployments are of Greengrass V2, and all are under way.
"""


def chart(results: Results) -> str:
    """Return the chart of the sweeps."""
    groups = [f"{count:,}" for count in sweeps.COUNTS]
    subjects = (REFERENCE, NOTIFIER, CEILING)
    panels = [
        Panel(
            state,
            groups,
            [
                [
                    results.sweeps[sweeps.spec(each, count, state, sweeps.GOAL_SECONDS)].seconds
                    for count in sweeps.COUNTS
                ]
                for each in subjects
            ],
        )
        for state in State
    ]
    title = "Seconds of one sweep, by watched deployments; a call to the source takes 20 ms"
    names = ["plain reference", f"notifier, {WORKERS} workers", f"ceiling, {WORKERS} threads"]
    return draw(title, names, panels)


def write(results: Results, machine: str, *, is_whole: bool) -> str:
    """Return the document.

    Args:
        results: what was measured.
        machine: what it was measured on, and when.
        is_whole: whether every part was measured; if not, only these parts are in it.
    """
    parts = [_INTRODUCTION + f"\n{machine}\n"]
    if is_whole:
        parts.append(f"![Seconds of one sweep]({CHART})\n")
    if _has(results, sweeps.matrix()):
        parts += [sections.unpaced(results), sections.paced(results), sections.workers(results)]
        parts += [sections.limits(results), sections.storm(results)]
    if results.latency:
        parts.append(sections.latency(results))
    if results.cold_start:
        parts.append(sections.cold_start(results))
    if _has(results, sweeps.for_bill()):
        parts.append(sections.cost(results))
    parts.append(_goals(results))
    return "\n".join(parts)


def _has(results: Results, wanted: Iterable[object]) -> bool:
    return all(each in results.sweeps for each in wanted)


def _goals(results: Results) -> str:
    rows = [[line.what, line.figure, line.wanted, line.verdict] for line in goals.lines(results)]
    return f"""## Goals

{sections.table(("what", "figure", "goal", "verdict"), rows)}"""


def goal_lines(document: str) -> Iterator[tuple[str, str]]:
    """Yield what a document's goal lines are about, and what they want."""
    for line in document.partition("## Goals")[2].splitlines()[4:]:
        if line.startswith("|"):
            what, _, wanted, _ = (cell.strip() for cell in line.strip("|").split("|"))
            yield what, wanted
