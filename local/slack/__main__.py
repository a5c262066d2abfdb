"""The command line: `python -m local.slack`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from local.slack.render import render
from local.slack.standin import Received, SlackStandIn


def main(arguments: list[str] | None = None) -> int:
    """Listen until interrupted or terminated, and show each message; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m local.slack",
        description="Stand in for Slack's incoming webhooks on 127.0.0.1, until Ctrl-C, and show what is posted.",
        epilog='make it refuse:  curl -d \'{"status": 429, "retry_after": 2, "times": 1}\' http://127.0.0.1:PORT/_slack/fault',
    )
    parser.add_argument("--port", type=int, default=8556, help="0 picks a free one (default: %(default)s)")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        slack = SlackStandIn(options.port, _show)
    except OSError as error:
        print(f"can't listen on port {options.port} of 127.0.0.1: {error.strerror}", file=sys.stderr)
        return 1
    with slack:
        print(f"Slack stand-in: the webhook's URL is {slack.url}; Ctrl-C stops it", flush=True)
        stop.wait()
    return 0


def _show(received: Received) -> None:
    if received.word == "ok":
        print(f"\n{render(received.payload)}", flush=True)
    else:
        print(f"\nanswered {received.status or 'nothing'} {received.word}", *received.problems, sep="\n  ", flush=True)


if __name__ == "__main__":
    sys.exit(main())
