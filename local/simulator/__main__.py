"""The command line: `python -m local.simulator`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from local.simulator.library import SCENARIOS
from local.simulator.simulator import Call, Simulator

_EXAMPLES = """
each scenario takes about 100 seconds at speed 1:
{scenarios}

ask it as you would ask AWS:
  aws greengrass list-bulk-deployments --endpoint-url http://127.0.0.1:8555
start one; the input file's name says which scenario it plays:
  aws greengrass start-bulk-deployment --endpoint-url http://127.0.0.1:8555 \\
      --input-file-uri s3://fleet-rollouts/fails.jsonl --execution-role-arn arn:aws:iam::123456789012:role/Rollout
or add one beside those that run, and let the service fail:
  curl -d '{{"scenario": "invalid-records"}}' http://127.0.0.1:8555/_simulator/deployments
  curl -d '{{"kind": "throttled", "times": 5}}' http://127.0.0.1:8555/_simulator/faults
"""


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, SCENARIOS))
    scenarios = "\n".join(f"  {it.name:{width}}  {it.summary}" for it in SCENARIOS.values())
    parser = argparse.ArgumentParser(
        prog="python -m local.simulator",
        description="Simulate the bulk deployments of AWS IoT Greengrass V1 on 127.0.0.1, until Ctrl-C.",
        epilog=_EXAMPLES.format(scenarios=scenarios),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8555, help="0 picks a free one (default: %(default)s)")
    parser.add_argument(
        "--speed", type=_speed, default=1.0, help="how many times faster than real time it plays (default: %(default)s)"
    )
    parser.add_argument(
        "--several", action="store_true", help="allow StartBulkDeployment while another is active, which AWS refuses"
    )
    parser.add_argument(
        "--play",
        action="append",
        default=[],
        choices=SCENARIOS,
        metavar="SCENARIO",
        help="start with a deployment that plays this; may be repeated",
    )
    return parser


def _speed(text: str) -> float:
    speed = float(text)
    if speed <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, not {text}")
    return speed


def _print_call(call: Call) -> None:
    what = call.operation or f"{call.request.method} {call.request.path}"
    print(f"{call.at:8.1f} s  {call.status or 'no answer'}  {what} {call.deployment_id or ''}".rstrip(), flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted or terminated; returns the exit code."""
    options = _parser().parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        simulator = Simulator(port=options.port, speed=options.speed, several=options.several, on_call=_print_call)
    except OSError as error:
        print(f"can't listen on port {options.port} of 127.0.0.1: {error.strerror}", file=sys.stderr)
        return 1
    with simulator:
        print(f"Greengrass simulator on {simulator.url}, speed {simulator.speed:g}; Ctrl-C stops it", flush=True)
        for scenario in options.play:
            print(f"{simulator.play(scenario)} plays {scenario}", flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
