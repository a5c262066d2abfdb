from __future__ import annotations

import importlib
import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deployment_notifier.errors import SettingsError, SweepError
from deployment_notifier.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from deployment_notifier.pace import Budget

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = {
    "TABLE_NAME": "notifier-Table-1AB2",
    "ALERT_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:notifier-AlertTopic-1AB2",
    "AWS_LAMBDA_FUNCTION_NAME": "notifier-NotifierFunction-1AB2",
    "ALERT_ON": "DEFAULT",
    "INVALID_RECORDS_THRESHOLD": "1",
    "STALLED_AFTER_MINUTES": "60",
    "UNCHECKED_AFTER_MINUTES": "10",
    "DISCOVER_WITHIN_HOURS": "24",
    "SETTLE_MINUTES": "60",
    "HISTORY_DAYS": "90",
    "POWERTOOLS_SERVICE_NAME": "notifier",
    "POWERTOOLS_METRICS_NAMESPACE": "GreengrassDeploymentNotifier",
}


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


@dataclass
class FakeSweep:
    """Takes the place of the sweep that the handler wires."""

    report: Report
    does: Callable[[Budget], None] = lambda _: None

    def run(self, budget: Budget, owner: str) -> Report:  # noqa: ARG002 - as the sweep has it
        self.does(budget)
        return self.report


_LOGGERS = {"deployment_notifier", "notifier"}
"""Ours, and Powertools', which has the service's name."""


def forget_handler() -> None:
    """Make the next import a cold start, for the logging module too."""
    sys.modules.pop("deployment_notifier.handler", None)
    for name in [name for name in logging.Logger.manager.loggerDict if name.split(".")[0] in _LOGGERS]:
        del logging.Logger.manager.loggerDict[name]


@pytest.fixture
def import_handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    """Import the handler in a good environment that differs by some variables; None takes one away."""

    def import_(**changes: str | None) -> ModuleType:
        for name, value in (ENVIRONMENT | changes).items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        return importlib.import_module("deployment_notifier.handler")

    forget_handler()
    yield import_
    forget_handler()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_starts_in_a_good_environment_without_calling_anything(
    import_handler: Callable[..., ModuleType],
) -> None:
    assert callable(import_handler().handler)  # sockets are off


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_variable_stops_it_at_its_start(import_handler: Callable[..., ModuleType], name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} is not set; it should hold "):
        import_handler(**{name: None})


def test_wrong_variables_stop_it_at_its_start_with_one_message(import_handler: Callable[..., ModuleType]) -> None:
    with pytest.raises(SettingsError, match=r"ALERT_ON holds 'EXPLODED'.*HISTORY_DAYS holds '0'"):
        import_handler(ALERT_ON="EXPLODED", HISTORY_DAYS="0")


def test_it_discovers_as_far_back_as_the_environment_says(import_handler: Callable[..., ModuleType]) -> None:
    module = import_handler(DISCOVER_WITHIN_HOURS="36", SETTLE_MINUTES="7")

    assert module._sweep.discover_within == timedelta(hours=36)  # noqa: SLF001 - the seam
    assert module._sweep.policy.settle_minutes == 7  # noqa: SLF001 - the seam


def test_it_returns_the_counts_that_are_not_zero(import_handler: Callable[..., ModuleType]) -> None:
    module = import_handler()
    module._sweep = FakeSweep(Report(watches=2, checked=2, accomplished=2, oldest_undelivered_seconds=0))  # type: ignore[attr-defined]  # noqa: SLF001 - the seam

    answer = module.handler({}, Context())

    assert answer == {"watches": 2, "checked": 2, "accomplished": 2}
    json.dumps(answer)


def test_a_sweep_may_use_the_time_that_lambda_says_is_left(import_handler: Callable[..., ModuleType]) -> None:
    module = import_handler()
    context = Context()
    budgets: list[Budget] = []
    module._sweep = FakeSweep(Report(oldest_undelivered_seconds=0), budgets.append)  # type: ignore[attr-defined]  # noqa: SLF001 - the seam

    module.handler({}, context)

    assert budgets[0].total == 50.0
    context.milliseconds = 1_500
    assert budgets[0].allows(1.5)
    assert not budgets[0].allows(1.6)


def test_each_sweep_owns_its_leases(import_handler: Callable[..., ModuleType]) -> None:
    module = import_handler()
    owners: list[str] = []

    class Owned(FakeSweep):
        def run(self, budget: Budget, owner: str) -> Report:  # noqa: ARG002 - as the sweep has it
            owners.append(owner)
            return self.report

    module._sweep = Owned(Report(oldest_undelivered_seconds=0))  # type: ignore[attr-defined]  # noqa: SLF001 - the seam
    module.handler({}, Context())
    module.handler({}, Context())

    assert len(set(owners)) == 2


_USELESS = Report(table_failures=2)


@pytest.mark.parametrize(
    ("report", "fails"),
    [
        (_USELESS, True),
        (replace(_USELESS, table_failures=0, errors=1), True),
        # Somebody was served.
        (replace(_USELESS, accomplished=1), False),
        (replace(_USELESS, table_failures=0), False),
        # A source that is down is its own alert, and SNS being down is the alarm on the undelivered.
        (Report(watches=3, failed=3), False),
        (Report(publish_failures=3, undelivered=3, oldest_undelivered_seconds=60), False),
        (Report(unreadable=3), False),
        (Report(deferred=3), False),
    ],
)
# Powertools warns about an empty line, which these reports leave where no age is known.
@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_it_fails_only_where_faults_kept_it_from_doing_anything(
    import_handler: Callable[..., ModuleType], capsys: pytest.CaptureFixture[str], report: Report, fails: bool
) -> None:
    module = import_handler()
    module._sweep = FakeSweep(report)  # type: ignore[attr-defined]  # noqa: SLF001 - the seam

    if fails:
        with pytest.raises(SweepError, match="could do nothing at all"):
            module.handler({}, Context())
        # The metrics are out before it fails.
        assert any("Faults" in line for line in lines(capsys))
    else:
        module.handler({}, Context())


def test_the_sweeps_line_holds_its_counts_and_the_request(
    import_handler: Callable[..., ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    module = import_handler()
    module._sweep = FakeSweep(Report(watches=2, checked=2, accomplished=2, oldest_undelivered_seconds=0))  # type: ignore[attr-defined]  # noqa: SLF001 - the seam

    module.handler({}, Context())

    (line,) = [line for line in lines(capsys) if line.get("message") == "sweep"]
    assert line["checked"] == 2
    assert line["function_request_id"] == Context.aws_request_id
    assert line["service"] == "notifier"
    assert line["level"] == "INFO"


_SCRIPT = """
from deployment_notifier import handler
from deployment_notifier.report import Report

class Sweep:
    def run(self, budget, owner):
        LOG.info("transition", extra={"deployment_id": "an-id", "from": "Running", "to": "Failed"})
        return Report(oldest_undelivered_seconds=0)

class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = "x"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    get_remaining_time_in_millis = lambda self: 50_000

LOG = handler._sweep.log
handler._sweep = Sweep()
handler.handler({}, Context())
"""


def test_what_a_sweep_logs_carries_the_deployment_and_the_request() -> None:
    """In a process of its own, as in Lambda: here other tests have made the loggers before."""
    environ = {**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT / "src")}

    ran = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", _SCRIPT], env=environ, check=True, capture_output=True, text=True
    )

    found = [json.loads(line) for line in ran.stdout.splitlines()]
    (line,) = [line for line in found if line.get("message") == "transition"]
    assert line["deployment_id"] == "an-id"
    assert line["from"] == "Running"
    assert line["function_request_id"] == "52fdfc07-2182-454f-963f-5f0f9a621d72"
