"""The entry point: it builds everything once, hands the sweep its time, and reports. The sweep is a fake here."""

from __future__ import annotations

import importlib
import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.errors import SettingsError, SweepError
from deployment_notifier.report import Report
from tests.unit.test_settings import GOOD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from deployment_notifier.deadline import Deadline

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Context:
    """What Lambda passes to a handler, as far as it is used."""

    function_name: str = "notifier-NotifierFunction-1AB2"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:notifier-NotifierFunction-1AB2"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    milliseconds: int = 50_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


class FakeSweep:
    """Takes the place of `sweep`, and keeps what it was called with."""

    def __init__(self, **counts: int) -> None:
        self.counts = {"oldest_undelivered_seconds": 0, **counts}
        self.apps: list[Any] = []
        self.deadlines: list[Deadline] = []
        self.owners: list[str] = []

    def __call__(self, app: Any, deadline: Deadline, owner: str) -> Report:  # noqa: ANN401 - it is only kept
        self.apps.append(app)
        self.deadlines.append(deadline)
        self.owners.append(owner)
        report = Report(logging.getLogger("deployment_notifier.test"))
        for name, count in self.counts.items():
            setattr(report, name, count)
        return report


def forget_handler() -> None:
    """Make the next import a cold start, for the logging module too: ours, and Powertools' with the service's name."""
    sys.modules.pop("deployment_notifier.handler", None)
    for name in [name for name in logging.Logger.manager.loggerDict if name.split(".")[0] == "notifier"]:
        del logging.Logger.manager.loggerDict[name]


@pytest.fixture
def cold_start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    """Import the handler in a good environment that differs by some variables, with a fake sweep."""

    def start(fake: FakeSweep | None = None, **changes: str) -> ModuleType:
        for name, value in (GOOD | changes).items():
            monkeypatch.setenv(name, value)
        module = importlib.import_module("deployment_notifier.handler")
        monkeypatch.setattr(module, "sweep", fake or FakeSweep())
        return module

    forget_handler()
    yield start
    forget_handler()


def test_wrong_variables_stop_it_at_its_start_with_one_message(cold_start: Callable[..., ModuleType]) -> None:
    with pytest.raises(SettingsError, match=r"ALERT_ON holds 'EXPLODED'.*HISTORY_DAYS holds '0'"):
        cold_start(ALERT_ON="EXPLODED", HISTORY_DAYS="0")


def test_a_sweep_gets_what_the_environment_says_the_time_that_is_left_and_a_lease_owner_of_its_own(
    cold_start: Callable[..., ModuleType],
) -> None:
    fake, context = FakeSweep(), Context()
    module = cold_start(fake, FOLLOW_RESULTS_MINUTES="7")  # without a call to AWS: sockets are off
    module.handler({}, context)
    module.handler({}, context)
    assert fake.apps[0] is fake.apps[1], "built once"
    assert (fake.apps[0].policy.follow_results_minutes, fake.apps[0].identity.stack_name) == (7, "notifier")
    assert len(set(fake.owners)) == 2
    assert fake.deadlines[0].total == 50.0
    context.milliseconds = 1_500
    assert fake.deadlines[0].allows(1.5)
    assert not fake.deadlines[0].allows(1.6)


def test_it_returns_and_logs_the_counts_and_writes_the_metrics(
    cold_start: Callable[..., ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cold_start(FakeSweep(watches=2, checked=2)).handler({}, Context()) == {"watches": 2, "checked": 2}
    logged, metrics = map(json.loads, capsys.readouterr().out.splitlines())
    assert (logged["message"], logged["checked"], logged["level"]) == ("sweep", 2, "INFO")
    assert (logged["service"], logged["function_request_id"]) == ("notifier", Context.aws_request_id)
    assert metrics["Checks"] == [2]


def test_a_sweep_that_could_do_nothing_fails_after_its_metrics_are_written(
    cold_start: Callable[..., ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SweepError, match=r"could do nothing at all.*'table_failures': 1"):
        cold_start(FakeSweep(table_failures=1)).handler({}, Context())
    assert '"Faults":[1' in capsys.readouterr().out


_SCRIPT = """
from deployment_notifier import handler, wiring
from deployment_notifier.report import Report

def sweep(app, deadline, owner):
    wiring.LOG.info("transition", extra={"deployment_id": "an-id", "from": "Running"})
    report = Report(wiring.LOG)
    report.oldest_undelivered_seconds = 0
    return report

class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = "x"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    get_remaining_time_in_millis = lambda self: 50_000

handler.sweep = sweep
handler.handler({}, Context())
"""


def test_what_a_sweep_logs_carries_the_deployment_and_the_request() -> None:
    """In a process of its own, as in Lambda: here other tests have made the loggers before."""
    environ = {**os.environ, **GOOD, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", _SCRIPT], env=environ, check=True, capture_output=True, text=True
    )
    first = json.loads(ran.stdout.splitlines()[0])
    assert (first["message"], first["deployment_id"], first["from"]) == ("transition", "an-id", "Running")
    assert first["function_request_id"] == "52fdfc07-2182-454f-963f-5f0f9a621d72"
