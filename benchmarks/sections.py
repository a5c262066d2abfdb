"""The sections of docs/benchmarks.md."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks import bill, goals, prices, sweeps
from benchmarks.measure import CEILING, NOTIFIER, REFERENCE
from benchmarks.world import State
from deployment_notifier.asking import WORKERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.measure import Measured
    from benchmarks.results import Results

_TWO_DIGITS = 10


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in lines)


def unpaced(results: Results) -> str:
    """Return the sweeps without the quota, against the reference and the ceiling."""
    rows = []
    for spec in sweeps.matrix():
        if spec.subject != NOTIFIER:
            continue
        world = spec.world
        of = {
            each: results.sweeps[sweeps.spec(each, world.count, world.state, world.source_seconds)]
            for each in (NOTIFIER, REFERENCE, CEILING)
        }
        notifier, reference, ceiling = of.values()
        rows.append(
            [
                f"{world.source_seconds * 1000:.0f} ms",
                world.state,
                f"{world.count:,}",
                f"**{reference.seconds / notifier.seconds:.1f}**",
                f"{ceiling.seconds / notifier.seconds:.2f}",
                *(_seconds(each) for each in of.values()),
                *("—" if each.computed_from else f"{each.peak_megabytes:.0f}" for each in (notifier, reference)),
                _calls(notifier),
                _calls(reference),
            ]
        )
    head = (
        *("a call", "what happened", "deployments", "times faster", "share of ceiling"),
        *("notifier", "reference", "ceiling", "notifier MB", "reference MB", "notifier's calls", "reference's calls"),
    )
    return f"""## Sweeps without the source's quota

With {WORKERS} workers, as shipped, and as if the source took any number of calls. *Times faster* is against the plain
reference, *share of ceiling* is of the rate of {WORKERS} bare threads. A time with \\* is computed from a sweep of
fewer deployments, in proportion, because it would take too long: n is their number. MB is the most memory that the
process used.

{table(head, rows)}"""


def paced(results: Results) -> str:
    """Return the sweeps at the source's own pace."""
    rows = []
    for spec in sweeps.paced():
        measured = results.sweeps[spec]
        did, world = measured.did, spec.world
        rows.append(
            [
                f"{world.source_seconds * 1000:.0f} ms",
                world.state,
                f"{world.count:,}",
                f"{measured.seconds:.1f} s",
                f"{did.get('checked', 0):,}",
                f"{did.get('deferred', 0):,}",
                f"{measured.backend['published']:,}",
                f"{measured.peak_megabytes:.0f}",
                _calls(measured),
            ]
        )
    head = ("a call", "what happened", "deployments", "time", "checked", "deferred", "alerts", "MB", "calls")
    return f"""## Sweeps at the source's own pace

As deployed: five calls a second to Greengrass, eight to AWS IoT, and a timeout of 50 seconds, of which checks start in
the first 21, so that each ends in time even at its longest. What a sweep has no time for is deferred, and comes first
in the next one. All these deployments are under way, so each is due in each sweep; of
deployments at rest a sweep asks about 20 of 1,000
([Architecture](architecture.md#many-deployments-of-greengrass-v2)). A check that finds a failing device makes three
more calls, which are kept to the same pace. Of 5,000, a sweep lists only a part, and a check of one that was not listed
makes a call to Greengrass more. The sweeps were measured beside each other, as they mostly wait.

{table(head, rows)}"""


def workers(results: Results) -> str:
    """Return how many workers keep the pace of slow sources."""
    rows: dict[int, list[str]] = {}
    for spec in sweeps.slow_sources():
        rows.setdefault(spec.workers, [str(spec.workers)]).append(f"{goals.pace(spec, results.sweeps[spec]):.2f}")
    head = (
        "workers",
        "V2, first check (5 a second)",
        "V2, under way (8 a second)",
        "V2, failing (8 a second)",
        "V1 (5 a second)",
    )
    return f"""## How many workers

The share of the source's own pace that a sweep keeps where each call takes 200 ms. A first check makes two calls, one
after the other; that of a failing deployment four. {WORKERS} workers are shipped.

{table(head, rows.values())}"""


def limits(results: Results) -> str:
    """Return what keeps many threads from being faster, from the processor's time."""
    workers = sweeps.MOST_WORKERS
    rows = []
    for subject in (NOTIFIER, CEILING):
        measured = results.sweeps[
            sweeps.spec(subject, sweeps.GOAL_COUNT, State.UNCHANGED, sweeps.GOAL_SECONDS, workers=workers)
        ]
        back_end = measured.backend["processor_seconds"]
        times = (measured.seconds, measured.processor_seconds, back_end)
        rows.append([subject, *(f"{seconds:.2f} s" for seconds in times)])
    return f"""## What limits many workers

The unchanged sweep of 1,000 at 20 ms with {workers} threads. Python runs one thread at a time, so no number of threads
makes a sweep shorter than its processor's time, nearly all of which is boto3's: building, signing and reading a call.
The notifier's own part is reading the watches (half of it), reading the answers and deciding. The back end is another
process, and is not the limit.

{table(("", "time", "its processor's time", "the back end's processor's time"), rows)}
The shipped {WORKERS} workers are far from this limit, and the sources' own pace is farther.
"""


def storm(results: Results) -> str:
    """Return how an alert storm goes."""
    notifier, reference = (results.sweeps[each] for each in sweeps.storm())
    rows = [
        [
            name,
            f"{measured.seconds:.1f} s",
            f"{measured.processor_seconds:.1f} s",
            f"{measured.backend['published']:,}",
            f"{measured.backend['repeated']}",
            f"{measured.backend['first_alert_seconds']:.2f} s",
            f"{measured.backend['median_alert_seconds']:.2f} s",
        ]
        for name, measured in (("notifier", notifier), ("reference", reference))
    ]
    head = ("", "time", "processor", "alerts", "twice", "first alert after its check", "median")
    return f"""## An alert storm

1,000 deployments have a failing device each, all at once, and a call to the source takes 20 ms.

{table(head, rows)}
[One thread publishes](decisions.md#one-thread-publishes): at the source's own pace, more of them bring nothing.

This storm is without quotas. As deployed, a sweep publishes at most four alerts a second, because SNS deactivates an
email subscription that gets more than ten, as the reference's would in this storm ([scaling](scaling.md#storms)).
"""


def latency(results: Results) -> str:
    """Return how long alerts take to arrive."""
    found = results.latency
    if found is None:
        return ""
    rows = [
        [name, str(len(took)), f"{median(took):.1f} s" if took else "—", f"{max(took):.1f} s" if took else "—"]
        for name, took in (
            ("V1: a sweep a minute finds it", found.swept),
            ("V2: a device's event comes", found.pushed),
        )
    ]
    return f"""## From a change of status to its alert

On the stack of `make local`: built and deployed by SAM to an emulator, with its own schedule. The time is from the
moment at which the deployment fails to the alert in a queue that is subscribed to the topic; {found.lost} did not come.

{table(("", "alerts", "median", "worst"), rows)}
Lambda collects the events of devices for up to five seconds, which the emulator does not: add them to V2's times. The
emulator's scheduler looks every ten seconds whether a sweep is due.
"""


def cold_start(results: Results) -> str:
    """Return the cold start and the size of the packages."""
    found = results.cold_start
    if found is None:
        return ""
    rows = [
        [
            name,
            f"{start.median / found.plain.median:.2f}",
            f"{start.median:,.0f} ms",
            f"{min(start.milliseconds):,.0f} ms",
            f"{start.mebibytes * (1 << 20) / 10**6:.1f} MB",
        ]
        for name, start in (
            ("plain `sam build`", found.plain),
            ("as built, with byte code", found.built),
            ("as built, without byte code", found.without_byte_code),
        )
    ]
    note = "" if found.is_runtime else " The function's own Python 3.13 is not here, so the byte code is not used."
    return f"""## Cold start

A new interpreter ({found.python}) that imports boto3 and Powertools and makes the function's clients;
{len(found.plain.milliseconds)} starts of each package, in turns. What Lambda adds isn't in it.{note}

{table(("package", "of plain", "median", "fastest", "zipped"), rows)}"""


def cost(results: Results) -> str:
    """Return the bill of a month, and the prices."""
    head = ("sweeps", "deployments", "program", "DynamoDB", "Lambda", "SNS", "CloudWatch", "together")
    rows = []
    for spec in sweeps.for_bill():
        measured = results.sweeps[spec]
        is_notifier = spec.subject == NOTIFIER
        cost = bill.month(bill.Use.of(measured, alarms=bill.ALARMS if is_notifier else 0))
        name = "idle" if not spec.world.count else spec.world.state
        parts = (cost.dynamodb, cost.aws_lambda, cost.sns, cost.cloudwatch, cost.total)
        rows.append([name, f"{spec.world.count:,}", spec.subject, *(f"{each:.2f}" for each in parts)])
    price_rows = [[each.name, f"{each.dollars:g}", f"{each.per:,} {each.unit}", each.source] for each in prices.ALL]
    return f"""## The bill

Dollars a month of 43,800 sweeps that are all like the measured one, without free tiers. The notifier at the source's
own pace, with its nine alarms and its log; the reference as fast as it can, which AWS would throttle, without an
alarm, a metric or a line of log. Lambda's price is of the time that a sweep takes here, so the notifier pays for
waiting for the source's pace. DynamoDB's units are counted from the items of each call.

{table(head, rows)}
Prices of {prices.REGION}, read on {prices.LOOKED_UP}. AWS's own pages could not be opened, so the sources are others'.

{table(("service", "dollars", "per", "source"), price_rows)}"""


def _seconds(measured: Measured) -> str:
    digits = 2 if measured.seconds < _TWO_DIGITS else 0
    computed = f"\\* (n={measured.computed_from:,})" if measured.computed_from else ""
    return f"{measured.seconds:.{digits}f} s{computed}"


def _calls(measured: Measured) -> str:
    """The calls by service."""
    by_service: dict[str, int] = {}
    for name, count in measured.calls.items():
        service = name.partition(":")[0]
        by_service[service] = by_service.get(service, 0) + count
    return ", ".join(f"{count:,} {service}" for service, count in sorted(by_service.items()) if count)
